"""`ordo query`: what it prints in its three forms, and what it refuses."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Sequence

import pytest
from tests.desk import Desk
from tests.processes import SOURCES
from tests.rooms.conftest import Ordo

from ordo.cli import query
from ordo.cli.record_table import RecordTable

EVIL = "\x1b[31m[bold]red\n=1+1"


async def accounts(desk: Desk, count: int) -> None:
    for number in range(count):
        await desk.make("Account", Name=f"probe {number}")


async def test_a_table(desk: Desk, ordo: Ordo) -> None:
    """Parents by their path, child records as JSON; nothing of a value is taken for markup or obeyed."""
    account = await desk.make("Account", Name=EVIL, AnnualRevenue=12.5)
    await desk.make("Contact", LastName="Jo", AccountId=account)
    answer = await ordo(
        "query", f"SELECT LastName, Account.Name, Phone FROM Contact WHERE AccountId = '{account}'"
    )
    assert (answer.exit_code, answer.stderr) == (0, "")
    shown = "\\x1b[31m[bold]red\\n=1+1"
    assert answer.stdout.splitlines() == [
        "LastName  Account.Name             Phone",
        f"--------  {'-' * len(shown)}  -----",
        f"Jo        {shown}",
        "1 record",
    ]
    children = await ordo(
        "query", f"SELECT Id, AnnualRevenue, (SELECT LastName FROM Contacts) FROM Account WHERE Id = '{account}'"
    )
    assert children.stdout.splitlines()[2] == f'{account}  12.5           [{{"LastName":"Jo"}}]'


async def test_json_is_what_the_api_shows(desk: Desk, ordo: Ordo) -> None:
    await accounts(desk, 3)
    soql = "SELECT Id, Name, CreatedDate, (SELECT Id FROM Contacts) FROM Account WHERE Name LIKE 'probe%'"
    answer = await ordo("query", soql, "--json")
    assert answer.exit_code == 0
    shown = (await desk.client.get("/services/data/v67.0/query", params={"q": soql})).json()["records"]
    assert json.loads(answer.stdout) == shown
    assert len(shown) == 3
    none = await ordo("query", "SELECT Id FROM Account WHERE Name = 'nobody'", "--json")
    assert (none.exit_code, none.stdout) == (0, "[]\n")


async def test_csv(desk: Desk, ordo: Ordo) -> None:
    account = await desk.make("Account", Name=EVIL)
    await desk.make("Contact", LastName='Jo, "J"', AccountId=account)
    soql = f"SELECT LastName, Account.Name, DoNotCall, Phone FROM Contact WHERE AccountId = '{account}'"
    answer = await ordo("query", soql, "--csv")
    assert list(csv.reader(io.StringIO(answer.stdout))) == [
        ["LastName", "Account.Name", "DoNotCall", "Phone"], ['Jo, "J"', EVIL, "false", ""],
    ]  # fmt: skip


@pytest.mark.parametrize("form", ["--json", "--csv", ""])
async def test_many_rows_come_in_steps(desk: Desk, ordo: Ordo, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """Every row once, in order, however many fit in a step; LIMIT and OFFSET are those of the query."""
    monkeypatch.setattr(query, "ROWS_PER_STEP", 3)
    await accounts(desk, 8)
    soql = "SELECT Name FROM Account WHERE Name LIKE 'probe%' ORDER BY Name LIMIT 6 OFFSET 1"
    answer = await ordo("query", soql, *([form] if form else []))
    lines = answer.stdout.splitlines()
    names = [line for line in lines if line.startswith("probe")]
    if form == "--json":
        names = [record["Name"] for record in json.loads(answer.stdout)]
    assert names == [f"probe {number}" for number in range(1, 7)]
    assert form or lines[-1] == "6 records"


async def test_counts_groups_and_deleted_rows(desk: Desk, ordo: Ordo) -> None:
    await accounts(desk, 2)
    kept = await desk.make("Account", Name="probe kept")
    gone = await desk.make("Account", Name="probe gone")
    await desk.client.delete(f"/services/data/v60.0/sobjects/Account/{gone}")
    where = "FROM Account WHERE Name LIKE 'probe%'"
    for form in ("--json", "--csv"):
        assert (await ordo("query", f"SELECT COUNT() {where}", form)).stdout == "3\n"
    assert (await ordo("query", f"SELECT COUNT() {where}", "--all")).stdout == "4\n"
    grouped = await ordo("query", f"SELECT Name, COUNT(Id) n {where} GROUP BY Name ORDER BY Name DESC", "--csv")
    assert grouped.stdout.splitlines() == ["Name,n", "probe kept,1", "probe 1,1", "probe 0,1"]
    listed = await ordo("query", f"SELECT Id, IsDeleted {where} ORDER BY Name DESC LIMIT 2", "--csv", "--all")
    assert listed.stdout.splitlines() == ["Id,IsDeleted", f"{kept},false", f"{gone},true"]


@pytest.mark.parametrize(
    ("soql", "message"),
    [
        (
            "SELECT Id, Nope FROM Account",
            "\nSELECT Id, Nope FROM Account\n           ^\nERROR at Row:1:Column:12\n"
            "No such column 'Nope' on entity 'Account'.",
        ),
        ("SELECT Id FROM credential", "sObject type 'credential' is not supported."),
        ("DELETE FROM account", "unexpected token: 'DELETE'"),
        ("", "unexpected token:"),
        ("SELECT Id FROM Account WHERE Name = '\0'", ""),
    ],
)
async def test_a_wrong_query_is_refused(ordo: Ordo, desk: Desk, soql: str, message: str) -> None:
    """The platform's text, with the place."""
    answer = await ordo("query", soql)
    assert (answer.exit_code, answer.stdout) == (1, "")
    assert message in answer.stderr


