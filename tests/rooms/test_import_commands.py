"""`ordo import`: goods and stock from a merchant's lists, the good rows of them."""

from __future__ import annotations

import asyncio
import io
import itertools
import json
import tracemalloc
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from tests.counting import statements
from tests.desk import Desk
from tests.faces.asserted import census, growth
from tests.life import check_laws, facts, sold, stock
from tests.rooms.conftest import Ordo

from ordo.bootstrap import opened
from ordo.cli import importing
from ordo.cli.csv_file import CsvFile
from ordo.cli.import_columns import Cells, Inventory, Products, Source
from ordo.cli.importing import Run
from ordo.platform.calls import Atom
from ordo.platform.database import Database
from ordo.platform.settings import Settings

PRODUCTS = """\
SKU,Name,Price,Pricebook,CurrencyIsoCode,family,IsActive
coat,"Coat, long",99.90,Shop,EUR,Clothes,
coat,"Coat, long",120,Shop,USD,,
tie,Tie,15,Shop,EUR,,false
scarf,Scarf,,,,,
"""
ENTRIES = """
SELECT p.stockkeepingunit AS sku, p.name, p.isactive, p.family, b.name AS book, e.currencyisocode AS currency,
       e.unitprice::text AS price, e.isactive AS sold
FROM product2 p LEFT JOIN pricebookentry e ON e.product2id = p.id LEFT JOIN pricebook2 b ON b.id = e.pricebook2id
WHERE p.stockkeepingunit NOT IN ('shirt', 'hat') ORDER BY p.id, e.id
"""


def summary(stdout: str) -> tuple[int, ...]:
    """rows, made, changed, unchanged, refused"""
    told = json.loads(stdout)
    return tuple(told[name] for name in ("rows", "made", "changed", "unchanged", "refused"))


async def listed(desk: Desk) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in await desk.rows(ENTRIES)]


async def test_products_with_prices(desk: Desk, ordo: Ordo, tmp_path: Path) -> None:
    """Several rows of a SKU are several prices; the same list again changes nothing, another what it says."""
    file = tmp_path / "products.csv"
    file.write_text(PRODUCTS)
    before = await census(desk)
    answer = await ordo("import", "products", str(file))
    assert (answer.exit_code, answer.stderr) == (0, "")
    assert answer.stdout == "4 rows: 3 made, 1 changed, 0 unchanged, 0 refused.\n"
    assert growth(before, await census(desk)) == {"pricebook2": 1, "pricebookentry": 3, "product2": 3}
    assert await listed(desk) == [
        ("coat", "Coat, long", True, "Clothes", "Shop", "EUR", "99.90", True),
        ("coat", "Coat, long", True, "Clothes", "Shop", "USD", "120", True),
        ("tie", "Tie", False, None, "Shop", "EUR", "15", True),
        ("scarf", "Scarf", True, None, None, None, None, None),
    ]
    whole = await desk.rows("SELECT * FROM product2 ORDER BY id")
    assert summary((await ordo("import", "products", str(file), "--json")).stdout) == (4, 0, 0, 4, 0)
    assert await desk.rows("SELECT * FROM product2 ORDER BY id") == whole
    file.write_text(
        "StockKeepingUnit;PRICE;currencyIsoCode;Pricebook\r\nCOAT;89.9;eur;shop\r\ntie;15.00;EUR;Shop\r\n"
    )
    assert summary((await ordo("import", "products", str(file), "--json")).stdout) == (2, 0, 1, 1, 0)
    assert [row[6] for row in await listed(desk)] == ["89.9", "120", "15", None]
    await check_laws(desk)


async def test_without_a_book_or_currency(desk: Desk, ordo: Ordo) -> None:
    """The standard book, and the currency of the organisation."""
    await desk.option("currency", "JPY")
    answer = await ordo("import", "products", "-", told="\ufeffSku,Name,Price\nfan,扇子,1200\n")
    assert (answer.exit_code, answer.stdout) == (0, "1 row: 1 made, 0 changed, 0 unchanged, 0 refused.\n")
    assert await listed(desk) == [("fan", "扇子", True, None, "Standard Price Book", "JPY", "1200", True)]


async def test_later_rows_of_a_product_count(desk: Desk, ordo: Ordo) -> None:
    """The last of a list wins, also where the first has to read more."""
    answer = await ordo("import", "products", "-", told="SKU,Name,Price\na,One,1\nA,Two,\na,Three,3\n")
    assert answer.stdout == "3 rows: 1 made, 2 changed, 0 unchanged, 0 refused.\n"
    assert [(row[1], row[6]) for row in await listed(desk)] == [("Three", "3")]


