"""A sentence that somebody will read: said in English, shown in the reader's language.

Contract: the template is a constant of the program and a key of the catalogues; what varies stands in its blanks.
"""

from dataclasses import dataclass, field

from pattern_rules import Recognition
from pattern_rules.sentences import explain


@dataclass(frozen=True, slots=True)
class FormSentence:
    """A sentence that the catalogues of the forms have. key: a value of FormErrorCode or BindingErrorCode."""

    key: str


@dataclass(frozen=True, slots=True)
class RecognitionSentence:
    """What the catalogue of the pattern library says of a UID: whose it is, or why it goes to nobody."""

    recognition: Recognition = field(repr=False)

    def __str__(self) -> str:
        return explain(self.recognition, "en")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A marked sentence. template: in English, blanks as {name}. values: what stands in the blanks."""

    template: str
    values: tuple[tuple[str, "Value"], ...] = field(default=(), repr=False)

    def __str__(self) -> str:
        """The sentence in English, for programmers; people get it by `Words.text`."""
        return self.template.format(**{name: str(value) for name, value in self.values})


Value = str | int | Sentence | FormSentence | RecognitionSentence


def phrase(template: str, /, **values: Value) -> Sentence:
    """Mark a sentence for the catalogues. template: a literal, never put together; values: for its blanks."""
    return Sentence(template, tuple(values.items()))
