"""`gsp gate`: would the gateway accept this mail? Judges files exactly as the SMTP dialogue does, and sends nothing.

Prints one JSON line for each file; nothing that is in a file is printed, except the key IDs it is encrypted to.
Exit codes: 0 every file accepted; 1 one or more refused; 2 wrong usage or an unreadable file.
"""

import json
import sys

import click

from gateway.cli.gate_explanations import explanation
from gateway.cli.officer_options import language_option
from gateway.gate import Refused, judge, judge_message
from gateway.replies import ACCEPTED, Reply
from gateway.words import Words, phrase
from keyring_admin.openpgp import EncryptedMessage, is_armored

_SIZE_LIMIT = 25 * 1024 * 1024
_EXIT_REFUSED = 1
_EXIT_UNREADABLE = 2


@click.command(name="gate")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--lf/--crlf",
    "line_feeds",
    default=None,
    help="Line ends of mails: --lf converts LF to CR LF before judging, --crlf judges the file as it is."
    "  [default: convert only where the file holds no CR at all]",
)
@click.option(
    "--size-limit", default=_SIZE_LIMIT, show_default=True, type=click.IntRange(min=1), help="Largest mail, in octets."
)
@click.option("--explain", is_flag=True, help="Also say on standard error, in your language, what each refusal means.")
@language_option
def gate(files: tuple[str, ...], line_feeds: bool | None, size_limit: int, *, explain: bool, words: Words) -> None:
    """Would the gateway accept this mail? Judges without a key, prints one JSON line for each FILE.

    FILE is a mail (.eml), or a bare OpenPGP message, armored (.asc) or binary (.gpg, .pgp); - is standard input.

    \b
    Example:
        echo 'a query' | gpg -aer eu@gsp.example > query.asc
        gsp gate query.asc
        {"file": "query.asc", "verdict": "accept", "code": "250 2.6.0", ...

    On the wire a mail has CR LF line ends. A mail saved on Unix has LF: such a file is converted first and marked
    with "line_endings": "lf".

    Who is allowed to send to whom is not judged here. Exit code 0: all accepted; 1: one or more refused; 2: a file
    can't be read.
    """
    refused = unreadable = False
    for name in files:
        content = _read(name)
        if content is None:
            unreadable = True
            continue
        line = {"file": name, **_judge(content, line_feeds, size_limit)}
        refused = refused or line["verdict"] == "refuse"
        click.echo(json.dumps(line))
        if explain and line["verdict"] == "refuse":
            told = phrase("{file}: {reason}", file=name, reason=explanation(str(line["rule"])))
            click.echo(words.lines(words.text(told)), err=True)
    if refused or unreadable:
        sys.exit(_EXIT_UNREADABLE if unreadable else _EXIT_REFUSED)


def _read(name: str) -> bytes | None:
    """The file; None, after saying so, if it cannot be read: the others are judged all the same."""
    try:
        with click.open_file(name, "rb") as file:
            content: bytes = file.read()
    except OSError as error:
        click.echo(f"gsp gate: can't read {name}: {error.strerror}", err=True)
        return None
    return content


def _judge(content: bytes, line_feeds: bool | None, size_limit: int) -> dict[str, object]:
    if is_armored(content) or content[:1] >= b"\x80":
        message = judge_message(content)
        if isinstance(message, Refused):
            return _refusal(message)
        return _acceptance("message", (message,))
    convert = b"\r" not in content if line_feeds is None else line_feeds
    if convert:
        content = content.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    verdict = judge(content, size_limit=size_limit)
    answer = _refusal(verdict) if isinstance(verdict, Refused) else _acceptance(verdict.shape.value, verdict.messages)
    return {**answer, "line_endings": "lf"} if convert else answer


def _refusal(refused: Refused) -> dict[str, object]:
    return {
        "verdict": "refuse",
        "code": _code(refused.reply),
        "rule": refused.rule,
        "text": refused.reply.text,
        "recipients": [],
    }


def _acceptance(shape: str, messages: tuple[EncryptedMessage, ...]) -> dict[str, object]:
    """`recipients` lists every key ID once, `messages` says which message has which."""
    return {
        "verdict": "accept",
        "code": _code(ACCEPTED),
        "rule": None,
        "shape": shape,
        "recipients": list(dict.fromkeys(key_id for message in messages for key_id in message.recipients)),
        "messages": [
            {"recipients": list(message.recipients), "integrity": message.integrity.name.lower()}
            for message in messages
        ],
    }


def _code(reply: Reply) -> str:
    return f"{reply.code} {reply.enhanced}"
