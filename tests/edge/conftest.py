"""Fixtures of the edge's tests."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import pytest

from .edge_world import World, make_certificate, open_world

OpenWorld = Callable[..., World]


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A TLS certificate and its key."""
    return make_certificate(tmp_path_factory.mktemp("tls"), "localhost")


@pytest.fixture
def world_with(certificate: tuple[Path, Path]) -> Iterator[OpenWorld]:
    """Opens servers with given limits."""
    with ExitStack() as stack:

        def open_one(**limits: Any) -> World:
            context: AbstractContextManager[World] = open_world(*certificate, **limits)
            return stack.enter_context(context)

        yield open_one


@pytest.fixture
def world(world_with: OpenWorld) -> World:
    """A server with the default limits, times scaled down."""
    return world_with()
