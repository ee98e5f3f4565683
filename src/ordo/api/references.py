"""`@{referenceId.path}`: what a subrequest takes from the answers of others, and the order that follows."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any, Protocol, Self, TypeVar

import msgspec

from ordo.kernel.problems import InvalidInput, ParserError, Problem
from ordo.platform import wire

REFERENCE = re.compile(r"@\{([^.\[}\s]*)((?:[.\[][^}]*)?)\}")
_REFERENCE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*")
_STEP = re.compile(r"\.?([^.\[\]]+)|\[([0-9]{1,9})\]")
_MISSING = object()
_NESTING_MAX = 32


class ProcessingHalted(Problem):
    code = "PROCESSING_HALTED"


class NoValue(ProcessingHalted):
    """A reference to what was not answered; older versions say less."""

    def __init__(self, name: str, reference: str, *, is_old: bool) -> None:
        message = f"Invalid reference specified. No value for {name} found in {reference}."
        if not is_old:
            message += (
                f" Provided referenceId ('{name}') must start with a letter or a number, and it can contain only "
                "letters, numbers and underscores ('_')."
            )
        super().__init__(message)


def is_reference_id(text: str) -> bool:
    return _REFERENCE_ID.fullmatch(text) is not None


class Answers:
    """The bodies that subrequests answered so far, by referenceId.

    `is_old`: as up to 51.0, where a null is no value, and nothing can be taken from a referenceId that is none.
    """

    def __init__(self, *, is_old: bool = False) -> None:
        self.bodies: dict[str, Any] = {}
        self._is_old = is_old

    def copy(self) -> Self:
        twin = type(self)(is_old=self._is_old)
        twin.bodies.update(self.bodies)
        return twin

    def filled(self, value: Any) -> Any:
        """`@{ref.path}` replaced by what was answered; a whole-text reference keeps its type. Raises NoValue."""
        if isinstance(value, str):
            if "@{" not in value:
                return value
            whole = REFERENCE.fullmatch(value)
            if whole is not None:
                return self._looked_up(whole)
            return REFERENCE.sub(lambda match: _as_text(self._looked_up(match)), value)
        if isinstance(value, dict):
            return {key: self.filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.filled(item) for item in value]
        return value

    def _looked_up(self, match: re.Match[str]) -> Any:
        reference, path = match[1], match[2]
        found = self.bodies.get(reference, _MISSING)
        for step in _steps(path):
            found = _stepped(found, step)
        is_none = found is None or not is_reference_id(reference)
        if found is _MISSING or isinstance(found, dict | list | msgspec.Raw) or (self._is_old and is_none):
            raise NoValue(reference + path, reference, is_old=self._is_old)
        return found


def _as_text(found: object) -> str:
    """As JSON spells it, within a text: a null is no text."""
    if found is None:
        return ""
    if isinstance(found, bool):
        return str(found).lower()
    return f"{found:f}" if isinstance(found, Decimal) else str(found)


class NoReferences(Answers):
    """Of a request that stands alone: nothing in it is a reference, whatever it looks like."""

    def filled(self, value: Any) -> Any:
        return value


def _steps(path: str) -> Iterator[str | int]:
    """`.records[0].Id` is records, 0, Id; what cannot be read so leads nowhere."""
    at = 0
    while at < len(path):
        match = _STEP.match(path, at)
        if match is None:
            yield path
            return
        yield match[1] if match[1] is not None else int(match[2])
        at = match.end()


def _stepped(found: Any, step: str | int) -> Any:
    if isinstance(found, msgspec.Raw):  # a record as the database wrote it
        found = wire.decode_exactly(found)
    if isinstance(step, int):
        return found[step] if isinstance(found, list) and step < len(found) else _MISSING
    return found.get(step, _MISSING) if isinstance(found, dict) else _MISSING


# -- what refers to what ------------------------------------------------------------------------


def holds_reference(value: object) -> bool:
    if isinstance(value, str):
        return "@{" in value
    return isinstance(value, dict | list) and any(True for _ in _texts(value))


def referred(*values: object) -> frozenset[str]:
    """The referenceIds that stand in these values."""
    return frozenset(
        [match[1] for value in values for text in _texts(value) for match in REFERENCE.finditer(text)]
    )


def _texts(value: object, depth: int = 0) -> Iterator[str]:
    """The texts in a value that hold a reference; ParserError where it is nested beyond any use."""
    if depth > _NESTING_MAX:
        raise ParserError("The body of a subrequest is nested too deep", fields=("body",))
    if isinstance(value, str):
        if "@{" in value:
            yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item, depth + 1)


class Referring(Protocol):
    reference_id: str
    depends: frozenset[str]


N = TypeVar("N", bound=Referring)


def check_unique(nodes: Iterable[Referring]) -> None:
    seen: set[str] = set()
    for node in nodes:
        if node.reference_id in seen:
            raise InvalidInput(f"Duplicate referenceId: {node.reference_id}", fields=("referenceId",))
        seen.add(node.reference_id)


def in_order(nodes: Sequence[N], depth_max: int) -> list[N]:
    """By references, array order otherwise; a circle or a chain over the limit is refused."""
    by_reference = {node.reference_id: node for node in nodes}
    depth: dict[str, int] = {}
    order: list[N] = []

    def visit(node: N, path: tuple[str, ...]) -> int:
        if node.reference_id in depth:
            return depth[node.reference_id]
        if node.reference_id in path:
            raise InvalidInput(f"Circular reference: {' -> '.join((*path, node.reference_id))}")
        if len(path) >= depth_max:
            raise InvalidInput(f"The maximum depth of a graph is {depth_max}")
        above = (by_reference[name] for name in sorted(node.depends) if name in by_reference)
        reached = 1 + max((visit(one, (*path, node.reference_id)) for one in above), default=0)
        if reached > depth_max:
            raise InvalidInput(f"The maximum depth of a graph is {depth_max}")
        depth[node.reference_id] = reached
        order.append(node)
        return reached

    for node in nodes:
        visit(node, ())
    return order
