"""`ordo dev` with its demo, as a newcomer starts it: real processes on an embedded PostgreSQL."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from tests.faults.dev import Dev, outside
from tests.processes import Process, eventually, free_port

from ordo.platform.embedded_holder import running_dsn

COMPANY = """
SELECT (SELECT count(*) FROM product2), (SELECT count(*) FROM pricebookentry), (SELECT count(*) FROM location),
  (SELECT count(*) FROM position), (SELECT count(*) FROM account), (SELECT count(*) FROM saleschannel)
"""


@pytest.fixture
def dev() -> Iterator[Dev]:
    with outside() as path:
        yield Dev(path / "home", demo=True)


MOVED_IN = "  1,680 inventory\n"


def played(dev: Dev, *, moves_in: bool) -> dict[str, Any]:
    done = dev.ran("dev", "--once", "--json", "--port", "0", seconds=90)
    assert done.returncode == 0, done.stderr
    assert (MOVED_IN in done.stderr) is moves_in
    story: dict[str, Any] = json.loads(done.stdout, parse_float=Decimal)
    return story


def rows(dev: Dev, sql: str) -> list[tuple[Any, ...]]:
    """What is in the tables of the running database."""
    dsn = running_dsn(dev.home)
    assert dsn is not None
    with psycopg.connect(dsn, autocommit=True) as connection:
        return connection.execute(sql.encode()).fetchall()


def test_the_story_once_and_once_more(dev: Dev) -> None:
    """S0-07, S0-08, S0-09: three sales in a new home, all sent and paid; then the process is gone."""
    story = played(dev, moves_in=True)
    assert story["succeeded"] is True
    assert story["problem"] is None
    assert [one["sale"] for one in story["orders"]] == ["in-store", "endless-aisle", "mixed-cart"]
    assert [one["currency"] for one in story["orders"]] == ["USD", "GBP", "EUR"]
    assert [len(one["fulfillment_orders"]) for one in story["orders"]] == [1, 1, 2]
    for one in story["orders"]:
        assert one["succeeded"] is True
        assert one["captured"] == one["total"] > 0
        assert len(one["invoices"]) == len(one["fulfillment_orders"])
        assert one["steps"][0]["said"].endswith(f"{one['currency']} {one['total']}.")
    assert 0 < story["first_paid_seconds"] < story["seconds"]
    assert running_dsn(dev.home) is None
    _once_more(dev, {one["order_number"] for one in story["orders"]})


def _once_more(dev: Dev, first: set[str]) -> None:
    """A later start plays nothing by itself; when it is asked to, it sells more and founds nothing."""
    with dev.running():
        before = rows(dev, COMPANY)
        assert {number for (number,) in rows(dev, "SELECT ordernumber FROM ordersummary")} == first
    numbers = {one["order_number"] for one in played(dev, moves_in=False)["orders"]}
    assert len(numbers - first) == 3
    with dev.running():
        assert rows(dev, COMPANY) == before
        assert rows(dev, "SELECT count(*) FROM ordersummary") == [(6,)]
        assert dev.ran("check").returncode == 0


def test_killed_while_the_company_moves_in() -> None:
    """The next start finishes what this one began, and then plays the story."""
    with outside() as path:
        dev = Dev(path / "home", demo=True)
        dev.process.start()
        eventually(lambda: _moved_in(dev) > 0, "some of the goods are there", seconds=60)
        dev.process.kill()
        assert MOVED_IN not in dev.process.tail()
        story = played(dev, moves_in=True)
        assert story["succeeded"] is True
        with dev.running():
            [(products, prices, locations, positions, *_)] = rows(dev, COMPANY)
            assert (products, prices, locations, positions) == (201, 804, 12, 1680)


def _moved_in(dev: Dev) -> int:
    try:
        [(count,)] = rows(dev, "SELECT count(*) FROM product2")
    except (AssertionError, psycopg.Error):
        return 0
    return int(count)


def test_data_of_ones_own_is_left_alone() -> None:
    with outside() as path:
        empty = Dev(path / "home")
        with empty.running():
            assert rows(empty, COMPANY) == [(0, 0, 0, 0, 0, 0)]
            mine = "INSERT INTO location (id, name) VALUES ('131000000000001AAA', 'Mine') RETURNING name"
            assert rows(empty, mine) == [("Mine",)]
        done = empty.ran("dev", "--once", "--json", "--port", "0", seconds=60)
        assert done.returncode == 1
        story = json.loads(done.stdout)
        assert (story["succeeded"], story["orders"]) == (False, [])
        assert "data of its own" in story["problem"]
        dev = Dev(empty.home, demo=True)
        with dev.running():
            assert rows(dev, COMPANY) == [(0, 0, 1, 0, 0, 0)]


def test_ctrl_c_while_it_moves_in() -> None:
    """Ends at once, and with 1 if the story was asked for."""
    with outside() as path:
        dev = Dev(path / "home", demo=True)
        once = Process("once", ["dev", "--once", "--port", str(free_port())], dev.environment, dev.home.parent)
        once.start()
        eventually(lambda: _moved_in(dev) > 0, "some of the goods are there", seconds=60)
        os.kill(once.pid, signal.SIGINT)
        assert once.end_code(seconds=15) == 1
        assert running_dsn(dev.home) is None
        assert "Traceback" not in once.tail()


@pytest.mark.parametrize("options", [["--json"], ["--once", "--no-demo"]], ids=" ".join)
def test_options_that_do_not_go_together(dev: Dev, options: list[str]) -> None:
    refused = dev.ran("dev", *options)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == "--once needs the demo, and --json needs --once.\n"
