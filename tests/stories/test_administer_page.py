"""The examples of docs/how-to/administer.md, word for word."""

from __future__ import annotations

import asyncio
import re
import shlex
from pathlib import Path

import pytest
from tests.desk import Desk
from tests.house.automation_lists import ROOT
from tests.life import check_laws, parcel
from tests.rooms.conftest import invoked
from tests.rooms.test_user_command import certificate
from typer.testing import Result

PAGE = ROOT / "docs" / "how-to" / "administer.md"
SECTIONS = dict(re.findall(r"^## (.*?)\n(.*?)(?=^## |\Z)", PAGE.read_text(), re.DOTALL | re.MULTILINE))
PARCEL = "0a3xx0000000001AAA"


def run(section: str, folder: Path, database_url: str, **ids: str) -> list[tuple[str, Result]]:
    """The commands of a section, with the files and ids that they name; all of them end well, and the last
    prints what the page shows."""
    (commands,) = re.findall(r"^```bash\n(.*?)^```", SECTIONS[section], re.DOTALL | re.MULTILINE)
    shown = re.findall(r"^```text\n(.*?)^```", SECTIONS[section], re.DOTALL | re.MULTILINE)
    results = []
    for line in commands.splitlines():
        for placeholder, real in ids.items():
            line = line.replace(placeholder, real)  # noqa: PLW2901
        words, _, file = line.partition(" < ")
        told = (folder / file).read_text() if file else None
        arguments = [
            str(folder / word) if word.endswith((".pem", ".csv")) else word for word in shlex.split(words)
        ]
        assert arguments[0] == "ordo"
        result = invoked({"ORDO_DATABASE_URL": database_url}, *arguments[1:], told=told)
        assert (result.exit_code, result.stderr) == (0, ""), line
        results.append((line, result))
    assert [unnumbered(text) for text in shown] in ([], [unnumbered(results[-1][1].stdout)])
    return results


def unnumbered(text: str) -> str:
    """Orders are numbered as they come, and laws come too."""
    return re.sub(r"\d{8}|\d+(?= laws:| hold,)", "#", text)


async def ran(section: str, folder: Path, database_url: str, **ids: str) -> list[tuple[str, Result]]:
    return await asyncio.to_thread(run, section, folder, database_url, **ids)


async def test_it_adds_up_and_can_be_looked_at_and_acted_on(desk: Desk, database_url: str, tmp_path: Path) -> None:
    parcel_id = await parcel(desk, ("shirt", 1, "10.00"))
    await ran("Does everything add up?", tmp_path, database_url)
    await ran("Look at records", tmp_path, database_url)
    await ran("Do something by hand", tmp_path, database_url, **{PARCEL: parcel_id})
    await desk.settle()
    assert len(await desk.query("SELECT Id FROM Invoice")) == 1
    await check_laws(desk)


async def test_a_merchant_s_own_goods_are_sold(desk: Desk, database_url: str, tmp_path: Path) -> None:
    """An order of what the lists name is sent from the first location, by nothing but the page."""
    lists = re.findall(r"^```csv\n(.*?)^```", SECTIONS["Goods and stock"], re.DOTALL | re.MULTILINE)
    for name, text in zip(("locations", "products", "inventory"), lists, strict=True):
        (tmp_path / f"{name}.csv").write_text(text)
    await ran("Goods and stock", tmp_path, database_url)
    await desk.face.machine.refresh_options()
    [book] = await desk.query("SELECT Id FROM Pricebook2 WHERE Name = 'Shop'")
    entries = await desk.query(
        "SELECT Id, Product2.StockKeepingUnit FROM PricebookEntry WHERE CurrencyIsoCode = 'EUR'"
    )
    desk.ids["book"] = book["Id"]
    desk.ids |= {f"{entry['Product2']['StockKeepingUnit']}-price": entry["Id"] for entry in entries}
    graph = await desk.order(("mug", 2, "17.00"), ("bowl", 1, "14.00"))
    assert graph["isSuccessful"] is True, graph
    await desk.settle()
    sent = await desk.query("SELECT FulfilledFromLocation.Name, ItemCount FROM FulfillmentOrder")
    assert sent == [{"FulfilledFromLocation": {"Name": "Main warehouse"}, "ItemCount": 3}]
    assert await desk.query("SELECT Id FROM ProcessException") == []
    [order] = await desk.query("SELECT OrderNumber FROM Order")
    *_, (_, story) = await ran("Watch what happens", tmp_path, database_url, **{"00000100": order["OrderNumber"]})
    assert [line.split("  ")[2] for line in story.stdout.splitlines()][:2] == [
        "OrderActivated",
        "OrderSummaryCreated",
    ]
    await check_laws(desk)


@pytest.fixture
async def merchant(desk: Desk) -> Desk:
    """A desk with the locations of the page."""
    for name in ("Main warehouse", "Store 1"):
        desk.ids[name] = await desk.make("Location", Name=name, LocationType="Warehouse")
    return desk


async def test_users_and_apps(merchant: Desk, database_url: str, tmp_path: Path) -> None:
    (tmp_path / "password.txt").write_text("correct horse\n")
    (tmp_path / "till.pem").write_text(certificate())
    try:
        told = dict(await ran("Users", tmp_path, database_url))
        secrets = next(result.stdout for line, result in told.items() if "password ann" in line)
        assert [line.partition(":")[0] for line in secrets.splitlines()] == [
            "username",
            "password",
            "security_token",
        ]
        users = await merchant.rows(
            "SELECT username, role, location_id, is_active FROM credential WHERE username LIKE $1 ORDER BY 1",
            "%@merchant.example",
        )
        assert users == [
            {"username": "ann@merchant.example", "role": "service agent", "location_id": None, "is_active": True},
            {"username": "shop@merchant.example", "role": "integration", "location_id": None, "is_active": True},
        ]
        made = [result.stdout for _, result in await ran("Connected apps", tmp_path, database_url)]
        client_id = made[0].splitlines()[0].removeprefix("client_id: ")
        secret = made[3].splitlines()[1].removeprefix("client_secret: ")
        form = {"grant_type": "client_credentials", "client_id": client_id, "client_secret": secret}
        assert (await merchant.client.post("/services/oauth2/token", data=form)).status_code == 200
    finally:
        await merchant.rows("DELETE FROM connectedapp WHERE name IN ('Web shop', 'Tills')")
        for table in ("credential", "user"):
            await merchant.rows(f"DELETE FROM \"{table}\" WHERE username LIKE '%@merchant.example'")


async def test_options_and_jobs(merchant: Desk, database_url: str, tmp_path: Path) -> None:
    *_, (_, shown) = await ran("Options", tmp_path, database_url)
    assert shown.stdout == f'["{merchant.ids["Main warehouse"]}","{merchant.ids["Store 1"]}"]\n'
    await merchant.face.machine.refresh_options()
    set_to = merchant.face.machine.worker.options
    assert (set_to.currency, set_to.fulfillment_statuses) == ("EUR", {"Packed": "FULFILLING"})
    listed, retried = await ran("Jobs", tmp_path, database_url)
    assert (len(listed[1].stdout.splitlines()) > 2, retried[1].stdout) == (True, "Nothing to release.\n")
