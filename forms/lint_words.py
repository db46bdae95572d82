"""What is missing or doubtful in the words of a pack: untranslated, in the wrong script, used by no field."""

import re
import unicodedata
from collections.abc import Iterator

from forms.fields import Kind
from forms.labels import LANGUAGES, Catalogue, Words
from forms.pack import Pack, read_toml
from forms.view import words_for

# Marks that Chinese and Arabic write otherwise, beside their own letters.
_FOREIGN_MARKS = {
    "zh": re.compile("[\u4e00-\u9fff][(),:;?!]|[(),:;?!][\u4e00-\u9fff]"),
    "ar": re.compile("[\u0600-\u06ff][,;?]"),
}
_SCRIPTS = {"ar": "ARABIC", "ru": "CYRILLIC", "zh": "CJK"}


def words_faults(pack: Pack) -> Iterator[str]:
    """Yield what is missing, left over or doubtful in the words of a pack."""
    allowed = read_toml(pack.folder / "pack.toml").get("identical", {})
    english = pack.catalogues.get("en")
    if english is None:
        yield "labels/en.toml is missing"
        return
    for language in LANGUAGES:
        catalogue = pack.catalogues.get(language)
        if catalogue is None:
            yield f"labels/{language}.toml is missing"
            continue
        yield from _missing(pack, words_for(pack, language))
        yield from (f"{language}: {key} is missing" for key in sorted(english.texts.keys() - catalogue.texts.keys()))
        yield from (
            f"{language}: {key} is not in English" for key in sorted(catalogue.texts.keys() - english.texts.keys())
        )
        yield from doubtful(catalogue, english, frozenset(allowed.get(language, ())))
    yield from (f"{key} is used by no field" for key in sorted(_unused(pack, english)))


def _missing(pack: Pack, words: Words) -> Iterator[str]:
    for key in ("title", "description"):
        if words.find("form", key) is None:
            yield f"{words.language}: form.{key} is missing"
    for field in pack.root.walk():
        if field.path and words.by_path("label", field.path) is None:
            yield f"{words.language}: {field.path} has no label"
        if field.kind is Kind.GROUP and field.repeats and words.by_path("one", field.path) is None:
            yield f"{words.language}: {field.path} has no heading for one of several (section one)"
        for code in field.codes:
            key = f"{(field.code_list or field.kind.value).removesuffix('-codes')}.{code}"
            if words.find("code", key) is None:
                yield f"{words.language}: code {key} has no text"
    for rule in pack.rules:
        if words.find("rule", rule.id) is None:
            yield f"{words.language}: rule {rule.id} has no text"


def _unused(pack: Pack, english: Catalogue) -> Iterator[str]:
    used = {f"rule.{rule.id}" for rule in pack.rules} | {"form.title", "form.description"}
    for field in pack.root.walk():
        names = field.path.split("/")
        for start in range(len(names)):
            end = ".".join(names[start:])
            used |= {f"label.{end}", f"one.{end}", f"help.{end}"}
        code_list = (field.code_list or field.kind.value).removesuffix("-codes")
        used |= {f"code.{code_list}.{code}" for code in field.codes}
    yield from english.texts.keys() - used


def doubtful(catalogue: Catalogue, english: Catalogue, allowed: frozenset[str]) -> Iterator[str]:
    """Yield what looks wrong in one catalogue. allowed: keys whose text may be the English one."""
    for key, text in catalogue.texts.items():
        if not text.strip() or text != text.strip():
            yield f"{catalogue.language}: {key} is empty or padded"
        elif catalogue.language != "en" and text == english.texts.get(key) and key not in allowed:
            yield f"{catalogue.language}: {key} is identical with English"
        elif catalogue.language in _FOREIGN_MARKS and _FOREIGN_MARKS[catalogue.language].search(text):
            yield f"{catalogue.language}: {key} has punctuation of another script"
        elif (script := _wrong_script(catalogue.language, text)) and key not in allowed:
            yield f"{catalogue.language}: {key} is in the wrong script ({script})"


def _wrong_script(language: str, text: str) -> str:
    found = {script for letter in text if letter.isalpha() for script in [unicodedata.name(letter, "?").split()[0]]}
    expected = _SCRIPTS.get(language, "LATIN")
    foreign = found - {expected, "LATIN"}
    if foreign:
        return ", ".join(sorted(foreign))
    return "" if expected in found or not found else "no letter of the language's script"
