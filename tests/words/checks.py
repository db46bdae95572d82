"""What can be wrong with a translation, found without knowing the language."""

import re
import string
import unicodedata
from collections.abc import Iterator

from gateway.words.language import LANGUAGES

TRANSLATED = tuple(language for language in LANGUAGES if language != "en")
# Sentences that may be the same as in English.
SAME = {
    "es": {"{file}: {reason}", "Error: {message}", "{name} ({code}): {address}"},
    "fr": {"Options"},
    "ru": {"{file}: {reason}", "{name} ({code}): {address}"},
    "ar": {"{file}: {reason}", "{name} ({code}): {address}"},
}
# Names that are written alike everywhere: programs, commands, options, protocols.
NAMES = re.compile(
    r"`[^`]*`|--[a-z-]+|(?:query|resolve|keys)@|\bUID(?=s?\b)|GSP_[A-Z_]+|(?:slip|body)\.asc|txt, csv, tsv, xlsx|"
    r"\.(?:csv|txt|xlsx|xml)\b|PATH=VALUE|purpose=investigation|LC_ALL|'<GS>'|0x1D|"
    r"\b(?:User ID|KiB|UTF-8|RSA|DSA|ElGamal|Curve25519|P-256|P-384|P-521|SHA-1|AEAD|OCB)\b|"
    r"\b(?:OpenPGP|GnuPG|IMAP|TLS|UTC|HOST:PORT|CR LF|NUL|RFC \d+|INBOX|SOURCE|From|FILE|FORM|GS|JSON|LANG|MAILS|PACK|"
    r"PARTY|TEXT|XML|PEM)\b"
)
_SCRIPTS = {"ar": "ARABIC", "ru": "CYRILLIC", "zh": "CJK", "es": "LATIN", "fr": "LATIN", "en": "LATIN"}


def blanks(text: str) -> list[str]:
    """The names of the blanks, sorted; a blank with a format or conversion is named with it."""
    return sorted(
        f"{name}!{conversion}:{spec}" if conversion or spec else name
        for _, name, spec, conversion in string.Formatter().parse(text)
        if name is not None
    )


def faults(language: str, english: str, translation: str) -> Iterator[str]:
    """What is wrong with one translation."""
    if not translation.strip():
        yield "missing"
        return
    if blanks(translation) != blanks(english):
        yield "other blanks"
    if translation == english and english not in SAME.get(language, set()):
        yield "identical to English"
    if set(NAMES.findall(translation)) != set(NAMES.findall(english)):
        yield "other names of programs and options"
    if any(script != _SCRIPTS[language] for script in _scripts(translation)):
        yield "wrong script"
    if translation != translation.strip() or "\t" in translation:
        yield "stray white space"


def _scripts(text: str) -> Iterator[str]:
    plain = NAMES.sub("", "".join(literal for literal, *_ in string.Formatter().parse(text)))
    for character in plain:
        if unicodedata.category(character).startswith("L"):
            yield unicodedata.name(character).split()[0]
