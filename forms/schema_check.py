"""Check a form against its schema, in time that grows with its size and not with its square.

Contract: as `schema_problems`, at most MAX_PROBLEMS. libxml2 counts siblings for the place of each error, so a form of
10,000 wrong lines costs seconds if it is checked whole: the verdict is taken without places, the places from a part.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from copy import deepcopy
from dataclasses import replace
from itertools import islice
from typing import cast

from lxml import etree

from forms.canonical import canonical_octets
from forms.errors import FormErrorCode, Problem
from forms.pack import Pack
from forms.schema_errors import LogEntry, schema_problems

MAX_PROBLEMS = 100
_WINDOW = 200
_FIRST_STEP = re.compile(r"([a-z0-9-]+)\[([0-9]+)\]")


def schema_check(root: etree._Element, pack: Pack) -> tuple[Problem, ...]:
    """Return what the schema of `pack` refuses in `root`, a tree that `canonical_tree` made; nothing if it is valid."""
    if _is_valid(root, pack):
        return ()
    for part, name, skipped in _parts(root):
        schema = pack.new_schema()
        if not schema.validate(part):
            log = cast("Iterable[LogEntry]", schema.error_log)
            found = islice(schema_problems(part, pack.root, log), MAX_PROBLEMS)
            return tuple(_moved(problem, name, skipped) for problem in found)
    # Each part is good and the whole is not: there are more of something than may be.
    return (Problem(FormErrorCode.UNEXPECTED_FIELD),)


def _is_valid(root: etree._Element, pack: Pack) -> bool:
    parser = etree.XMLParser(schema=pack.new_schema(), no_network=True, resolve_entities=False, load_dtd=False)
    try:
        etree.fromstring(canonical_octets(root), parser)
        valid = True
    except etree.XMLSyntaxError:
        valid = False
        etree.clear_error_log()
    return valid


def _parts(root: etree._Element) -> Iterator[tuple[etree._Element, str, int]]:
    """Yield the form with 200 at a time of its most frequent child: the part, the child's name, how many are before."""
    counts = Counter(str(child.tag) for child in root)
    tag, count = max(counts.items(), key=lambda item: item[1], default=("", 0))
    if count <= _WINDOW:
        yield root, "", 0
        return
    for start in range(0, count, _WINDOW):
        part = _without_children(root)
        numbers = (number for number in range(count))
        for child in root:
            if child.tag != tag or start <= next(numbers) < start + _WINDOW:
                part.append(deepcopy(child))
        yield part, etree.QName(tag).localname, start


def _without_children(root: etree._Element) -> etree._Element:
    name = etree.QName(root)
    part = etree.fromstring(f'<{name.localname} xmlns="{name.namespace}"/>')
    for attribute, value in root.attrib.items():
        part.set(attribute, value)
    return part


def _moved(problem: Problem, name: str, skipped: int) -> Problem:
    match = _FIRST_STEP.match(problem.path)
    if match is None or match[1] != name:
        return problem
    return replace(problem, path=f"{name}[{int(match[2]) + skipped}]{problem.path[match.end() :]}")
