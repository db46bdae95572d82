"""From libxml2's schema errors to Problems.

Contract: the messages, which quote tags and values of the input, are read here and end here. What leaves is a code
and a path of names that the schema has, too (security case XML-b04).
"""

import re
from collections.abc import Iterable, Iterator
from typing import Protocol

from lxml import etree

from forms.errors import FormErrorCode, Problem
from forms.fields import Field

_STEP = re.compile(r"\*(?:\[([0-9]+)\])?")
_EXPECTED = re.compile(r"Expected is (?:one of )?\(([^()]*)\)")
_NAME = re.compile(r"(?:\{[^}]*\})?([a-z0-9-]+)")
_ATTRIBUTE_ERRORS = frozenset({"SCHEMAV_CVC_COMPLEX_TYPE_3_2_1", "SCHEMAV_CVC_COMPLEX_TYPE_4"})


class LogEntry(Protocol):
    """One entry of an lxml error log."""

    path: str | None
    message: str
    type_name: str


def schema_problems(root: etree._Element, field: Field, log: Iterable[LogEntry]) -> Iterator[Problem]:
    """Yield one Problem for each place the schema refused. root: in the default namespace."""
    seen: set[Problem] = set()
    for entry in log:
        problem = _problem(root, field, entry)
        if problem not in seen:
            seen.add(problem)
            yield problem
    if not seen:
        yield Problem(FormErrorCode.NOT_A_FORM)


def _problem(root: etree._Element, field: Field, entry: LogEntry) -> Problem:
    element = _element(root, entry.path or "")
    path, found = known_path(element, field)
    is_field = found is not None and found.name == etree.QName(element).localname and not found.children
    if is_field and not element.text:  # for a reader the field is not filled in, whatever the schema says about ""
        return Problem(FormErrorCode.MISSING_FIELD, path)
    if entry.type_name in _ATTRIBUTE_ERRORS:
        return Problem(FormErrorCode.BAD_ATTRIBUTE, path)
    if entry.type_name != "SCHEMAV_ELEMENT_CONTENT":
        return Problem(FormErrorCode.BAD_VALUE, path)
    inside = "Missing child" in entry.message
    group_path = path if inside else path.rpartition("/")[0]
    group = found if inside else _field_at(field, group_path)
    known = inside or (found is not None and found.name == etree.QName(element).localname)
    missing = _first_required(group, entry.message) if known and group is not None else None
    if missing is None:
        return Problem(FormErrorCode.UNEXPECTED_FIELD, path)
    return Problem(FormErrorCode.MISSING_FIELD, f"{group_path}/{missing}".lstrip("/"))


def _first_required(group: Field, message: str) -> str | None:
    expected = _EXPECTED.search(message)
    names = () if expected is None else _NAME.findall(expected[1])
    children = (group.child(name) for name in names)
    return next((child.name for child in children if child is not None and child.minimum > 0), None)


def _element(root: etree._Element, path: str) -> etree._Element:
    element = root
    for step in path.split("/")[2:]:  # "/*/*[2]/*[1]": the root, its second child, that one's first
        match = _STEP.fullmatch(step)
        if match is None:  # an attribute, or an element libxml2 could not place
            break
        element = element[int(match[1] or "1") - 1]
    return element


def known_path(element: etree._Element, root: Field) -> tuple[str, Field | None]:
    """Return the path of `element` as far as the schema knows its names, and the field there."""
    chain = [element, *element.iterancestors()][:-1]
    path, field = "", root
    for node in reversed(chain):
        name = etree.QName(node).localname
        child = field.child(name)
        if child is None:
            return path, field
        step = f"{name}[{sum(1 for _ in node.itersiblings(str(node.tag), preceding=True)) + 1}]"
        path = f"{path}/{step if child.repeats else name}".lstrip("/")
        field = child
    return path, field


def _field_at(root: Field, path: str) -> Field | None:
    field: Field | None = root
    for step in filter(None, path.split("/")):
        field = None if field is None else field.child(step.partition("[")[0])
    return field
