"""SOQL's errors, to the letter: codes, texts, snippet, caret, row and column."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from ordo import objects  # noqa: F401  declares the nouns
from ordo.kernel.problems import Problem
from ordo.soql import Scope, compile_query

SCOPE = Scope(version="60.0", now=datetime(2025, 3, 5, 12, 30, tzinfo=UTC), user_id="005000000000001AAA")
SEE = "Please reference your WSDL or the describe call for the appropriate names."


def problem(text: str) -> Problem:
    with pytest.raises(Problem) as caught:
        compile_query(text, SCOPE)
    return caught.value


def test_an_unexpected_token() -> None:
    found = problem("SELECT Id FRM Account")
    assert (found.code, found.status) == ("MALFORMED_QUERY", 400)
    assert found.message == (
        "\nSELECT Id FRM Account\n          ^\nERROR at Row:1:Column:11\nunexpected token: 'FRM'"
    )


def test_an_unknown_field() -> None:
    found = problem("Select Id, Foo__c from Account")
    assert found.code == "INVALID_FIELD"
    assert found.message == (
        "\nSelect Id, Foo__c from Account\n           ^\nERROR at Row:1:Column:12\n"
        "No such column 'Foo__c' on entity 'Account'. If you are attempting to use a custom field, be sure to "
        f"append the '__c' after the custom field name. {SEE}"
    )


def test_an_unknown_type() -> None:
    found = problem("SELECT Id FROM Foo")
    assert found.code == "INVALID_TYPE"
    assert found.message == (
        "\nSELECT Id FROM Foo\n               ^\nERROR at Row:1:Column:16\nsObject type 'Foo' is not supported. "
        "If you are attempting to use a custom object, be sure to append the '__c' after the entity name. "
        f"{SEE}"
    )


def test_the_snippet_is_the_part_around_the_fault() -> None:
    found = problem(f"SELECT Id FROM Account\nWHERE Name = '{'x' * 50}' AND Foo = 1 AND Name = '{'y' * 50}'")
    snippet, caret, place, _ = found.message[1:].split("\n")
    assert snippet == "x" * 24 + "' AND Foo = 1 AND Name = 'yyyyyyyyyy"
    assert (len(caret) - 1, snippet[len(caret) - 1 :][:3]) == (30, "Foo")
    assert place == "ERROR at Row:2:Column:71"


def test_unknown_relationships() -> None:
    parent = problem("SELECT Foo.Name FROM Account")
    assert parent.message.split("\n")[-1] == (
        "Didn't understand relationship 'Foo' in field path. If you are attempting to use a custom relationship, "
        f"be sure to append the '__r' after the custom relationship name. {SEE}"
    )
    child = problem("SELECT (SELECT Id FROM Foos) FROM Account")
    assert child.message.split("\n")[-1].startswith(
        "Didn't understand relationship 'Foos' in FROM part of query call. If you"
    )
    assert (parent.code, child.code) == ("INVALID_FIELD", "INVALID_FIELD")


def test_a_semi_join_of_different_types() -> None:
    found = problem("SELECT Id FROM Order WHERE AccountId IN (SELECT Id FROM Contact)")
    assert found.code == "MALFORMED_QUERY"
    assert found.message.split("\n")[-1] == (
        "The selected field 'Id' in the subquery and the left operand field in the where expression in the outer "
        "query 'AccountId' should point to the same object type"
    )


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("SELECT Id, Id FROM Account", "INVALID_FIELD", "duplicate field selected: Id"),
        ("SELECT FIELDS(STANDARD), Id FROM Account", "INVALID_FIELD", "duplicate field selected: Id"),
        (
            "SELECT Id FROM Account WHERE CreatedDate > '2025-01-01'",
            "INVALID_FIELD",
            "value of filter criterion for field 'CreatedDate' must be of type dateTime and should not be "
            "enclosed in quotes",
        ),
        (
            "SELECT Id FROM Account WHERE Name = 5",
            "INVALID_FIELD",
            "value of filter criterion for field 'Name' must be of type string and should be enclosed in quotes",
        ),
        ("SELECT Id FROM Account WHERE Id = 'xyz'", "INVALID_QUERY_FILTER_OPERATOR", "invalid ID field: xyz"),
        (
            "SELECT Id FROM Account WHERE Id LIKE '0%'",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid operator on id field",
        ),
        (
            "SELECT Id FROM Account WHERE Name INCLUDES ('0')",
            "INVALID_QUERY_FILTER_OPERATOR",
            "invalid operator on string field",
        ),
        (
            "SELECT Id FROM Account OFFSET 2001",
            "NUMBER_OUTSIDE_VALID_RANGE",
            "SOQL offset should be between 0 to 2000",
        ),
        ("SELECT Id FROM Account WHERE A = 1 AND B = 2 OR C = 3", "MALFORMED_QUERY", "unexpected token: 'OR'"),
        ("SELECT Id FROM WHERE Id = null", "MALFORMED_QUERY", "unexpected token: 'WHERE'"),
        ("SELECT Id FROM Account WHERE", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        ("SELECT Id FROM Account WHERE Name = 'a', 'b'", "MALFORMED_QUERY", "unexpected token: ','"),
        ("SELECT Id FROM Account LIMIT -1", "MALFORMED_QUERY", "unexpected token: '-1'"),
        ("SELECT Id FROM Account WHERE Name = :x", "MALFORMED_QUERY", "unexpected token: ':'"),
        ("SELECT Id; FROM Account", "MALFORMED_QUERY", "unexpected token: ';'"),
        ("", "MALFORMED_QUERY", "unexpected token: '<EOF>'"),
        (
            r"SELECT Id FROM Account WHERE Name = 'a\q'",
            "MALFORMED_QUERY",
            r"Invalid string literal 'a\q'. Illegal character sequence '\q' in string literal",
        ),
        (
            "SELECT Id FROM Account WHERE Name = 'a",
            "MALFORMED_QUERY",
            "line 1:38 mismatched character '<EOF>' expecting '''",
        ),
        (
            "SELECT FIELDS(ALL) FROM Account",
            "MALFORMED_QUERY",
            "The SOQL FIELDS function must have a LIMIT of at most 200",
        ),
        (
            "SELECT FIELDS(ALL) FROM Account LIMIT 201",
            "MALFORMED_QUERY",
            "The SOQL FIELDS function must have a LIMIT of at most 200",
        ),
        ("SELECT Name n FROM Account", "MALFORMED_QUERY", "only aggregate expressions use field aliasing"),
        ("SELECT Name, COUNT(Id) FROM Account", "MALFORMED_QUERY", "Field must be grouped or aggregated: Name"),
        ("SELECT SUM(Name) FROM Account", "MALFORMED_QUERY", "field Name does not support aggregate operator SUM"),
        (
            "SELECT Id FROM Account ORDER BY Description",
            "INVALID_FIELD",
            "field 'Description' can not be sorted in a query call",
        ),
        (
            "SELECT Id FROM Account WHERE CreatedDate = LAST_N_YEARS:9999",
            "NUMBER_OUTSIDE_VALID_RANGE",
            "LAST_N_YEARS:9999 is outside the range of dates",
        ),
        (f"SELECT Id FROM Account WHERE {'(' * 5000}", "MALFORMED_QUERY", "query is nested too deeply"),
        (
            "SELECT Id" + " " * 100_000,
            "MALFORMED_QUERY",
            "SOQL statements cannot be longer than 100,000 characters",
        ),
    ],
)  # fmt: skip
def test_errors(text: str, code: str, message: str) -> None:
    found = problem(text)
    assert (found.code, found.message.split("\n")[-1]) == (code, message)
