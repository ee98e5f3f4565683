"""The recursive-descent parser: tokens to tree."""

from __future__ import annotations

import re

from ordo.soql.errors import malformed, unexpected
from ordo.soql.periods import COUNTED_PERIODS, PERIODS
from ordo.soql.tokens import END, LITERALS, Token
from ordo.soql.tree import (
    And,
    Bind,
    Branch,
    Call,
    Compare,
    Condition,
    Entry,
    Literal,
    Money,
    Not,
    Null,
    Or,
    Order,
    Path,
    Period,
    Query,
    Typeof,
    Value,
)

DEPTH = 60
# fmt: off
_RESERVED = frozenset({
    "AND", "ASC", "DESC", "EXCLUDES", "FIRST", "FROM", "GROUP", "HAVING", "IN", "INCLUDES", "LAST", "LIKE",
    "LIMIT", "NOT", "NULL", "NULLS", "OR", "SELECT", "USING", "WHERE", "WITH",
})
# fmt: on
_AFTER_SOURCE = _RESERVED | {"ORDER", "OFFSET", "ALL", "FOR", "UPDATE"}
_WORD_OPERATORS = frozenset({"LIKE", "IN", "INCLUDES", "EXCLUDES"})
_LIST_OPERATORS = frozenset({"IN", "NOT IN", "INCLUDES", "EXCLUDES"})
_MODES = frozenset({"SECURITY_ENFORCED", "USER_MODE", "SYSTEM_MODE"})
_MONEY = re.compile(r"[A-Za-z]{3}(\d+)")
_USES = frozenset({"VIEW", "REFERENCE", "UPDATE"})


