"""SOQL against PostgreSQL: the rows and the JSON that real queries give, shapes exact to the last digit."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import asyncpg
import msgspec
import pytest
from sqlalchemy.dialects import postgresql

from ordo import objects
from ordo.kernel.ids import normalize
from ordo.platform.fields import Field, Kind
from ordo.platform.records import Noun, Record
from ordo.platform.schema import type_of, view_definition
from ordo.soql import Compiled, Scope, compile_query

NOW = datetime(2025, 3, 5, 12, 30, tzinfo=UTC)
USER = "005000000000001AAA"
SCHEMA = "soql_rows"
_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]
NOUNS: list[type[Record]] = [
    objects.accounts.User,
    objects.accounts.Account,
    objects.accounts.Contact,
    objects.orders.Order,
    objects.orders.OrderItem,
    objects.payments.CardPaymentMethod,
    objects.payments.DigitalWallet,
    objects.payments.AlternativePaymentMethod,
]


def _id(prefix: str, number: int) -> str:
    return normalize(f"{prefix}{number:012d}") or ""


ACME, BETA, GAMMA, GONE = (_id("001", n) for n in range(1, 5))
ANN, BOB, CY = (_id("003", n) for n in range(1, 4))
FIRST, SECOND = (_id("801", n) for n in range(1, 3))
LINE_1, LINE_2 = (_id("802", n) for n in range(1, 3))
CARD, WALLET = _id("03O", 1), _id("0eD", 1)


def _row(api: str, **values: Any) -> tuple[str, dict[str, Any]]:
    known = {"createddate": NOW, "lastmodifieddate": NOW, "systemmodstamp": NOW, "isdeleted": False}
    return api.lower(), {**known, **{key.lower(): value for key, value in values.items()}}


ROWS = [
    _row("User", id=USER, Name="Olga Owner", LastName="Owner"),
    _row("Account", id=ACME, Name="Acme", Type="Shop", OwnerId=USER, BillingCity="Köln", BillingLatitude=50.9375,
         CreatedDate=datetime(2025, 1, 31, 9, 15, 30, tzinfo=UTC), NumberOfEmployees=7, IsActive=True,
         AnnualRevenue=Decimal("1e3")),
    _row("Account", id=BETA, Name="beta_50%", ParentId=ACME, Rating="Cold", AnnualRevenue=Decimal("10.50"),
         CreatedDate=datetime(2025, 3, 4, 23, 59, 59, 999000, tzinfo=UTC)),
    _row("Account", id=GAMMA, Name=None, Rating="Hot", CreatedDate=NOW),
    _row("Account", id=GONE, Name="Gone", IsDeleted=True, CreatedDate=NOW),
    _row("Contact", id=ANN, AccountId=ACME, FirstName="Ann", LastName="O'Hara", Name="Ann O'Hara",
         Email="ann+1@example.com", BuyerAttributes="Red;Green"),
    _row("Contact", id=BOB, AccountId=ACME, LastName="Ölmann", Name="Ölmann", BuyerAttributes="Blue"),
    _row("Contact", id=CY, LastName="Cy", Name="Cy"),
    _row("Order", id=FIRST, AccountId=ACME, Status="Draft", OwnerId=USER, EffectiveDate=date(2025, 3, 5),
         OrderNumber="00000001", TotalAmount=Decimal("15")),
    _row("Order", id=SECOND, AccountId=BETA, Status="Activated", OwnerId=USER, EffectiveDate=date(2025, 2, 28),
         OrderNumber="00000002", TotalAmount=Decimal("5.125")),
    _row("OrderItem", id=LINE_1, OrderId=FIRST, LineNumber=1, Quantity=Decimal(2), UnitPrice=Decimal("7.5"),
         EarliestEstimatedDeliveryTime=time(8, 5, 1, 250000)),
    _row("OrderItem", id=LINE_2, OrderId=FIRST, LineNumber=2, Quantity=Decimal("0.000001")),
    _row("CardPaymentMethod", id=CARD, Status="Active", NickName="Card", AccountId=ACME),
    _row("DigitalWallet", id=WALLET, Status="Active", NickName="Wallet"),
]  # fmt: skip


def _column(field: Field) -> str:
    default = " NOT NULL DEFAULT false" if field.kind is Kind.BOOLEAN else ""
    return f"{field.column} {type_of(field).compile(dialect=_DIALECT)}{default}"


def _table(noun: Noun) -> str:
    """Without keys: these rows stand alone."""
    return f'CREATE TABLE "{noun.table}" ({", ".join(_column(field) for field in noun.stored)})'


async def _fill(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE; CREATE SCHEMA {SCHEMA}")
        await connection.execute(f"SET search_path TO {SCHEMA}")
        for record in NOUNS:
            await connection.execute(_table(record.__noun__))
        await connection.execute(view_definition(objects.payments.PaymentMethod.__noun__))
        for table, values in ROWS:
            marks = ", ".join(f"${number + 1}" for number in range(len(values)))
            await connection.execute(
                f'INSERT INTO "{table}" ({", ".join(values)}) VALUES ({marks})', *values.values()
            )
    finally:
        await connection.close()


def _compiled(text: str, **scope: Any) -> Compiled:
    told: dict[str, Any] = {"version": "60.0", "now": NOW, "user_id": USER, "person_accounts": True, **scope}
    return compile_query(text, Scope(**told))


class Company:
    """A connection with its own loop, so that a test reads as query and answer."""

    def __init__(self, url: str) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.run_until_complete(_fill(url))
        connecting = asyncpg.connect(url, server_settings={"search_path": SCHEMA})
        self._connection = self._loop.run_until_complete(connecting)

    def _fetch(self, sql: str, args: list[object]) -> list[Any]:
        return [row[0] for row in self._loop.run_until_complete(self._connection.fetch(sql, *args))]

    def rows(self, text: str, **scope: Any) -> list[dict[str, Any]]:
        """The first hundred rows; that the count agrees is part of every test."""
        query = _compiled(text, **scope)
        found = self._fetch(query.sql, query.page(0, 100))
        assert self._fetch(query.count_sql, query.count()) == [len(found)]
        return [msgspec.json.decode(row) for row in found]

    def text(self, text: str) -> str:
        """The JSON of the only row, as PostgreSQL wrote it, without blanks around its marks."""
        query = _compiled(text)
        (row,) = self._fetch(query.sql, query.page(0, 100))
        return str(row).replace(" : ", ":").replace(", ", ",")

    def count(self, text: str) -> int:
        query = _compiled(text)
        assert query.counted
        return int(self._fetch(query.count_sql, query.count())[0])

    def pages(self, text: str, size: int) -> list[list[str]]:
        query = _compiled(text)
        (total,) = self._fetch(query.count_sql, query.count())
        pages = [self._fetch(query.sql, query.page(after, size)) for after in range(0, total, size)]
        return [[msgspec.json.decode(row)["Id"] for row in page] for page in pages]

    def ids(self, rest: str, **scope: Any) -> list[str]:
        return [row["Id"] for row in self.rows(f"SELECT Id FROM {rest}", **scope)]

    def close(self) -> None:
        self._loop.run_until_complete(self._connection.execute(f"DROP SCHEMA {SCHEMA} CASCADE"))
        self._loop.run_until_complete(self._connection.close())
        self._loop.close()


@pytest.fixture(scope="module")
def company(database_url: str) -> Iterator[Company]:
    with closing(Company(database_url)) as company:
        yield company


def _attributes(api: str, record_id: str) -> dict[str, str]:
    return {"type": api, "url": f"/services/data/v60.0/sobjects/{api}/{record_id}"}


def test_a_row_has_attributes_first_and_fields_as_selected(company: Company) -> None:
    assert company.text("SELECT name, ID, createddate FROM account WHERE Name = 'acme'") == (
        f'{{"attributes":{{"type":"Account","url":"/services/data/v60.0/sobjects/Account/{ACME}"}},'
        f'"Name":"Acme","Id":"{ACME}","CreatedDate":"2025-01-31T09:15:30.000+0000"}}'
    )


def test_numbers_are_plain_and_money_keeps_a_fraction(company: Company) -> None:
    text = company.text("SELECT AnnualRevenue, NumberOfEmployees FROM Account WHERE Name = 'Acme'")
    assert text.endswith('"AnnualRevenue":1000.0,"NumberOfEmployees":7}')
    assert company.text("SELECT AnnualRevenue FROM Account WHERE Name LIKE 'beta%'").endswith(":10.50}")
    assert company.text("SELECT Quantity FROM OrderItem WHERE LineNumber = 2").endswith(":0.000001}")


def test_dates_times_booleans_and_nulls(company: Company) -> None:
    fields = "EarliestEstimatedDeliveryTime, EndDate, IsDeleted"
    text = company.text(f"SELECT {fields} FROM OrderItem WHERE LineNumber = 1")
    wanted = '"EarliestEstimatedDeliveryTime":"08:05:01.250Z","EndDate":null,"IsDeleted":false}'
    assert text.endswith(wanted)
    assert company.text("SELECT EffectiveDate FROM Order WHERE Status = 'Draft'").endswith('"2025-03-05"}')


def test_a_compound_address_is_an_object_or_null(company: Company) -> None:
    first, second = company.rows("SELECT BillingAddress FROM Account WHERE Name != null ORDER BY Name")
    assert first["BillingAddress"] == {
        "city": "Köln", "country": None, "countryCode": None, "geocodeAccuracy": None, "latitude": 50.9375,
        "longitude": None, "postalCode": None, "state": None, "stateCode": None, "street": None,
    }  # fmt: skip
    assert second["BillingAddress"] is None


def test_parents_are_objects_or_null(company: Company) -> None:
    rows = company.rows("SELECT LastName, Account.Name, Account.Owner.Name, Account.Id FROM Contact ORDER BY Id")
    assert rows[0]["Account"] == {
        "attributes": _attributes("Account", ACME),
        "Name": "Acme",
        "Owner": {"attributes": _attributes("User", USER), "Name": "Olga Owner"},
        "Id": ACME,
    }
    assert rows[2] == {"attributes": _attributes("Contact", CY), "LastName": "Cy", "Account": None}


def test_children_are_a_result_of_their_own_or_null(company: Company) -> None:
    rows = company.rows("SELECT Id, (SELECT Id, Account.Name FROM Contacts WHERE LastName LIKE 'o%') FROM Account")
    ann = {
        "attributes": _attributes("Contact", ANN),
        "Id": ANN,
        "Account": {"attributes": _attributes("Account", ACME), "Name": "Acme"},
    }
    assert rows[0]["Contacts"] == {"totalSize": 1, "done": True, "records": [ann]}
    assert [row["Contacts"] for row in rows[1:]] == [None, None]


def test_children_of_children_and_their_own_order(company: Company) -> None:
    orders = "(SELECT Id, (SELECT LineNumber FROM OrderItems ORDER BY LineNumber DESC LIMIT 1) FROM Orders)"
    (row,) = company.rows(f"SELECT Id, {orders} FROM Account WHERE Id = '{ACME}'")
    (order,) = row["Orders"]["records"]
    assert [line["LineNumber"] for line in order["OrderItems"]["records"]] == [2]


def test_a_reference_to_several_nouns(company: Company) -> None:
    (row,) = company.rows("SELECT Owner.Name, Owner.Type, Owner.Id FROM Order WHERE Status = 'Draft'")
    assert row["Owner"] == {
        "attributes": {"type": "Name", "url": f"/services/data/v60.0/sobjects/User/{USER}"},
        "Name": "Olga Owner",
        "Type": "User",
        "Id": USER,
    }
    (row,) = company.rows("SELECT TYPEOF Owner WHEN User THEN LastName ELSE Id END FROM Order LIMIT 1")
    assert row["Owner"] == {"attributes": _attributes("User", USER), "LastName": "Owner"}
    assert company.ids("Order WHERE Owner.Type = 'Group'") == []


def test_a_noun_without_a_table_shows_the_rows_of_others(company: Company) -> None:
    rows = company.rows("SELECT NickName, Account.Name FROM PaymentMethod ORDER BY NickName")
    assert [(row["NickName"], row["Account"] and row["Account"]["Name"]) for row in rows] == [
        ("Card", "Acme"),
        ("Wallet", None),
    ]


def test_all_fields_of_a_wide_noun(company: Company) -> None:
    (row,) = company.rows(f"SELECT FIELDS(ALL) FROM Account WHERE Id = '{ACME}'")
    assert next(iter(row)) == "attributes"
    assert (row["Name"], row["IsDeleted"]) == ("Acme", False)
    assert "Custom" not in row
    assert len(row) > 100


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("Name = 'ACME'", [ACME]),
        ("Name != 'acme'", [BETA, GAMMA]),
        ("NOT Name = 'acme'", [BETA, GAMMA]),
        ("NOT (Name = 'acme' OR Rating = 'hot')", [BETA]),
        ("Name = null", [GAMMA]),
        ("Name = ''", [GAMMA]),
        ("Name <> NULL", [ACME, BETA]),
        ("Name > 'acme'", [BETA]),
        ("Name >= 'ACME' AND Name <= 'acmf'", [ACME]),
        ("Name LIKE 'a%'", [ACME]),
        ("Name LIKE '_ETA_50%'", [BETA]),
        (r"Name LIKE '%\_50\%'", [BETA]),
        (r"Name LIKE '%e\_%'", []),
        ("NOT Name LIKE 'a%'", [BETA, GAMMA]),
        ("Name IN ('ACME', 'x', '\"', 'null', ',{}')", [ACME]),
        ("Name IN ('acme', null)", [ACME, GAMMA]),
        ("Name NOT IN ('acme')", [BETA, GAMMA]),
        ("Name NOT IN ('acme', null)", [BETA]),
        (f"Id = '{ACME[:15]}'", [ACME]),
        (f"Id IN ('{ACME}', '{BETA[:15]}')", [ACME, BETA]),
        (f"Id > '{ACME}'", [BETA, GAMMA]),
        (f"ParentId = '{ACME}'", [BETA]),
        (f"ParentId != '{ACME}'", [ACME, GAMMA]),
        ("Parent.Name = 'acme'", [BETA]),
        ("Parent.Name = null", [ACME, GAMMA]),
        ("Parent.Name != 'x'", [ACME, BETA, GAMMA]),
        ("Parent.IsActive = false", [ACME, GAMMA]),
        ("Parent.IsActive = true", [BETA]),
        ("IsActive = true", [ACME]),
        ("IsActive != true", [BETA, GAMMA]),
        ("IsActive = null", [BETA, GAMMA]),
        ("AnnualRevenue > 10.4", [ACME, BETA]),
        ("AnnualRevenue = 1000", [ACME]),
        ("AnnualRevenue = USD10.5", [BETA]),
        ("AnnualRevenue IN (1000, 10.5)", [ACME, BETA]),
        ("NOT AnnualRevenue < 100", [ACME, GAMMA]),
        ("NumberOfEmployees = 7.0", [ACME]),
        ("NumberOfEmployees = 99999999999999999999", []),
        ("BillingLatitude = 50.9375", [ACME]),
        ("CreatedDate = 2025-01-31T10:15:30+01:00", [ACME]),
        ("CreatedDate = 2025-01-31T10:15:30.000 01:00", [ACME]),
        ("CreatedDate < 2025-03-04T00:00:00Z", [ACME]),
        ("CreatedDate = TODAY", [GAMMA]),
        ("CreatedDate = YESTERDAY", [BETA]),
        ("CreatedDate != YESTERDAY", [ACME, GAMMA]),
        ("CreatedDate < YESTERDAY", [ACME]),
        ("CreatedDate <= YESTERDAY", [ACME, BETA]),
        ("CreatedDate > YESTERDAY", [GAMMA]),
        ("CreatedDate = LAST_N_DAYS:1", [BETA, GAMMA]),
        ("CreatedDate IN (TODAY, YESTERDAY)", [BETA, GAMMA]),
        ("CreatedDate = LAST_N_MONTHS:2", [ACME]),
        ("CALENDAR_MONTH(CreatedDate) = 1", [ACME]),
        ("(Name = 'Acme' AND Type = 'shop') OR Rating = 'Hot'", [ACME, GAMMA]),
        ("Id IN (SELECT AccountId FROM Contact WHERE LastName = 'cy')", []),
        ("Id IN (SELECT AccountId FROM Contact WHERE LastName = 'ö' OR LastName LIKE 'Ö%')", [ACME]),
        ("Id NOT IN (SELECT AccountId FROM Contact) AND Name != null", [BETA]),
    ],
)
def test_where(company: Company, where: str, found: list[str]) -> None:
    assert company.ids(f"Account WHERE {where}") == found


@pytest.mark.parametrize(
    ("rest", "found"),
    [
        ("Contact WHERE BuyerAttributes = 'Green;Red'", [ANN]),
        ("Contact WHERE BuyerAttributes = 'Red'", []),
        ("Contact WHERE BuyerAttributes INCLUDES ('Red;Blue', 'blue')", [BOB]),
        ("Contact WHERE BuyerAttributes INCLUDES ('Red;Green', 'Blue')", [ANN, BOB]),
        ("Contact WHERE BuyerAttributes EXCLUDES ('Red')", [BOB, CY]),
        (r"Contact WHERE LastName = 'o\'hara'", [ANN]),
        (r"Contact WHERE LastName = '\u00f6lmann'", [BOB]),
        ("Contact WHERE Email = 'ann+1@example.com'", [ANN]),
        ("OrderItem WHERE EarliestEstimatedDeliveryTime < 08:05:02.000Z", [LINE_1]),
    ],
)
def test_where_of_others(company: Company, rest: str, found: list[str]) -> None:
    assert company.ids(rest) == found


def test_deleted_rows_only_when_asked_for(company: Company) -> None:
    assert company.ids("Account WHERE Name = 'Gone'") == []
    assert company.ids("Account WHERE Name = 'Gone'", include_deleted=True) == [GONE]
    assert company.ids("Account WHERE IsDeleted = true ALL ROWS") == [GONE]


def test_order(company: Company) -> None:
    assert company.ids("Account ORDER BY Name") == [GAMMA, ACME, BETA]
    assert company.ids("Account ORDER BY Name DESC") == [GAMMA, BETA, ACME]
    assert company.ids("Account ORDER BY Name DESC NULLS LAST") == [BETA, ACME, GAMMA]
    assert company.ids("Account ORDER BY Rating") == [ACME, GAMMA, BETA]
    assert company.ids("Account ORDER BY Parent.Name NULLS LAST, CreatedDate DESC") == [BETA, GAMMA, ACME]


def test_limit_offset_and_pages(company: Company) -> None:
    assert company.ids("Account ORDER BY Id LIMIT 1 OFFSET 1") == [BETA]
    assert company.ids("Account LIMIT 0") == []
    assert company.pages("SELECT Id FROM Account", 2) == [[ACME, BETA], [GAMMA]]
    assert company.pages("SELECT Id FROM Account LIMIT 3 OFFSET 1", 1) == [[BETA], [GAMMA]]


def test_scope_mine(company: Company) -> None:
    assert company.ids("Account USING SCOPE mine") == [ACME]
    assert company.ids("Account USING SCOPE everything") == [ACME, BETA, GAMMA]


def test_count(company: Company) -> None:
    assert company.count("SELECT COUNT() FROM Contact WHERE Account.Name = 'acme'") == 2
    assert company.count("SELECT COUNT() FROM Contact LIMIT 1") == 1


def test_groups(company: Company) -> None:
    kind = {"type": "AggregateResult"}
    rows = company.rows(
        "SELECT Account.Name, COUNT(Id), SUM(TotalAmount) sum, MAX(EffectiveDate) FROM Order "
        "GROUP BY Account.Name ORDER BY Account.Name"
    )
    assert rows == [
        {"attributes": kind, "Name": "Acme", "expr0": 1, "sum": 15.0, "expr1": "2025-03-05"},
        {"attributes": kind, "Name": "beta_50%", "expr0": 1, "sum": 5.125, "expr1": "2025-02-28"},
    ]


def test_having_functions_and_rollup(company: Company) -> None:
    text = "SELECT CALENDAR_MONTH(EffectiveDate) m, COUNT(Id) n FROM Order GROUP BY CALENDAR_MONTH(EffectiveDate)"
    assert [row["m"] for row in company.rows(f"{text} HAVING MAX(TotalAmount) > 10")] == [3]
    assert [row["m"] for row in company.rows(f"{text} ORDER BY m DESC")] == [3, 2]
    rolled = company.rows("SELECT Status, COUNT(Id) n FROM Order GROUP BY ROLLUP(Status) ORDER BY COUNT(Id)")
    assert [(row["Status"], row["n"]) for row in rolled][-1] == (None, 2)


def test_aggregates_of_everything(company: Company) -> None:
    (row,) = company.rows("SELECT COUNT(Id), AVG(TotalAmount), MIN(BillingLatitude) FROM Order")
    assert row == {"attributes": {"type": "AggregateResult"}, "expr0": 2, "expr1": 10.0625, "expr2": None}
    (row,) = company.rows("SELECT COUNT_DISTINCT(AccountId) n FROM Contact")
    assert row["n"] == 1


def test_parameters_keep_hostile_text_out_of_the_statement(company: Company) -> None:
    hostile = r"\'; DROP TABLE account; --"
    assert (
        company.ids(f"Account WHERE Name = '{hostile}' OR Name LIKE '%{hostile}' OR Name IN ('{hostile}')") == []
    )
