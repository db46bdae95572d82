"""LMTP recipients: which address a delivery names to reach which folder."""

SENT = "Sent"


def party_recipient(party: str, gateway_domain: str) -> str:
    """The LMTP recipient of a Party's mailbox. party: its code, "KE"."""
    return f"{party.lower()}@{gateway_domain}"


def officer_recipient(address: str) -> str:
    """The LMTP recipient of an officer's INBOX. address: canonical."""
    return address


def sent_recipient(address: str) -> str:
    """The LMTP recipient of an officer's Sent folder (RFC 5233 §4: the detail names the folder)."""
    local_part, _, domain = address.rpartition("@")
    return f"{local_part}+{SENT}@{domain}"
