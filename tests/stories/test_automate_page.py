"""The example of docs/how-to/automate.md, word for word."""

from __future__ import annotations

import asyncio
import re
import shlex
from pathlib import Path

from tests.desk import Desk, bodies
from tests.house.automation_lists import PAGE
from typer.testing import CliRunner, Result

from ordo.cli.main import app


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)


def run(commands: str, folder: Path, database_url: str) -> list[Result]:
    """The commands of the page, with the files where it names them."""
    results = []
    for words in map(shlex.split, commands.splitlines()):
        assert words[0] == "ordo"
        arguments = [str(folder / word) if word.endswith(".yaml") else word for word in words[1:]]
        results.append(CliRunner().invoke(app, arguments, env={"ORDO_DATABASE_URL": database_url}))
    return results


async def test_large_orders_wait_for_an_approval(desk: Desk, database_url: str, tmp_path: Path) -> None:
    """S0-04."""
    for text in blocks("yaml"):
        (tmp_path / text.splitlines()[0].removeprefix("# ")).write_text(text)
    (commands,) = blocks("bash")
    results = await asyncio.to_thread(run, commands, tmp_path, database_url)
    assert [(one.exit_code, one.stdout) for one in results] == [
        (0, "route-small-orders\n"), (0, "route-approved-orders\n"), (0, ""), (0, ""),
    ]  # fmt: skip
    await desk.face.machine.refresh_flows()

    await desk.stock("DC1", shirt=99)
    await desk.route_to("DC1")
    small = bodies(await desk.order(("shirt", 1, "10.00")))["order"]["id"]
    large = bodies(await desk.order(("shirt", 10, "100.00")))["order"]["id"]
    await desk.settle()
    assert await desk.query("SELECT OrderId FROM FulfillmentOrder") == [{"OrderId": small}]

    (summary,) = await desk.query(f"SELECT Id FROM OrderSummary WHERE OriginalOrderId = '{large}'")
    for status, routed in (("Seen", [small]), ("Approved", [small, large])):
        assert (await desk.patch("OrderSummary", summary["Id"], Status=status)).status_code == 204
        await desk.settle()
        orders = await desk.query("SELECT OrderId FROM FulfillmentOrder ORDER BY OrderId")
        assert [order["OrderId"] for order in orders] == routed
    assert await desk.rows("SELECT 1 FROM parkedfact") == []
