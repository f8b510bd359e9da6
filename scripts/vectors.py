"""Reads docs/vectors as another implementation of docs/protocol.md would: nothing here is shared with the product.

Run by scripts/permit, with the folder of the vectors."""

import base64
import hashlib
import hmac
import json
import pathlib
import struct
import sys

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import permit

MESSAGE_BYTES_MAX = 32 * 1024
MESSAGE = {"v", "type", "id", "case", "from", "to", "seq", "prev", "seen", "created", "not_after", "body", "checkpoint", "consistency"}
CHUNK, TAG = 65_536, 16


class Refused(Exception):
    """Something is not taken, for this code."""


check = permit.check


def refuse_unless(holds, code):
    if not holds:
        raise Refused(code)


def run(folder):
    read = {path.stem: json.loads(path.read_text()) for path in folder.glob("*.json")}
    known = keys(read["keys"])
    conversation(read["messages"], known)
    refused(read["wrong"], known)
    others(read["others"], known)
    permits(read["permits"], known)
    bundle(read["bundle"])
    sealed(read["sealed"], read["keys"])


# Keys.


def signs(public, signature, text):
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
        return True
    except (InvalidSignature, ValueError):
        return False


def unique(pairs):
    names = [name for name, _ in pairs]
    refuse_unless(len(names) == len(set(names)), "message_unreadable")
    return dict(pairs)


def key_file(text):
    """A key file, with what its root signs and its fingerprint."""
    try:
        fields = json.loads(text, object_pairs_hook=unique)
        order = ["id", "name", "country", "province", "url", "log_key", "cosignature_key", "root", "key"]
        order += ["issued", "age", "restarted"]
        refuse_unless(set(fields) <= {*order, "signature"}, "key_file_bad")
        said = {name: fields[name] for name in order if name in fields}
        signed = "countersign-key-file/v1\n" + json.dumps(said, separators=(",", ":"), ensure_ascii=False) + "\n"
        holds = signs(base64.b64decode(fields["root"]), base64.b64decode(fields["signature"]), signed.encode())
        refuse_unless(holds, "key_file_bad")
    except (ValueError, KeyError) as error:
        raise Refused("key_file_bad") from error
    digits = hashlib.sha256(signed.encode()).hexdigest()[:32]
    return fields, signed, "-".join(digits[at : at + 4] for at in range(0, 32, 4))


def keys(file):
    known = {}
    for authority in file["authorities"]:
        told = authority["key_file"]
        fields, signed, fingerprint = key_file(told["file"])
        check((signed, fingerprint) == (told["signed"], told["fingerprint"]), f"{authority['id']}: another fingerprint")
        public = base64.b64decode(fields["key"]["public"])
        check(fields["key"]["kid"] == hashlib.sha256(public).hexdigest()[:16], "a key's name is not that of its hash")
        made = Ed25519PrivateKey.from_private_bytes(base64.b64decode(authority["message"])).public_key()
        check(made.public_bytes(Encoding.Raw, PublicFormat.Raw) == public, "a seed gives another key")
        known[authority["id"]] = fields
    fields, signed, fingerprint = key_file(file["without_recipient"]["file"])
    check("age" not in fields and fingerprint == file["without_recipient"]["fingerprint"], "a file of before is another")
    key_file(file["next"])
    fields, signed, fingerprint = key_file(file["restarted"]["file"])
    check(fields["restarted"]["size"] == 187 and fields["log_key"] != fields["restarted"]["log_key"], "a log that starts anew is another")
    check(fingerprint == file["restarted"]["fingerprint"] and signed == file["restarted"]["signed"], "the file of a restart is another")
    for wrong in file["wrong"]:
        refused_as(wrong["code"], wrong["what"], lambda text=wrong["file"]: key_file(text))
    print(f"{len(known) + 3} key files hold, {len(file['wrong'])} do not")
    return known


def refused_as(code, what, act):
    try:
        act()
    except Refused as refusal:
        check(str(refusal) == code, f"{what}: {refusal}, and not {code}")
    else:
        check(False, f"{what}: it is taken")


# Logs: signed notes (C2SP), trees (RFC 6962).


def verifier(key):
    name, _, rest = key.split("+", 2)[0], *key.split("+", 2)[1:]
    typed = base64.b64decode(rest)
    return name, typed, hashlib.sha256(f"{name}\n".encode() + typed).digest()[:4]


