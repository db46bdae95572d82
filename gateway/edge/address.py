"""Reverse-path and forward-path of MAIL and RCPT (RFC 5321 §4.1.2), reduced to what an officer's address can be."""

import re

from keyring_admin.addresses import AddressError, canonical_address

_PATH = re.compile(r" ?<([^<>]*)>(?: (.*))?", re.DOTALL)


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
    try:
        return canonical_address(text, special_use_domains=special_use_domains)
    except AddressError:
        raise PathSyntaxError("mailbox expected") from None
