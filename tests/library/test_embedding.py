"""The example for other programs in docs/library.md runs, prints what the page says, and needs nothing of a gateway."""

import contextlib
import io
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "library.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def test_the_example_prints_what_the_page_says(monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = blocks("python")
    (expected,) = blocks("text")
    monkeypatch.chdir(HERE / "vectors")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        exec(compile(example, str(PAGE), "exec"), {})  # noqa: S102 - it is ours
    assert said.getvalue() == expected


def test_it_loads_no_database_and_no_command_line() -> None:
    heavy = {"sqlalchemy", "click", "aiosmtpd"}
    program = f"{blocks('python')[0]}\nimport sys\nprint(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=HERE / "vectors", capture_output=True, text=True, check=False
    )
    assert done.stdout.endswith("[]\n"), done.stdout + done.stderr
