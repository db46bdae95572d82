"""The shipped library, and libraries written for one test."""

from collections.abc import Callable
from datetime import date

import pytest

from pattern_rules import Library, core_library_octets, load_library

TODAY = date(2026, 11, 21)


@pytest.fixture(scope="session")
def core() -> Library:
    return load_library(core_library_octets())


@pytest.fixture
def library_text() -> Callable[..., bytes]:
    def write(*patterns: str, header: str = "", number: int = 1) -> bytes:
        predecessor = "" if number == 1 else "0" * 64
        head = (
            f'format = 1\nnumber = {number}\nissued = 2026-01-01\nexpires = 2027-01-01\npredecessor = "{predecessor}"\n'
        )
        return (head + header + "".join(f"[[pattern]]\n{pattern}\n" for pattern in patterns)).encode()

    return write


@pytest.fixture
def pattern_text() -> Callable[..., str]:
    def write(**keys: str | None) -> str:
        """TOML of one pattern; keys are given with _ for -, values as TOML; None drops a key."""
        record = {
            "id": '"p"',
            "party": '"KE"',
            "level": '"unit"',
            "form": '"stamp"',
            "expression": r"'KE\d{4}'",
            "priority": "50",
            "examples": '["KE0001"]',
            "provenance": '"invented for a test"',
        } | {name.replace("_", "-"): value for name, value in keys.items()}
        return "\n".join(f"{name} = {value}" for name, value in record.items() if value is not None)

    return write
