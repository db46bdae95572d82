"""The officers' commands speak the language that was asked for, else that of the environment, else English."""

import ast
import itertools
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import gateway
from forms import BindingErrorCode, FormErrorCode
from gateway.cli.gate_explanations import explanation
from gateway.cli.main import main
from gateway.officer.reply_words import refusal
from gateway.replies import MALFORMED, NOT_ENCRYPTED, POLICY, TRY_AGAIN
from gateway.words import LANGUAGES, FormSentence, language_of_environment, phrase, words_in
from keyring_admin.openpgp import Rule

PACKAGE = Path(gateway.__file__).parent
SPOKEN = [
    *sorted((PACKAGE / "officer").glob("*.py")),
    *(
        PACKAGE / "cli" / f"{name}.py"
        for name in ("seal", "open", "directory", "officer_options", "spoken", "click_words")
    ),
    *sorted((PACKAGE / "cli").glob("uid*.py")),
    PACKAGE / "cli" / "library_fetch.py",
    PACKAGE / "library" / "client_words.py",
    *sorted((PACKAGE / "cli").glob("forms*.py")),
]
NO_LANGUAGE = {"LC_ALL": "", "LC_MESSAGES": "", "LANG": "", "GSP_LANGUAGE": ""}
UNREADABLE_BOOK = {
    "ar": "دفتر العناوين",
    "en": "the address book cannot be read",
    "es": "libreta de direcciones",
    "fr": "carnet d’adresses",
    "ru": "адресную книгу",
    "zh": "地址簿",
}


def import_directory(tmp_path: Path, *arguments: str, **environment: str) -> Result:
    book = tmp_path / "book.json"
    book.write_text("no JSON", encoding="ascii")
    return CliRunner().invoke(
        main, ["directory", "import", str(book), *arguments], env=NO_LANGUAGE | environment, catch_exceptions=False
    )


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "fr_CH.UTF-8"}, "fr"),
        ({"LANG": "fr_CH.UTF-8", "LC_ALL": "ru_RU.UTF-8"}, "ru"),
        ({"LANG": "fr_CH.UTF-8", "LC_MESSAGES": "zh_CN"}, "zh"),
        ({"LANG": "ar"}, "ar"),
        ({"LANG": "es_MX@euro"}, "es"),
        ({"LANG": "fr_CH.UTF-8", "LC_ALL": ""}, "fr"),
        ({"LANG": "fr_CH.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "de_CH.UTF-8"}, "en"),
        ({"LANG": "../fr"}, "en"),
    ],
)
def test_the_environment_gives_the_language(environment: dict[str, str], language: str) -> None:
    assert language_of_environment(environment) == language


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_error_is_told_in_the_language_asked_for(tmp_path: Path, language: str) -> None:
    result = import_directory(tmp_path, "--language", language, LANG="ru_RU.UTF-8")
    assert result.exit_code == 1
    assert UNREADABLE_BOOK[language] in result.stderr
    assert words_in(language).text(phrase("Error: {message}"), message="").strip("\u2068\u2069 ") in result.stderr


def test_without_the_option_the_environment_decides(tmp_path: Path) -> None:
    assert UNREADABLE_BOOK["es"] in import_directory(tmp_path, LANG="es_ES.UTF-8").stderr
    assert UNREADABLE_BOOK["zh"] in import_directory(tmp_path, LANG="es_ES.UTF-8", GSP_LANGUAGE="zh").stderr
    assert UNREADABLE_BOOK["en"] in import_directory(tmp_path).stderr


def test_a_language_that_is_none_of_the_six_is_refused(tmp_path: Path) -> None:
    assert import_directory(tmp_path, "--language", "de").exit_code == 2


def test_the_recognition_of_a_uid_follows_the_environment_too() -> None:
    arguments = ["uid", "explain", "KE24T00012345674", "--on", "2026-11-21"]
    told = [CliRunner().invoke(main, arguments, env=NO_LANGUAGE | {"LANG": language}).stdout for language in LANGUAGES]
    assert len(set(told)) == len(LANGUAGES)
    assert all("ke-stamp" in text for text in told)


