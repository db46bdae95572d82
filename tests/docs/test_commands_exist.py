"""Every `gsp` command a page names exists, with its sub-commands and options."""

import re
import shlex
from pathlib import Path

import click
import pytest

from gateway.cli.main import main

from .pages import PAGES, blocks, inline_code, name_of

_WORD = re.compile(r"[a-z][a-z-]*")
_OPTION = re.compile(r"--[a-z][a-z-]*")
_SEPARATORS = {"&&", "||", "|", ";", ">"}


def texts(page: Path) -> list[str]:
    """Everything on a page that a reader may type."""
    shell = [block.text.replace("\\\n", " ") for block in blocks(page) if block.language in {"sh", "console"}]
    return [line.removeprefix("$ ") for text in shell for line in text.splitlines()] + inline_code(page)


def uses(text: str) -> list[list[str]]:
    """The words after each `gsp` in a line of shell."""
    try:
        words = shlex.split(text, comments=True)
    except ValueError:  # half a command, such as the first line of a here-document
        words = text.split()
    found: list[list[str]] = []
    current: list[str] | None = None
    for word in words:
        if word in _SEPARATORS:
            current = None
        elif word == "gsp" or word.endswith("/bin/gsp"):
            current = []
            found.append(current)
        elif current is not None:
            current.append(word)
    return found


def problem(words: list[str]) -> str | None:
    """What does not exist in a use of `gsp`, or None."""
    command: click.Command = main
    context = click.Context(main)
    options = {option for parameter in main.params for option in parameter.opts}
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word == "--config":
            skip = True
        elif _OPTION.fullmatch(word):
            if word not in options and word != "--help":
                return word
        elif isinstance(command, click.Group) and _WORD.fullmatch(word):
            found = command.get_command(context, word)
            if found is None:
                return word
            command = found
            options |= {
                option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)
            }
    return None


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_and_option_on_the_page_exists(page: Path) -> None:
    named = [words for text in texts(page) for words in uses(text)]
    assert [(words, problem(words)) for words in named if problem(words)] == []


def test_the_pages_do_name_commands() -> None:
    assert sum(len(uses(text)) for page in PAGES for text in texts(page)) > 60


@pytest.mark.parametrize(
    "text", ["gsp paint", "gsp parties paint", "gsp stats --paint", "gsp --config x queue paint", "sudo gsp paint"]
)
def test_what_does_not_exist_would_be_noticed(text: str) -> None:
    assert [problem(words) for words in uses(text)] in (["paint"], ["--paint"])
