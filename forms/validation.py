"""Validate a form: safe XML, schema, what XSD cannot say, the pack's own rules, in this order.

Contract: `inspect` never raises on any octets and lists what is wrong; `validate` returns a Form or raises the first
of it. Both name fields by the schema's words only.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from lxml import etree

from forms.canonical import canonical_octets, canonical_tree
from forms.content_checks import check_content
from forms.errors import FormError, FormErrorCode, Problem
from forms.fields import Field, Kind
from forms.form import Form, read_bindings
from forms.pack import NAMESPACE_STEM, Pack, PackShelf, Rule, core_shelf
from forms.safe_xml import FORM_LIMITS, parse
from forms.schema_check import MAX_PROBLEMS, schema_check
from forms.schema_errors import known_path
from forms.uids import decode_uid

MAX_UIDS = 10_000
_NAMESPACE = re.compile(re.escape(NAMESPACE_STEM) + r"([a-z]+(?:-[a-z]+)*):([1-9][0-9]{0,3})")


@dataclass(frozen=True, slots=True)
class Inspection:
    """form: None if anything is wrong. problems: at most 100. pack: None if the octets name no known pack."""

    form: Form | None
    problems: tuple[Problem, ...]
    pack: Pack | None


def validate(octets: bytes, *, shelf: PackShelf | None = None) -> Form:
    """Read and check a form.

    octets: at most 8 MiB of XML. shelf: where its pack is looked up; the project's own by default. Raises FormError
    with the first problem.
    """
    inspection = inspect(octets, shelf=shelf)
    if inspection.form is None:
        problem = inspection.problems[0]
        raise FormError(problem.code, problem.path, problem.rule)
    return inspection.form


def inspect(octets: bytes, *, shelf: PackShelf | None = None) -> Inspection:
    """Read and check a form, and list what is wrong."""
    try:
        root = parse(octets, limits=FORM_LIMITS)
        pack = _pack_of(root, shelf or core_shelf())
    except FormError as error:
        return Inspection(None, (error.problem,), None)
    root = canonical_tree(root)
    problems = schema_check(root, pack)
    if not problems:
        problems = tuple(islice(_problems(root, pack), MAX_PROBLEMS))
    if problems:
        return Inspection(None, problems, pack)
    form = Form(
        pack=pack.id,
        version=pack.version,
        language=str(root.get("language")),
        bindings=read_bindings(root),
        uids=_uids(root, pack.root),
        canonical=canonical_octets(root),
    )
    return Inspection(form, (), pack)


def _pack_of(root: etree._Element, shelf: PackShelf) -> Pack:
    name = etree.QName(root)
    match = _NAMESPACE.fullmatch(name.namespace or "")
    if match is None or name.localname != "form":
        raise FormError(FormErrorCode.NOT_A_FORM)
    versions = shelf.versions(match[1])
    if not versions:
        raise FormError(FormErrorCode.UNKNOWN_PACK)
    if match[2] not in versions:
        raise FormError(FormErrorCode.UNKNOWN_VERSION)
    return shelf.pack(match[1], match[2])


def _problems(root: etree._Element, pack: Pack) -> list[Problem]:
    problems = list(islice(check_content(root, pack.root), MAX_PROBLEMS))
    if problems:  # rules and bindings may rely on values that make sense
        return problems
    bindings = read_bindings(root)
    if bindings is not None and bindings.expires <= bindings.created:
        problems.append(Problem(FormErrorCode.EXPIRES_BEFORE_CREATED, "binding/expires"))
    if bindings is not None and bindings.requesting_party == bindings.requested_party:
        problems.append(Problem(FormErrorCode.INCONSISTENT, "binding/requested-party"))
    uids = _uids(root, pack.root)
    if pack.uids_unique and len(set(uids)) != len(uids):
        problems.append(Problem(FormErrorCode.DUPLICATE_UID))
    if len(uids) > MAX_UIDS:
        problems.append(Problem(FormErrorCode.TOO_MANY_UIDS))
    problems.extend(problem for rule in pack.rules for problem in _broken(rule, root, pack))
    return problems


def _broken(rule: Rule, root: etree._Element, pack: Pack) -> Iterator[Problem]:
    for place in _places(rule, root):
        if rule.test(place) is not True:
            path, _ = known_path(place, pack.root)
            yield Problem(FormErrorCode.RULE, f"{path}/{rule.field}".strip("/"), rule.id)


def _places(rule: Rule, root: etree._Element) -> list[etree._Element]:
    found = rule.context(root)
    return [node for node in found if isinstance(node, etree._Element)] if isinstance(found, list) else []


def _uids(root: etree._Element, field: Field) -> tuple[bytes, ...]:
    names = {found.name for found in field.walk() if found.kind is Kind.UID}
    return tuple(decode_uid(node.text or "") for node in root.iter("{*}*") if etree.QName(node).localname in names)
