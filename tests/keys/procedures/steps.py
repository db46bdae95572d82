"""What several procedures do; and whether a procedure ran the commands that the guide has for it."""

import re
from pathlib import Path

from ..people import Person, gpg
from ..running import DOMAIN, Running, Somebody

GUIDE = Path(__file__).parents[3] / "docs" / "administrator.md"
REFUSED = "550 5.7.1"
_COMMAND = re.compile(r"^gsp ((?:[a-z-]+(?![\w.-]) ?)+)", re.MULTILINE)  # no file names


def mail_to(world: Running, officer: Somebody, party: str, to: str) -> bytes:
    """A sealed request that is ready and not sent."""
    form, file = officer.folder / "form.xml", officer.folder / "form.eml"
    words = ("--set", "purpose=investigation", "--set", "justification=Case 2231.")
    more = ("--set", "category[1]=seizures", "--set", "facts=One container.", "--output", str(form), "--force")
    world.tool(officer, "forms", "new", "enforcement-request", *words, *more)
    memory = ("--memory", str(officer.folder / "memory.db"))
    options = ("--party", party, "--to", to, *memory, "--output", str(file))
    world.tool(officer, "seal", str(form), *options, *world.arguments(officer))
    return file.read_bytes()


def send(world: Running, officer: Somebody, mail: bytes) -> str:
    return world.send(officer, mail, f"query@{DOMAIN}")


def has_access(world: Running, officer: Somebody) -> bool:
    """As `gsp keys why` says it, for the certificate this person has."""
    code = 0 if world.rows("select 1 from officers where certificate = ?", officer.fingerprint) else 1
    said = world.gsp("keys", "why", officer.address, code=code)
    return code == 0 and officer.fingerprint in said.replace(" ", "")


def revocation_of(person: Person, reason: int) -> bytes:
    """Of one's own certificate, alone. reason: as gpg numbers them."""
    said = f"y\n{reason}\n\ny\n".encode()
    command = ("--no-tty", "--command-fd", "0", "--armor", "--gen-revoke", person.fingerprint)
    return gpg(person.home, *command, stdin=said, batch=False)


def walked(world: Running, section: str, since: int) -> None:
    """Every `gsp` command in the blocks of this section of the guide was run since then."""
    text = GUIDE.read_text(encoding="utf-8").partition(f"### {section}\n")[2].partition("\n##")[0]
    named = [
        tuple(words.split())
        for block in re.findall(r"^```\w+\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
        for words in _COMMAND.findall(block)
    ]
    assert named, section
    ran = world.ran[since:]
    for words in named:
        assert any(arguments[: len(words)] == words for arguments in ran), (section, words)
