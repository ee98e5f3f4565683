"""Orders that are suspended while a slow gateway is busy with others; the worker is killed meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import psycopg
import pytest
from psycopg.types.json import Json
from tests.conftest import cloned
from tests.processes import Running, eventually, found_location, stocked
from tests.shop import DATA, LINES, Shop

from ordo.journeys.laws import LAWS
from ordo.platform.jobs import HELD_SECONDS

ORDERS = 20
WAITING = ORDERS - 1  # the first one keeps the gateway busy
DELAY_SECONDS = 4.0
LOOKED_AT = "SELECT count(*), min(due) FROM job WHERE attempts = 0 AND reason IS NOT NULL"
NOT_LOOKED_AT = "SELECT count(*) FROM job WHERE attempts = 0 AND reason IS NULL"
PAYMENTS = "SELECT status, count(*) FROM payment GROUP BY status ORDER BY status"


@pytest.fixture
def dsn(worker_id: str) -> Iterator[str]:
    with cloned(f"ordo_suspended_{worker_id}") as dsn:
        yield dsn


def told(running: Running, sql: str, *args: object) -> None:
    with psycopg.connect(running.dsn, autocommit=True) as connection:
        connection.execute(sql.encode(), args)


def patched(client: httpx.Client, running: Running, noun: str, most: int = ORDERS, **body: object) -> None:
    """Rows of a noun, one by one."""
    for (record_id,) in running.rows(f"SELECT id FROM {noun} ORDER BY id LIMIT {most}"):
        assert client.patch(f"{DATA}/sobjects/{noun}/{record_id}", json=body).status_code == 204


def routed(client: httpx.Client, running: Running, shop: Shop) -> None:
    for number in range(ORDERS):
        answer = client.post(f"{DATA}/composite/graph", json=shop.order(f"suspended-{number}"))
        assert answer.status_code == 200
    parcels = "SELECT count(*) FROM fulfillmentorder"
    eventually(lambda: running.rows(parcels) == [(ORDERS,)], "every order is routed")


def slowed(running: Running, shop: Shop) -> None:
    """From now on each capture takes long; a worker that starts knows it."""
    settings = {shop.ids["gateway"]: {"delay_seconds": DELAY_SECONDS}}
    told(running, "INSERT INTO option (name, value) VALUES ('gateway_settings', %s)", Json(settings))
    running.worker.stop()
    running.worker.start()


def test_captures_that_were_waiting_wait_for_the_release(dsn: str, tmp_path: Path) -> None:
    """S1-14, S1-28, S1-30: the one that was being asked for is asked what happened; all are captured once."""
    stocked(dsn, found_location(dsn), {sku: 1000 for sku, _, _ in LINES})
    with Running(dsn, tmp_path / "home") as running, running.client(running.token()) as client:
        shop = Shop(client)
        routed(client, running, shop)
        slowed(running, shop)
        patched(client, running, "FulfillmentOrder", 1, Status="Fulfilled")
        eventually(lambda: running.rows("SELECT attempts FROM job") == [(1,)], "the gateway is busy")
        patched(client, running, "FulfillmentOrder", Status="Fulfilled")
        eventually(lambda: running.rows(PAYMENTS) == [("Pending", ORDERS)], "every capture is intended")
        patched(client, running, "OrderSummary", IsSuspended=True)
        running.worker.kill()
        assert running.rows("SELECT 1 FROM paymentgatewaylog") == []
        assert running.rows(NOT_LOOKED_AT) == [(WAITING,)]

        running.worker.start()
        eventually(lambda: running.rows(NOT_LOOKED_AT) == [(0,)], "a worker looked at them")
        [(held, first)] = running.rows(LOOKED_AT)
        assert held == WAITING
        eventually(lambda: running.rows(LOOKED_AT)[0][1] > first, "it looked once more")
        assert running.rows(PAYMENTS) == [("Pending", ORDERS)]

        patched(client, running, "OrderSummary", IsSuspended=False)
        captured = [("Pending", 1), ("Processed", WAITING)]
        seconds = HELD_SECONDS + 2 * DELAY_SECONDS + 5
        eventually(lambda: running.rows(PAYMENTS) == captured, "those that waited are captured", seconds=seconds)
        told(running, "UPDATE job SET due = now()")  # as if the dead worker's lease were over
        eventually(lambda: running.rows(PAYMENTS) == [("Processed", ORDERS)], "all are captured")
        check_once(running)


def check_once(running: Running) -> None:
    """Each payment was taken in one exchange with its gateway, and nothing is left to do."""
    exchanges = "SELECT interactionstatus, count(*), count(DISTINCT sfrefnumber) FROM paymentgatewaylog GROUP BY 1"
    assert running.rows(exchanges) == [("Success", ORDERS, ORDERS)]
    assert running.rows("SELECT count(DISTINCT gatewayrefnumber) FROM payment") == [(ORDERS,)]
    for nothing in ("SELECT id FROM job", "SELECT reason FROM parkedfact", "SELECT message FROM processexception"):
        assert running.rows(nothing) == []
    assert {law.name: running.rows(law.sql) for law in LAWS} == {law.name: [] for law in LAWS}
