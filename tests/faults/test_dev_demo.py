"""`ordo dev` with its demo, as a newcomer starts it: real processes on an embedded PostgreSQL."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from tests.faults.dev import Dev, outside
from tests.processes import SOURCES, Process, eventually, free_port

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


def test_killed_while_the_story_is_played() -> None:
    """It is played anew, to its end."""
    with outside() as path:
        dev = Dev(path / "home", demo=True)
        dev.process.start()
        eventually(lambda: "POS London posts order" in dev.process.tail(), "the second sale is in", seconds=60)
        dev.process.kill()
        with dev.running() as process:
            eventually(lambda: "until Ctrl-C ends Ordo" in process.tail(), "the story is over", seconds=30)
            assert process.log.read_text().count("All of it is paid") >= 3
            sold = rows(dev, "SELECT count(*) FROM ordersummary")
            assert dev.ran("check").returncode == 0
        with dev.running():
            assert rows(dev, "SELECT count(*) FROM ordersummary") == sold  # and then no more


def test_shelves_are_filled_for_the_story(dev: Dev) -> None:
    """However often it was played, nothing was sold that is not there."""
    played(dev, moves_in=True)
    with dev.running():
        rows(dev, "UPDATE position SET onhand = 0 RETURNING 1")
    played(dev, moves_in=False)
    with dev.running():
        assert rows(dev, "SELECT message FROM processexception") == []
        assert dev.ran("check").returncode == 0


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "tells no login ([Errno 2] No such file or directory: "),
        ("{}", "tells no login (Object missing required field `client_id`)"),
        ('{"client_id": "a", "client_secret": "b"}', "the login in credentials.json is refused (4"),
    ],
)
def test_a_login_that_is_none(content: str | None, said: str) -> None:
    """What to do about it is said."""
    with outside() as path:
        dev = Dev(path / "home")
        with dev.running():
            pass
        file = dev.home / "credentials.json"
        file.unlink()
        if content is not None:
            file.write_text(content)
        done = dev.ran("dev", "--once", "--port", "0", seconds=60)
        assert done.returncode == 1
        [sentence] = [line for line in done.stderr.splitlines() if line.startswith("The demo did not succeed")]
        assert said in sentence
        assert sentence.endswith("; `ordo app add` makes another login")


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


SOON = """
import os
import signal
import subprocess
import sys
import sys


class Impatient:
    def find_spec(self, name, path=None, target=None):
        if name == "ordo.bootstrap":
            os.kill(os.getpid(), signal.SIGINT)


sys.meta_path.insert(0, Impatient())
signal.signal(signal.SIGINT, signal.default_int_handler)  # a runner may have shut it out
from ordo.cli.start import main

main()
"""


def test_ctrl_c_while_it_is_imported() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SOON], capture_output=True, text=True, timeout=30, check=False,
        env={**os.environ, "PYTHONPATH": SOURCES},
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, "", "")
