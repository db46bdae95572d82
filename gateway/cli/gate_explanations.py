"""What each rule of the gate means to people: one sentence a rule, several rules may share one."""

from gateway.words import Sentence, phrase
from keyring_admin.openpgp import Rule

_READABLE = phrase("Something in the mail can be read without a key. Encrypt the whole mail with OpenPGP.")
_SURROUNDED = phrase("Text stands before or after what is encrypted. Nothing may stand beside it.")
_LINE_ENDS = phrase(
    "Lines must end with CR LF, and NUL is not allowed. A mail saved as a file may have lost its line ends."
)
_LONG_LINE = phrase("A line is longer than mail allows.")
_LARGE = phrase("The mail, or a part of it, is larger than the gateway takes.")
_HEADER = phrase("The header of the mail is malformed: a field is broken, stands twice, or says something unexpected.")
_FROM = phrase("From must hold exactly one address.")
_STRUCTURE = phrase(
    "The parts of the mail are not those of an encrypted mail (RFC 3156), or can be read in more than one way."
)
_SEALED = phrase("A mail to query@ holds one routing slip and one sealed body, and nothing else.")
_ENCODING = phrase("A part is encoded in a way that is not allowed here, or its encoding is damaged.")
_ARMOR = phrase("The OpenPGP armor is damaged, incomplete, or of another kind.")
_PACKETS = phrase("This is no OpenPGP message, or it is damaged.")
_RECIPIENTS = phrase("The message is encrypted to nobody, to too many keys, or to hidden recipients.")
_PASSWORD = phrase("The message is encrypted with a password. Encrypt it to certificates only.")
_KEY = phrase("It is encrypted to a key of a kind that is not accepted, or the entry of that key is damaged.")
_INTEGRITY = phrase("The encryption has no integrity protection that all can read. Use a current OpenPGP program.")
_NOT_RANDOM = phrase("What should be encrypted looks like readable text.")

_EXPLANATIONS = {
    "cleartext": _READABLE,
    "cleartext-beside-openpgp": _READABLE,
    "encrypted-part-missing": _READABLE,
    "preamble": _SURROUNDED,
    "epilogue": _SURROUNDED,
    "bare-lf": _LINE_ENDS,
    "bare-cr": _LINE_ENDS,
    "nul": _LINE_ENDS,
    "line-length": _LONG_LINE,
    "header-field-length": _LONG_LINE,
    "size": _LARGE,
    "header-size": _LARGE,
    "skeleton-size": _LARGE,
    "header-blank-line": _HEADER,
    "header-control-character": _HEADER,
    "header-duplicate": _HEADER,
    "header-fields": _HEADER,
    "header-octets": _HEADER,
    "header-syntax": _HEADER,
    "mime-version": _HEADER,
    "from": _FROM,
    "boundary": _STRUCTURE,
    "boundary-ambiguous": _STRUCTURE,
    "content-type": _STRUCTURE,
    "control-part": _STRUCTURE,
    "encrypted-parts": _STRUCTURE,
    "multipart-encoding": _STRUCTURE,
    "multipart-unclosed": _STRUCTURE,
    "nested-control-part": _STRUCTURE,
    "nested-message": _STRUCTURE,
    "nested-multipart": _STRUCTURE,
    "nesting": _STRUCTURE,
    "part-description": _STRUCTURE,
    "part-header": _STRUCTURE,
    "part-parameter": _STRUCTURE,
    "part-type": _STRUCTURE,
    "parts": _STRUCTURE,
    "protocol": _STRUCTURE,
    "sealed-count": _SEALED,
    "signed-parts": _SEALED,
    "attachment-encoding": _ENCODING,
    "base64": _ENCODING,
    "content-transfer-encoding": _ENCODING,
    "inline-encoding": _ENCODING,
    "part-encoding": _ENCODING,
    "skeleton-charset": _ENCODING,
    Rule.ARMOR_ABSENT.value: _READABLE,
    Rule.ARMOR_CLEARTEXT_SIGNED.value: _READABLE,
    Rule.ARMOR_KIND.value: _ARMOR,
    Rule.ARMOR_SURROUNDED.value: _SURROUNDED,
    Rule.ARMOR_HEADER.value: _ARMOR,
    Rule.ARMOR_UNCLOSED.value: _ARMOR,
    Rule.ARMOR_BASE64.value: _ARMOR,
    Rule.ARMOR_CHECKSUM.value: _ARMOR,
    Rule.NOT_OPENPGP.value: _PACKETS,
    Rule.PACKET_TRUNCATED.value: _PACKETS,
    Rule.PACKET_LENGTH.value: _PACKETS,
    Rule.PACKET_COUNT.value: _PACKETS,
    Rule.PACKET_UNEXPECTED.value: _PACKETS,
    Rule.CLEARTEXT.value: _READABLE,
    Rule.TRAILING.value: _SURROUNDED,
    Rule.NO_ENCRYPTED_DATA.value: _PACKETS,
    Rule.NO_RECIPIENT.value: _RECIPIENTS,
    Rule.TOO_MANY_RECIPIENTS.value: _RECIPIENTS,
    Rule.HIDDEN_RECIPIENT.value: _RECIPIENTS,
    Rule.SYMMETRIC_SESSION_KEY.value: _PASSWORD,
    Rule.RECIPIENT_ALGORITHM.value: _KEY,
    Rule.RECIPIENT_VERSION.value: _KEY,
    Rule.RECIPIENT_MALFORMED.value: _KEY,
    Rule.NO_INTEGRITY.value: _INTEGRITY,
    Rule.GNUPG_AEAD.value: _INTEGRITY,
    Rule.DATA_VERSION.value: _INTEGRITY,
    Rule.DATA_MALFORMED.value: _PACKETS,
    Rule.DATA_TOO_SHORT.value: _PACKETS,
    Rule.DATA_NOT_RANDOM.value: _NOT_RANDOM,
}


def explanation(rule: str) -> Sentence:
    """The sentence for a rule's name. Raises KeyError for a name no rule has: a test keeps the table complete."""
    return _EXPLANATIONS[rule]
