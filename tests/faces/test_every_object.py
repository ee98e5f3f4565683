"""Every declared object at the face: it can be asked for, and no body makes the server fail."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from tests.desk import Desk
from tests.faces.asserted import ask

from ordo.platform.fields import Field, Kind
from ordo.platform.records import Noun, nouns

ROWS = [noun for noun in nouns() if not noun.view]
_GOOD: dict[Kind, Any] = {
    Kind.STRING: "x", Kind.TEXTAREA: "x", Kind.PHONE: "1", Kind.URL: "http://x.example", Kind.ENCRYPTED: "x",
    Kind.EMAIL: "x@example.com", Kind.PICKLIST: "x", Kind.MULTIPICKLIST: "x", Kind.BOOLEAN: True, Kind.INT: 1,
    Kind.DOUBLE: Decimal(1), Kind.CURRENCY: Decimal(1), Kind.PERCENT: Decimal(1), Kind.DATE: "2026-01-31",
    Kind.DATETIME: "2026-01-31T10:00:00Z", Kind.TIME: "10:00:00Z",
}  # fmt: skip
_EXTREME: dict[Kind, Any] = _GOOD | {
    Kind.INT: -999, Kind.DOUBLE: Decimal("999999999999999.999999"), Kind.CURRENCY: Decimal("9999999999999999"),
    Kind.PERCENT: Decimal("-999"), Kind.STRING: "\U0001f642", Kind.TEXTAREA: "\\'\"%_\n\t\x7f\ufeff",
    Kind.DATE: "0001-01-01", Kind.DATETIME: "4000-12-31T23:59:59.999Z",
}  # fmt: skip


def _value(field: Field, of_kind: dict[Kind, Any]) -> Any:
    return field.values[0] if field.kind is Kind.PICKLIST and field.values else of_kind.get(field.kind)


def _body(noun: Noun, of_kind: dict[Kind, Any], *, creating: bool) -> dict[str, Any]:
    """All fields that may be written but references; an ISO code where one is wanted."""
    body = {
        field.api: _value(field, of_kind)
        for field in noun.stored
        if (field.createable if creating else field.updateable) and field.kind in of_kind and not field.hidden
    }
    return body | ({"CurrencyIsoCode": "EUR"} if "CurrencyIsoCode" in body else {})


@pytest.mark.parametrize("noun", ROWS, ids=lambda noun: noun.api)
async def test_no_body_makes_the_server_fail(desk: Desk, noun: Noun) -> None:
    """S0-22, S0-23…S0-50: made, read, queried and changed where that is allowed, refused by name elsewhere."""
    path = f"/sobjects/{noun.api}"
    bodies: list[Any] = [{}, _body(noun, _GOOD, creating=True), _body(noun, _EXTREME, creating=True)]
    wrong: list[Any] = [[], {}, None, "", "x", -1, True, Decimal("0.5")]
    bodies += [dict.fromkeys(bodies[1], value) for value in wrong]
    made = []
    for body in bodies:
        answer = await ask(desk, "POST", path, body)
        assert answer.status_code in (201, 400, 403), (body, answer.text)
        if answer.status_code == 201:
            made.append(answer.json()["id"])
        else:
            assert answer.json()[0]["errorCode"] != "UNKNOWN_EXCEPTION", answer.text
    for record_id in made:
        one = f"{path}/{record_id}"
        assert (await desk.get(noun.api, record_id))["Id"] == record_id
        for of_kind in (_GOOD, _EXTREME):
            answer = await ask(desk, "PATCH", one, _body(noun, of_kind, creating=False))
            assert answer.status_code in (204, 400), answer.text
        assert (await ask(desk, "GET", one)).status_code == 200
        assert (await ask(desk, "DELETE", one)).status_code in (204, 400)


@pytest.mark.parametrize("noun", nouns(), ids=lambda noun: noun.api)
async def test_every_field_can_be_read_and_queried(desk: Desk, noun: Noun) -> None:
    """S0-23…S0-50: by name, in both doors, on the oldest and the newest version that have it."""
    names = ",".join(field.api for field in noun.fields.values() if not field.hidden)
    answer = await ask(desk, "GET", f"/query?q=SELECT+{names}+FROM+{noun.api}+LIMIT+2", version="67.0")
    assert answer.status_code == 200, answer.text
    unknown = f"{noun.prefix}000000000001"
    for method, body in (("GET", None), ("PATCH", {}), ("DELETE", None)):
        answer = await ask(desk, method, f"/sobjects/{noun.api}/{unknown}", body)
        assert answer.status_code in (400, 404), answer.text
