"""User IDs: the one address each holds, and what makes one unfit to be shown to people."""

import unicodedata

from keyring_admin.addresses import AddressError, canonical_address
from keyring_admin.certificate_refusal import CertificateRefusal

# Scripts whose letters look like each other's. A word in two of them is written to deceive (UTS #39 §5.2, narrowed).
_LOOK_ALIKE_SCRIPTS = frozenset({"LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "LISU"})
_UNSEEN_CATEGORIES = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})  # Unicode general categories


def user_id_address(user_id: str, *, special_use_domains: bool) -> str | None:
    """The address of a User ID of the form `Name <address>` or `address`; None if it holds none, or several."""
    inner = user_id.rpartition("<")[2].removesuffix(">") if "<" in user_id else user_id
    if user_id.count("<") > 1 or user_id.count("@") != 1:
        return None
    try:
        return canonical_address(inner.strip(), special_use_domains=special_use_domains)
    except AddressError:
        return None


def user_id_problem(octets: bytes) -> CertificateRefusal | None:
    """Why a User ID is unfit, or None. octets: RFC 9580 §5.11 says UTF-8, and nothing is taken for granted."""
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError:
        return CertificateRefusal.USER_ID_CHARACTERS
    if any(unicodedata.category(character) in _UNSEEN_CATEGORIES for character in text):
        return CertificateRefusal.USER_ID_CHARACTERS
    if text.count("@") > 1 or text.count("<") > 1:
        return CertificateRefusal.TWO_ADDRESSES
    if any(len(_scripts(word)) > 1 for word in text.split()):
        return CertificateRefusal.USER_ID_CONFUSABLE
    return None


def _scripts(word: str) -> set[str]:
    """The scripts of a word's letters, of those that can be mistaken for each other."""
    found = {unicodedata.name(letter, "").partition(" ")[0] for letter in word if letter.isalpha()}
    return found & _LOOK_ALIKE_SCRIPTS
