"""kill -9 while orders are sold, sent and paid for: every order that was acknowledged is captured, once."""

from __future__ import annotations

import json
import random
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from tests.faults.test_kills import PENDING, Stand, Till
from tests.processes import Running, eventually, found_location, stocked
from tests.shop import DATA, LINES, TOTAL, Shop

from ordo.journeys.laws import LAWS
from ordo.platform import migrations
from ordo.platform.embedded import EmbeddedPostgres

SEED = 20261121
TILLS = 2
ROUNDS = 2
ON_HAND = 10_000
# A slow gateway that loses answers, so that kills find it at work; what it took is known by its reference.
WEATHER = {"delay_seconds": 0.05, "loss_shares": {"AfterActing": 0.1, "BeforeActing": 0.1}}
OPEN = "SELECT count(*) FROM fulfillmentorder WHERE statuscategory <> 'CLOSED'"


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    home = Path(tempfile.mkdtemp(prefix="ordo-test-"))
    home.chmod(0o755)
    with EmbeddedPostgres(home, settings={"shared_buffers": "64MB"}) as postgres:
        migrations.upgrade(postgres.dsn)
        stocked(postgres.dsn, found_location(postgres.dsn), {sku: ON_HAND for sku, _, _ in LINES})
        with Running(postgres.dsn, home / "ordo") as running:
            token = running.token()
            with running.client(token) as client:
                stand = Stand(postgres, running, Shop(client), token)
            _told(stand, "INSERT INTO option (name, value) VALUES ('gateway_settings', %s)",
                  json.dumps({stand.shop.ids["gateway"]: WEATHER}))  # fmt: skip
            yield stand
    shutil.rmtree(home)


def _told(stand: Stand, sql: str, *args: object) -> None:
    with psycopg.connect(stand.running.dsn, autocommit=True) as connection:
        connection.execute(sql.encode(), args)


class Warehouse(threading.Thread):
    """Sends whatever it is given, until told to stop; what got no answer is looked for and told again."""

    def __init__(self, stand: Stand, stop: threading.Event) -> None:
        super().__init__(name="warehouse")
        self.improper: list[str] = []
        self.unanswered = 0
        self._stand = stand
        self._stop_asked = stop

    def run(self) -> None:
        with self._stand.running.client(self._stand.token) as client:
            while not self._stop_asked.is_set():
                for parcel in self._waiting(client):
                    self._send(client, parcel["Id"])
                self._stop_asked.wait(0.05)

    def _waiting(self, client: httpx.Client) -> list[dict[str, Any]]:
        soql = "SELECT Id FROM FulfillmentOrder WHERE StatusCategory = 'ACTIVATED' LIMIT 50"
        answer = self._answer(client, "GET", f"{DATA}/query", params={"q": soql})
        records: list[dict[str, Any]] = answer.json()["records"] if answer else []
        return records

    def _send(self, client: httpx.Client, parcel_id: str) -> None:
        self._answer(
            client, "PATCH", f"{DATA}/sobjects/FulfillmentOrder/{parcel_id}", json={"Status": "Fulfilled"}
        )

    def _answer(self, client: httpx.Client, method: str, path: str, **more: Any) -> httpx.Response | None:
        """None where nobody knows."""
        try:
            answer = client.request(method, path, **more)
        except httpx.TransportError:
            self.unanswered += 1
            return None
        if answer.status_code == 503:
            return None
        if answer.status_code not in (200, 204):
            self.improper.append(f"{method} {path}: {answer.status_code} {answer.text}")
            return None
        return answer


def test_every_acknowledged_order_is_captured_once(stand: Stand) -> None:
    """S1-14, S1-28, S1-30: sold, sent and paid for while server, worker and database are killed at random."""
    stop, closing = threading.Event(), threading.Event()
    tills = [Till(stand, number, stop) for number in range(TILLS)]
    warehouse = Warehouse(stand, closing)
    try:
        for thread in (*tills, warehouse):
            thread.start()
        _kill_at_random(stand, random.Random(SEED), stop)
        stop.set()
        for till in tills:
            till.join(30)
        _end(stand)
    finally:
        stop.set()
        closing.set()
        warehouse.join(30)
    assert [thread.name for thread in (*tills, warehouse) if thread.is_alive()] == []
    assert warehouse.improper + [fault for till in tills for fault in till.journal.improper] == []
    assert warehouse.unanswered + sum(till.journal.unanswered for till in tills) > 0
    acknowledged = {ref for till in tills for ref in till.journal.acknowledged}
    assert len(acknowledged) > 20  # there was something to lose
    check_money(stand.running, acknowledged)
    check_stock(stand.running)


def _kill_at_random(stand: Stand, chance: random.Random, stop: threading.Event) -> None:
    victims = ["server", "worker", "worker", "database"] * ROUNDS
    chance.shuffle(victims)
    for victim in victims:
        stop.wait(chance.uniform(0.2, 0.8))
        if victim == "database":
            with stand.without_database():
                stop.wait(chance.uniform(0.1, 0.4))
        else:
            process = getattr(stand.running, victim)
            process.kill()
            process.start()
        stand.running.wait_until_ready()


def _end(stand: Stand) -> None:
    """Until everything was sent, asked for and answered. A dead worker's jobs are due when its lease is over:
    here, at once."""

    def settled() -> bool:
        _told(stand, "UPDATE job SET due = now() WHERE due > now() AND due < 'infinity'")
        return stand.running.rows(f"SELECT ({OPEN}) + ({PENDING}) + (SELECT count(*) FROM job)") == [(0,)]

    eventually(settled, "every order is sent and paid for", seconds=40)


def check_money(running: Running, acknowledged: set[str]) -> None:
    orders = running.rows(
        "SELECT s.externalreferenceidentifier, s.grandtotalamount, p.capturedamount, p.pendingcaptureamount, "
        "p.balanceamount, (SELECT count(*) FROM payment x WHERE x.orderpaymentsummaryid = p.id), "
        "(SELECT count(DISTINCT x.gatewayrefnumber) FROM payment x "
        " WHERE x.orderpaymentsummaryid = p.id AND x.status = 'Processed'), "
        "(SELECT count(*) FROM invoice v WHERE v.referenceentityid = s.id AND v.settlementstatus = 'Settled') "
        "FROM ordersummary s LEFT JOIN orderpaymentsummary p ON p.ordersummaryid = s.id"
    )
    assert acknowledged - {order[0] for order in orders} == set()
    assert {tuple(map(float, order[1:])) for order in orders} == {(TOTAL, TOTAL, 0, 0, 1, 1, 1)}
    assert {law.name: running.rows(law.sql) for law in LAWS} == {law.name: [] for law in LAWS}
    for nothing in ("SELECT kind, reason FROM parkedfact", "SELECT message FROM processexception"):
        assert running.rows(nothing) == []
    assert {row[0] for row in running.rows("SELECT status FROM backgroundoperation")} == {"Complete"}
    lost = "SELECT count(*) FROM paymentgatewaylog WHERE interactionstatus = 'Timeout'"
    assert running.rows(lost) > [(0,)]  # the line was as bad as told


def check_stock(running: Running) -> None:
    """What left is what was sold; nothing is reserved any more."""
    [(sold,)] = running.rows("SELECT count(*) FROM ordersummary")
    assert running.rows("SELECT sku, onhand::int, reserved::int FROM position ORDER BY sku") == [
        (sku, ON_HAND - quantity * sold, 0) for sku, quantity, _ in sorted(LINES)
    ]
    assert running.rows("SELECT * FROM reservation") == []
