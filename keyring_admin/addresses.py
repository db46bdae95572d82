"""Mail addresses of officers and Parties: one canonical form, checked by email-validator, nothing looked up."""

import re

from email_validator import EmailNotValidError, validate_email

# RFC 5321 §4.1.2 Mailbox = Dot-string "@" Domain, less the atext that other mail systems give a meaning
# (percent hack, bang path, folders, encoded words, options, plus tags), less literals and A-labels.
_ATOM = r"[A-Za-z0-9_'&~-]+"
_LABEL = r"(?!xn--)[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?"
_MAILBOX = re.compile(rf"(?!-){_ATOM}(?:\.{_ATOM})*@{_LABEL}(?:\.{_LABEL})*", re.IGNORECASE)
_LOCAL_PART_OCTETS = 64  # RFC 5321 §4.5.3.1.1
_MAILBOX_OCTETS = 254  # RFC 5321 §4.5.3.1.3, without the angle brackets


class AddressError(ValueError):
    """The text is not an address this gateway admits. The message never repeats the text."""


def canonical_address(text: str, *, special_use_domains: bool) -> str:
    """The one spelling under which an address is stored and compared: lower case, ASCII, no plus tag.

    special_use_domains: whether domains under `.test` are admitted (RFC 6761 §6.2).
    Raises AddressError.
    """
    if len(text) > _MAILBOX_OCTETS or text.find("@") > _LOCAL_PART_OCTETS or not _MAILBOX.fullmatch(text):
        raise AddressError("expected an ASCII address such as officer@customs.example, without a plus tag")
    try:
        validated = validate_email(
            text,
            allow_smtputf8=False,  # SMTPUTF8 is not offered
            allow_quoted_local=False,
            allow_domain_literal=False,
            check_deliverability=False,
            test_environment=special_use_domains,
            strict=True,
        )
    except EmailNotValidError:
        raise AddressError("expected an address such as officer@customs.example") from None
    # A plus tag would make two spellings of one person; in the mailbox server it names a folder.
    return validated.normalized.lower()


def domain_of(address: str) -> str:
    """The domain of a canonical address."""
    return address.rpartition("@")[2]


def canonical_domain(text: str, *, special_use_domains: bool) -> str:
    """The one spelling of a mail domain. Raises AddressError."""
    return domain_of(canonical_address(f"postmaster@{text}", special_use_domains=special_use_domains))
