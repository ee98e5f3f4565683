"""The demo company: its lists are what they claim, and loading them ends in the same company however often."""

from __future__ import annotations

import csv
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.company import load
from tests.desk import ROOT, Desk
from tests.life import check_laws

from ordo.demo import company
from ordo.demo.company import State
from ordo.platform.calls import Entry

LOCATIONS, PRODUCTS, PRICES, INVENTORY = (path for _, path in company.LISTS)
REGIONS = {
    "Columbus DC": "US", "New York": "US", "Chicago": "US", "Daventry DC": "GB", "London": "GB",
    "Manchester": "GB", "Kassel DC": "EU", "Berlin": "EU", "Paris": "EU", "Saitama DC": "JP", "Tokyo": "JP",
    "Osaka": "JP",
}  # fmt: skip
COMPANY = """
SELECT 'account' AS of, name, personemail AS more, isactive::text AS told FROM account
UNION ALL SELECT 'channel', saleschannelname, type, NULL FROM saleschannel
UNION ALL SELECT 'method', m.name, p.stockkeepingunit, m.isactive::text
  FROM orderdeliverymethod m LEFT JOIN product2 p ON p.id = m.productid
UNION ALL SELECT 'gateway', g.paymentgatewayname, p.developername, g.status
  FROM paymentgateway g JOIN paymentgatewayprovider p ON p.id = g.paymentgatewayproviderid
UNION ALL SELECT 'product', stockkeepingunit, name, isactive::text FROM product2
UNION ALL SELECT 'price', p.stockkeepingunit, b.name || ' ' || e.currencyisocode, e.unitprice::text
  FROM pricebookentry e JOIN product2 p ON p.id = e.product2id JOIN pricebook2 b ON b.id = e.pricebook2id
UNION ALL SELECT 'location', name, locationtype, latitude || ' ' || longitude FROM location
UNION ALL SELECT 'stock', p.sku, l.name, p.onhand::text FROM position p JOIN location l ON l.id = p.location
UNION ALL SELECT 'option', name, value::text, NULL FROM option
"""

STAMPS = (
    "SELECT id, systemmodstamp FROM account UNION ALL SELECT id, systemmodstamp FROM pricebookentry ORDER BY 1"
)


class Killed(Exception):  # noqa: N818
    """The process ends here."""


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


async def company_of(desk: Desk) -> list[tuple[Any, ...]]:
    """All of it, whatever ids it has."""
    rows = [tuple(row.values()) for row in await desk.rows(COMPANY)]
    names = {row["id"]: row["name"] for row in await desk.rows("SELECT id, name FROM location")}

    def named(told: object) -> object:
        for one, name in names.items():
            told = told.replace(one, name) if isinstance(told, str) else told
        return told

    return sorted((tuple(map(named, row)) for row in rows), key=str)


def test_the_locations() -> None:
    """Four distribution centres and eight stores, each somewhere on the planet, and no two at one place."""
    rows = read(LOCATIONS)
    assert {row["Name"] for row in rows} == REGIONS.keys()
    assert Counter(row["LocationType"] for row in rows) == {"Warehouse": 4, "Retail Store": 8}
    assert [row["Name"] for row in rows[:4]] == ["Columbus DC", "Daventry DC", "Kassel DC", "Saitama DC"]
    places = {(float(row["Latitude"]), float(row["Longitude"])) for row in rows}
    assert len(places) == 12
    assert all(34 < latitude < 54 and -88 < longitude < 140 for latitude, longitude in places)
    assert len({row["ExternalReference"] for row in rows}) == 12
    assert company.stores() == [row["Name"] for row in rows[4:]]


def test_the_prices() -> None:
    """200 products of five families, each with a price in each of the four books, in its own digits."""
    products = read(PRODUCTS)
    skus = [row["StockKeepingUnit"] for row in products]
    for column in ("StockKeepingUnit", "Name", "ProductCode"):
        assert len({row[column] for row in products}) == 200, column
    assert Counter(row["Family"] for row in products) == {
        "Tea": 50, "Coffee": 30, "Kitchen": 52, "Home Textiles": 38, "Outdoor Wear": 30,
    }  # fmt: skip
    books = defaultdict(list)
    for row in products + read(PRICES):
        books[row["Pricebook"], row["CurrencyIsoCode"]].append(row["StockKeepingUnit"])
        assert re.fullmatch(r"[1-9]\d*" if row["CurrencyIsoCode"] == "JPY" else r"[1-9]\d*\.\d\d", row["Price"])
    assert books == {(one.book, one.currency): skus for one in company.REGIONS}


