"""A command whose help is in the officer's language, as what it says is.

The language is that of --language where it stands before --help, else that of the environment.
"""

import copy
import os

import click

from gateway.words import LANGUAGES, Words, language_of_environment, phrase, words_in

CLICKS_OWN = (phrase("Show this message and exit."),)  # written by click, shown among our options


def help_text(text: str) -> str:
    """Mark a help text for the catalogues; Babel finds the call."""
    return text


class SpokenCommand(click.Command):
    """Help texts marked with `help_text` are shown in the language of the reader."""

    def get_help(self, ctx: click.Context) -> str:
        """The whole page."""
        return _words(ctx).lines(super().get_help(ctx))

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """How it is called."""
        prefix = _words(ctx).text(phrase("Usage:")) + " "
        formatter.write_usage(ctx.command_path, " ".join(self.collect_usage_pieces(ctx)), prefix)

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What it does."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(_translated(self.help or "", _words(ctx)))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What can be chosen."""
        words = _words(ctx)
        options = [one for one in self.get_params(ctx) if isinstance(one, click.Option)]
        records = [_spoken(option, words).get_help_record(ctx) for option in options]
        with formatter.section(words.text(phrase("Options"))):
            formatter.write_dl([record for record in records if record is not None])


def _spoken(option: click.Option, words: Words) -> click.Option:
    told = copy.copy(option)
    told.help = _translated(option.help or "", words)
    return told


def _translated(text: str, words: Words) -> str:
    return words.translations.get(text, text)


def _words(context: click.Context) -> Words:
    chosen = context.params.get("words")
    if isinstance(chosen, Words):
        return chosen
    language = os.environ.get("GSP_LANGUAGE", "")
    return words_in(language if language in LANGUAGES else language_of_environment(os.environ))