def test_the_forms_command_follows_the_environment_too() -> None:
    titles = [
        CliRunner().invoke(main, ["forms", "list"], env=NO_LANGUAGE | {"LANG": each}).stdout for each in LANGUAGES
    ]
    assert len(set(titles)) == len(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_gate_explains_its_refusals(language: str) -> None:
    arguments = ["gate", "-", "--explain", "--language", language]
    result = CliRunner().invoke(main, arguments, input=b"From: a@b.example\r\n\r\nread me\r\n")
    assert result.exit_code == 1
    assert words_in(language).text(explanation("cleartext")) in result.stderr
    assert "read me" not in result.output


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "command",
    ["seal", "open", "uid explain", "uid why-not", "uid check", "uid resolve", "library fetch", "directory import"],
)
def test_help_is_in_the_language_of_the_reader(command: str, language: str) -> None:
    by_option = CliRunner().invoke(main, [*command.split(), "--language", language, "--help"], env=NO_LANGUAGE)
    by_environment = CliRunner().invoke(main, [*command.split(), "--help"], env=NO_LANGUAGE | {"LANG": language})
    assert by_option.exit_code == 0
    assert by_option.stdout == by_environment.stdout
    help_of_help = words_in(language).text(phrase("Show this message and exit."))
    assert help_of_help.split()[0] in by_option.stdout
    assert ("Show this message" in by_option.stdout) == (language == "en")
    assert "--language" in by_option.stdout


@pytest.mark.parametrize("file", SPOKEN, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_every_help_text_of_an_officers_command_is_marked(file: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call)]
    helps = [keyword.value for call in calls for keyword in call.keywords if keyword.arg == "help"]
    assert not [value for value in helps if isinstance(value, ast.Constant | ast.JoinedStr)]


def test_the_gate_explains_nothing_unless_asked() -> None:
    assert CliRunner().invoke(main, ["gate", "-"], input=b"From: a@b.example\r\n\r\nread me\r\n").stderr == ""


def test_every_rule_of_the_gate_has_an_explanation() -> None:
    named = {rule.value for rule in Rule}
    for file in sorted((PACKAGE / "gate").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                if node.func.id == "malformed":
                    named |= set(_strings(node.args[0]))
                elif node.func.id == "GateRefusedError" and len(node.args) == 2:
                    named |= set(_strings(node.args[1]))
    named = {name + "message" if name == "nested-" else name for name in named}
    assert len(named) > 60
    for name in named:
        explanation(name)


@pytest.mark.parametrize("code", [*FormErrorCode, *BindingErrorCode])
def test_every_fault_of_a_form_and_of_its_bindings_is_explained_in_six_languages(
    code: FormErrorCode | BindingErrorCode,
) -> None:
    assert len({words_in(language).text(FormSentence(code.value)) for language in LANGUAGES}) == len(LANGUAGES)


def test_a_refusal_of_the_gateway_is_explained_by_its_reply() -> None:
    replies = (NOT_ENCRYPTED.line, MALFORMED.line, POLICY.line, TRY_AGAIN.line, "550 5.9.9 something new")
    told = [words_in("fr").text(refusal(reply)) for reply in replies]
    for one, other in itertools.combinations(told, 2):
        assert one.split(". ", 1)[1] != other.split(". ", 1)[1]
    assert all(reply in text for reply, text in zip(replies, told, strict=True))


@pytest.mark.parametrize("file", SPOKEN, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_nothing_is_said_to_an_officer_that_is_not_marked_for_translation(file: Path) -> None:
    assert not list(_unmarked(ast.parse(file.read_text("utf-8"))))


def test_an_unmarked_sentence_is_noticed() -> None:
    code = 'click.echo("mail sent")\nraise OfficerProblemError(f"no {x}")\nclick.echo(words.text(phrase("ok then")))\n'
    assert list(_unmarked(ast.parse(code))) == [1, 2]


def _unmarked(tree: ast.AST) -> list[int]:
    """Lines where words are printed or raised as they stand. A string without two letters side by side is no word."""
    found = []
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and node.args):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        spoken = name in {"echo", "prompt", "UsageError", "BadParameter", "SpokenError"} or name.endswith("Exception")
        if (spoken or name == "OfficerProblemError") and any(_is_word(text) for text in _strings(node.args[0])):
            found.append(node.lineno)
    return found


def _strings(node: ast.expr) -> list[str]:
    """The literal text of an argument, but not of calls inside it: those were marked, or join lines."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.JoinedStr | ast.BinOp | ast.IfExp):
        return [text for child in ast.iter_child_nodes(node) for text in _strings_of(child)]
    return []


def _strings_of(node: ast.AST) -> list[str]:
    return _strings(node) if isinstance(node, ast.expr) else []


def _is_word(text: str) -> bool:
    return any(one.isalpha() and other.isalpha() for one, other in itertools.pairwise(text))
