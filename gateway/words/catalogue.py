"""The catalogues: one .po file a language, English being the sentences themselves.

Contract: a sentence that a catalogue lacks is shown in English; a test sees to it that none is lacking.
"""

from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from forms.problem_text import message
from gateway.words.language import ENGLISH, LANGUAGES, RIGHT_TO_LEFT
from gateway.words.sentence import FormSentence, RecognitionSentence, Sentence, Value
from pattern_rules.sentences import explain

# UAX #9 §2: isolates keep an address or a code from reordering the Arabic sentence around it, and let a terminal that
# takes every line for left to right still show an Arabic one in its own order.
_FIRST_STRONG_ISOLATE, _RIGHT_TO_LEFT_ISOLATE, _POP = "\u2068", "\u2067", "\u2069"


@dataclass(frozen=True, slots=True)
class Words:
    """The sentences of one language. translations: by English sentence; empty for English."""

    language: str
    translations: dict[str, str] = field(repr=False)

    def text(self, sentence: Sentence | FormSentence | RecognitionSentence, /, **values: Value) -> str:
        """A sentence with its blanks filled in. values: besides those the sentence brings along."""
        if isinstance(sentence, FormSentence):
            return message(sentence.key, self.language)
        if isinstance(sentence, RecognitionSentence):
            return explain(sentence.recognition, self.language)
        template = self.translations.get(sentence.template, sentence.template)
        return template.format(**{name: self._value(value) for name, value in (dict(sentence.values) | values).items()})

    def lines(self, text: str) -> str:
        """Text for a terminal, which may take every line for left to right: Arabic lines say what they are."""
        if self.language not in RIGHT_TO_LEFT:
            return text
        return "\n".join(f"{_RIGHT_TO_LEFT_ISOLATE}{line}{_POP}" if line else line for line in text.split("\n"))

    def _value(self, value: Value) -> str:
        if isinstance(value, Sentence | FormSentence | RecognitionSentence):
            return self.text(value)
        return f"{_FIRST_STRONG_ISOLATE}{value}{_POP}" if self.language in RIGHT_TO_LEFT else str(value)


@cache
def words_in(language: str) -> Words:
    """The sentences of a language. Raises KeyError if it is none of the six."""
    if language not in LANGUAGES:
        raise KeyError(language)
    if language == ENGLISH:
        return Words(language, {})
    found = {entry.id: entry.string for entry in catalogue(language) if entry.id and not entry.fuzzy}
    return Words(language, {id_: str(string) for id_, string in found.items() if isinstance(id_, str) and string})


def catalogue(language: str) -> Catalog:
    """The .po file of a language other than English, as Babel reads it."""
    with files("gateway.words").joinpath(f"{language}.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)
