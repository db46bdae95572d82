"""One command line (RFC 5321 §4.1.1): verb and argument, or why it is refused before anything is done."""

import re
from dataclasses import dataclass, field

from gateway.edge.limits import EdgeLimits
from gateway.replies import BAD_SYNTAX, LINE_TOO_LONG, NON_ASCII_ADDRESS, Reply

_PRINTABLE = re.compile(rb"[ -~]*")
_WITH_ADDRESS = frozenset({"MAIL", "RCPT"})


@dataclass(frozen=True, slots=True)
class CommandLine:
    """verb: upper case, as the client sent it, maybe unknown. argument: what follows the first space."""

    verb: str = field(repr=False)
    argument: str = field(repr=False)
    octets: bytes = field(repr=False)


def parse_command(line: bytes) -> CommandLine:
    """Split a line without CR LF. Spaces at its end are let pass (RFC 5321 §4.1.1)."""
    verb, _, argument = line.decode("latin-1").rstrip(" ").partition(" ")
    return CommandLine(verb.upper(), argument, line)


def refuse_line(line: CommandLine, limits: EdgeLimits) -> Reply | None:
    """The refusal of a line that is too long, not ASCII, or holds control characters; else None."""
    limit = limits.command_octets
    if line.verb == "AUTH":
        limit = limits.authentication_octets
    elif line.verb in _WITH_ADDRESS:
        limit = limits.parameter_command_octets
    if len(line.octets) + 2 > limit:
        return LINE_TOO_LONG
    if not line.octets.isascii():
        # RFC 6531 §3.5: SMTPUTF8 is not offered
        return NON_ASCII_ADDRESS if line.verb in _WITH_ADDRESS else BAD_SYNTAX
    return None if _PRINTABLE.fullmatch(line.octets) else BAD_SYNTAX