async def test_one_form_at_a_time(ordo: Ordo, desk: Desk) -> None:
    answer = await ordo("query", "SELECT Id FROM Account", "--json", "--csv")
    assert (answer.exit_code, answer.stdout, answer.stderr) == (1, "", "Say either --json or --csv.\n")


def test_a_reader_that_goes_away(database_url: str) -> None:
    """`ordo query … | head`: no word about the database."""
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-c", "from ordo.cli.main import main; main()", "query", "SELECT Id FROM Account"]
    environment = {"ORDO_DATABASE_URL": database_url, "PYTHONPATH": SOURCES, "PYTHONUNBUFFERED": "1"}
    done = subprocess.run(
        command, stdout=writing, stderr=subprocess.PIPE, timeout=30, env=environment, check=False
    )  # fmt: skip
    os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


def lines(width: int | None, names: Sequence[str], *rows: Sequence[str]) -> list[str]:
    table = RecordTable(names, width)
    return [line for row in rows for line in table.lines([row])]


def test_a_narrow_terminal_crops_the_widest_columns() -> None:
    """But no id."""
    assert lines(44, ["Id", "Name"], ["a" * 18, "b" * 30], ["c", "d" * 40]) == [
        f"Id{' ' * 18}Name", f"{'-' * 18}  {'-' * 24}", f"{'a' * 18}  {'b' * 23}…", f"c{' ' * 19}{'d' * 23}…",
    ]  # fmt: skip


def test_no_terminal_no_cropping() -> None:
    """Widths are those of the first step; what is wider later stands out, whole."""
    assert lines(None, ["N", "M"], ["b" * 70, "1"], ["c" * 71, "2"]) == [
        f"N{' ' * 69}  M", f"{'-' * 70}  -", f"{'b' * 70}  1", f"{'c' * 71}  2",
    ]  # fmt: skip


def test_a_terminal_too_narrow_for_columns_gets_blocks() -> None:
    assert lines(20, ["Id", "First", "Second"], ["a" * 18, "b", "c" * 30], ["d", "", "漢字"]) == [
        f"Id      {'a' * 18}", "First   b", f"Second  {'c' * 30}", "", "Id      d", "First", "Second  漢字", "",
    ]  # fmt: skip
