"""Forms: XML documents of form packs; parse safely, validate, compose, render."""

from forms.binding import BindingError, BindingErrorCode, Expectation, bind, check_bindings
from forms.entries import Entry, compose, flatten
from forms.errors import FormError, FormErrorCode, Problem
from forms.fields import PackError
from forms.form import Bindings, Form, digest
from forms.html import render_html
from forms.identifiers import is_identifier, is_token, new_identifier, new_token
from forms.labels import LANGUAGES
from forms.pack import Pack, PackShelf, core_shelf
from forms.queries import Answer, AnswerStatus, Handling, Item, Purpose, check_reply, items_of, new_query, new_reply
from forms.slip import BodyKind, MessageClass, Slip, compose_slip, parse_slip
from forms.text import render_text
from forms.validation import Inspection, inspect, validate

__all__ = [
    "LANGUAGES",
    "Answer",
    "AnswerStatus",
    "BindingError",
    "BindingErrorCode",
    "Bindings",
    "BodyKind",
    "Entry",
    "Expectation",
    "Form",
    "FormError",
    "FormErrorCode",
    "Handling",
    "Inspection",
    "Item",
    "MessageClass",
    "Pack",
    "PackError",
    "PackShelf",
    "Problem",
    "Purpose",
    "Slip",
    "bind",
    "check_bindings",
    "check_reply",
    "compose",
    "compose_slip",
    "core_shelf",
    "digest",
    "flatten",
    "inspect",
    "is_identifier",
    "is_token",
    "items_of",
    "new_identifier",
    "new_query",
    "new_reply",
    "new_token",
    "parse_slip",
    "render_html",
    "render_text",
    "validate",
]
