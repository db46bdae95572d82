"""Dovecot's log lines without people: what an operator may keep.

Contract: no mail address, login name, IP address, session id or name of an officer's folder comes out. Dovecot's
formats leave them out already (dovecot.conf); its auth process writes them into errors all the same.
"""

import re
from ipaddress import ip_address

_REMOVED = "-"

_PATTERNS = (
    # What stands in parentheses after a word: `sql(name,IP,<session>)`, `lookup(name)`; a process id may stay.
    re.compile(r"(?<=\w)\((?!\d+\))[^()]*\)"),
    re.compile(r"(?<=<)[^<>]*(?=>)"),
    re.compile(r"(?<=\buser=)\S+|(?<=\blookup user )\S+|(?<=\brcpt )\S+|(?<=\b[rl]ip=)\S+"),
    re.compile(r"[^\s<>(),;:=]+@[^\s<>(),;:=]+"),
    re.compile(r"[0-9a-f]{64}"),
)
_PERHAPS_IP = re.compile(r"(?<![\w.:])[0-9A-Fa-f:.]{2,45}(?![\w:])")
_TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d ")
_LONGEST_LINE = 500


def without_people(line: str) -> str:
    """The line as it may be kept: one printable line of at most 500 characters."""
    found = _TIMESTAMP.match(line)
    timestamp, text = (found.group(), line[found.end() :]) if found else ("", line)
    text = "".join(character if character.isprintable() else "?" for character in text)
    for pattern in _PATTERNS:
        text = pattern.sub(_REMOVED, text)
    return (timestamp + _PERHAPS_IP.sub(_without_ip, text))[:_LONGEST_LINE]


def _without_ip(found: re.Match[str]) -> str:
    word = found.group()
    try:
        ip_address(word.rstrip(".:") if not word.endswith("::") else word)
    except ValueError:
        return word
    return _REMOVED
