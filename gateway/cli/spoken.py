"""Commands whose help and whose complaints about a wrong call are in the officer's language, as what they say is.

The language is that of --language, wherever it stands in the call, else that of the environment.
"""

import os
import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

import click
from click.exceptions import NoArgsIsHelpError

from forms.punctuation import punctuation_of
from gateway.cli.click_words import usage_message
from gateway.words import LANGUAGES, Sentence, Words, language_of_environment, phrase, words_in

_ARGUMENTS = f"{__name__}.arguments"
_FIRST_SENTENCE = re.compile(r".*?(?:[.؟?](?=\s|$)|。|$)", re.DOTALL)


def help_text(text: str) -> str:
    """Mark a help text for the catalogues; Babel finds the call."""
    return text


class SpokenUsageError(click.UsageError):
    """A wrong call, told in the officer's language; exit status 2."""

    def __init__(self, message: str | Sentence, words: Words, context: click.Context | None = None) -> None:
        text = message if isinstance(message, str) else words.text(message)
        super().__init__(text, context or click.get_current_context(silent=True))
        self._words = words

    def show(self, file: IO[Any] | None = None) -> None:
        """Print it on standard error, with the way to call the command."""
        words, lines = self._words, []
        if self.ctx is not None:
            lines = [self.ctx.get_usage()]
            lines += [words.text(phrase("`{command} --help` tells more.", command=self.ctx.command_path)), ""]
        lines.append(words.text(phrase("Error: {message}", message=self.message)))
        click.echo(words.lines("\n".join(lines)), file=file, err=file is None)


class SpokenCommand(click.Command):
    """Help texts marked with `help_text` are shown in the language of the reader."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """The options and arguments of a call. Raises SpokenUsageError."""
        ctx.meta[_ARGUMENTS] = list(args)
        try:
            return super().parse_args(ctx, args)
        except NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            raise _spoken_error(error, ctx) from None

    def get_help(self, ctx: click.Context) -> str:
        """The whole page."""
        return words_of_call(ctx).lines(super().get_help(ctx))

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """How it is called."""
        prefix = words_of_call(ctx).text(phrase("Usage:"))
        gap = "" if unicodedata.east_asian_width(prefix[-1]) == "F" else " "  # a full-width colon has its own
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix + gap)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What it does."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(_translated(self.help or "", words_of_call(ctx)))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What can be chosen."""
        words = words_of_call(ctx)
        options = [one for one in self.get_params(ctx) if isinstance(one, click.Option)]
        with _section(formatter, phrase("Options"), words):
            formatter.write_dl([_record(option, ctx, words) for option in options])


class SpokenGroup(SpokenCommand, click.Group):
    """A command with sub-commands, all of which are spoken."""

    command_class = SpokenCommand

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The sub-command that is called. Raises SpokenUsageError."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            raise _spoken_error(error, ctx) from None

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What can be chosen, then the sub-commands."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The sub-commands, each with the first sentence of its help."""
        words = words_of_call(ctx)
        rows = []
        for name in self.list_commands(ctx):
            command = self.get_command(ctx, name)
            if command is not None and not command.hidden:
                found = _FIRST_SENTENCE.match(_translated(command.help or "", words))
                rows.append((name, found.group() if found is not None else ""))
        with _section(formatter, phrase("Commands"), words):
            formatter.write_dl(rows)


def words_of_call(context: click.Context) -> Words:
    """The words a call is answered in, even if it went wrong before --language was read."""
    chosen = context.params.get("words")
    if isinstance(chosen, Words):
        return chosen
    named = _language_in(context.meta.get(_ARGUMENTS, ()))
    language = named or os.environ.get("GSP_LANGUAGE", "")
    return words_in(language if language in LANGUAGES else language_of_environment(os.environ))


@contextmanager
def _section(formatter: click.HelpFormatter, heading: Sentence, words: Words) -> Iterator[None]:
    """As click's own, but with the colon of the language."""
    formatter.write_paragraph()
    formatter.write(words.text(heading) + punctuation_of(words.language).colon.rstrip() + "\n")
    with formatter.indentation():
        yield


def _language_in(arguments: Sequence[str]) -> str:
    for place, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name == "--language":
            value = value if equals else "".join(arguments[place + 1 : place + 2])
            if value in LANGUAGES:
                return value
    return ""


def _spoken_error(error: click.UsageError, context: click.Context) -> click.UsageError:
    if isinstance(error, SpokenUsageError):
        return error
    words = words_of_call(context)
    return SpokenUsageError(usage_message(error, words), words, error.ctx or context)


def _record(option: click.Option, context: click.Context, words: Words) -> tuple[str, str]:
    """The names of an option, and what it does."""
    written = option.get_help_record(context)
    extra = option.get_help_extra(context)
    notes = []
    if isinstance(option.show_default, str):
        notes.append(words.text(phrase("default: {default}", default=_translated(option.show_default, words))))
    elif "default" in extra:
        notes.append(words.text(phrase("default: {default}", default=extra["default"])))
    if "required" in extra:
        notes.append(words.text(phrase("required")))
    told = _translated(option.help or "", words)
    return (written[0] if written is not None else ""), told + (f"  [{'; '.join(notes)}]" if notes else "")


def _translated(text: str, words: Words) -> str:
    return words.translations.get(text, text)
