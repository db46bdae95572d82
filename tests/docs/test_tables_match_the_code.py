"""The tables of the reference pages say what the code says."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from forms import core_shelf
from gateway import replies
from gateway.cli.config import reference_page
from gateway.gate.refusal import from_openpgp
from gateway.officer.address_book import AddressBook
from gateway.policy.facts import NoticeKind
from gateway.policy.table import SEALED_TABLE
from gateway.reception import GATE_RULE, SHAPE_RULE
from gateway.replies import Reply
from gateway.resolve.rules import RATE_RULE
from gateway.schema import envelope_log
from gateway.seal import _FIELDS as SEAL_FIELDS
from keyring_admin.officers import Role
from keyring_admin.openpgp.errors import OpenPGPRefusedError, Rule
from mailroom.intake import MailState
from mailroom.outbound import DeliveryState

from .pages import ROOT, prose, read, table

WIRE = ROOT / "docs" / "wire.md"
STATES = ROOT / "docs" / "states.md"
_RULE_NAME = re.compile(r"[a-z][a-z0-9-]*")
# Rules whose names the gate puts together, by the piece that stands in the code.
_JOINED = {"nested-": {"nested-message", "nested-multipart"}}


def code(reply: Reply) -> str:
    return f"{reply.code} {reply.enhanced}"


def rules_on_the_page() -> dict[str, str]:
    rows = table(WIRE, "## 11. Rules and what they refuse")
    names = [row[0] for row in rows]
    assert len(names) == len(set(names))
    return {row[0]: row[1] for row in rows}


def gate_rules() -> Iterator[tuple[str, Reply]]:
    """Name and reply of every refusal the gate's own files hold."""
    for file in sorted((ROOT / "gateway" / "gate").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
                continue
            if node.func.id in {"malformed", "_parse"}:  # _parse hands its last argument on to malformed
                arguments, reply = node.args[-1:], replies.MALFORMED
            elif (
                node.func.id == "GateRefusedError" and isinstance(node.args[0], ast.Name) and node.args[0].id.isupper()
            ):
                arguments, reply = node.args[1:], getattr(replies, node.args[0].id)
            else:
                continue
            for name in string_constants(arguments):
                for rule in _JOINED.get(name, {name}):
                    yield rule, reply


def string_constants(nodes: list[ast.expr]) -> Iterator[str]:
    """Strings that can be names of rules: in the arguments themselves, not inside of calls and comparisons."""
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and _RULE_NAME.fullmatch(node.value):
            yield node.value
        elif isinstance(node, ast.IfExp):
            yield from string_constants([node.body, node.orelse])
        elif isinstance(node, ast.BinOp):
            yield from string_constants([node.left])


def question_rules() -> Iterator[tuple[str, Reply]]:
    """Name and reply of every rule that only a mail to resolve@, forms@ or keys@ can break."""
    desks = (ROOT / "gateway" / "library" / "by_mail.py", ROOT / "gateway" / "keys" / "desk.py")
    for file in [*sorted((ROOT / "gateway" / "resolve").glob("*.py")), *desks]:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refusal":
                reply, name = node.args[:2]
                assert isinstance(reply, ast.Name)
                rule = name.value if isinstance(name, ast.Constant) else RATE_RULE
                yield str(rule), getattr(replies, reply.id)


def policy_rules() -> Iterator[tuple[str, Reply]]:
    """Name and reply of every rule of the policy, from its file."""
    for file in sorted((ROOT / "gateway" / "policy" / "rules").glob("*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        names = [
            node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.targets[0], ast.Name)
            and node.targets[0].id == "NAME"
            and isinstance(node.value, ast.Constant)
        ]
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Refusal":
                assert isinstance(node.args[0], ast.Name)
                yield str(names[0]), getattr(replies, node.args[0].id)


def test_the_table_of_rules_names_exactly_the_rules_of_policy_and_gate() -> None:
    openpgp = {rule.value: from_openpgp(OpenPGPRefusedError(rule)).reply for rule in Rule}
    known = (
        dict(gate_rules()) | openpgp | dict(question_rules()) | dict(policy_rules()) | {SHAPE_RULE: replies.MALFORMED}
    )
    assert known.pop("sender") is replies.SENDER_NOT_ACTIVE  # a guard that sender-is-active makes unreachable
    assert {rule.name for rule in SEALED_TABLE} <= set(known)
    assert rules_on_the_page() == {name: code(reply) for name, reply in known.items()}


def test_the_rules_of_the_policy_stand_in_the_order_in_which_they_are_asked() -> None:
    names = [rule.name for rule in SEALED_TABLE]
    assert [name for name in rules_on_the_page() if name in names] == names


def test_the_gates_rules_are_found_in_its_code() -> None:
    found = {name for name, _ in gate_rules()}
    assert {"preamble", "bare-lf", "nul", "nested-message", "cleartext-beside-openpgp", "content-disposition"} <= found


def test_the_rule_that_stands_for_the_gate_is_explained() -> None:
    assert f"`{GATE_RULE}`" in prose(WIRE)


def test_every_reply_of_the_gateway_is_listed_with_its_text() -> None:
    known = {(code(reply).strip(), reply.text) for reply in vars(replies).values() if isinstance(reply, Reply)}
    assert {(row[0], row[1]) for row in table(WIRE, "## 12. All replies")} == known


def test_the_slip_is_described_element_by_element() -> None:
    schema = etree.parse(ROOT / "forms" / "packs" / "slip" / "1" / "slip.xsd")
    elements = schema.findall(".//{*}sequence/{*}element")
    assert [row[0] for row in table(WIRE, "## 5. The routing slip")] == [element.get("name") for element in elements]


def test_the_packs_of_each_class_are_those_of_the_rule() -> None:
    items = re.findall(r"^- `([a-z]+)`: ((?:`[a-z-]+`(?:,\s+)?)+)\.", prose(WIRE), re.MULTILINE)
    listed = {name: set(re.findall(r"`([a-z-]+)`", packs)) for name, packs in items}
    shelf = core_shelf()
    classes: dict[str, set[str]] = {name: set() for name in listed}
    for pack, version in shelf.names():
        for name in shelf.pack(pack, version).message_classes:
            classes[name].add(pack)
    assert listed == classes


def test_the_example_of_a_slip_is_one() -> None:
    example = re.search(r"^```xml\n(<slip.*?)^```$", read(WIRE), re.MULTILINE | re.DOTALL)
    assert example is not None
    schema = etree.XMLSchema(etree.parse(ROOT / "forms" / "packs" / "slip" / "1" / "slip.xsd"))
    schema.assertValid(etree.fromstring(example.group(1)))


def test_the_seal_is_described_field_by_field() -> None:
    assert [row[0] for row in table(WIRE, "## 8. GSP-Seal")] == [*SEAL_FIELDS, "s"]


def test_the_envelope_log_is_described_column_by_column() -> None:
    assert [row[0] for row in table(WIRE, "## 13. The envelope log")] == envelope_log.columns.keys()


def test_the_address_book_is_described_key_by_key() -> None:
    assert [row[0] for row in table(WIRE, "## 14. The address book")] == ["format", *AddressBook.__dataclass_fields__]


def test_every_state_has_a_row() -> None:
    assert {row[0] for row in table(STATES, "## Accepted mails")} == {state.value for state in MailState}
    assert {row[0] for row in table(STATES, "## Deliveries")} == {state.value for state in DeliveryState}


def test_every_notice_has_a_row() -> None:
    rows = [row[0] for row in table(STATES, "## Notice requests") if not row[0].startswith(("requested", "held"))]
    named = [kind for row in rows for kind in re.findall(r"[a-z-]+", row)]
    assert sorted(named) == sorted(kind.value for kind in NoticeKind)


def test_every_role_has_a_row() -> None:
    rows = table(ROOT / "docs" / "administrator.md", "## Admit an officer")
    assert [row[0] for row in rows] == [role.value for role in Role]


def test_the_configuration_page_is_the_one_the_program_makes() -> None:
    assert read(ROOT / "docs" / "configuration.md") == reference_page()


def test_every_dependency_has_a_row() -> None:
    page = ROOT / "docs" / "dependencies.md"
    declared = set(re.findall(r'^ +"([a-z0-9-]+)(?:\[[a-z]+\])?(?:>=.*)?",?$', _dependency_lines(), re.MULTILINE))
    assert {row[0] for row in table(page, "## Python")} == declared
    packages = (ROOT / "scripts" / "packages.txt").read_text(encoding="utf-8").splitlines()
    debian = {line.split()[0] for line in packages if line and not line.startswith("#")}
    assert {row[0] for row in table(page, "## Debian packages")} == debian


def _dependency_lines() -> str:
    text = Path(ROOT / "pyproject.toml").read_text(encoding="utf-8")
    lists = re.findall(r"^(?:dependencies|test) = \[\n(.*?)^\]", text, re.MULTILINE | re.DOTALL)
    extra = re.findall(r'^postgresql = \[("[^"]+")\]', text, re.MULTILINE)
    return "".join(lists) + "".join(f"    {each},\n" for each in extra)
