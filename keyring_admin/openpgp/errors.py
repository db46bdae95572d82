"""Why an OpenPGP object is refused: stable rule names, never a word of what it held."""

from enum import StrEnum


class Rule(StrEnum):
    """The reasons for which armor or a packet sequence is refused."""

    ARMOR_ABSENT = "armor-absent"
    ARMOR_CLEARTEXT_SIGNED = "armor-cleartext-signed"
    ARMOR_KIND = "armor-kind"
    ARMOR_SURROUNDED = "armor-surrounded"
    ARMOR_HEADER = "armor-header"
    ARMOR_UNCLOSED = "armor-unclosed"
    ARMOR_BASE64 = "armor-base64"
    ARMOR_CHECKSUM = "armor-checksum"
    NOT_OPENPGP = "not-openpgp"
    PACKET_TRUNCATED = "packet-truncated"
    PACKET_LENGTH = "packet-length"
    PACKET_COUNT = "packet-count"
    PACKET_UNEXPECTED = "packet-unexpected"
    CLEARTEXT = "cleartext-packet"
    TRAILING = "trailing-octets"
    NO_ENCRYPTED_DATA = "no-encrypted-data"
    NO_RECIPIENT = "no-recipient"
    TOO_MANY_RECIPIENTS = "too-many-recipients"
    HIDDEN_RECIPIENT = "hidden-recipient"
    SYMMETRIC_SESSION_KEY = "symmetric-session-key"
    RECIPIENT_ALGORITHM = "recipient-algorithm"
    RECIPIENT_VERSION = "recipient-version"
    RECIPIENT_MALFORMED = "recipient-malformed"
    NO_INTEGRITY = "no-integrity-protection"
    GNUPG_AEAD = "gnupg-aead"
    DATA_VERSION = "data-version"
    DATA_MALFORMED = "data-malformed"
    DATA_TOO_SHORT = "data-too-short"
    DATA_NOT_RANDOM = "data-not-random"


class OpenPGPRefusedError(ValueError):
    """An OpenPGP object is refused. Carries the rule and nothing else."""

    def __init__(self, rule: Rule) -> None:
        super().__init__(rule.value)
        self.rule = rule
