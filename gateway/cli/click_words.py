"""What click itself says of a wrong call, in the officer's language.

Contract: click puts its English sentences together when it raises them, so they are recognised by their templates,
which a test compares with click's own source; a sentence that is none of these is shown as click wrote it.
"""

import re
import string

import click
from click.exceptions import NoSuchCommand

from gateway.words import Sentence, Words, phrase

SENTENCES = (
    phrase("No such option {name}."),
    phrase("No such command {name}."),
    phrase("Missing command."),
    phrase("Got unexpected extra argument ({args})"),
    phrase("Got unexpected extra arguments ({args})"),
    phrase("Option {name} requires an argument."),
    phrase("Option {name} does not take a value."),
    phrase("File {filename} does not exist."),
    phrase("File {filename} is a directory."),
    phrase("File {filename} is not readable."),
    phrase("Directory {filename} does not exist."),
    phrase("Directory {filename} is a file."),
    phrase("Path {filename} does not exist."),
    phrase("{value} is not one of {choices}."),
    phrase("{value} does not match the format {format}."),
    phrase("Show this message and exit."),  # among the options
)


def usage_message(error: click.UsageError, words: Words) -> str:
    """What is wrong with a call, in the language of `words`."""
    match error:
        case click.MissingParameter():
            name = _name(error)
            if error.param is not None and error.param.param_type_name == "argument":
                return words.text(phrase("Missing argument {name}.", name=name))
            return words.text(phrase("Missing option {name}.", name=name))
        case click.BadParameter():
            reason = spoken(error.message, words)
            return words.text(phrase("Invalid value for {name}: {reason}", name=_name(error), reason=reason))
        case click.NoSuchOption() | NoSuchCommand() if error.possibilities:
            near = phrase("Did you mean {possibility}?", possibility=", ".join(error.possibilities))
            return f"{spoken(error.message, words)} {words.text(near)}"
        case _:
            return spoken(error.message, words)


def spoken(english: str, words: Words) -> str:
    """A sentence of click's in the language of `words`; as it is, if it is not known."""
    for sentence in SENTENCES:
        found = _pattern(sentence).fullmatch(english)
        if found is not None:
            return words.text(sentence, **found.groupdict())
    return english


def _pattern(sentence: Sentence) -> re.Pattern[str]:
    parts = (
        re.escape(literal) + (f"(?P<{name}>.*)" if name else "")
        for literal, name, _, _ in string.Formatter().parse(sentence.template)
    )
    return re.compile("".join(parts), re.DOTALL)


def _name(error: click.BadParameter) -> str:
    hint = error.param_hint
    if hint is None:
        hint = error.param.get_error_hint(error.ctx) if error.param is not None and error.ctx is not None else ""
    return hint if isinstance(hint, str) else " / ".join(hint)
