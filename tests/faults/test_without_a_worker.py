"""Sales go on while no worker runs; what follows by itself follows when one is there again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.conftest import cloned
from tests.processes import Running, eventually, found_location, stocked
from tests.shop import DATA, LINES, Shop

ORDERS = 3
SENT = "SELECT count(*) FROM fulfillmentorder WHERE statuscategory = 'ACTIVATED'"


@pytest.fixture
def running(worker_id: str, tmp_path: Path) -> Iterator[Running]:
    """Processes on a database of their own, with a warehouse that holds what is sold."""
    with cloned(f"ordo_no_worker_{worker_id}") as dsn:
        stocked(dsn, found_location(dsn), {sku: quantity * ORDERS for sku, quantity, _ in LINES})
        with Running(dsn, tmp_path / "home") as processes:
            yield processes


def test_posting_returns_before_routing(running: Running) -> None:
    """S1-25: with the worker stopped the sale is answered with its summary there and nothing routed; the worker
    that comes back routes each order once."""
    with running.client(running.token()) as client:
        shop = Shop(client)
        assert running.worker.stop() == 0
        for number in range(ORDERS):
            answer = client.post(f"{DATA}/composite/graph", json=shop.order(f"web-{number}"))
            assert answer.status_code == 200, answer.text
            (graph,) = answer.json()["graphs"]
            assert graph["isSuccessful"] is True, graph
        assert running.rows("SELECT count(*) FROM ordersummary") == [(ORDERS,)]
        assert running.rows("SELECT count(*) FROM factinbox WHERE kind = 'OrderSummaryCreated'") == [(ORDERS,)]
        assert running.rows(SENT) == running.rows("SELECT count(*) FROM reservation") == [(0,)]

        running.worker.start()
        eventually(lambda: running.rows(SENT) == [(ORDERS,)], "all orders are routed")
        assert running.rows("SELECT count(DISTINCT orderid), count(*) FROM fulfillmentorder") == [(ORDERS, ORDERS)]
        assert running.rows("SELECT count(*) FROM reservation") == [(ORDERS * len(LINES),)]
        assert running.rows("SELECT count(*) FROM parkedfact") == [(0,)]
