"""Which fields name a record, and what a reference to an answer finds; no database."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from ordo.api.references import Answers, NoReferences
from ordo.kernel.problems import Problem
from ordo.platform.records import noun, nouns
from ordo.platform.values import key_of


def lookups(name: str) -> set[str]:
    shape = noun(name)
    assert shape is not None
    return {field.api for field in shape.fields.values() if field.id_lookup}


def test_which_fields_are_keys() -> None:
    """The id, unique texts, and those with flag L of the object reference: what `describe` calls idLookup."""
    assert lookups("Account") == {"Id", "Name"}
    assert lookups("Contact") == {"Id", "Name", "Email"}
    assert lookups("OrderSummary") >= {"Id", "ExternalReferenceIdentifier"}
    assert lookups("User") == {"Id", "Name", "Username", "Email", "FederationIdentifier"}
    assert lookups("PaymentGateway") == {"Id", "PaymentGatewayName", "ExternalReference"}
    assert all("Id" in lookups(shape.api) for shape in nouns())


@pytest.mark.parametrize(("name", "value", "folded"), [("Account", "Jo", "jo"), ("OrderSummary", "Jo", "Jo")])
def test_keys_are_the_same_as_their_index_compares(name: str, value: str, folded: str) -> None:
    field = {"Account": "NAME", "OrderSummary": "externalreferenceidentifier"}[name]
    shape = noun(name)
    assert shape is not None
    key, other = key_of(shape, field, value), key_of(shape, field, value.upper())
    assert key.folded == folded
    assert (key.lock == other.lock) is (name == "Account")


BODIES: dict[str, Any] = {
    "made": {"id": "001", "success": True, "errors": []},
    "read": {"Id": "001", "Type": None, "Amount": 2, "Address": {"city": "Town"}},
    "rows": {"records": [msgspec.Raw(b'{"Id": "003", "Rate": 1.50, "Account": {"Name": "Jo"}}')], "totalSize": 1},
    "a-b": {"id": "002"},
}


def answers(*, is_old: bool = False) -> Answers:
    made = Answers(is_old=is_old)
    made.bodies.update(BODIES)
    return made


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ("@{made.id}", "001"), ("@{made.success}", True), ("@{read.Amount}", 2), ("@{read.Type}", None),
        ("@{read.Address.city}", "Town"), ("@{rows.records[0].Id}", "003"), ("@{rows.totalSize}", 1),
        ("@{rows.records[0].Account.Name}", "Jo"), ("x @{made.id}-@{read.Id}", "x 001-001"),
        ({"a": ["@{made.id}", 1]}, {"a": ["001", 1]}), ("@ {made.id}", "@ {made.id}"),
    ],
)  # fmt: skip
def test_what_a_reference_finds(told: object, found: object) -> None:
    """9.1: a whole-text reference keeps the type of what it names."""
    assert answers().filled(told) == found
    assert NoReferences().filled(told) is told


@pytest.mark.parametrize("told", ["@{read.Type}", "@{a-b.id}", "x@{read.Type}"])
def test_what_older_versions_do_not_find(told: str) -> None:
    """9.1: up to 51.0 a null is no value; the text is the first sentence only."""
    with pytest.raises(Problem) as refused:
        answers(is_old=True).filled(told)
    name = told.removeprefix("x")[2:-1]
    assert (
        refused.value.message == f"Invalid reference specified. No value for {name} found in {name.split('.')[0]}."
    )