def note(text, key):
    """Size and root of a checkpoint that a log signed."""
    name, typed, mark = verifier(key)
    body, _, lines = text.partition("\n\n")
    refuse_unless(body.split("\n")[0] == name or not lines, "log_unknown")
    body += "\n"
    for line in lines.splitlines():
        _, by, signature = line.split(" ")
        raw = base64.b64decode(signature)
        if by == name and raw[:4] == mark and typed[0] == 1 and signs(typed[1:], raw[4:], body.encode()):
            origin, size, root = body.splitlines()[:3]
            check(origin == name, "the checkpoint of another log")
            return int(size), base64.b64decode(root)
    raise Refused("checkpoint_bad")


def cosigned(text, line, key):
    """The moment at which a witness cosigned a checkpoint."""
    name, typed, mark = verifier(key)
    _, by, signature = line.strip().split(" ")
    raw = base64.b64decode(signature)
    (at,) = struct.unpack(">Q", raw[4:12])
    said = f"cosignature/v1\ntime {at}\n" + text.partition("\n\n")[0] + "\n"
    check(by == name and raw[:4] == mark and typed[0] == 4 and signs(typed[1:], raw[12:], said.encode()), "not cosigned")
    return at


def pair(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


def continues(old_size, old_root, size, root, proof):
    """RFC 9162 §2.1.4.2."""
    if old_size == size:
        return not proof and old_root == root
    if old_size == 0:
        return not proof
    proof = ([old_root] if old_size & (old_size - 1) == 0 else []) + proof
    fn, sn = old_size - 1, size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    if not proof:
        return False
    fr = sr = proof[0]
    for other in proof[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = pair(other, fr), pair(other, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = pair(sr, other)
        fn, sn = fn >> 1, sn >> 1
    return fr == old_root and sr == root and sn == 0


def included(index, size, leaf, proof):
    """The root that a proof leads to (RFC 9162 §2.1.3.2); none if it is too long or too short."""
    fn, sn, at = index, size - 1, leaf
    for other in proof:
        if sn == 0:
            return None
        if fn & 1 or fn == sn:
            at = pair(other, at)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            at = pair(at, other)
        fn, sn = fn >> 1, sn >> 1
    return at if sn == 0 else None


# Messages.


def part(text):
    """Unpadded base64url in its one form."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise Refused("message_unreadable") from error
    refuse_unless(base64.urlsafe_b64encode(raw).rstrip(b"=") == text.encode(), "message_unreadable")
    return raw


def opened(text):
    """The name of the key, what is signed, the signature, and the payload."""
    refuse_unless(len(text) <= MESSAGE_BYTES_MAX, "message_too_large")
    refuse_unless(text.count(".") == 2, "message_unreadable")
    header, payload, signature = text.split(".")
    try:
        said = json.loads(part(header), object_pairs_hook=unique)
        refuse_unless(part(header).decode() == '{"alg":"EdDSA","kid":"%s"}' % said["kid"], "message_unreadable")
        body = json.loads(part(payload), object_pairs_hook=unique)
    except (ValueError, KeyError, TypeError) as error:
        raise Refused("message_unreadable") from error
    return said["kid"], f"{header}.{payload}".encode(), part(signature), body


def by(text, fields, code="signature_bad"):
    """The payload that an authority's key signed."""
    kid, signed, signature, body = opened(text)
    refuse_unless(kid == fields["key"]["kid"], "key_unknown")
    refuse_unless(signs(base64.b64decode(fields["key"]["public"]), signature, signed), code)
    return body


class Receiver:
    """What an authority has taken of another one."""

    def __init__(self, own, known):
        self.own, self.known = own, known
        self.taken, self.last = {}, None

    def take(self, text):
        kid, signed, signature, message = opened(text)
        refuse_unless(set(message) == MESSAGE, "message_unreadable")
        sender = self.known.get(message["from"])
        refuse_unless(sender and message["from"] != self.own, "sender_unknown")
        refuse_unless(message["to"] == self.own, "message_for_another")
        by(text, sender)
        digest = hashlib.sha256(text.encode()).digest()
        if message["seq"] in self.taken:
            refuse_unless(self.taken[message["seq"]] == digest, "equivocation")
            return message
        expected = self.last["seq"] + 1 if self.last else 1
        refuse_unless(message["seq"] <= expected, "parked")
        refuse_unless(message["seq"] == expected, "message_out_of_order")
        before = base64.b64encode(self.last["hash"]).decode() if self.last else None
        refuse_unless(message["prev"] == before, "chain_broken")
        size, root = note(message["checkpoint"], sender["log_key"])
        self.log_continues(message["consistency"], size, root)
        self.taken[expected] = digest
        self.last = {"seq": expected, "hash": digest, "size": size, "root": root}
        return message

    def log_continues(self, consistency, size, root):
        proof = [base64.b64decode(one) for one in consistency["hashes"]]
        if self.last is None:
            refuse_unless(consistency["from_size"] == 0 and not proof, "consistency_missing")
            return
        old = self.last
        refuse_unless(size >= old["size"], "log_rolled_back")
        told = consistency["from_size"] == old["size"] and (size == old["size"] or proof)
        refuse_unless(told, "consistency_missing")
        refuse_unless(continues(old["size"], old["root"], size, root, proof), "log_forked")


def conversation(file, known):
    receiver = Receiver(file["to"], known)
    for one in file["messages"]:
        message = receiver.take(one["bytes"])
        check((message["type"], message["body"]) == (one["type"], json.loads(json.dumps(one["body"]))), f"{one['type']}: another body")
        hashed = base64.b64encode(hashlib.sha256(one["bytes"].encode()).digest()).decode()
        check(one["hash"] == hashed, f"{one['type']}: another hash")
        receipt = by(one["receipt"], known[file["to"]])
        check((receipt["of"], receipt["outcome"], receipt.get("code")) == (hashed, one["outcome"], one["code"]), f"{one['type']}: {receipt}")
        check((receipt["from"], receipt["to"], receipt["seq"]) == (file["to"], file["from"], message["seq"]), "a receipt of others")
        check(receipt["seen_size"] == receiver.last["size"], "the receipt saw another log")
        cosigned(message["checkpoint"], receipt["cosignature"], known[file["to"]]["cosignature_key"])
        again = receiver.take(one["bytes"])
        check(again == message, "the same message again is another")
    print(f"{len(file['messages'])} messages of {len({one['type'] for one in file['messages']})} kinds in one chain, each with its receipt")


def refused(file, known):
    for one in file["messages"]:
        receiver = Receiver(file["to"], known)
        for text in file["taken_before"]:
            receiver.take(text)
        refused_as(one["code"], one["what"], lambda text=one["bytes"], receiver=receiver: receiver.take(text))
    print(f"{len(file['messages'])} messages are refused, each with its code")


# Everything else.


def others(file, known):
    statement = json.loads(file["untrusted_key"]["file"])
    said = {name: statement[name] for name in ["id", "kid", "since", "root"]}
    signed = "countersign-untrusted-key/v1\n" + json.dumps(said, separators=(",", ":")) + "\n"
    check(signed == file["untrusted_key"]["signed"] and statement["root"] == known["CN"]["root"], "another statement")
    check(signs(base64.b64decode(statement["root"]), base64.b64decode(statement["signature"]), signed.encode()), "not the root's")
    question, answer = by(file["pull"]["question"], known["KR"]), file["pull"]["answer"]
    check(set(question) == {"v", "from", "to", "own_from", "from_number", "created", "nonce"}, "another question")
    note(answer["checkpoint"], known["KR"]["log_key"])
    seqs = [by(text, known["CN"])["seq"] for text in answer["messages"]]
    check(seqs == [question["from_number"], question["from_number"] + 1], f"messages {seqs} were asked for")
    log = file["checkpoint"]
    old, new = (note(log[name], known["CN"]["log_key"]) for name in ["older", "newer"])
    proof = [base64.b64decode(one) for one in log["consistency"]["hashes"]]
    check(continues(*old, *new, proof), "the newer checkpoint does not continue the older one")
    check(not continues(old[0], new[1], *new, proof), "a lie about the older root is believed")
    cosigned(log["newer"], log["cosignature"], known["KR"]["cosignature_key"])
    print("a statement, a question with its answer, a checkpoint that continues another, and a cosignature hold")


def permits(file, known):
    key = known[file["issuer"]]["key"]
    key = permit.key_of({"kid": key["kid"], "public": base64.b64decode(key["public"]).hex()})
    for one in file["permits"]:
        read = permit.fields(permit.claims_of(one["codes"], key))
        says = [read["number"], read["exporter"], read["importer"], len(read["lines"]), read["valid_until"]]
        check(says == [one["number"], one["exporter"], one["importer"], one["lines"], one["valid_until"]], f"{says}")
    listed = permit.opened(base64.b64decode(file["list"]["bytes"]), key)[permit.LIST]
    short = lambda numbers: b"".join(sorted(hashlib.sha256(number.encode()).digest()[:12] for number in numbers))
    check(listed == [file["list"]["sequence"], short(file["list"]["revoked"]), short(file["list"]["used"])], "another list")
    print(f"{len(file['permits'])} permits and a list are read")


def bundle(file):
    told = file["bundle"]
    size, root = note(told["checkpoint"], file["log_key"])
    for one in told["entries"]:
        entry = base64.b64decode(one["entry"])
        leaf = hashlib.sha256(b"\x00" + entry).digest()
        proof = [base64.b64decode(other) for other in one["proof"]]
        check(included(one["index"], size, leaf, proof) == root, f"entry {one['index']} is not in the log")
        check(json.loads(entry)["seq"] == one["index"], "an entry of another number")
    print(f"{len(told['entries'])} entries of a bundle are in the log of {size}")


# Files: C2SP age.


def bech32(text):
    letters = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
    data = [letters.index(letter) for letter in text.lower().rpartition("1")[2][:-6]]
    value = 0
    for five in data:
        value = value << 5 | five
    bits = 5 * len(data)
    return (value >> bits % 8).to_bytes(bits // 8, "big")


def derived(secret, salt, info):
    return HKDF(hashes.SHA256(), 32, salt, info).derive(secret)


def decrypted(identity, file):
    refuse_unless(file.startswith(b"age-encryption.org/v1\n"), "file_unreadable")
    header, found, rest = file.partition(b"\n--- ")
    payload = rest[44:]
    refuse_unless(found and len(payload) > 16 and (len(payload) - 16) % (CHUNK + TAG) == 0, "file_cut_short")
    secret = X25519PrivateKey.from_private_bytes(bech32(identity))
    own = secret.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    lines = header.decode().split("\n")
    key = None
    for number, line in enumerate(lines):
        if line.startswith("-> X25519 "):
            share = base64.b64decode(line.split(" ")[2] + "=")
            shared = secret.exchange(X25519PublicKey.from_public_bytes(share))
            wrap = derived(shared, share + own, b"age-encryption.org/v1/X25519")
            try:
                key = ChaCha20Poly1305(wrap).decrypt(bytes(12), base64.b64decode(lines[number + 1] + "="), None)
            except InvalidTag:
                continue
    refuse_unless(key, "file_for_another")
    code = hmac.digest(derived(key, b"", b"header"), header + b"\n---", "sha256")
    refuse_unless(hmac.compare_digest(base64.b64encode(code).rstrip(b"="), rest[:43]), "file_changed")
    stream = ChaCha20Poly1305(derived(key, payload[:16], b"payload"))
    chunks = [payload[at : at + CHUNK + TAG] for at in range(16, len(payload), CHUNK + TAG)]
    try:
        nonces = [number.to_bytes(11, "big") + bytes([number == len(chunks) - 1]) for number in range(len(chunks))]
        return b"".join(stream.decrypt(nonce, chunk, None) for nonce, chunk in zip(nonces, chunks, strict=True))
    except InvalidTag as error:
        raise Refused("file_changed") from error


def sealed(file, known):
    raw = base64.b64decode(file["file"])
    text = decrypted(file["identity"], raw).decode()
    check(text.rstrip("\n").split("\n") == file["lines"] and len(text) % CHUNK == 0, "the file says something else")
    wrong = {"its last byte is missing": raw[:-1], "a bit of its last byte is turned": raw[:-1] + bytes([raw[-1] ^ 1]), "its first byte is missing": raw[1:]}
    check({one["what"] for one in file["wrong"]} == set(wrong), "there are other wrong files")
    for one in file["wrong"]:
        refused_as(one["code"], one["what"], lambda what=one["what"]: decrypted(file["identity"], wrong[what]))
    another = next(authority["files"] for authority in known["authorities"] if authority["id"] != file["to"])
    refused_as("file_for_another", "another key", lambda: decrypted(another, raw))
    print(f"an encrypted file is read, {len(wrong) + 1} are not")


if __name__ == "__main__":
    try:
        run(pathlib.Path(sys.argv[1]))
    except permit.Failed as failed:
        sys.exit(f"FAILED: {failed}")
