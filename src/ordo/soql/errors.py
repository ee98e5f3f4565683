"""What is wrong with a query, told the way the platform tells it: a snippet, a caret, row and column."""

from __future__ import annotations

from ordo.kernel.problems import InvalidField, Problem

AROUND = 30
_CUSTOM_FIELD = (
    "If you are attempting to use a custom field, be sure to append the '__c' after the custom field name."
)
_CUSTOM_ENTITY = "If you are attempting to use a custom object, be sure to append the '__c' after the entity name."
_CUSTOM_RELATIONSHIP = (
    "If you are attempting to use a custom relationship, be sure to append the '__r' after the custom "
    "relationship name."
)
_SEE_DESCRIBE = "Please reference your WSDL or the describe call for the appropriate names."


class MalformedQuery(Problem):
    code = "MALFORMED_QUERY"


class InvalidFieldInQuery(InvalidField):
    pass


class InvalidType(Problem):
    code = "INVALID_TYPE"


class InvalidFilterOperator(Problem):
    code = "INVALID_QUERY_FILTER_OPERATOR"


class NumberOutsideValidRange(Problem):
    code = "NUMBER_OUTSIDE_VALID_RANGE"


class Mistake(Exception):  # noqa: N818  it becomes one of the problems above once the text is at hand
    """A fault at an offset of the text (None: of the query as a whole)."""

    def __init__(self, problem: type[Problem], message: str, at: int | None = None) -> None:
        super().__init__(message)
        self.problem = problem
        self.message = message
        self.at = at

    def in_text(self, text: str) -> Problem:
        return self.problem(self.message if self.at is None else located(text, self.at, self.message))


def located(text: str, at: int, message: str) -> str:
    """The message under the piece of the text around `at`, with a caret below the very place."""
    start = max(0, at - AROUND)
    snippet = "".join(" " if char.isspace() else char for char in text[start : at + AROUND])
    row = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    return f"\n{snippet}\n{' ' * (at - start)}^\nERROR at Row:{row}:Column:{column}\n{message}"


def malformed(message: str, at: int | None = None) -> Mistake:
    return Mistake(MalformedQuery, message, at)


def unexpected(token: str, at: int) -> Mistake:
    return malformed(f"unexpected token: '{token}'", at)


def invalid_field(message: str, at: int | None = None) -> Mistake:
    return Mistake(InvalidFieldInQuery, message, at)


def no_such_column(name: str, entity: str, at: int) -> Mistake:
    return invalid_field(f"No such column '{name}' on entity '{entity}'. {_CUSTOM_FIELD} {_SEE_DESCRIBE}", at)


def unknown_parent(name: str, at: int) -> Mistake:
    message = f"Didn't understand relationship '{name}' in field path. {_CUSTOM_RELATIONSHIP} {_SEE_DESCRIBE}"
    return invalid_field(message, at)


def unknown_child(name: str, at: int) -> Mistake:
    return invalid_field(
        f"Didn't understand relationship '{name}' in FROM part of query call. {_CUSTOM_RELATIONSHIP} "
        f"{_SEE_DESCRIBE}",
        at,
    )


def unknown_type(name: str, at: int) -> Mistake:
    message = f"sObject type '{name}' is not supported. {_CUSTOM_ENTITY} {_SEE_DESCRIBE}"
    return Mistake(InvalidType, message, at)


def invalid_operator(message: str, at: int) -> Mistake:
    return Mistake(InvalidFilterOperator, message, at)


def out_of_range(message: str, at: int | None = None) -> Mistake:
    return Mistake(NumberOutsideValidRange, message, at)
