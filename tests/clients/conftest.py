"""Real processes for real clients."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
from tests.clients.adapter import plain_session
from tests.conftest import cloned
from tests.processes import Running, found_location, stocked
from tests.shop import DATA, LINES

MANY = 2345
_NODES_MAX = 500


@pytest.fixture(scope="session")
def running(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server and a worker on a database of their own, which holds one stocked warehouse."""
    units = {"till-shirt": 100, "till-hat": 100} | {sku: 100 for sku, _, _ in LINES}
    with cloned(f"ordo_running_{worker_id}") as dsn:
        stocked(dsn, found_location(dsn), units)
        with Running(dsn, tmp_path_factory.mktemp("running")) as processes:
            yield processes


@pytest.fixture(scope="module")
def session(running: Running) -> Iterator[requests.Session]:
    """What carries simple-salesforce's requests to those processes."""
    with plain_session(running.port) as session:
        yield session


@pytest.fixture(scope="session")
def many(running: Running) -> list[str]:
    """The codes, in order, of more products than one page of a query holds; their Family is `Many`."""
    codes = [f"many-{number:04}" for number in range(MANY)]
    with running.client(running.token()) as client:
        for start in range(0, MANY, _NODES_MAX):
            nodes = [_product(code) for code in codes[start : start + _NODES_MAX]]
            graph = {"graphs": [{"graphId": "many", "compositeRequest": nodes}]}
            answer = client.post(f"{DATA}/composite/graph", json=graph)
            assert answer.json()["graphs"][0]["isSuccessful"] is True, answer.text
    return codes


def _product(code: str) -> dict[str, Any]:
    body = {"Name": code, "ProductCode": code, "Family": "Many"}
    url = f"{DATA}/sobjects/Product2"
    return {"method": "POST", "url": url, "referenceId": code.replace("-", "_"), "body": body}