async def test_bad_rows_are_told_and_good_ones_go_in(desk: Desk, ordo: Ordo, tmp_path: Path) -> None:
    file = tmp_path / "products.csv"
    lines = [
        "SKU,Name,Price,CurrencyIsoCode,IsActive,DisplayUrl",
        "good,Good,1,EUR,,",
        ",No SKU,1,EUR,,",
        "bad1,Bad,one,EUR,,",
        "bad2,Bad,1,ZZZ,,",
        "bad3,Bad,1,EUR,maybe,",
        "bad4,,1,EUR,,",
        'two,"Two\nlines",2,EUR,,',
        "bad5,Bad,1",
        "bad6,Bad,,EUR,,",
        'bad7,"Bad"x,1,EUR,,',
        f"{'x' * 181},Bad,1,EUR,,",
        "",
        "last,Last,3,EUR,,",
    ]
    file.write_bytes("\n".join(lines).encode() + b'\nbad8,B\xe4d,1,EUR,,\nbad9,B\0d,1,EUR,,\nbad10,"never ends')
    answer = await ordo("import", "products", str(file), "--json")
    told = json.loads(answer.stdout)
    assert (answer.exit_code, summary(answer.stdout)) == (1, (15, 3, 0, 0, 12))
    assert [(one["line"], one["column"], one["code"]) for one in told["refusals"]] == [
        (3, "SKU", "REQUIRED_FIELD_MISSING"),
        (4, "Price", "JSON_PARSER_ERROR"),
        (5, "CurrencyIsoCode", "INVALID_CURRENCY_ISO"),
        (6, "IsActive", "JSON_PARSER_ERROR"),
        (7, "Name", "REQUIRED_FIELD_MISSING"),
        (10, None, "INVALID_INPUT"),
        (11, "Price", "REQUIRED_FIELD_MISSING"),
        (12, None, "INVALID_INPUT"),
        (13, "SKU", "STRING_TOO_LONG"),
        (16, "Name", "INVALID_INPUT"),
        (17, "Name", "INVALID_INPUT"),
        (18, None, "INVALID_INPUT"),
    ]
    assert [row[0] for row in await listed(desk)] == ["good", "two", "last"]


async def test_locations(desk: Desk, ordo: Ordo) -> None:
    """By name; fields by their API names, empty cells left alone."""
    text = (
        "name,LocationType,ExternalReference,Latitude\nDC1,,W-1,48.5\nStore 1,Store,S-1,\n,Store,S-2,\nX,,,north\n"
    )
    answer = await ordo("import", "locations", "-", "--json", told=text)
    assert (answer.exit_code, summary(answer.stdout)) == (1, (4, 1, 1, 0, 2))
    assert [(one["line"], one["column"]) for one in json.loads(answer.stdout)["refusals"]] == [
        (4, "name"),
        (5, "Latitude"),
    ]
    found = await desk.query("SELECT Name, LocationType, ExternalReference, Latitude FROM Location ORDER BY Name")
    assert [tuple(row.values()) for row in found] == [
        ("DC1", "Warehouse", "W-1", 48.5),
        ("DC2", "Warehouse", None, None),
        ("Store 1", "Store", "S-1", None),
    ]


async def test_reasons_are_on_standard_error(desk: Desk, ordo: Ordo) -> None:
    answer = await ordo("import", "inventory", "-", told="SKU,Location,OnHand\nshirt,DC1,4\nshirt,DC9,4\n")
    assert answer.exit_code == 1
    assert answer.stdout == "2 rows: 1 made, 0 changed, 0 unchanged, 1 refused.\n"
    assert answer.stderr == "line 3, Location: there is no Location DC9; there are DC1, DC2\n"


