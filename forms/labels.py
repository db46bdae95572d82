"""Words of packs: one TOML file per language, the pack's own first, then the common ones.

Contract: a catalogue never invents a text: a key that neither file has raises KeyError in `text`, and lint says so
before anyone sees it. Keys are schema names, so nothing of a form's content takes part in a look-up.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from forms.punctuation import Punctuation, punctuation_of

LANGUAGES = ("ar", "en", "es", "fr", "ru", "zh")
RIGHT_TO_LEFT = frozenset({"ar"})
SECTIONS = ("form", "label", "one", "help", "code", "rule", "message")
_COMMON = Path(__file__).parent / "packs" / "common" / "1" / "labels"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The words of one pack in one language.

    reviewed_by: the speaker who has read them; "" if nobody has. texts: by "section.key".
    """

    language: str
    reviewed_by: str
    texts: dict[str, str]


@dataclass(frozen=True, slots=True)
class Words:
    """The words for one pack and reader: the pack's catalogue over the common one."""

    language: str
    own: Catalogue
    common: Catalogue

    @property
    def direction(self) -> str:
        """ "rtl" or "ltr", as HTML's dir attribute takes it."""
        return "rtl" if self.language in RIGHT_TO_LEFT else "ltr"

    @property
    def punctuation(self) -> Punctuation:
        """The marks of the language."""
        return punctuation_of(self.language)

    @property
    def reviewed(self) -> bool:
        """Whether a speaker has read all of them."""
        return bool(self.own.reviewed_by and self.common.reviewed_by)

    def find(self, section: str, key: str) -> str | None:
        """Return the text, or None."""
        full = f"{section}.{key}"
        return self.own.texts.get(full, self.common.texts.get(full))

    def text(self, section: str, key: str) -> str:
        """Return the text. Raises KeyError if neither catalogue has it."""
        found = self.find(section, key)
        if found is None:
            raise KeyError(f"{self.language}: {section}.{key}")
        return found

    def by_path(self, section: str, path: str) -> str | None:
        """Return the text of a field: by the longest end of its path that has one ("contact/name", then "name")."""
        names = path.split("/")
        for start in range(len(names)):
            found = self.find(section, ".".join(names[start:]))
            if found is not None:
                return found
        return None

    def label(self, path: str) -> str:
        """Return the label of a field. Raises KeyError if it has none."""
        found = self.by_path("label", path)
        if found is None:
            raise KeyError(f"{self.language}: label of {path}")
        return found

    def numbered(self, path: str, number: object) -> str:
        """Return the label of one of several: "Answer 2". Raises KeyError if the field has no label."""
        return f"{self.by_path('one', path) or self.label(path)} {number}"

    def code(self, code_list: str, code: str) -> str:
        """Return the text of a code. Raises KeyError if it has none."""
        return self.text("code", f"{code_list.removesuffix('-codes')}.{code}")


def load_catalogues(folder: Path) -> dict[str, Catalogue]:
    """Load the catalogues a labels folder has, by language."""
    return {language: load(folder / f"{language}.toml") for language in LANGUAGES if _exists(folder, language)}


def load(path: Path) -> Catalogue:
    """Load one catalogue. Raises ValueError or OSError if the file is wrong: packs are trusted data."""
    document = tomllib.loads(path.read_text("utf-8"))
    texts: dict[str, str] = {}
    for section in SECTIONS:
        _flatten(document.get(section, {}), section, texts)
    return Catalogue(str(document["language"]), str(document.get("reviewed_by", "")), texts)


@cache
def common_catalogue(language: str) -> Catalogue:
    """Return the words that all packs and the engine share."""
    return load(_COMMON / f"{language}.toml")


def _exists(folder: Path, language: str) -> bool:
    return (folder / f"{language}.toml").is_file()


def _flatten(table: dict[str, object], prefix: str, texts: dict[str, str]) -> None:
    for key, value in table.items():
        if isinstance(value, dict):
            _flatten(value, f"{prefix}.{key}", texts)
        else:
            texts[f"{prefix}.{key}"] = str(value)
