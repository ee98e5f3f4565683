"""SOQL without a database: shapes and plans, literals, date ranges, and errors to the letter."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ordo import objects  # noqa: F401  declares the nouns
from ordo.kernel.problems import Problem
from ordo.soql import Compiled, Scope, UnfitBind, compile_lookup, compile_query, forget_plans
from ordo.soql.parse import Parser
from ordo.soql.periods import period_days, period_moments
from ordo.soql.tokens import lex
from ordo.soql.tree import And, Call, Compare, Condition, Literal, Not, Null, Or, Path, Period, Query

NOW = datetime(2025, 3, 5, 12, 30, tzinfo=UTC)
SCOPE = Scope(version="60.0", now=NOW, user_id="005000000000001AAA")


def compiled(text: str) -> Compiled:
    return compile_query(text, SCOPE)


def tree(text: str) -> Query:
    return Parser(lex(text).tokens).statement()


def where(condition: str) -> Condition | None:
    return tree(f"SELECT Id FROM Account WHERE {condition}").where


def value_of(condition: str, noun: str = "Account") -> object:
    return compiled(f"SELECT Id FROM {noun} WHERE {condition}").args[0]


# -- the tree


@pytest.mark.parametrize(
    "operator", ["=", "!=", "<>", "<", "<=", ">", ">=", "LIKE", "like", "IN", "not in", "INCLUDES", "EXCLUDES"]
)
def test_every_operator(operator: str) -> None:
    listed = operator.upper() in {"IN", "NOT IN", "INCLUDES", "EXCLUDES"}
    literal = Literal("string", 0, 37 + len(operator) + listed)
    value = (literal,) if listed else literal
    text = f"A {operator} ('x')" if listed else f"A {operator} 'x'"
    wanted = "!=" if operator == "<>" else operator.upper()
    assert tree(f"SELECT Id FROM Some_Long_Nm WHERE {text}").where == Compare(Path(("A",), 34), wanted, value, 34)


def test_and_or_not_and_parentheses() -> None:
    both = where("A = null AND (B = null OR NOT C = null) AND D = null")
    assert isinstance(both, And)
    assert [type(term) for term in both.terms] == [Compare, Or, Compare]
    either = both.terms[1]
    assert isinstance(either, Or)
    assert isinstance(either.terms[1], Not)


def test_a_whole_statement() -> None:
    query = tree(
        "select a.Id, Count(Id) n, (SELECT Id FROM Contacts) From Account AS a USING SCOPE mine WHERE x = TODAY "
        "WITH USER_MODE group by rollup(a.Name) Having COUNT(Id) > 1 Order By a.Name desc nulls last, Id Limit 5 "
        "Offset 2 ALL ROWS FOR VIEW FOR REFERENCE UPDATE TRACKING, VIEWSTAT\n"
    )
    assert (query.alias, query.scope, query.group_as, query.all_rows) == ("a", "mine", "ROLLUP", True)
    assert [type(entry.what) for entry in query.entries] == [Path, Call, Query]
    assert [(order.descending, order.nulls_last) for order in query.order] == [(True, True), (False, False)]
    assert isinstance(query.where, Compare)
    assert isinstance(query.where.value, Period)
    assert (query.limit is None, query.offset is None, query.having is None) == (False, False, False)


def test_an_empty_string_is_null() -> None:
    assert where("A = ''") == Compare(Path(("A",), 29), "=", Null(33), 29)


# -- plans


def test_queries_that_differ_in_literals_share_their_statement() -> None:
    one = compiled("SELECT Id FROM Account WHERE Name IN ('a') AND CreatedDate > 2025-01-01T00:00:00Z LIMIT 1")
    two = compiled("SELECT Id FROM Account WHERE Name IN ('b','c') AND CreatedDate > 2024-01-01T00:00:00Z LIMIT 9")
    assert one.plan is two.plan
    assert one.args[:2] == [["a"], datetime(2025, 1, 1, tzinfo=UTC)]
    assert two.args[:2] == [["b", "c"], datetime(2024, 1, 1, tzinfo=UTC)]
    assert (one.limit, two.limit) == (1, 9)


def test_versions_differ_in_arguments_only() -> None:
    text = "SELECT Id FROM Account"
    other = compile_query(text, Scope(version="58.0", now=NOW, user_id=SCOPE.user_id))
    assert other.sql == compiled(text).sql
    assert other.args == ["/services/data/v58.0/sobjects/"]


def test_no_literal_is_in_the_statement() -> None:
    told = compiled(
        "SELECT Id, (SELECT Id FROM Contacts WHERE LastName LIKE 'secret%' LIMIT 77) FROM Account "
        "WHERE Name = 'secret' OR Name IN ('secret') OR AnnualRevenue = 123456 OR AnnualRevenue = USD987654.32 "
        "OR CreatedDate = LAST_N_DAYS:4321 LIMIT 55 OFFSET 44"
    )
    for literal in ("secret", "77", "123456", "987654", "4321", "55", "44"):
        assert literal not in told.sql.replace("Id", "")
        assert literal not in told.count_sql
    assert Decimal("987654.32") in told.args


def test_a_query_keeps_its_plan_until_declarations_change() -> None:
    first = compiled("SELECT Id FROM Account WHERE Name = 'keeps'")
    assert compiled("SELECT Id FROM Account WHERE Name = 'kept'").plan is first.plan
    forget_plans()
    assert compiled("SELECT Id FROM Account WHERE Name = 'kept'").plan is not first.plan


def test_pages_and_counts_take_limit_and_offset_last() -> None:
    told = compiled("SELECT Id FROM Account WHERE Name = 'a' LIMIT 2500 OFFSET 10")
    url = "/services/data/v60.0/sobjects/"
    assert told.page(0, 2000) == ["a", url, 2000, 10]
    assert told.page(2000, 2000) == ["a", url, 500, 2010]
    assert told.page(4000, 2000) == ["a", url, 0, 4010]
    assert told.count() == ["a", 2500, 10]
    assert compiled("SELECT COUNT() FROM Account").count() == [None, 0]


def test_kinds_of_result() -> None:
    count, plain = compiled("SELECT COUNT() FROM Account"), compiled("SELECT Id FROM Account")
    groups = compiled("SELECT Type, COUNT(Id) FROM Account GROUP BY Type")
    assert [(one.counted, one.grouped) for one in (count, plain, groups)] == [
        (True, False),
        (False, False),
        (False, True),
    ]


def test_the_nouns_a_query_reads() -> None:
    told = compiled(
        "SELECT Id, Account.Owner.Name, (SELECT Product2.Name FROM OrderItems) FROM Order "
        "WHERE BillToContactId IN (SELECT Id FROM Contact)"
    )
    assert told.noun.api == "Order"
    assert {one.api for one in told.nouns} == {"Order", "Account", "User", "OrderItem", "Product2", "Contact"}


def test_columns() -> None:
    answer = compiled("SELECT Id, Owner.Name, AnnualRevenue, (SELECT LastName FROM Contacts) FROM Account").columns
    assert (answer["entityName"], answer["keyPrefix"], answer["idSelected"], answer["groupBy"]) == (
        "Account",
        "001",
        True,
        False,
    )
    plain, parent, number, children = answer["columnMetadata"]
    assert plain == {
        "aggregate": False, "apexType": "Id", "booleanType": False, "columnName": "Id", "custom": False,
        "displayName": "Id", "foreignKeyName": None, "insertable": False, "joinColumns": [],
        "numberType": False, "textType": False, "updatable": False,
    }  # fmt: skip
    assert (parent["columnName"], parent["foreignKeyName"], parent["aggregate"]) == ("Owner", "OwnerId", False)
    assert [column["columnName"] for column in parent["joinColumns"]] == ["Name"]
    assert (number["numberType"], number["insertable"]) == (True, True)
    assert (children["columnName"], children["aggregate"]) == ("Contacts", True)


def test_columns_of_groups() -> None:
    answer = compiled("SELECT Type, COUNT(Id), MAX(Name) latest FROM Account GROUP BY Type").columns
    assert answer["groupBy"] is True
    assert [(one["columnName"], one["displayName"], one["aggregate"]) for one in answer["columnMetadata"]] == [
        ("Type", "Type", False),
        ("expr0", "COUNT(Id)", True),
        ("latest", "MAX(Name)", True),
    ]
    assert compiled("SELECT COUNT() FROM Account").columns["columnMetadata"] == []


# -- literals


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        (r"'O\'Hara'", "O'Hara"),
        (r"'\n\r\t\b\f\"\\\N'", '\n\r\t\b\f"\\\n'),
        (r"'\u00fcber'", "über"),
        (r"'\uD83D\uDE00'", "😀"),
        (r"'\uD83D'", "\ufffd"),
        ("'{}; --'", "{}; --"),
    ],
)
def test_strings(literal: str, text: str) -> None:
    assert value_of(f"Name = {literal}") == text


def test_patterns_keep_their_escapes() -> None:
    assert value_of(r"Name LIKE 'a\_b\%c\\d%\''") == r"a\_b\%c\\d%'"


def test_ids_have_eighteen_characters() -> None:
    assert value_of("Id = '001D000000IqhSL'") == "001D000000IqhSLIAZ"
    assert value_of("OwnerId IN ('005000000000001', '005000000000002AAA')") == [
        "005000000000001AAA",
        "005000000000002AAA",
    ]


@pytest.mark.parametrize(
    ("literal", "moment"),
    [
        ("2025-01-31T10:00:00Z", datetime(2025, 1, 31, 10, tzinfo=UTC)),
        ("2025-01-31t10:00:00.125z", datetime(2025, 1, 31, 10, 0, 0, 125000, tzinfo=UTC)),
        ("2025-01-31T10:00:00+01:00", datetime(2025, 1, 31, 9, tzinfo=UTC)),
        ("2025-01-31T10:00:00.000 0100", datetime(2025, 1, 31, 9, tzinfo=UTC)),
        ("2025-01-31T10:00:00-08:00", datetime(2025, 1, 31, 18, tzinfo=UTC)),
    ],
)
def test_moments(literal: str, moment: datetime) -> None:
    assert value_of(f"CreatedDate = {literal}") == moment


@pytest.mark.parametrize(
    ("literal", "start", "end"),
    [
        ("YESTERDAY", date(2025, 3, 4), date(2025, 3, 5)),
        ("TODAY", date(2025, 3, 5), date(2025, 3, 6)),
        ("TOMORROW", date(2025, 3, 6), date(2025, 3, 7)),
        ("LAST_WEEK", date(2025, 2, 23), date(2025, 3, 2)),
        ("THIS_WEEK", date(2025, 3, 2), date(2025, 3, 9)),
        ("NEXT_WEEK", date(2025, 3, 9), date(2025, 3, 16)),
        ("LAST_MONTH", date(2025, 2, 1), date(2025, 3, 1)),
        ("THIS_MONTH", date(2025, 3, 1), date(2025, 4, 1)),
        ("NEXT_MONTH", date(2025, 4, 1), date(2025, 5, 1)),
        ("LAST_QUARTER", date(2024, 10, 1), date(2025, 1, 1)),
        ("THIS_FISCAL_QUARTER", date(2025, 1, 1), date(2025, 4, 1)),
        ("NEXT_YEAR", date(2026, 1, 1), date(2027, 1, 1)),
        ("LAST_FISCAL_YEAR", date(2024, 1, 1), date(2025, 1, 1)),
        ("LAST_90_DAYS", date(2024, 12, 5), date(2025, 3, 6)),
        ("NEXT_90_DAYS", date(2025, 3, 6), date(2025, 6, 4)),
        ("LAST_N_DAYS:2", date(2025, 3, 3), date(2025, 3, 6)),
        ("NEXT_N_DAYS:2", date(2025, 3, 6), date(2025, 3, 8)),
        ("N_DAYS_AGO:2", date(2025, 3, 3), date(2025, 3, 4)),
        ("LAST_N_WEEKS:2", date(2025, 2, 16), date(2025, 3, 2)),
        ("NEXT_N_WEEKS:2", date(2025, 3, 9), date(2025, 3, 23)),
        ("N_WEEKS_AGO:2", date(2025, 2, 16), date(2025, 2, 23)),
        ("LAST_N_MONTHS:3", date(2024, 12, 1), date(2025, 3, 1)),
        ("NEXT_N_MONTHS:11", date(2025, 4, 1), date(2026, 3, 1)),
        ("N_MONTHS_AGO:3", date(2024, 12, 1), date(2025, 1, 1)),
        ("LAST_N_QUARTERS:2", date(2024, 7, 1), date(2025, 1, 1)),
        ("N_FISCAL_QUARTERS_AGO:1", date(2024, 10, 1), date(2025, 1, 1)),
        ("NEXT_N_FISCAL_YEARS:2", date(2026, 1, 1), date(2028, 1, 1)),
        ("N_YEARS_AGO:1", date(2024, 1, 1), date(2025, 1, 1)),
    ],
)
def test_date_literals(literal: str, start: date, end: date) -> None:
    told = compiled(f"SELECT Id FROM Order WHERE EffectiveDate = {literal}")
    assert told.args[:2] == [start, end]


def test_the_last_days_of_a_moment_end_now() -> None:
    assert period_moments("LAST_N_DAYS", 1, NOW) == (
        datetime(2025, 3, 4, tzinfo=UTC),
        datetime(2025, 3, 5, 12, 30, 0, 1000, tzinfo=UTC),
    )
    assert period_days("LAST_90_DAYS", 0, NOW.date()).end - period_days("LAST_90_DAYS", 0, NOW.date()).start == (
        date(2025, 4, 2) - date(2025, 1, 1)
    )


# -- who asks


def test_a_field_of_a_later_version_is_not_there_yet() -> None:
    text = "SELECT IsPriorityRecord FROM Account"
    assert compiled(text).noun.api == "Account"
    with pytest.raises(Problem, match="No such column 'IsPriorityRecord'"):
        compile_query(text, Scope(version="59.0", now=NOW, user_id=SCOPE.user_id))


def test_fields_of_person_accounts_need_person_accounts() -> None:
    text = "SELECT Id FROM Account WHERE PersonEmail = 'a@example.com'"
    with pytest.raises(Problem, match="No such column 'PersonEmail'"):
        compiled(text)
    with_persons = Scope(version="60.0", now=NOW, user_id=SCOPE.user_id, person_accounts=True)
    assert compile_query(text, with_persons).args[0] == "a@example.com"


# -- bind variables


def test_a_lookup_takes_its_variables_as_columns() -> None:
    """One array each, whatever the number of askers; a variable that is there twice is one column."""
    text = "SELECT Id FROM Order WHERE Id = :A AND Status IN ('x', :B) AND (TotalAmount > :C OR TotalAmount < :C)"
    lookup = compile_lookup(text, SCOPE)
    assert lookup.sql == (
        "SELECT asked.n FROM unnest($2::bigint[], $3::text[], $4::text[], $5::numeric[]) asked(n, b0, b1, b2) "
        'CROSS JOIN LATERAL (SELECT FROM "order" t0 WHERE NOT t0.isdeleted AND (t0.id = asked.b0 AND '
        "(lower(t0.status) = ANY((SELECT lower($1::text[]::text)::text[])::text[]) OR "
        "lower(t0.status) = lower(asked.b1)) AND (t0.totalamount > asked.b2 OR t0.totalamount < asked.b2)) "
        "LIMIT 1) found"
    )
    assert lookup.names == {"A", "B", "C"}
    one = lookup.values({"A": "801000000000001", "B": "' --", "C": "1.50", "More": None})
    two = lookup.values({"A": "801000000000002AAA", "B": "b", "C": 7})
    assert one is not None
    assert two is not None
    assert lookup.arguments([one, two], SCOPE) == [
        ["x"], [0, 1], ["801000000000001AAA", "801000000000002AAA"], ["' --", "b"], [Decimal("1.50"), Decimal(7)],
    ]  # fmt: skip


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_variable_without_value_finds_nothing(nothing: object) -> None:
    assert compile_lookup("SELECT Id FROM Order WHERE Status != :A", SCOPE).values({"A": nothing}) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [("Id", "x"), ("Id", 5), ("Status", 5), ("Status", ["x"]), ("TotalAmount", "x"), ("EffectiveDate", "soon"),
     ("CreatedDate", "2026-01-31T10:00:00"), ("IsDeleted", "true")],
)  # fmt: skip
def test_a_value_of_another_type_is_refused(field: str, value: object) -> None:
    lookup = compile_lookup(f"SELECT Id FROM Order WHERE {field} = :A", SCOPE)
    with pytest.raises(UnfitBind, match=r"^:A: "):
        lookup.values({"A": value})


def test_queries_of_callers_have_no_variables() -> None:
    with pytest.raises(Problem, match="unexpected token: ':'"):
        compiled("SELECT Id FROM Order WHERE Id = :A")
