"""kill -9 of the server, the worker and the database: what was acknowledged is there, once, and whole."""

from __future__ import annotations

import os
import random
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.processes import Running, eventually, found_location, stocked
from tests.shop import DATA, LINES, Shop

from ordo.platform import migrations
from ordo.platform.embedded import EmbeddedPostgres

SEED = 20260131
CLIENTS = 4
ROUNDS = 2
KILLS = 3
TRIES_MAX = 300
DRAFT_EVERY = 7
ENOUGH_FOR = 60  # orders that find stock; later ones are parked
PENDING = """
SELECT (SELECT count(*) FROM factinbox)
     + (SELECT count(*) FROM feed f JOIN consumercursor c USING (shard) WHERE f.replayid > c.replayid)
"""


@dataclass
class Stand:
    """The processes under fire, their database, and a shop that sells through them."""

    postgres: EmbeddedPostgres
    running: Running
    shop: Shop
    token: str

    @contextmanager
    def without_database(self) -> Iterator[None]:
        """kill -9 of the postmaster; started again at the end."""
        pid = self.postgres.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: self.postgres.pid is None, "the database is dead")
        try:
            yield
        finally:
            self.postgres.start()

    def settle(self) -> None:
        """Until the worker has passed every fact."""
        eventually(lambda: self.running.rows(PENDING) == [(0,)], "the facts are worked off")


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    home = Path(tempfile.mkdtemp(prefix="ordo-test-"))
    home.chmod(0o755)
    with EmbeddedPostgres(home, settings={"shared_buffers": "64MB"}) as postgres:
        migrations.upgrade(postgres.dsn)
        location = found_location(postgres.dsn)
        stocked(postgres.dsn, location, {sku: quantity * ENOUGH_FOR for sku, quantity, _ in LINES})
        with Running(postgres.dsn, home / "ordo") as running:
            token = running.token()
            with running.client(token) as client:
                yield Stand(postgres, running, Shop(client), token)
    shutil.rmtree(home)


@dataclass
class Journal:
    """What clients were told: the order id per acknowledged reference, and what no client may be told."""

    acknowledged: dict[str, str | None] = field(default_factory=dict)
    drafts: set[str] = field(default_factory=set)
    unanswered: int = 0
    unavailable: int = 0
    improper: list[str] = field(default_factory=list)


class Till(threading.Thread):
    """Posts one order after the other until told to stop; an order without an answer is posted again."""

    def __init__(self, stand: Stand, number: int, stop: threading.Event) -> None:
        super().__init__(name=f"till-{number}")
        self.journal = Journal()
        self._stand = stand
        self._stop_asked = stop

    def run(self) -> None:
        with self._stand.running.client(self._stand.token) as client:
            for number in range(1, 100_000):
                if self._stop_asked.is_set():
                    return
                if number % DRAFT_EVERY:
                    self._sell(client, f"{self.name}-{number}")
                else:
                    self._draft(client, f"{self.name}-{number}")

    def _sell(self, client: httpx.Client, reference: str) -> None:
        order = self._stand.shop.order(reference)
        for attempt in range(TRIES_MAX):
            answer = self._posted(client, order)
            if answer is not None:
                self._judge(reference, answer, repeated=attempt > 0)
                return
            self._stop_asked.wait(0.05)
        self.journal.improper.append(f"{reference} never got an answer")

    def _draft(self, client: httpx.Client, reference: str) -> None:
        """Has no external identity yet, so it is posted once, whatever the answer."""
        answer = self._posted(client, self._stand.shop.order(reference, activate=False))
        if answer is not None and answer["isSuccessful"]:
            self.journal.drafts.add(reference)

    def _posted(self, client: httpx.Client, order: dict[str, Any]) -> dict[str, Any] | None:
        """The graph's answer; None if nobody knows whether it was written."""
        try:
            answer = client.post(f"{DATA}/composite/graph", json=order)
        except httpx.TransportError:
            self.journal.unanswered += 1
            return None
        if answer.status_code == 503:
            self.journal.unavailable += 1
            self._check_unavailable(answer)
            return None
        if answer.status_code != 200:
            self.journal.improper.append(f"{answer.status_code} {answer.text}")
            return None
        (graph,) = answer.json()["graphs"]
        found: dict[str, Any] = graph
        return found

    def _check_unavailable(self, answer: httpx.Response) -> None:
        if not is_unavailable(answer):
            self.journal.improper.append(f"{answer.headers} {answer.text}")

    def _judge(self, reference: str, graph: dict[str, Any], *, repeated: bool) -> None:
        parts = {one["referenceId"]: one["body"] for one in graph["graphResponse"]["compositeResponse"]}
        if graph["isSuccessful"]:
            self.journal.acknowledged[reference] = parts["order"]["id"]
        elif repeated and parts["activated"][0]["errorCode"] == "DUPLICATE_VALUE":
            self.journal.acknowledged[reference] = None  # the try without an answer had been written
        else:
            self.journal.improper.append(f"{reference}: {parts}")


