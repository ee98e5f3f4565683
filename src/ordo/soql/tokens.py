"""The lexer: text to tokens, and the literals lifted out so that queries of one shape share a plan."""

from __future__ import annotations

import re
from typing import NamedTuple

from ordo.soql.errors import malformed, unexpected

LITERALS = frozenset({"string", "empty", "datetime", "date", "time", "decimal", "integer", "bool"})
END = "end"

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<empty>'')
    | (?P<string>'(?:[^'\\]|\\.)*')
    | (?P<datetime>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+\-\ ]\d\d:?\d\d))
    | (?P<date>\d{4}-\d\d-\d\d)
    | (?P<time>\d\d:\d\d:\d\d(?:\.\d+)?Z?)
    | (?P<bool>(?:true|false)\b)
    | (?P<name>[A-Z_][A-Z0-9_]*)
    | (?P<integer>[+\-]?\d{1,18}(?![\d.]))
    | (?P<decimal>[+\-]?(?:\d+\.?\d*|\.\d+))
    | (?P<op><=|>=|!=|<>|[=<>])
    | (?P<punct>[(),.:])
    | (?P<bad>\S)
    )""",
    re.VERBOSE | re.IGNORECASE | re.ASCII | re.DOTALL,
)


class Token(NamedTuple):
    """`slot` means something for literals only."""

    kind: str
    text: str
    at: int
    slot: int


class Lifted(NamedTuple):
    """A query's tokens with every literal in a slot. Queries with equal `shape` differ in literals only.

    A parenthesised list of literals of one kind is one slot, so that its length is no part of the shape.
    """

    tokens: list[Token]
    shape: tuple[str, ...]
    slots: list[list[Token]]


def lex(text: str) -> Lifted:
    tokens: list[Token] = []
    shape: list[str] = []
    slots: list[list[Token]] = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or "bad"
        token = Token(kind, match[kind], match.start(kind), len(slots))
        if kind not in LITERALS:
            if kind == "bad":
                raise _bad(token, text)
            tokens.append(token)
            shape.append(token.text)
        elif _continues_list(tokens, kind):
            tokens.pop()  # the comma
            shape.pop()
            slots[-1].append(token)
        else:
            tokens.append(token)
            shape.append("'" + kind)  # no token's own text starts so
            slots.append([token])
    tokens.append(Token(END, "<EOF>", len(text), 0))
    return Lifted(tokens, tuple(shape), slots)


def _continues_list(tokens: list[Token], kind: str) -> bool:
    return (
        len(tokens) > 2
        and tokens[-1].text == ","
        and tokens[-2].kind == kind
        and tokens[-3].text == "("
        and tokens[-3].kind == "punct"
    )


def _bad(token: Token, text: str) -> Exception:
    if token.text != "'":
        return unexpected(token.text, token.at)
    row = text.count("\n", 0, len(text)) + 1
    return malformed(f"line {row}:{len(text)} mismatched character '<EOF>' expecting '''")
