"""Made the files in vectors/, once, with gpg: `PYTHONPATH=tests/support python -m tests.library.make_vectors`.

Run again, it makes other keys and so other octets; what is written down in docs/library.md is of the files kept here.
The secret keys were thrown away.
"""

import hashlib
import json
import shutil
import tempfile
from datetime import date
from pathlib import Path

from gateway.library.problem import Problem
from gateway.library.release import read_release_keys, release
from gnupg_keys import Key, make_key, stop_agent
from pattern_rules import load_library
from pattern_rules.writer import write_successor

HERE = Path(__file__).parent / "vectors"
LIBRARY = """\
format = 1
number = 1
issued = 2026-01-01
expires = 2099-12-31
predecessor = ""

[[pattern]]
id = "ke-vector"
party = "KE"
level = "unit"
form = "other"
expression = "KEV[0-9]{10}"
priority = 60
examples = ["KEV0000000001"]
synthetic = true
provenance = "a test vector"
"""


def make(home: Path) -> None:
    """Keys, two libraries, and each way a signed file can be wrong."""
    one, two, other = (
        make_key(home, f"{name}@secretariat.test", name=f"Release {name}", expires="0") for name in "abc"
    )
    for name, key in (("release-1", one), ("release-2", two), ("no-release-key", other)):
        (HERE / f"{name}.pgp").write_bytes(key.certificate)
    keys = read_release_keys(one.certificate + two.certificate)
    first = LIBRARY.encode()
    old = load_library(first)
    second = write_successor(old, old.patterns, issued=date(2026, 2, 1), expires=date(2099, 12, 31))
    fork = write_successor(old, old.patterns, issued=date(2026, 3, 1), expires=date(2099, 12, 31))

    def signed(octets: bytes, *signers: Key) -> bytes:
        return release(octets, [signer.detach_sign(octets) for signer in signers], keys)

    good = signed(second, one, two)
    (HERE / "library-1.toml").write_bytes(first)
    (HERE / "library-2.toml").write_bytes(second)
    accepted = {"library-1.gsp": signed(first, two, one), "library-2.gsp": good}
    packets = _packets(good)
    stranger = read_release_keys(one.certificate + other.certificate)
    refused = {
        "bare-library.gsp": (second, Problem.NOT_RELEASED),
        "one-signature.gsp": (b"".join([packets[1], packets[2], packets[3]]), Problem.NOT_RELEASED),
        "same-key-twice.gsp": (
            b"".join([_nested(packets[1], last=False), packets[1], packets[2], packets[3], packets[3]]),
            Problem.TWO_RELEASE_KEYS,
        ),
        "other-key.gsp": (
            release(second, [one.detach_sign(second), other.detach_sign(second)], stranger),
            Problem.RELEASE_SIGNATURE,
        ),
        "altered-library.gsp": (good.replace(b"KEV0000000001", b"KEV0000000002"), Problem.RELEASE_SIGNATURE),
        "octet-behind.gsp": (good + b"\n", Problem.NOT_RELEASED),
        "short-length.gsp": (_with_short_length(packets), Problem.NOT_RELEASED),
        "signatures-swapped.gsp": (
            b"".join([packets[0], packets[1], packets[2], packets[4], packets[3]]),
            Problem.NOT_RELEASED,
        ),
    }
    for name, octets in accepted.items():
        (HERE / name).write_bytes(octets)
    for name, (octets, _problem) in refused.items():
        (HERE / name).write_bytes(octets)
    (HERE / "fork-2.gsp").write_bytes(signed(fork, one, two))
    facts = {
        "release_keys": sorted(keys.fingerprints),
        "accepted": {name: hashlib.sha256(octets).hexdigest() for name, octets in accepted.items()},
        "refused": {name: problem.name.lower().replace("_", "-") for name, (_, problem) in refused.items()},
    }
    (HERE / "vectors.json").write_text(json.dumps(facts, indent=2) + "\n", encoding="ascii")


def _packets(file: bytes) -> list[bytes]:
    """Packets with five-octet lengths, each with its header."""
    found, position = [], 0
    while position < len(file):
        end = position + 6 + int.from_bytes(file[position + 2 : position + 6], "big")
        found.append(file[position:end])
        position = end
    return found


def _nested(one_pass: bytes, *, last: bool) -> bytes:
    return one_pass[:-1] + bytes([last])


def _with_short_length(packets: list[bytes]) -> bytes:
    """The first packet with a length of one octet: the same content, spelt otherwise (RFC 9580 §4.2.1.1)."""
    body = packets[0][6:]
    return b"".join([packets[0][:1] + bytes([len(body)]) + body, *packets[1:]])


if __name__ == "__main__":
    folder = Path(tempfile.mkdtemp(prefix="gspv-", dir="/tmp"))
    try:
        make(folder / "home")
    finally:
        stop_agent(folder / "home")
        shutil.rmtree(folder)
