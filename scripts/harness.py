"""What the scripts that drive the release binary share."""

import json
import os
import pathlib
import shutil
import sqlite3
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
BINARY = pathlib.Path(os.environ.get("COUNTERSIGN", ROOT / TARGET / "release" / "countersign"))


class Failed(Exception):
    """A check did not hold."""


def check(holds, says):
    """Stops at the first check that does not hold."""
    if not holds:
        raise Failed(says)


def countersign(*args, expect=0, folder=None):
    """Runs the binary, demands its exit code and that it never panics; returns its standard output."""
    command = [str(BINARY), *map(str, args)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600)
    said = f"{' '.join(command)}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    check("panicked" not in done.stderr, f"a panic: {said}")
    check(done.returncode == expect, f"exit code {done.returncode}, not {expect}: {said}")
    check(expect == 0 or done.stderr.strip(), f"a failure without a word on standard error: {said}")
    return done.stdout


def as_json(*args, **options):
    """Runs the binary with `--json` and reads the document."""
    return json.loads(countersign("--json", *args, **options))


def copied(folder, into):
    """A copy of a data folder whose process has ended."""
    shutil.rmtree(into, ignore_errors=True)
    shutil.copytree(folder, into)
    return into


def rows(file, sql, *values):
    """Reads rows of a database file."""
    database = sqlite3.connect(file)
    try:
        return database.execute(sql, values).fetchall()
    finally:
        database.close()


def entries(folder):
    """All entries as kind and data."""
    read = (json.loads(row[0]) for row in rows(folder / "journal.db", "SELECT bytes FROM entry ORDER BY seq"))
    return [(entry["kind"], entry["data"]) for entry in read]


def main(run):
    """Runs a script in a temporary folder of its own."""
    with tempfile.TemporaryDirectory(prefix="countersign-") as folder:
        try:
            run(pathlib.Path(folder))
        except Failed as failed:
            print(f"failed: {failed}", file=sys.stderr)
            sys.exit(1)
