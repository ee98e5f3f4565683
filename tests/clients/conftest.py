"""Real processes for real clients."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.conftest import cloned
from tests.processes import Running, found_location, stocked


@pytest.fixture(scope="session")
def running(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server and a worker on a database of their own, which holds one stocked warehouse."""
    with cloned(f"ordo_running_{worker_id}") as dsn:
        stocked(dsn, found_location(dsn), {"till-shirt": 100, "till-hat": 100})
        with Running(dsn, tmp_path_factory.mktemp("running")) as processes:
            yield processes