def is_unavailable(answer: httpx.Response) -> bool:
    """503, Retry-After, and the platform's array of one error."""
    return (
        answer.status_code == 503
        and answer.headers.get("Retry-After", "").isdigit()
        and [error["errorCode"] for error in answer.json()] == ["SERVER_UNAVAILABLE"]
    )


def test_nothing_acknowledged_is_lost_and_nothing_is_there_twice(stand: Stand) -> None:
    """S0-84, S0-85, S1-25, S1-30: orders are posted while each of the three is killed, in turn, twice."""
    chance, stop = random.Random(SEED), threading.Event()
    tills = [Till(stand, number, stop) for number in range(CLIENTS)]
    for till in tills:
        till.start()
    try:
        for _ in range(ROUNDS):
            for victim in ("server", "worker", "database"):
                stop.wait(chance.uniform(0.3, 1.2))
                if victim == "database":
                    with stand.without_database():
                        stop.wait(chance.uniform(0.1, 0.5))
                else:
                    process = getattr(stand.running, victim)
                    process.kill()
                    process.start()
                stand.running.wait_until_ready()
        stop.wait(0.5)
    finally:
        stop.set()
        for till in tills:
            till.join(30)
    assert [till.name for till in tills if till.is_alive()] == []
    stand.settle()

    journals = [till.journal for till in tills]
    assert [fault for journal in journals for fault in journal.improper] == []
    acknowledged = {reference: order for one in journals for reference, order in one.acknowledged.items()}
    assert len(acknowledged) > ENOUGH_FOR  # there was something to lose, and stock ran out
    assert sum(journal.unanswered for journal in journals) > 0
    check_orders(stand.running, acknowledged, {ref for journal in journals for ref in journal.drafts})
    check_facts(stand.running)
    check_stock(stand.running)


def check_orders(running: Running, acknowledged: dict[str, str | None], drafts: set[str]) -> None:
    stored = running.rows(
        "SELECT o.ordermanagementreferenceidentifier, o.id, o.statuscode, "
        "(SELECT count(*) FROM orderitem i WHERE i.orderid = o.id), "
        "(SELECT count(*) FROM orderdeliverygroup g WHERE g.orderid = o.id), "
        "(SELECT count(*) FROM paymentgroup p JOIN paymentauthorization a ON a.paymentgroupid = p.id "
        " WHERE p.sourceobjectid = o.id), "
        "(SELECT count(*) FROM ordersummary s WHERE s.originalorderid = o.id "
        " AND s.externalreferenceidentifier = o.ordermanagementreferenceidentifier), "
        "(SELECT count(*) FROM ordersummary s JOIN orderitemsummary i ON i.ordersummaryid = s.id "
        " WHERE s.originalorderid = o.id), "
        "(SELECT count(*) FROM ordersummary s JOIN orderpaymentsummary p ON p.ordersummaryid = s.id "
        ' WHERE s.originalorderid = o.id AND p.authorizationamount = 25.5) FROM "order" o'
    )
    by_reference = {row[0]: row for row in stored}
    assert len(by_reference) == len(stored)  # no reference is there twice
    assert acknowledged.keys() - by_reference.keys() == set()
    assert drafts - by_reference.keys() == set()
    for reference, order_id in acknowledged.items():
        assert order_id in (None, by_reference[reference][1])
        assert by_reference[reference][2] == "Activated"
    for reference, _, status, *parts in stored:
        whole = [2, 1, 1, 1, 2, 1] if status == "Activated" else [2, 1, 1, 0, 0, 0]
        assert (reference, parts) == (reference, whole)
    drafted = {row[0] for row in stored if row[2] == "Draft"}
    assert drafts <= drafted
    assert all(int(name.rsplit("-", 1)[1]) % DRAFT_EVERY == 0 for name in drafted)


