"""A wrong call of an officer's command is told in the officer's language, in click's own cases too."""

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from gateway.cli.click_words import SENTENCES, spoken
from gateway.cli.main import main
from gateway.words import LANGUAGES, phrase, words_in

NO_LANGUAGE = {"LC_ALL": "", "LC_MESSAGES": "", "LANG": "", "GSP_LANGUAGE": "", "GSP_OFFICER": "", "GSP_PARTY": ""}
CLICK = Path(click.__file__).parent
# Names of files and folders, which click puts in front of the sentence.
KINDS = {"File": "file", "Directory": "directory", "Path": "path"}
WRONG = {
    "no such option": ("seal --bogus", "No such option {name}.", {"name": "'--bogus'"}),
    "no such command": ("forms sendr", "No such command {name}.", {"name": "'sendr'"}),
    "no argument": ("forms validate", "Missing argument {name}.", {"name": "'FILES...'"}),
    "no required option": ("forms new uid-query", "Missing option {name}.", {"name": "'-o' / '--output'"}),
    "one argument more": ("forms render a.xml b.xml", "Got unexpected extra argument ({args})", {"args": "b.xml"}),
    "arguments more": ("forms render a b c", "Got unexpected extra arguments ({args})", {"args": "b c"}),
    "no value": ("forms list --language", "Option {name} requires an argument.", {"name": "'--language'"}),
    "a value too many": ("forms list --json=1", "Option {name} does not take a value.", {"name": "'--json'"}),
    "no such file": ("open nix.eml", "File {filename} does not exist.", {"filename": "'nix.eml'"}),
    "no such folder": ("forms lint --folder nix", "Directory {filename} does not exist.", {"filename": "'nix'"}),
    "none of the choices": (
        "forms render a.xml --as pdf",
        "{value} is not one of {choices}.",
        {"value": "'pdf'", "choices": "'text', 'html'"},
    ),
    "no such day": (
        "uid explain X --on yesterday",
        "{value} does not match the format {format}.",
        {"value": "'yesterday'", "format": "'%Y-%m-%d'"},
    ),
    "no such pack": ("forms new nix -o nix.xml", "there is no pack {pack}; see `gsp forms list`", {"pack": "nix"}),
    "no such pack to check": ("forms lint nix", "there is no pack {pack}; see `gsp forms list`", {"pack": "nix"}),
    "an unknown kind of file": (
        "forms convert --uids nix.csv nix.pdf",
        "{file}: expected a name that ends in .txt, .csv or .xlsx",
        {"file": "nix.pdf"},
    ),
}


def call(arguments: str, language: str) -> Result:
    return CliRunner().invoke(main, arguments.split(), env=NO_LANGUAGE | {"LANG": language})


@pytest.fixture
def folder_with_a_list(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "nix.csv").write_text("uid\nABC\n", encoding="ascii")
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("folder_with_a_list")
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("arguments", "template", "values"), WRONG.values(), ids=WRONG.keys())
def test_it_is_said_in_the_language_of_the_reader(
    arguments: str, template: str, values: dict[str, str], language: str
) -> None:
    result = call(arguments, language)
    assert result.exit_code == 2
    assert words_in(language).text(phrase(template), **values) in result.stderr
    assert ("Usage:" in result.stderr) == (language == "en")
    assert ("Error:" in result.stderr) == (language in {"en", "es"})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("place", ["--language {} --bogus", "--bogus --language={}", "--bogus --language {}"])
def test_the_option_decides_wherever_it_stands(place: str, language: str) -> None:
    result = call("seal " + place.format(language), "ru")
    assert words_in(language).text(phrase("No such option {name}."), name="'--bogus'") in result.stderr


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_near_miss_is_named(language: str) -> None:
    result = call("forms rendr", language)
    near = "render" if language != "ar" else "\u2068render\u2069"
    assert near in result.stderr
    assert ("Did you mean" in result.stderr) == (language == "en")


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_that_cannot_be_read_or_written(language: str, tmp_path: Path) -> None:
    words = words_in(language)
    missing = call(f"forms validate {tmp_path}/nix.xml", language)
    folder = call(f"forms validate {tmp_path}", language)
    (tmp_path / "q.xml").touch()
    there = call(f"forms new uid-query -o {tmp_path}/q.xml", language)
    assert words.text(phrase("there is no such file or folder")) in missing.stderr
    assert words.text(phrase("a file of this name is there already; --force replaces it")) in there.stderr
    assert {missing.exit_code, folder.exit_code, there.exit_code} == {2}
    assert "No such file" not in missing.stderr


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("group", ["forms", "uid", "directory"])
def test_a_group_lists_its_commands_in_the_language_of_the_reader(group: str, language: str) -> None:
    shown, english = (_rows(call(f"{group} --help", spoken_in).stdout, group) for spoken_in in (language, "en"))
    assert len(shown) > 1
    assert shown.keys() == english.keys()
    assert language == "en" or not [name for name in shown if shown[name] == english[name]]


@pytest.mark.parametrize(
    ("language", "heading"), [("en", "Options:"), ("fr", "Options\u00a0:"), ("zh", "选项："), ("ar", "الخيارات:")]
)
def test_headings_have_the_colon_of_the_language(language: str, heading: str) -> None:
    assert heading in call("seal --help", language).stdout


def _rows(page: str, group: str) -> dict[str, str]:
    """What stands beside each sub-command."""
    command = main.get_command(click.Context(main), group)
    assert isinstance(command, click.Group)
    lines = [line.strip("\u2067\u2069 ").partition(" ") for line in page.splitlines()]
    return {name: told.strip() for name, _, told in lines if name in command.commands}


@pytest.mark.parametrize("sentence", SENTENCES, ids=lambda sentence: sentence.template)
def test_click_still_says_it_so(sentence: object) -> None:
    source = "".join(path.read_text("utf-8") for path in sorted(CLICK.glob("*.py"))).replace("!r}", "}")
    template = str(getattr(sentence, "template", ""))
    first, _, rest = template.partition(" ")
    assert template in source or (first in KINDS and f'_("{KINDS[first]}")' in source and f"{{name}} {rest}" in source)


def test_what_is_not_known_is_said_as_click_says_it() -> None:
    assert spoken("Something new in click.", words_in("fr")) == "Something new in click."


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_gives_no_password_is_told_so(language: str, tmp_path: Path) -> None:
    book = tmp_path / "book.json"
    certificate = {"fingerprint": "A" * 40, "armor": ""}
    book.write_text(
        json.dumps(
            {
                "format": "gsp-address-book/1",
                "domain": "gsp.test",
                "pilot": True,
                "gateway": certificate,
                "parties": [],
            }
        ),
        encoding="ascii",
    )
    options = f"--officer a@b.test --address-book {book} --memory {tmp_path}/memory.db --gnupg-home {tmp_path}"
    result = call(f"open --imap localhost:1 {options}", language)
    assert words_in(language).text(phrase("no password was given")) in result.stderr
    assert "Aborted" not in result.stderr
