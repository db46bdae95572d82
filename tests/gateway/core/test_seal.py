"""The seal: made, folded, read, and refused when anything in it was changed."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from gateway.mail_header import fold
from gateway.seal import HEADER, Seal, SealError, make_seal, read_seal
from gateway.signing import GatewaySigner

from .conftest import Gateway
from .keys import Key

SEAL = Seal(
    exchange="01ARZ3NDEKTSV4RRFFQ69G5FAV",
    message_class="query",
    mode="sealed",
    sending_party="KE",
    receiving_party="EU",
    requesting_party="KE",
    sender="A" * 40,
    body_sha256="ab" * 32,
    library_version=2,
    rules_passed=("mail-is-encrypted", "slip-is-signed"),
    log_position=17,
    sealed_at=datetime(2026, 11, 21, 12, 0, tzinfo=UTC),
)


def test_what_was_sealed_is_read(signer: GatewaySigner, gateway: Gateway) -> None:
    assert read_seal(make_seal(SEAL, signer), gateway.certificate) == SEAL


def test_folding_does_not_break_it(signer: GatewaySigner, gateway: Gateway) -> None:
    statement, _, signature = make_seal(SEAL, signer).rpartition("; s=")
    spaced = " ".join(signature[start : start + 40] for start in range(0, len(signature), 40))
    folded = fold(HEADER, f"{statement.replace(',', ', ')}; s= {spaced}").removeprefix(f"{HEADER}:")
    assert "\r\n" in folded
    assert read_seal(folded, gateway.certificate) == SEAL


def test_any_change_of_the_statement_is_noticed(signer: GatewaySigner, gateway: Gateway) -> None:
    value = make_seal(SEAL, signer)
    end = value.rindex("; s=")
    for position in range(end):
        changed = value[:position] + chr(ord(value[position]) ^ 1) + value[position + 1 :]
        with pytest.raises(SealError):
            read_seal(changed, gateway.certificate)


def test_every_field_is_under_the_signature(signer: GatewaySigner) -> None:
    statements = {make_seal(SEAL, signer).rpartition("; s=")[0]}
    changes: dict[str, Any] = {
        name: f"{getattr(SEAL, name)}x" for name in Seal.__slots__ if isinstance(getattr(SEAL, name), str)
    }
    others: list[dict[str, Any]] = [{name: value} for name, value in changes.items()]
    others += [{"library_version": 3}, {"rules_passed": ("x",)}, {"log_position": 18}]
    others += [{"sealed_at": datetime(2027, 1, 1, tzinfo=UTC)}]
    assert len(others) == len(Seal.__slots__)
    for other in others:
        statements.add(make_seal(replace(SEAL, **other), signer).rpartition("; s=")[0])
    assert len(statements) == len(others) + 1


@pytest.mark.parametrize("value", ["", "v=1", "v=1; s=", "v=1; s=!!", "v=1; s=QUJD", "\u00e9; s=QUJD", "; s=; s=QUJD"])
def test_what_is_no_seal_is_refused(value: str, gateway: Gateway) -> None:
    with pytest.raises(SealError):
        read_seal(value, gateway.certificate)


def test_a_seal_of_another_key_is_refused(signer: GatewaySigner, alice: Key) -> None:
    with pytest.raises(SealError, match="not this gateway's"):
        read_seal(make_seal(SEAL, signer), alice.certificate)


def test_an_unknown_version_is_refused(signer: GatewaySigner, gateway: Gateway) -> None:
    statement = make_seal(SEAL, signer).rpartition("; s=")[0].replace("v=1", "v=2")
    from gateway.signing import base64_text  # noqa: PLC0415 - signed anew, as a later gateway would

    value = f"{statement}; s={base64_text(signer.sign_detached(statement.encode()))}"
    with pytest.raises(SealError, match="unknown version"):
        read_seal(value, gateway.certificate)
