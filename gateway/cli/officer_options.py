"""Options that officers' commands share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import click

from forms.errors import FormError
from gateway.officer.address_book import AddressBook, load_address_book
from gateway.officer.problem import OfficerProblemError
from pattern_rules import LibraryError

Command = TypeVar("Command", bound=Callable[..., Any])
READABLE = click.Path(exists=True, dir_okay=False, path_type=Path)
_MEMORY = Path.home() / ".local/state/gsp/memory.db"


def officer_options(command: Command) -> Command:
    """--officer, --gnupg-home, --address-book, --memory."""
    for option in reversed(
        (
            click.option(
                "--officer", required=True, envvar="GSP_OFFICER", help="Your address at your Party (or GSP_OFFICER)."
            ),
            click.option(
                "--gnupg-home",
                type=click.Path(file_okay=False, path_type=Path),
                help="Your GnuPG home; GnuPG's own default if not given.",
            ),
            click.option(
                "--address-book",
                "book_file",
                required=True,
                type=READABLE,
                envvar="GSP_ADDRESS_BOOK",
                help="From your administrator: gateway and Parties (or GSP_ADDRESS_BOOK).",
            ),
            click.option(
                "--memory",
                "memory_file",
                type=click.Path(dir_okay=False, path_type=Path),
                default=_MEMORY,
                show_default=True,
                help="What your tools remember against replays.",
            ),
        )
    ):
        command = option(command)
    return command


def server_options(command: Command) -> Command:
    """--password-file, --ca."""
    for option in (
        click.option("--password-file", type=READABLE, help="File with your password; asked for if not given."),
        click.option(
            "--ca", type=READABLE, help="Certificate authority of the server, PEM; the system's if not given."
        ),
    ):
        command = option(command)
    return command


def password_from(file: Path | None) -> str:
    """The password from its file, or asked for on the terminal; never from an argument, which others can see."""
    if file is not None:
        return file.read_text(encoding="utf-8").strip()
    return str(click.prompt("Password", hide_input=True, err=True))


def read_book(file: Path) -> AddressBook:
    """The address book."""
    return load_address_book(file.read_bytes())


@contextmanager
def officer_errors() -> Iterator[None]:
    """Problems are told in one line, without a traceback and without content."""
    try:
        yield
    except OfficerProblemError as error:
        raise click.ClickException(str(error)) from None
    except LibraryError as error:
        raise click.ClickException(f"the pattern library cannot be used: {error}") from None
    except FormError as error:
        place = f" at {error.path}" if error.path else ""
        raise click.ClickException(
            f"the form is not valid ({error.code.value}{place}); `gsp forms validate FILE` tells more"
        ) from None
