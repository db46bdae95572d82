"""Options that officers' commands share, and how they say what stops them."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, TypeVar

import click
from sqlalchemy.exc import OperationalError

from forms.errors import FormError
from gateway.cli.spoken import SpokenUsageError, help_text
from gateway.library.client_words import library_problem
from gateway.library.problem import LibraryLifeError
from gateway.officer.address_book import AddressBook, load_address_book
from gateway.officer.problem import OfficerProblemError
from gateway.words import LANGUAGES, FormSentence, Sentence, Words, language_of_environment, phrase, words_in
from pattern_rules import LibraryError

Command = TypeVar("Command", bound=Callable[..., Any])
READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)
_MEMORY = Path.home() / ".local/state/gsp/memory.db"


class SpokenError(click.ClickException):
    """An error told in the officer's language."""

    def __init__(self, sentence: Sentence, words: Words) -> None:
        super().__init__(words.text(sentence))
        self._words = words

    def show(self, file: IO[Any] | None = None) -> None:
        """Print it on standard error, as click does."""
        told = self._words.text(phrase("Error: {message}"), message=self.message)
        click.echo(self._words.lines(told), file=file, err=file is None)


_memory_option = click.option(
    "--memory",
    "memory_file",
    type=click.Path(dir_okay=False, path_type=Path),
    default=_MEMORY,
    show_default=True,
    help=help_text("What your tools remember against replays."),
)


def _words_in(_context: click.Context, _parameter: click.Parameter, value: str) -> Words:
    return words_in(value)


language_option = click.option(
    "--language",
    "words",
    type=click.Choice(LANGUAGES),
    envvar="GSP_LANGUAGE",
    default=lambda: language_of_environment(os.environ),
    show_default=help_text("that of LC_ALL or LANG, else English"),
    callback=_words_in,
    is_eager=True,  # so that --help after it speaks it
    help=help_text("Language to read in (or GSP_LANGUAGE)."),
)


def officer_options(command: Command) -> Command:
    """--officer, --gnupg-home, --address-book, --memory, --language."""
    return _identity(_memory_option(language_option(command)))


def asking_options(command: Command) -> Command:
    """--officer, --gnupg-home, --address-book, --language: for a command that remembers nothing."""
    return _identity(language_option(command))


def _identity(command: Command) -> Command:
    for option in reversed(
        (
            click.option(
                "--officer",
                required=True,
                envvar="GSP_OFFICER",
                help=help_text("Your address at your Party (or GSP_OFFICER)."),
            ),
            click.option(
                "--gnupg-home",
                type=click.Path(file_okay=False, path_type=Path),
                help=help_text("Your GnuPG home; GnuPG's own default if not given."),
            ),
            click.option(
                "--address-book",
                "book_file",
                required=True,
                type=READABLE,
                envvar="GSP_ADDRESS_BOOK",
                help=help_text("The gateway and the Parties, as your administrator gave them (or GSP_ADDRESS_BOOK)."),
            ),
        )
    ):
        command = option(command)
    return command


def server_options(command: Command) -> Command:
    """--password-file, --ca."""
    for option in (
        click.option(
            "--password-file", type=READABLE, help=help_text("File with your password; asked for if not given.")
        ),
        click.option(
            "--ca",
            type=READABLE,
            help=help_text("Certificate authority of the server, PEM; the system's if not given."),
        ),
    ):
        command = option(command)
    return command


def password_from(file: Path | None, words: Words) -> str:
    """The password from its file, or asked for on the terminal; never from an argument, which others can see."""
    if file is not None:
        return file.read_text(encoding="utf-8").strip()
    try:
        return str(click.prompt(words.text(phrase("Password")), hide_input=True, err=True))
    except click.Abort:
        raise SpokenError(phrase("no password was given"), words) from None


def host_and_port(value: str, words: Words) -> tuple[str, int]:
    """The two halves of HOST:PORT."""
    host, _, port = value.rpartition(":")
    if not host or not port.isdigit():
        raise SpokenUsageError(phrase("expected HOST:PORT instead of {value}", value=value), words)
    return host, int(port)


def read_book(file: Path) -> AddressBook:
    """The address book."""
    return load_address_book(file.read_bytes())


@contextmanager
def officer_errors(words: Words) -> Iterator[None]:
    """Problems are told in one line, without a traceback and without content."""
    try:
        yield
    except OfficerProblemError as error:
        raise SpokenError(error.sentence, words) from None
    except (LibraryError, LibraryLifeError) as error:
        code = error.problem.value if isinstance(error, LibraryError) else library_problem(error.problem)
        raise SpokenError(phrase("the pattern library cannot be used ({code})", code=code), words) from None
    except OSError as error:
        raise _cannot_write(str(error.filename or "?"), str(error.strerror or "?"), words) from None
    except OperationalError:
        raise _cannot_write("--memory", "SQLite", words) from None
    except FormError as error:
        reason = FormSentence(error.code.value)
        sentence = phrase("the form is not valid: {reason} `gsp forms validate FILE` tells more", reason=reason)
        if error.path:
            sentence = phrase(
                "the form is not valid, at {place}: {reason} `gsp forms validate FILE` tells more",
                place=error.path,
                reason=reason,
            )
        raise SpokenError(sentence, words) from None


def _cannot_write(file: str, reason: str, words: Words) -> SpokenError:
    return SpokenError(phrase("cannot be written: {file} ({reason})", file=file, reason=reason), words)
