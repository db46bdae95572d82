"""Mail addresses of officers and Parties: one canonical form, checked by email-validator, nothing looked up."""

from email_validator import EmailNotValidError, validate_email


class AddressError(ValueError):
    """The text is not an address this gateway admits. The message never repeats the text."""


def canonical_address(text: str, *, special_use_domains: bool) -> str:
    """The one spelling under which an address is stored and compared: lower case, ASCII, no plus tag.

    special_use_domains: whether domains under `.test` are admitted (RFC 6761 §6.2).
    Raises AddressError.
    """
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
    address = (validated.ascii_email or "").lower()
    # A plus tag would make two spellings of one person, and names a folder in the mailbox server.
    if not address or "+" in address:
        raise AddressError("expected an ASCII address without a plus tag")
    return address


def domain_of(address: str) -> str:
    """The domain of a canonical address."""
    return address.rpartition("@")[2]


def canonical_domain(text: str, *, special_use_domains: bool) -> str:
    """The one spelling of a mail domain. Raises AddressError."""
    return domain_of(canonical_address(f"postmaster@{text}", special_use_domains=special_use_domains))