class Parser:
    """Reads the tokens of one statement from left to right, one token ahead. `binds`: it may have variables."""

    def __init__(self, tokens: list[Token], *, binds: bool = False) -> None:
        self._binds = binds
        self._tokens = [*tokens, *tokens[-1:] * 2]  # one may look two tokens ahead of the end
        self._words = [token.text.upper() if token.kind == "name" else "" for token in self._tokens]
        self._next = 0
        self._depth = 0

    def statement(self) -> Query:
        query = self._query()
        self._need(self._peek().kind == END)
        return query

    # -- tokens

    def _peek(self, ahead: int = 0) -> Token:
        return self._tokens[self._next + ahead]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _need(self, right: bool) -> None:
        if not right:
            token = self._peek()
            raise unexpected(token.text, token.at)

    def _word(self, ahead: int = 0) -> str:
        """The next name in capitals, or nothing."""
        return self._words[self._next + ahead]

    def _accept(self, *words: str) -> bool:
        """Takes the keywords if all of them come next."""
        for ahead, word in enumerate(words):
            if self._words[self._next + ahead] != word:
                return False
        self._next += len(words)
        return True

    def _expect(self, word: str) -> None:
        self._need(self._accept(word))

    def _is_mark(self, mark: str, ahead: int = 0) -> bool:
        return self._tokens[self._next + ahead].text == mark  # no other kind of token reads so

    def _mark(self, mark: str) -> bool:
        if not self._is_mark(mark):
            return False
        self._next += 1
        return True

    def _expect_mark(self, mark: str) -> None:
        self._need(self._mark(mark))

    def _name(self) -> str:
        self._need(self._peek().kind == "name")
        return self._take().text

    def _deeper(self) -> None:
        self._depth += 1
        if self._depth > DEPTH:
            raise malformed("query is nested too deeply", self._peek().at)

    # -- statements

    def _query(self) -> Query:
        self._deeper()
        at = self._peek().at
        self._expect("SELECT")
        entries = [self._entry()]
        while self._mark(","):
            entries.append(self._entry())
        self._expect("FROM")
        sources = [self._source()]
        while self._mark(","):
            sources.append(self._source())
        scope = self._name() if self._accept("USING", "SCOPE") else None
        where = self._condition() if self._accept("WHERE") else None
        if self._accept("WITH"):
            self._need(self._word() in _MODES)
            self._take()
        group_as, group = self._group() if self._accept("GROUP", "BY") else ("", ())
        query = Query(
            entries=tuple(entries), source=sources[0][0], alias=sources[0][1], also=tuple(sources[1:]),
            scope=scope, where=where, group=group, group_as=group_as, at=at,
            having=self._condition() if group and self._accept("HAVING") else None,
            order=self._orders() if self._accept("ORDER", "BY") else (),
            limit=self._number() if self._accept("LIMIT") else None,
            offset=self._number() if self._accept("OFFSET") else None,
            all_rows=self._accept("ALL", "ROWS"),
        )  # fmt: skip
        self._uses()
        self._depth -= 1
        return query

    def _entry(self) -> Entry:
        at = self._peek().at
        if self._mark("("):
            child = self._query()
            self._expect_mark(")")
            return Entry(child, self._alias(), at)
        if self._word() == "TYPEOF":
            return Entry(self._typeof(), self._alias(), at)
        return Entry(self._operand(), self._alias(), at)

    def _alias(self) -> str | None:
        """A name, if what follows it shows that it is one: `SELECT Id FRM Account` is about FRM."""
        if self._word() in _RESERVED or self._peek().kind != "name":
            return None
        self._need(self._is_mark(",", 1) or self._is_mark(")", 1) or self._word(1) == "FROM")
        return self._take().text

    def _source(self) -> tuple[Path, str | None]:
        self._need(self._word() == "GROUP" or self._word() not in _RESERVED)  # Group is a noun elsewhere
        path = self._path()
        aliased = self._accept("AS")
        if aliased or (self._peek().kind == "name" and not self._clause_follows()):
            self._need(self._word() not in _RESERVED)
            return path, self._name()
        return path, None

    def _clause_follows(self) -> bool:
        return self._word() in _AFTER_SOURCE

    def _typeof(self) -> Typeof:
        at = self._take().at
        path, branches = self._path(), []
        while self._word() == "WHEN":
            here = self._take().at
            noun = self._name()
            self._expect("THEN")
            branches.append(Branch(noun, self._paths(), here))
        if self._word() == "ELSE":
            here = self._take().at
            branches.append(Branch(None, self._paths(), here))
        self._need(len(branches) > 0)
        self._expect("END")
        return Typeof(path, tuple(branches), at)

    def _paths(self) -> tuple[Path, ...]:
        paths = [self._path()]
        while self._mark(","):
            paths.append(self._path())
        return tuple(paths)

    def _path(self) -> Path:
        at = self._peek().at
        names = [self._name()]
        while self._mark("."):
            names.append(self._name())
        return Path(tuple(names), at)

    def _operand(self) -> Path | Call:
        if not self._is_mark("(", 1):
            self._need(self._word() not in _RESERVED)
            return self._path()
        self._deeper()
        at = self._peek().at
        name = self._name().upper()
        self._take()
        arguments: list[Path | Call] = []
        while not self._mark(")"):
            if arguments:
                self._expect_mark(",")
            arguments.append(self._operand())
        self._depth -= 1
        return Call(name, tuple(arguments), at)

    def _group(self) -> tuple[str, tuple[Path | Call, ...]]:
        word = self._word()
        if word not in {"ROLLUP", "CUBE"}:
            return "", self._operands()
        self._take()
        self._expect_mark("(")
        group = self._operands()
        self._expect_mark(")")
        return word, group

    def _operands(self) -> tuple[Path | Call, ...]:
        operands = [self._operand()]
        while self._mark(","):
            operands.append(self._operand())
        return tuple(operands)

    def _orders(self) -> tuple[Order, ...]:
        orders = [self._order()]
        while self._mark(","):
            orders.append(self._order())
        return tuple(orders)

    def _order(self) -> Order:
        what = self._operand()
        descending = self._accept("DESC")
        if not descending:
            self._accept("ASC")
        nulls_last = False
        if self._accept("NULLS"):
            nulls_last = self._accept("LAST")
            if not nulls_last:
                self._expect("FIRST")
        return Order(what, descending, nulls_last)

    def _number(self) -> Literal:
        token = self._peek()
        self._need(token.kind == "integer" and token.text[0] not in "+-")
        self._take()
        return Literal("integer", token.slot, token.at)

    def _uses(self) -> None:
        while self._accept("FOR"):
            self._need(self._word() in _USES)
            self._take()
        if self._accept("UPDATE"):
            self._need(self._word() in {"TRACKING", "VIEWSTAT"})
            self._take()
            while self._mark(","):
                self._need(self._word() in {"TRACKING", "VIEWSTAT"})
                self._take()

    # -- conditions

    def _condition(self) -> Condition:
        self._deeper()
        terms = [self._term()]
        joined = self._word()
        while self._word() in {"AND", "OR"}:
            self._need(self._word() == joined)  # mixing them needs parentheses
            self._take()
            terms.append(self._term())
        self._depth -= 1
        if len(terms) == 1:
            return terms[0]
        return And(tuple(terms)) if joined == "AND" else Or(tuple(terms))

    def _term(self) -> Condition:
        if self._accept("NOT"):
            self._deeper()
            inner = self._term()
            self._depth -= 1
            return Not(inner)
        if self._mark("("):
            condition = self._condition()
            self._expect_mark(")")
            return condition
        return self._compare()

    def _compare(self) -> Compare:
        at = self._peek().at
        left = self._operand()
        operator = self._operator()
        if operator in _LIST_OPERATORS:
            return Compare(left, operator, self._list(operator), at)
        return Compare(left, operator, self._value(), at)

    def _operator(self) -> str:
        if self._accept("NOT", "IN"):
            return "NOT IN"
        token = self._peek()
        word = self._word()
        self._need(token.kind == "op" or word in _WORD_OPERATORS)
        self._take()
        return word or ("!=" if token.text == "<>" else token.text)

    def _list(self, operator: str) -> tuple[Value, ...] | Query:
        self._expect_mark("(")
        if operator.endswith("IN") and self._word() == "SELECT":
            query = self._query()
            self._expect_mark(")")
            return query
        values = [self._value()]
        while self._mark(","):
            values.append(self._value())
        self._expect_mark(")")
        return tuple(values)

    def _value(self) -> Value:
        token = self._peek()
        if token.kind in LITERALS:
            self._take()
            return Null(token.at) if token.kind == "empty" else Literal(token.kind, token.slot, token.at)
        if self._binds and self._mark(":"):
            return Bind(self._name(), token.at)
        word = self._word()
        self._need(word != "")
        if word == "NULL":
            self._take()
            return Null(token.at)
        return self._word_value(token, word)

    def _word_value(self, token: Token, word: str) -> Value:
        if word in PERIODS:
            self._take()
            return Period(word, None, token.at)
        if word in COUNTED_PERIODS:
            self._take()
            self._expect_mark(":")
            return Period(word, self._number().slot, token.at)
        money = _MONEY.fullmatch(token.text)
        if money is None:
            raise unexpected(token.text, token.at)
        self._take()
        cents = self._peek()
        if cents.kind != "decimal" or cents.text[0] != ".":
            return Money(money[1], None, token.at)
        return Money(money[1], self._take().slot, token.at)
