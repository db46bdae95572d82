"""Reverse-path and forward-path of MAIL and RCPT (RFC 5321 §4.1.2), reduced to what an officer's address can be."""

import re

from keyring_admin.addresses import AddressError, canonical_address

_PATH = re.compile(r" ?<([^<>]*)>(?: (.*))?", re.DOTALL)

# RFC 5321 §4.1.2 Mailbox = Dot-string "@" Domain, less the atext that other mail systems give a meaning
# (percent hack, bang path, folders, encoded words, options, plus tags), less literals and A-labels.
_ATOM = r"[A-Za-z0-9_'&~-]+"
_LABEL = r"(?!xn--)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_MAILBOX = re.compile(rf"(?!-){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*", re.IGNORECASE)
_LOCAL_PART_OCTETS = 64  # RFC 5321 §4.5.3.1.1
_PATH_OCTETS = 254  # RFC 5321 §4.5.3.1.3, without the angle brackets


class PathSyntaxError(ValueError):
    """Not a path this gateway takes. The message never repeats the text."""


def split_path(argument: str, keyword: str) -> tuple[str, str]:
    """Split the argument of MAIL or RCPT into what stands between the angle brackets and the parameters.

    argument: what follows the verb, ASCII. keyword: `FROM:` or `TO:`, compared without case. One space after the
    colon is let pass: clients in wide use send it. Raises PathSyntaxError.
    """
    if argument[: len(keyword)].upper() != keyword:
        raise PathSyntaxError("keyword expected")
    match = _PATH.fullmatch(argument[len(keyword) :])
    if match is None:
        raise PathSyntaxError("path in angle brackets expected")
    return match[1], match[2] or ""


def parse_mailbox(text: str, *, special_use_domains: bool) -> str:
    """The canonical (lower-case) form of a mailbox.

    special_use_domains: admit special-use domains such as `.test` (RFC 6761). Raises PathSyntaxError.
    """
    if len(text) > _PATH_OCTETS or text.find("@") > _LOCAL_PART_OCTETS or not _MAILBOX.fullmatch(text):
        raise PathSyntaxError("mailbox expected")
    try:
        return canonical_address(text, special_use_domains=special_use_domains)
    except AddressError:
        raise PathSyntaxError("mailbox expected") from None
