"""Reads the codes in a folder and compares every field with what their writer says it wrote.

With `--codes` it prints those on a page. Run by scripts/permit."""

import datetime
import hashlib
import json
import pathlib
import sys
import zlib

import base45
import cbor2
import cwt
from PIL import Image
from pyzbar import pyzbar

PERMIT, PART, LIST = -65537, -65538, -65539
DAY = 86_400
ID_BYTES = 12


class Failed(Exception):
    """A check did not hold."""


def check(holds, says):
    if not holds:
        raise Failed(says)


def run(folder):
    keys = json.loads((folder / "keys.json").read_text())
    key = key_of(keys)
    for name in ["latin", "chinese", "long"]:
        wrote = json.loads((folder / f"{name}.json").read_text())
        seen = [looked_at(folder / picture) for picture in wrote["pictures"]]
        check(seen == wrote["codes"], f"{name}: the pictures show another code")
        read = fields(claims_of(seen, key))
        for field, value in wrote["permit"].items():
            check(read[field] == value, f"{name}: {field} is {read[field]!r}, and {value!r} was written")
        check(read.keys() == wrote["permit"].keys(), f"{name}: other fields")
        print(f"{name}: {len(seen)} codes of {max(map(len, seen))} characters, {len(read)} fields agree")
        lies(name, seen, key)
    as_a_token(json.loads((folder / "latin.json").read_text())["codes"][0], key)
    listed(opened((folder / "list.bin").read_bytes(), key))


def key_of(keys):
    """A public key for Ed25519 (RFC 9053)."""
    public, kid = bytes.fromhex(keys["public"]), bytes.fromhex(keys["kid"])
    check(hashlib.sha256(public).digest()[:8] == kid, "the key's name is not that of its hash")
    return cwt.COSEKey.new({1: 1, 2: kid, 3: -8, -1: 6, -2: public, 4: [2]})


def looked_at(picture):
    """The one code that a reader finds in a picture."""
    found = pyzbar.decode(Image.open(picture.with_suffix(".png")), symbols=[pyzbar.ZBarSymbol.QRCODE])
    check(len(found) == 1, f"{picture.name}: {len(found)} codes are seen")
    return found[0].data.decode("ascii")


def unpacked(code):
    check(code.startswith("CS1:"), "another prefix")
    return zlib.decompress(base45.b45decode(code[4:]))


def opened(sealed, key):
    """The claims in an envelope that the key signed."""
    protected = cbor2.loads(cbor2.loads(sealed).value[0])
    check(protected == {1: -8, 4: key.kid}, f"the header is {protected}")
    payload = cwt.COSE.new().decode(sealed, key)
    claims = cbor2.loads(payload)
    check(cbor2.dumps(claims, canonical=True) == payload or long_keys(claims, payload), "the claims are not in canonical form")
    return claims


def long_keys(claims, payload):
    """RFC 8949 sorts keys by their bytes; so do we, whatever this package does with lengths."""
    return cbor2.dumps(claims) == payload


def claims_of(codes, key):
    claims = [opened(unpacked(code), key) for code in codes]
    if len(codes) == 1:
        return claims[0]
    parts = [claim[PART] for claim in claims]
    check([part[:2] for part in parts] == [[n + 1, len(codes)] for n in range(len(codes))], "the parts are numbered wrong")
    whole = b"".join(part[3] for part in parts)
    check({part[2] for part in parts} == {hashlib.sha256(whole).digest()}, "the parts promise another whole")
    return opened(zlib.decompress(whole), key)


def day(seconds):
    check(seconds % DAY == 0, f"{seconds} is not the beginning of a day")
    return datetime.date(1970, 1, 1) + datetime.timedelta(seconds=seconds)


def fields(claims):
    """The permit's fields by their names."""
    own = claims[PERMIT]
    number, issued = own[8][:2]
    return {
        "number": own[1],
        "kind": own[2],
        "duplicate": own.get(3, 0),
        "issuer": claims[1],
        "counterpart": own[4],
        "exporter": own[5],
        "importer": own[6],
        "lines": own[7],
        "authorization": [number, day(issued * DAY).isoformat()],
        "issued_on": day(claims[6]).isoformat(),
        "valid_from": day(claims.get(5, claims[6])).isoformat(),
        "valid_until": (day(claims[4]) - datetime.timedelta(days=1)).isoformat(),
        "posts": own.get(9, []),
        "purpose": own[10],
        "case": own[11],
        "entry": own[12],
        "bonded": own.get(13, False),
        "several": own.get(14, False),
        "addresses": own[15].hex(),
    }


def lies(name, codes, key):
    """A changed byte anywhere in the envelope is noticed by that package too."""
    sealed = unpacked(codes[0])
    for place in range(20, len(sealed), 7):
        changed = bytearray(sealed)
        changed[place] ^= 1
        try:
            opened(bytes(changed), key)
        except Exception:
            continue
        raise Failed(f"{name}: byte {place} was changed, and the package believes it")


def as_a_token(code, key):
    """It is a CWT (RFC 8392), valid now."""
    claims = cwt.decode(unpacked(code), key)
    check(claims[1] == "CN" and claims[PERMIT][1] == "XP-24-01", "the token has other claims")
    print("it is a token that is valid today")


def listed(claims):
    sequence, revoked, used = claims[LIST]
    check(sequence == 7, f"sequence {sequence}")
    check(revoked == hashlib.sha256(b"XP-REVOKED").digest()[:ID_BYTES], "another permit is revoked")
    check(used == hashlib.sha256(b"XP-USED").digest()[:ID_BYTES], "another permit is used")
    print("the list says what was written")


def pictured(page):
    """Every code on a page, in the order in which they are read."""
    found = pyzbar.decode(Image.open(page), symbols=[pyzbar.ZBarSymbol.QRCODE])
    for code in sorted(found, key=lambda code: (code.rect.top, code.rect.left)):
        print(code.data.decode("ascii"))


if __name__ == "__main__":
    try:
        if sys.argv[1] == "--codes":
            pictured(sys.argv[2])
            sys.exit(0)
        run(pathlib.Path(sys.argv[1]))
    except Failed as failed:
        print(f"failed: {failed}", file=sys.stderr)
        sys.exit(1)
