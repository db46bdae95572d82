"""A form as one HTML page in the reader's language: readable, printable, without script or anything from outside."""

import re
from collections.abc import Collection
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from forms.form import Form
from forms.pack import COMMON_FOLDER, PackShelf, core_shelf
from forms.view import Row, Section, Table, view

_PICTURE = re.compile("[\u2400-\u2426]")
_TEMPLATES = Path(__file__).parent / "templates"


def render_html(
    form: Form, language: str = "en", *, shelf: PackShelf | None = None, changed: Collection[str] = ()
) -> bytes:
    """Return the form as a page of HTML in UTF-8.

    language: of the reader. changed: paths to mark as changed. Raises KeyError for a language the pack lacks.
    """
    page = view(form, language, shelf=shelf, changed=changed)
    folder = (shelf or core_shelf()).pack(form.pack, form.version).folder
    # Safe to mark: style sheets are the project's and the pack's own files, never content.
    style = Markup(_read(COMMON_FOLDER / "style.css") + _read(folder / "style.css"))  # noqa: S704 -- see above
    return _template().render(page=page, words=page.words, style=style).encode("utf-8")


def _read(path: Path) -> str:
    return path.read_text("utf-8") if path.is_file() else ""


def _control_pictures(text: str) -> Markup:
    """Make the pictures of control characters in a code large enough to be noticed."""
    # Safe to mark: the text is escaped first, and what is put around one character is constant.
    return Markup(_PICTURE.sub(r'<span class="control">\g<0></span>', str(escape(text))))  # noqa: S704 -- see above


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["control_pictures"] = _control_pictures
    environment.tests["row"] = lambda part: isinstance(part, Row)
    environment.tests["table"] = lambda part: isinstance(part, Table)
    environment.tests["section"] = lambda part: isinstance(part, Section)
    return environment.get_template("page.html.j2")