def test_the_stock() -> None:
    """Deep in distribution centres, shallow in stores; twenty goods of each region are in no other."""
    rows = read(INVENTORY)
    assert len({(row["StockKeepingUnit"], row["Location"]) for row in rows}) == len(rows) == 1680
    held = defaultdict(set)
    for row in rows:
        held[row["StockKeepingUnit"]].add(REGIONS[row["Location"]])
        on_hand = int(row["OnHand"])
        assert 0 <= on_hand <= 12 or (row["Location"].endswith(" DC") and 60 <= on_hand < 900), row
    assert held.keys() == {row["StockKeepingUnit"] for row in read(PRODUCTS)}
    assert Counter(frozenset(regions) for regions in held.values()) == {
        frozenset({"US", "GB", "EU", "JP"}): 120, frozenset({"US"}): 20, frozenset({"GB"}): 20,
        frozenset({"EU"}): 20, frozenset({"JP"}): 20,
    }  # fmt: skip
    assert sum(row["OnHand"] == "0" for row in rows) == 166


async def test_loading_it(bare: Desk) -> None:
    """Each row once; again, and nothing is made or changed."""
    machine = bare.face.machine
    assert await company.state(machine.database) == State.NOTHING
    assert await load(machine) == [
        "12 rows: 12 made, 0 changed, 0 unchanged, 0 refused.",
        "200 rows: 200 made, 0 changed, 0 unchanged, 0 refused.",
        "600 rows: 0 made, 600 changed, 0 unchanged, 0 refused.",
        "1680 rows: 1680 made, 0 changed, 0 unchanged, 0 refused.",
    ]
    assert await company.state(machine.database) == State.THERE
    found = await company_of(bare)
    assert Counter(row[0] for row in found) == {
        "account": 13, "channel": 11, "method": 3, "gateway": 2, "product": 201, "price": 804, "location": 12,
        "stock": 1680, "option": 2,
    }  # fmt: skip
    assert [row[1:] for row in found if row[0] in ("gateway", "method")] == [
        ("CashPOS", "Simulated", "Active"), ("Harbour Card", "Simulated", "Active"),
        ("IN_STORE-DEFAULT", None, "true"), ("IN_STORE-PICKUP_LATER", None, "true"),
        ("ONLINE-DEFAULT", "HH-DELIVERY", "true"),
    ]  # fmt: skip
    assert [row[1:] for row in found if row[:2] == ("price", "HH-DELIVERY")] == [
        ("HH-DELIVERY", "harbour-de_DE-DE EUR", "4.90"), ("HH-DELIVERY", "harbour-en_GB-GB GBP", "3.95"),
        ("HH-DELIVERY", "harbour-en_US-US USD", "5.95"), ("HH-DELIVERY", "harbour-ja_JP-JP JPY", "600"),
    ]  # fmt: skip
    stamps = await bare.rows(STAMPS)
    assert await load(machine) == [
        f"{rows} rows: 0 made, 0 changed, {rows} unchanged, 0 refused." for rows in (12, 200, 600, 1680)
    ]
    assert (await company_of(bare), await bare.rows(STAMPS)) == (found, stamps)
    await check_laws(bare)


async def test_a_load_that_was_killed(bare: Desk) -> None:
    """Wherever it ended, the next one ends in the company that one load makes."""
    machine = bare.face.machine
    await load(machine)
    whole = await company_of(bare)
    for lists in range(len(company.LISTS)):
        await bare.face.clear()
        await load(machine, lists)
        assert await company.state(machine.database) == State.BEGUN
        assert len(await company_of(bare)) < len(whole)
        await load(machine)
        assert await company.state(machine.database) == State.THERE
        assert await company_of(bare) == whole, lists


async def test_killed_within_the_last_part(bare: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each of its writes: what is there is found, and made no second time."""
    machine = bare.face.machine
    await load(machine)
    whole = await company_of(bare)
    run, left = machine.worker.run, 0

    async def runs(entries: Sequence[Entry]) -> None:
        nonlocal left
        if not left:
            raise Killed
        left -= 1
        await run(entries)

    for writes in range(3):
        await bare.face.clear()
        await load(machine, len(company.LISTS) - 1)
        left = writes
        with monkeypatch.context() as patched:
            patched.setattr(machine.worker, "run", runs)
            with pytest.raises(Killed):
                await company.open_for_business(machine)
        assert await company.state(machine.database) == State.BEGUN
        await load(machine)
        assert await company_of(bare) == whole, writes


@pytest.mark.parametrize("noun", ["Product2", "Location"])
async def test_somebodys_own_data(bare: Desk, noun: str) -> None:
    """One product, or one location, deleted ones too, and the database is not the demo company's."""
    database = bare.face.machine.database
    row_id = await bare.make(noun, Name="Mine", **({"LocationType": "Warehouse"} if noun == "Location" else {}))
    assert await company.state(database) == State.OTHER
    assert (await bare.client.delete(f"{ROOT}/sobjects/{noun}/{row_id}")).status_code == 204
    assert await company.state(database) == State.OTHER


async def test_an_order_of_somebodys_own(bare: Desk) -> None:
    account = await bare.make("Account", Name="Mine")
    assert await company.state(bare.face.machine.database) == State.NOTHING
    await bare.make("Order", AccountId=account, EffectiveDate="2026-01-31", Status="Draft")
    assert await company.state(bare.face.machine.database) == State.OTHER
