"""What literals mean: strings with escapes, LIKE patterns, ids, numbers, dates, times."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import NamedTuple

from ordo.kernel.ids import normalize
from ordo.platform.fields import TEXT_KINDS, Field, Kind
from ordo.soql.errors import Mistake, invalid_field, invalid_operator, malformed, out_of_range
from ordo.soql.tokens import Token

STRING_LENGTH = 4000
_YEARS = range(1700, 4001)
_ESCAPE = re.compile(r"\\(u[0-9A-Fa-f]{4}|.)", re.DOTALL | re.IGNORECASE)
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", '"': '"', "'": "'", "\\": "\\"}
_LIKE_ESCAPES = _ESCAPES | {"\\": r"\\", "%": r"\%", "_": r"\_"}
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


class Reading(NamedTuple):
    """How literals of one kind are read for a field: the SQL type, and token to value."""

    sql_type: str
    read: Callable[[Token], object]


def read_string(token: Token) -> str:
    return _unescaped(token, _ESCAPES)


def read_pattern(token: Token) -> str:
    r"""For LIKE: PostgreSQL's own escapes, so that \% and \_ stay what they are."""
    return _unescaped(token, _LIKE_ESCAPES)


def _unescaped(token: Token, escapes: dict[str, str]) -> str:
    body = token.text[1:-1]
    if len(body) > STRING_LENGTH:
        raise malformed(f"string literal is longer than {STRING_LENGTH} characters", token.at)

    def plain(match: re.Match[str]) -> str:
        code = match[1]
        if len(code) == 5:
            return chr(int(code[1:], 16))
        found = escapes.get(code if code in escapes else code.lower())
        if found is None:
            raise malformed(
                f"Invalid string literal {token.text}. Illegal character sequence '\\{code}' in string literal",
                token.at,
            )
        return found

    if "\\" in body:
        body = _ESCAPE.sub(plain, body)
    if _UNSTORABLE.search(body):
        body = _storable(body, token)
    return body


def _storable(body: str, token: Token) -> str:
    r"""\uD83D\uDE00 is one character; half of it, or NUL, can be in no row."""
    joined = body.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if "\0" in joined:
        raise malformed("Invalid string literal: it holds the character U+0000", token.at)
    return joined


def read_id(token: Token) -> str:
    text = read_string(token)
    found = normalize(text)
    if found is None:
        raise invalid_operator(f"invalid ID field: {text}", token.at)
    return found


def read_integer(token: Token) -> int:
    return int(token.text)


def read_decimal(token: Token) -> Decimal:
    return Decimal(token.text)


def read_float(token: Token) -> float:
    return float(token.text)


def read_bool(token: Token) -> bool:
    return token.text.lower() == "true"


def read_date(token: Token) -> date:
    try:
        found = date.fromisoformat(token.text)
    except ValueError:
        raise _invalid(token, "date") from None
    if found.year not in _YEARS:
        raise _invalid(token, "date")
    return found


def read_moment(token: Token) -> datetime:
    """A blank before the offset is a `+` that a hand-written URL lost."""
    try:
        found = datetime.fromisoformat(token.text.upper().replace(" ", "+"))
    except ValueError:
        raise _invalid(token, "dateTime") from None
    if found.year not in _YEARS:
        raise _invalid(token, "dateTime")
    return found


def read_time(token: Token) -> time:
    try:
        return time.fromisoformat(token.text.rstrip("Zz"))
    except ValueError:
        raise _invalid(token, "time") from None


def _invalid(token: Token, kind: str) -> Mistake:
    return malformed(f"Invalid {kind}: {token.text}", token.at)


_TEXT = {"string": Reading("text", read_string)}
_ID = {"string": Reading("text", read_id)}
_EXACT = Reading("numeric", read_decimal)
_FLOAT = Reading("double precision", read_float)
_NUMBER = {"integer": _EXACT, "decimal": _EXACT}
_APPROXIMATE = {"integer": _FLOAT, "decimal": _FLOAT}
_READINGS: dict[Kind, dict[str, Reading]] = {
    **dict.fromkeys(TEXT_KINDS, _TEXT),
    Kind.ID: _ID,
    Kind.REFERENCE: _ID,
    Kind.BOOLEAN: {"bool": Reading("boolean", read_bool)},
    Kind.INT: {"integer": Reading("bigint", read_integer), "decimal": _EXACT},
    Kind.DOUBLE: _NUMBER,
    Kind.CURRENCY: _NUMBER,
    Kind.PERCENT: _NUMBER,
    Kind.DATE: {"date": Reading("date", read_date)},
    Kind.DATETIME: {"datetime": Reading("timestamptz", read_moment)},
    Kind.TIME: {"time": Reading("time", read_time)},
}
_TYPE_NAMES = {Kind.DATETIME: "dateTime", Kind.ID: "string", Kind.REFERENCE: "string"}


def reading(field: Field, kinds: set[str], at: int) -> Reading:
    """How literals of these kinds are read for the field; INVALID_FIELD if they are of another type."""
    known = _APPROXIMATE if field.approximate else _READINGS[field.kind]
    if not kinds <= known.keys():
        raise _wrong_type(field, at)
    found = {known[kind] for kind in kinds}
    return found.pop() if len(found) == 1 else _EXACT


def _wrong_type(field: Field, at: int) -> Mistake:
    quoted = "string" in _READINGS[field.kind]
    name = "string" if field.kind in TEXT_KINDS else _TYPE_NAMES.get(field.kind, field.kind.value)
    should = "should be enclosed in quotes" if quoted else "should not be enclosed in quotes"
    return invalid_field(
        f"value of filter criterion for field '{field.api}' must be of type {name} and {should}", at
    )


def read_count(token: Token, most: int, what: str) -> int:
    """LIMIT, OFFSET and the n of date literals."""
    number = int(token.text)
    if number > most:
        raise out_of_range(f"{what} should be between 0 to {most}", token.at)
    return number
