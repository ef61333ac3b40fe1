"""What the tests in browsers share: servers, and a sound server for who needs one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests import sound
from tests.sockets.conftest import StartServer, servers

SOUND_RATE = 48_000
"""Hz, what devices mostly have."""


@pytest.fixture
def start_server() -> Iterator[StartServer]:
    """Starts servers for one test."""
    with servers() as start:
        yield start


@pytest.fixture(scope="module")
def speakers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The environment in which a browser finds speakers and a microphone."""
    with sound.sound_server(tmp_path_factory.mktemp("speakers"), SOUND_RATE) as env:
        yield env
