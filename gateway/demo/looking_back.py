"""Looking back: all that the gateway remembers, proof that it remembers nothing else, and facts for other tools."""

import json
from pathlib import Path

from gateway.demo.acts import ANSWER, DIRECT_TEXT, JUSTIFICATION, SUBJECT, UNKNOWN_UID
from gateway.demo.leftovers import find_leftovers
from gateway.demo.running import DemoError, gsp
from gateway.demo.world import DOMAIN, DemoWorld


def look_back(world: DemoWorld) -> None:
    """All that the gateway remembers, and proof that it remembers nothing else."""
    world.wait_until_delivered()
    world.tell("\nThe envelope log, whole:\n" + gsp("log", config=world.config))
    world.tell(gsp("stats", "--test", config=world.config))
    scan(world)


def scan(world: DemoWorld) -> None:
    """No octet of content in the gateway's folder; the same scan does find what is planted."""
    secrets = [text.encode() for text in (JUSTIFICATION, ANSWER, DIRECT_TEXT, SUBJECT, UNKNOWN_UID)]
    secrets += [party.uid.encode() for party in world.parties.values()]
    folder = world.folder / "gw"
    planted = folder / "planted"
    planted.write_text(JUSTIFICATION, encoding="ascii")
    control = [leftover for leftover in find_leftovers(folder, secrets) if leftover.file == planted]
    planted.unlink()
    # The shipped library holds the published examples, which the demonstration asks about.
    found = [left for left in find_leftovers(folder, secrets) if left.file != folder / "library.toml"]
    if not control:
        raise DemoError("the scan did not find what was planted")
    if found:
        names = ", ".join(str(left.file.relative_to(folder)) for left in found)
        raise DemoError(f"content was found in the gateway's folder: {names}")
    files = sum(file.is_file() for file in folder.rglob("*"))
    world.tell(
        f"Scanned {files} files of the gateway for {len(secrets)} pieces of content, raw and encoded: nothing found.\n"
        "(A planted piece was found, so the scan works.)"
    )


def write_facts(world: DemoWorld) -> Path:
    """demo.json: everything another tool needs to talk to this gateway."""
    facts = {
        "domain": DOMAIN,
        "host": "127.0.0.1",
        "submission_tls_port": world.ports.submission,
        "submission_starttls_port": world.ports.starttls,
        "imap_tls_port": world.ports.imap,
        "tls_authority": str(world.authority),
        "configuration": str(world.config),
        "address_book": str(world.book),
        "library": str(world.library),
        "pid": world.gateway.pid if world.gateway is not None else None,
        "gateway_fingerprint": json.loads(world.book.read_text(encoding="utf-8"))["gateway"]["fingerprint"],
        "parties": {
            party.code: {
                "name": party.name,
                "address": f"{party.code.lower()}@{DOMAIN}",
                "reading_fingerprint": party.reading_fingerprint,
                "example_uid": party.uid,
                "officer": party.officer,
                "password": party.password,
                "officer_fingerprint": party.officer_fingerprint,
                "gnupg_home": str(party.gnupg),
            }
            for party in world.parties.values()
        },
    }
    file = world.folder / "demo.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps(facts, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return file
