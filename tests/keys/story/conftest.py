"""A gateway that nobody else uses."""

from collections.abc import Iterator

import pytest

from ..running import Running, running_gateway


@pytest.fixture
def world() -> Iterator[Running]:
    with running_gateway("gspst-") as made:
        yield made
