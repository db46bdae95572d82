"""One running gateway for all procedures: each admits its own Party, or officers of its own."""

from collections.abc import Iterator

import pytest

from ..running import Running, running_gateway


@pytest.fixture(scope="session")
def world() -> Iterator[Running]:
    """The root is installed, Kenya and the Union are admitted."""
    with running_gateway("gspkp-") as made:
        made.install_root()
        made.admit_party("KE", "Kenya")
        made.admit_party("EU", "European Union")
        made.hand_out_address_book("admin-KE", "admin-EU")
        yield made