@pytest.mark.parametrize(
    ("kind", "text", "sentence"),
    [
        ("products", "", "its first line lacks the column StockKeepingUnit"),
        ("products", "Name\nx\n", "its first line lacks the column StockKeepingUnit"),
        ("products", "SKU,Nmae\nx,y\n", "its column Nmae: No such column 'Nmae' on sobject of type Product2"),
        ("products", "SKU,CreatedDate\nx,y\n", "its column CreatedDate: Unable to create/update fields"),
        ("products", "SKU,Id\nx,y\n", "its column Id: "),
        ("products", "SKU,Name,\nx,y,z\n", "its column (without a name): "),
        ("products", "SKU,StockKeepingUnit\nx,y\n", "two of its columns are StockKeepingUnit"),
        ("products", 'SKU,"Na"me\nx,y\n', "its first line cannot be read"),
        ("products", "x" * 200_000, "its column xxx"),
        ("inventory", "SKU,OnHand\nshirt,1\n", "its first line lacks the column Location"),
        ("inventory", "SKU,Location,OnHand,Colour\nshirt,DC1,1,red\n", "its column Colour: No such column"),
    ],
)
async def test_a_list_that_cannot_be_read(desk: Desk, ordo: Ordo, kind: str, text: str, sentence: str) -> None:
    before = await census(desk)
    answer = await ordo("import", kind, "-", told=text)
    assert (answer.exit_code, answer.stdout, sentence in answer.stderr) == (2, "", True), answer.stderr[:300]
    assert growth(before, await census(desk)) == {}


async def test_no_file_and_no_database(desk: Desk, ordo: Ordo, tmp_path: Path) -> None:
    for name in ("nowhere.csv", "."):
        answer = await ordo("import", "products", str(tmp_path / name))
        assert (answer.exit_code, "cannot be read" in answer.stderr) == (2, True)
    away = "postgresql://nobody@127.0.0.1:1/none"
    answer = await ordo("import", "products", "-", told="SKU\nx\n", ORDO_DATABASE_URL=away)
    assert (answer.exit_code, "The database is away" in answer.stderr) == (2, True)