def check_facts(running: Running) -> None:
    """No fact is lost or passed twice: the feed holds each once, and each had its effect once."""
    assert running.rows("SELECT count(*) FROM factinbox") == [(0,)]
    assert running.rows("SELECT * FROM parkedfact") == []
    assert running.rows(
        "SELECT (SELECT count(*) FROM fact) - count(*), count(*) - count(DISTINCT (root, number)) FROM feed"
    ) == [(0, 0)]
    missing = "SELECT f.root, f.number FROM fact f LEFT JOIN feed d USING (root, number) WHERE d.root IS NULL"
    assert running.rows(missing) == []
    gaps = "SELECT root FROM fact GROUP BY root HAVING min(number) <> 1 OR max(number) <> count(*)"
    assert running.rows(gaps) == []
    disorder = (
        "SELECT root FROM (SELECT root, number, lag(number) OVER (PARTITION BY root ORDER BY replayid) AS last "
        "FROM feed) f WHERE number <> coalesce(last, 0) + 1"
    )
    assert running.rows(disorder) == []
    routed = running.rows(
        "SELECT (SELECT count(*) FROM fulfillmentorder f WHERE f.ordersummaryid = s.id), "
        "(SELECT count(*) FROM fact a WHERE a.root = s.originalorderid AND a.kind = 'RoutingParked'), count(*) "
        "FROM ordersummary s GROUP BY 1, 2 ORDER BY 1"
    )
    assert [row[:2] for row in routed] == [(0, 1), (1, 0)]
    assert routed[1][2] == ENOUGH_FOR


def check_stock(running: Running) -> None:
    positions = running.rows(
        "SELECT p.sku, p.onhand::int, p.reserved::int, "
        "(SELECT sum(quantity)::int FROM reservation r WHERE (r.sku, r.location) = (p.sku, p.location)), "
        "(SELECT sum(CASE 'Reserved' WHEN debit THEN amount WHEN credit THEN -amount END)::int FROM ledger l "
        " WHERE l.subject = p.sku || '@' || p.location) FROM position p ORDER BY p.sku"
    )
    assert positions == [(sku, *[quantity * ENOUGH_FOR] * 4) for sku, quantity, _ in sorted(LINES)]
    lines = "SELECT count(*) FROM fulfillmentorderlineitem l FULL JOIN reservation r USING (id)"
    assert running.rows(f"{lines} WHERE l.id IS NULL OR r.id IS NULL OR l.quantity <> r.quantity") == [(0,)]


class Retrying(threading.Thread):
    """Posts drafts, each under its key until it has an answer, whoever was killed meanwhile.

    A draft has no identity that would refuse a second one: its key is all there is.
    """

    def __init__(self, stand: Stand, number: int, stop: threading.Event) -> None:
        super().__init__(name=f"retry-{number}")
        self.answers: dict[str, httpx.Response] = {}
        self.unanswered = 0
        self.improper: list[str] = []
        self._stand = stand
        self._stop_asked = stop

    def run(self) -> None:
        with self._stand.running.client(self._stand.token) as client:
            for number in range(1, 100_000):
                if self._stop_asked.is_set():
                    return
                self._post(client, f"{self.name}-{number}")

    def _post(self, client: httpx.Client, reference: str) -> None:
        for _ in range(TRIES_MAX):
            answer = self._asked(client, reference)
            if answer is not None:
                self.answers[reference] = answer
                return
            self._stop_asked.wait(0.05)
        self.improper.append(f"{reference} never got an answer")

    def _asked(self, client: httpx.Client, reference: str) -> httpx.Response | None:
        try:
            answer = keyed(self._stand, client, reference)
        except httpx.TransportError:
            self.unanswered += 1
            return None
        if answer.status_code == 200 and answer.json()["graphs"][0]["isSuccessful"]:
            return answer
        if not is_unavailable(answer) and answer.status_code != 409:
            self.improper.append(f"{answer.status_code} {answer.text}")
        return None


