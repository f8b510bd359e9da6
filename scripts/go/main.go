// Reads proof files of a Countersign log with the code of another project: golang.org/x/mod/sumdb, its signed notes and
// its tree. The first argument is the log's verifier key, the others are proof files (c2sp.org/tlog-proof).
package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const header = "c2sp.org/tlog-proof@v1\n"

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: main VERIFIER-KEY PROOF...")
		os.Exit(2)
	}
	verifier, err := note.NewVerifier(os.Args[1])
	if err != nil {
		fmt.Fprintf(os.Stderr, "the key: %v\n", err)
		os.Exit(2)
	}
	for _, path := range os.Args[2:] {
		text, err := os.ReadFile(path)
		if err == nil {
			err = check(string(text), verifier)
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", path, err)
			os.Exit(1)
		}
	}
}

// check verifies one proof file: the note's signature, then the way from the entry to the note's root.
func check(text string, verifier note.Verifier) error {
	rest, ok := cutPrefix(text, header)
	if !ok {
		return errors.New("not a proof file")
	}
	proofLines, signed, ok := strings.Cut(rest, "\n\n")
	if !ok {
		return errors.New("no note follows the proof")
	}
	opened, err := note.Open([]byte(signed), note.VerifierList(verifier))
	if err != nil {
		return err
	}
	tree, err := parseCheckpoint(opened.Text, verifier.Name())
	if err != nil {
		return err
	}
	lines := strings.Split(proofLines, "\n")
	if len(lines) < 2 {
		return errors.New("the entry and its index are missing")
	}
	encoded, ok := cutPrefix(lines[0], "extra ")
	if !ok {
		return errors.New("the entry is missing")
	}
	entry, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		return err
	}
	number, ok := cutPrefix(lines[1], "index ")
	if !ok {
		return errors.New("the index is missing")
	}
	index, err := strconv.ParseInt(number, 10, 64)
	if err != nil {
		return err
	}
	var proof tlog.RecordProof
	for _, line := range lines[2:] {
		hash, err := tlog.ParseHash(line)
		if err != nil {
			return err
		}
		proof = append(proof, hash)
	}
	return tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(entry))
}

// cutPrefix is strings.CutPrefix, which older releases of Go lack.
func cutPrefix(text, prefix string) (string, bool) {
	return strings.TrimPrefix(text, prefix), strings.HasPrefix(text, prefix)
}

// parseCheckpoint reads origin, size and root (c2sp.org/tlog-checkpoint).
func parseCheckpoint(text, origin string) (tlog.Tree, error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 || lines[0] != origin {
		return tlog.Tree{}, errors.New("the note is no checkpoint of this log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return tlog.Tree{}, err
	}
	return tlog.Tree{N: size, Hash: root}, nil
}