async def test_a_database_that_goes_away_in_between(
    desk: Desk, ordo: Ordo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What went in is told, and from which line on the rest may lack; the same list again takes the rest."""

    class Gone(Products):
        async def atom(self, database: Database, cells: Cells) -> Atom:
            if cells["StockKeepingUnit"] == "thing250":
                raise ConnectionResetError("gone")
            return await super().atom(database, cells)

    text = "SKU,Name\n" + "".join(f"thing{n},Thing\n" for n in range(300))
    with monkeypatch.context() as patched:
        patched.setattr(importing, "Products", Gone)
        answer = await ordo("import", "products", "-", "--json", told=text)
    assert (answer.exit_code, summary(answer.stdout)) == (2, (200, 200, 0, 0, 0))
    assert "The database is away, and rows from line 202 on are not in, or not all: gone" in answer.stderr
    again = await ordo("import", "products", "-", "--json", told=text)
    assert (again.exit_code, summary(again.stdout)) == (0, (300, 100, 0, 200, 0))


async def test_inventory_is_what_was_counted(desk: Desk, ordo: Ordo) -> None:
    """By name, external reference or id; a count below what is promised makes the position short."""
    await sold(desk, ("shirt", 3, "30.00"))
    await desk.patch("Location", desk.ids["DC2"], ExternalReference="W-2")
    text = (
        "Sku;location;ONHAND;Reason\n"
        f"shirt;DC1;2;Stocktaking\nhat;W-2;7;\nhat;{desk.ids['DC1'][:15]};9;\nhat;DC2;8;\n"
    )
    answer = await ordo("import", "inventory", "-", told=text)
    assert (answer.exit_code, answer.stderr) == (0, "")
    assert answer.stdout == "4 rows: 1 made, 2 changed, 1 unchanged, 0 refused.\n"
    rows = await desk.rows("SELECT sku, location, onhand::int, reserved::int, short::int FROM position")
    assert sorted(tuple(row.values()) for row in rows) == [
        ("hat", desk.ids["DC1"], 9, 0, 0),
        ("hat", desk.ids["DC2"], 8, 0, 0),
        ("shirt", desk.ids["DC1"], 2, 3, 1),
    ]
    assert await desk.rows("SELECT because, amount::int FROM ledger WHERE credit = 'OnHand'") == [
        {"because": "Stocktaking", "amount": 7}
    ]
    assert len(await desk.query("SELECT Id FROM ProcessException")) == 1
    await desk.settle()
    await check_laws(desk)


@pytest.mark.parametrize(
    ("row", "column", "code"),
    [
        ("nothing,DC1,1", "sku", "INVALID_CROSS_REFERENCE_KEY"),
        ("shirt,DC1,-1", "OnHand", "NUMBER_OUTSIDE_VALID_RANGE"),
        ("shirt,DC1,many", "OnHand", "JSON_PARSER_ERROR"),
        ("shirt,DC1,NaN", "OnHand", "JSON_PARSER_ERROR"),
        ("shirt,DC1,1e40", "OnHand", "NUMBER_OUTSIDE_VALID_RANGE"),
        ("shirt,DC1,", "OnHand", "REQUIRED_FIELD_MISSING"),
        ("shirt,,1", "place", "REQUIRED_FIELD_MISSING"),
        (",DC1,1", "sku", "REQUIRED_FIELD_MISSING"),
    ],
)
async def test_what_is_no_count_is_refused(desk: Desk, ordo: Ordo, row: str, column: str, code: str) -> None:
    column = "Location" if column == "place" else column
    before = await census(desk)
    answer = await ordo("import", "inventory", "-", "--json", told=f"sku,Location,OnHand\n{row}\n")
    [refusal] = json.loads(answer.stdout)["refusals"]
    assert (answer.exit_code, refusal["line"], refusal["column"], refusal["code"]) == (1, 2, column, code)
    assert growth(before, await census(desk)) == {}


async def test_a_terminal_shows_how_far_it_is(
    desk: Desk, ordo: Ordo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    screen = Console(file=io.StringIO(), force_terminal=True, width=150)
    monkeypatch.setattr(importing, "console", screen)
    (tmp_path / "list.csv").write_text("SKU,Name\nx,X\n")
    answer = await ordo("import", "products", str(tmp_path / "list.csv"))
    assert (answer.exit_code, len(answer.stdout.splitlines())) == (0, 1)
    assert isinstance(screen.file, io.StringIO)
    assert "1 rows" in screen.file.getvalue()


async def test_lists_at_once_make_everything_once(desk: Desk, database_url: str) -> None:
    """Several people send the same lists at the same time: everything is there once."""
    goods = "SKU,Name,Price,Pricebook\n" + "".join(f"thing{n},Thing {n},{n},Shop\n" for n in range(300))
    shelves = "SKU,Location,OnHand\n" + "".join(f"thing{n},DC1,{n + 1}\n" for n in range(300))
    async with AsyncExitStack() as stack:
        machines = [await stack.enter_async_context(opened(Settings(), database_url)) for _ in range(2)]
        for kind, text in ((Products, goods), (Inventory, shelves)):
            told = await asyncio.gather(
                *(run_of(kind(), text).done(one) for one in (desk.face.machine, *machines))
            )
            counts = [(one.rows, one.made, one.changed, one.unchanged, one.refused) for one in told]
            assert [sum(column) for column in zip(*counts, strict=True)] == [900, 300, 0, 600, 0]
    assert await facts(desk, "StockCounted") == 300
    assert len(await stock(desk)) == 300
    assert len(await listed(desk)) == 300
    assert len(await desk.query("SELECT Id FROM Pricebook2 WHERE Name = 'Shop'")) == 1


def run_of(source: Source, text: str) -> Run:
    stream = io.BytesIO(text.encode())
    return Run(source, CsvFile(stream, source.column, needs=source.needs), stream, 0, tells=False)


@pytest.mark.parametrize("kind", [Products, Inventory])
async def test_a_long_list_costs_as_many_statements(desk: Desk, kind: type[Source]) -> None:
    """A Work of 200 rows sends as many statements as one of 2: new goods, the same again, and a change."""
    goods = "SKU,Name\n" + "".join(f"thing{n},Thing\n" for n in range(1200))
    await run_of(Products(), goods if kind is Inventory else "SKU,Name,Price\na,A,1\n").done(desk.face.machine)
    places = itertools.count(step=200)

    def text(place: int, rows: int, value: int) -> str:
        head, where = ("SKU,Name,Price", "Thing") if kind is Products else ("SKU,Location,OnHand", "DC1")
        return head + "\n" + "".join(f"thing{place + n},{where},{value}\n" for n in range(rows))

    async def sent(place: int, rows: int, value: int) -> int:
        before = statements()
        done = await run_of(kind(), text(place, rows, value)).done(desk.face.machine)
        assert done.refused == 0
        return statements() - before

    async def least(rows: int) -> list[int]:
        """Of three: others of this process send some now and then."""
        tries = []
        for _ in range(3):
            place = next(places)
            tries.append([await sent(place, rows, value) for value in (1, 1, 2)])
        return [min(counts) for counts in zip(*tries, strict=True)]

    assert await least(2) == await least(200)


def test_a_long_list_needs_no_more_memory() -> None:
    """100,000 rows are read one by one."""
    text = b"SKU,Name\n" + b"".join(b"sku-%d,A name of some length\n" % n for n in range(100_000))
    file = CsvFile(io.BytesIO(text), str, needs=())
    tracemalloc.start()
    try:
        assert sum(1 for _ in file.rows()) == 100_000
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 1_000_000