def keyed(stand: Stand, client: httpx.Client, reference: str) -> httpx.Response:
    body = stand.shop.order(reference, activate=False)
    return client.post(f"{DATA}/composite/graph", json=body, headers={"Idempotency-Key": reference})


def test_what_is_repeated_under_its_key_is_there_once(stand: Stand) -> None:
    """S0-85: the server is killed while drafts are in flight. Each was written once, and asked for once more
    each is answered as before, to the byte."""
    chance, stop = random.Random(SEED), threading.Event()
    clients = [Retrying(stand, number, stop) for number in range(2 * CLIENTS)]
    for client in clients:
        client.start()
    try:
        for _ in range(KILLS):
            stop.wait(chance.uniform(0.3, 1.0))
            stand.running.server.kill()
            stand.running.server.start()
            stand.running.wait_until_ready()
        stop.wait(0.3)
    finally:
        stop.set()
        for client in clients:
            client.join(30)

    assert [fault for client in clients for fault in client.improper] == []
    assert sum(client.unanswered for client in clients) > 0
    answers = {reference: answer for client in clients for reference, answer in client.answers.items()}
    told = {reference: order_id(answer) for reference, answer in answers.items()}
    mine = (
        'SELECT ordermanagementreferenceidentifier, id FROM "order" '
        "WHERE ordermanagementreferenceidentifier LIKE 'retry-%%' ORDER BY 1"
    )
    assert stand.running.rows(mine) == sorted(told.items())
    with stand.running.client(stand.token) as again:
        for reference, answer in answers.items():
            repeated = keyed(stand, again, reference)
            assert (repeated.content, repeated.headers["Idempotency-Replayed"]) == (answer.content, "true")
    assert stand.running.rows(mine) == sorted(told.items())


def order_id(answer: httpx.Response) -> str:
    (graph,) = answer.json()["graphs"]
    found: str = graph["graphResponse"]["compositeResponse"][0]["body"]["id"]
    return found


@pytest.mark.parametrize("door", ["graph", "create", "read", "query", "token", "ready"])
def test_without_a_database_every_door_says_so_and_opens_again(stand: Stand, door: str) -> None:
    """503 with Retry-After and the platform's error; nothing written, and no restart is needed."""
    shop, secrets = stand.shop, stand.running.credentials
    form = {"grant_type": "client_credentials"}
    form |= {name: secrets[name] for name in ("client_id", "client_secret")}
    asked: dict[str, tuple[str, str, dict[str, Any]]] = {
        "graph": ("POST", f"{DATA}/composite/graph", {"json": shop.order(f"away-{door}")}),
        "create": ("POST", f"{DATA}/sobjects/Account", {"json": {"Name": "Nobody"}}),
        "read": ("GET", f"{DATA}/sobjects/Account/{shop.ids['account']}", {}),
        "query": ("GET", f"{DATA}/query", {"params": {"q": "SELECT Id FROM Account"}}),
        "token": ("POST", "/services/oauth2/token", {"data": form}),
        "ready": ("GET", "/readyz", {}),
    }
    method, path, more = asked[door]
    with stand.running.client(stand.token) as client:
        with stand.without_database():
            answer = client.request(method, path, **more)
            with stand.running.client() as other:
                alive = other.get("/healthz").status_code

        def served() -> bool:
            return client.request(method, path, **more).status_code in (200, 201)

        eventually(served, "the door opens again", seconds=10)
    assert (answer.status_code, alive) == (503, 200), answer.text
    assert is_unavailable(answer), answer.headers
    stand.settle()
    if door == "graph":
        mine = "SELECT count(*) FROM \"order\" WHERE ordermanagementreferenceidentifier = 'away-graph'"
        assert stand.running.rows(mine) == [(1,)]
    if door == "create":
        assert stand.running.rows("SELECT count(*) FROM account WHERE name = 'Nobody'") == [(1,)]
