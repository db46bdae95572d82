"""What the gateway and the officers' commands say, in six languages, from gettext catalogues.

A sentence is marked where it stands, in English (`phrase`), and put into a language where it is shown (`words_in`). The
catalogues are the .po files beside this module; Babel reads them when a language is first asked for, so that there is
no compiled copy to forget. To bring a catalogue up to date: `pybabel extract -k phrase -k help_text -o gateway.pot
gateway` finds the marked sentences, and
`pybabel update -i gateway.pot -o gateway/words/ru.po -l ru` adds the new ones.
"""

from gateway.words.catalogue import Words, words_in
from gateway.words.language import LANGUAGES, language_of_environment
from gateway.words.sentence import FormSentence, RecognitionSentence, Sentence, phrase

__all__ = [
    "LANGUAGES",
    "FormSentence",
    "RecognitionSentence",
    "Sentence",
    "Words",
    "language_of_environment",
    "phrase",
    "words_in",
]
