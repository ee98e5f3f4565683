"""A running worker follows what is switched, without a restart."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import httpx
import pytest
from tests.conftest import cloned
from tests.processes import Running, eventually, found_location, stocked
from tests.shop import DATA, LINES, Shop
from typer.testing import CliRunner

from ordo.cli.main import app

FOLLOWS_SECONDS_MAX = 10.0
WORKED_OFF = """
SELECT NOT EXISTS (SELECT 1 FROM factinbox) AND NOT EXISTS (
  SELECT 1 FROM feed f JOIN consumercursor c ON c.consumer = 'flows' AND c.shard = f.shard
  WHERE f.replayid > c.replayid)
"""


@pytest.fixture
def dsn(worker_id: str) -> Iterator[str]:
    with cloned(f"ordo_switched_{worker_id}") as dsn:
        yield dsn


def ordo(dsn: str, *arguments: str) -> None:
    answer = CliRunner().invoke(app, list(arguments), env={"ORDO_DATABASE_URL": dsn})
    assert answer.exit_code == 0, answer.stderr


def test_a_worker_follows_within_seconds(dsn: str, tmp_path: Path) -> None:
    """S0-06."""
    stocked(dsn, found_location(dsn), {sku: 1000 for sku, _, _ in LINES})
    numbers = count()
    with Running(dsn, tmp_path / "home") as running, running.client(running.token()) as client:
        shop = Shop(client)

        def is_routed() -> bool:
            """Whether an order that is posted now has a fulfillment order once its facts are worked off."""
            answer: httpx.Response = client.post(
                f"{DATA}/composite/graph", json=shop.order(f"switched-{next(numbers)}")
            )
            graph = answer.json()["graphs"][0]
            order_id = graph["graphResponse"]["compositeResponse"][0]["body"]["id"]
            eventually(lambda: running.rows(WORKED_OFF) == [(True,)], "the facts are worked off")
            found = running.rows("SELECT 1 FROM fulfillmentorder WHERE orderid = %s", order_id)
            return found == [(1,)]

        assert is_routed()
        ordo(dsn, "flow", "off", "route-new-orders")
        eventually(lambda: not is_routed(), "off reaches the worker", seconds=FOLLOWS_SECONDS_MAX)
        assert not is_routed()
        ordo(dsn, "flow", "on", "route-new-orders")
        eventually(is_routed, "on reaches the worker", seconds=FOLLOWS_SECONDS_MAX)
        running.worker.check()
        assert running.rows("SELECT 1 FROM parkedfact") == []
