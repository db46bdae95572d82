"""One browser for each worker."""

from collections.abc import Iterator

import pytest

from .browser import Browser, running


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """Chromium, with a new profile."""
    with running(tmp_path_factory.mktemp("chromium")) as started:
        yield started
