"""The steps of a flow: verbs, and where their arguments come from."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, Protocol, get_type_hints

import msgspec

from ordo.flows.flow import BadFlow, Flow
from ordo.kernel.problems import Problem
from ordo.platform.verbs import Verb, verbs

_REFERENCE = re.compile(r"\$(?:([a-z][a-z0-9-]*)\.)?([A-Za-z_][A-Za-z0-9_]*)")


class BadArgument(Problem):
    """What a fact or an answer holds does not fit the verb."""

    code = "FLOW_EXCEPTION"


class UnknownFactField(BadArgument):
    def __init__(self, name: str, known: Mapping[str, object]) -> None:
        super().__init__(f"the fact has no field {name}; it has {', '.join(sorted(known))}")


class Told(NamedTuple):
    """What is known when a step runs: the fact's fields, and the answers of earlier steps by verb."""

    fact: Mapping[str, Any]
    answers: Mapping[str, Any]


class Source(Protocol):
    """Where a value comes from; `is_late` if it hangs on an earlier step."""

    @property
    def is_late(self) -> bool: ...

    def take(self, told: Told) -> Any:
        """Raises BadArgument."""


class Given(NamedTuple):
    """A value the flow says itself."""

    value: Any
    is_late: bool = False

    def take(self, _: Told) -> Any:
        return self.value


class OfFact(NamedTuple):
    """A field of the fact."""

    name: str
    is_late: bool = False

    def take(self, told: Told) -> Any:
        try:
            return told.fact[self.name]
        except KeyError:
            raise UnknownFactField(self.name, told.fact) from None


class OfAnswer(NamedTuple):
    """A field of what an earlier step of the flow answered; of the latest, if a verb is there twice."""

    verb: str
    field: str
    is_late: bool = True

    def take(self, told: Told) -> Any:
        try:
            return getattr(told.answers[self.verb], self.field)
        except AttributeError:
            raise BadArgument(f"{self.verb} answered no field {self.field}") from None


class Composed(NamedTuple):
    """A list or a map with references somewhere in it."""

    parts: Mapping[Any, Source]
    is_list: bool
    is_late: bool

    def take(self, told: Told) -> Any:
        taken = {name: part.take(told) for name, part in self.parts.items()}
        return list(taken.values()) if self.is_list else taken


class Step:
    """One verb of a flow. All that can be known before the first fact is checked here: BadFlow says what is
    wrong."""

    def __init__(
        self, flow: str, name: str, arguments: Mapping[str, Any], earlier: Mapping[str, Verb[Any, Any]]
    ) -> None:
        self._place = f"{flow}: {name}"
        if name not in verbs():
            raise BadFlow(f"{flow}: there is no verb {name}")
        self.verb = verbs()[name]
        self._earlier = earlier
        self._fields = {field.encode_name: field for field in msgspec.structs.fields(self.verb.command)}
        self._check_names(arguments)
        self._sources = {argument: self._source(value) for argument, value in arguments.items()}
        self.is_late = any(source.is_late for source in self._sources.values())
        self._blanks = self._checked()

    def command(self, told: Told) -> Any:
        """Raises BadArgument."""
        return self._made(told, {})

    def foreseen(self, told: Told) -> Any | None:
        """The command for asking what it needs before the earlier steps ran: what they will answer is left
        blank, which finds nothing; the rest is read with everything else. None where a blank does not fit."""
        return None if self._blanks is None else self._made(told, self._blanks)

    def _made(self, told: Told, blanks: Mapping[str, Any]) -> Any:
        try:
            values = {
                name: blanks[name] if name in blanks else source.take(told)
                for name, source in self._sources.items()
            }
            return msgspec.convert(values, self.verb.command)
        except (msgspec.ValidationError, BadArgument) as error:
            raise BadArgument(f"{self._place}: {error}") from error

    def _check_names(self, arguments: Mapping[str, Any]) -> None:
        unknown = sorted(arguments.keys() - self._fields.keys())
        if unknown:
            raise self._bad(f"it takes no {', '.join(unknown)}; it takes {', '.join(self._fields)}")
        lacking = [name for name, field in self._fields.items() if field.required and name not in arguments]
        if lacking:
            raise self._bad(f"it needs {', '.join(lacking)}")

    def _checked(self) -> dict[str, Any] | None:
        """Tries the values that are given on their types; the blanks of the late ones, if all have one."""
        blanks = {}
        for name, source in self._sources.items():
            kind = self._fields[name].type
            if isinstance(source, Given):
                try:
                    msgspec.convert(source.value, kind)
                except msgspec.ValidationError as error:
                    raise self._bad(f"{name}: {error}") from error
            elif source.is_late:
                blanks[name] = _blank(kind)
        return None if None in blanks.values() else blanks

    def _source(self, value: Any) -> Source:
        if isinstance(value, str):
            return self._text_source(value)
        if not isinstance(value, list | dict):
            return Given(value)
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        parts = {name: self._source(part) for name, part in pairs}
        found = Composed(parts, isinstance(value, list), any(part.is_late for part in parts.values()))
        return Given(found.take(_NOTHING)) if all(isinstance(p, Given) for p in parts.values()) else found

    def _text_source(self, text: str) -> Source:
        if not text.startswith("$"):
            return Given(text)
        if text.startswith("$$"):
            return Given(text[1:])
        match = _REFERENCE.fullmatch(text)
        if match is None:
            raise self._bad(f"'{text}' is no reference; a text that begins with $ is written $$")
        verb, name = match.groups()
        if verb is None:
            return OfFact(name)
        self._check_answer(verb, name)
        return OfAnswer(verb, name)

    def _check_answer(self, verb: str, name: str) -> None:
        if verb not in self._earlier:
            raise self._bad(f"no step before it is {verb}")
        known = answered(self._earlier[verb])
        if known is not None and name not in known:
            raise self._bad(f"{verb} answers no {name}; it answers {', '.join(known) or 'nothing'}")

    def _bad(self, what: str) -> BadFlow:
        return BadFlow(f"{self._place}: {what}")


_NOTHING = Told({}, {})
_BLANKS: tuple[Any, ...] = ("", [])


def _blank(kind: Any) -> Any:
    """An empty text or list, whichever the type takes."""
    for blank in _BLANKS:
        try:
            msgspec.convert(blank, kind)
        except msgspec.ValidationError:
            continue
        return blank
    return None


@cache
def answered(verb: Verb[Any, Any]) -> tuple[str, ...] | None:
    """The fields of a verb's answer; None if it is not declared."""
    try:
        answer = get_type_hints(verb.run).get("return")
    except NameError:  # imported for the type checker only
        return None
    if answer is type(None):
        return ()
    if isinstance(answer, type) and issubclass(answer, msgspec.Struct):
        return answer.__struct_fields__
    return None


def steps_of(flow: Flow) -> Sequence[Step]:
    """Raises BadFlow."""
    steps: list[Step] = []
    for entry in flow.do:
        earlier = {step.verb.name: step.verb for step in steps}
        steps += [Step(flow.flow, name, arguments or {}, earlier) for name, arguments in entry.items()]
    return steps
