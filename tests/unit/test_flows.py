"""Flows without a database: what is refused when they are loaded, and where arguments come from."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

import ordo.bootstrap  # noqa: F401  declares the verbs
from ordo.flows.engine import FlowAtom, Flows, ReadyFlow, standard_flows
from ordo.flows.flow import BadFlow, Flow, standard_texts
from ordo.flows.steps import BadArgument, UnknownFactField
from ordo.platform.events import FeedFact
from ordo.platform.reading import Reading
from ordo.platform.unit import Unit
from ordo.platform.verbs import Verb, verbs


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    quantity: int = 1


class Pack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    order_id: str
    items: list[Item] = []
    note: str | None = None


class Packed(msgspec.Struct, frozen=True):
    parcel_id: str
    weight: int


class Send(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    parcel_id: str
    weight: int | None = None
    labels: list[str] = []


class Seal(msgspec.Struct, frozen=True):
    parcel_id: str

    def __post_init__(self) -> None:
        if not self.parcel_id:
            raise ValueError("a seal needs a parcel")


class Nothing:
    """A unit as far as these verbs look at it."""

    cause, depth = "", 0

    def __init__(self) -> None:
        self.added: dict[str, object] = {}

    def settle(self) -> None:
        """Nothing was put off."""


@pytest.fixture(autouse=True)
def ran(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Four verbs that write down what they were asked, and what they needed."""
    seen: list[object] = []

    def needs(_: Reading, commands: Any) -> None:
        seen.append(("needs", *commands))

    def pack(_: Unit, command: Pack) -> Packed:
        seen.append(command)
        return Packed(f"parcel of {command.order_id}", 7)

    def send(_: Unit, command: Send) -> None:
        seen.append(command)

    def seal(_: Unit, command: Seal) -> None:
        seen.append(command)

    def guess(_: Unit, command: Pack):  # type: ignore[no-untyped-def]
        seen.append(command)

    own = {"pack": (Pack, pack), "send": (Send, send), "seal": (Seal, seal), "guess": (Pack, guess)}
    for name, (command, run) in own.items():
        monkeypatch.setitem(verbs(), name, Verb(name, command, run, needs))  # type: ignore[arg-type]
    return seen


def fact(kind: str = "Tested", **body: object) -> FeedFact:
    return FeedFact(1, 1, "root", 1, kind, "id", 0, msgspec.json.encode(body))


def flow(do: str, **more: str) -> Flow:
    lines = [f"{name}: {value}" for name, value in more.items()]
    return Flow.read("\n".join(["flow: tested", "on: Tested", *lines, "do:", do]))


def run(made: Flow, told: FeedFact) -> None:
    for atom in Flows([made]).atoms(told):
        atom.prefetch(Reading())
        atom.run(Nothing())  # type: ignore[arg-type]


def commands(seen: list[object]) -> list[object]:
    return [one for one in seen if not isinstance(one, tuple)]


def test_arguments_come_from_the_fact(ran: list[object]) -> None:
    do = "- pack: {order_id: $Root, note: $$5, items: [{id: $Item, quantity: $Count}, {id: fixed}]}"
    run(flow(do), fact(Item="i1", Count=3))
    assert commands(ran) == [Pack("root", [Item("i1", 3), Item("fixed", 1)], "$5")]


def test_answers_of_earlier_steps_are_arguments(ran: list[object]) -> None:
    do = "- pack: {order_id: $OrderId}\n- send: {parcel_id: $pack.parcel_id, labels: [$pack.parcel_id, $OrderId]}"
    run(flow(do), fact(OrderId="o1"))
    assert commands(ran) == [Pack("o1"), Send("parcel of o1", None, ["parcel of o1", "o1"])]


def test_of_a_verb_that_is_there_twice_the_latest_answer_counts(ran: list[object]) -> None:
    do = "- pack: {order_id: a}\n- pack: {order_id: b}\n- send: {parcel_id: $pack.parcel_id}"
    run(flow(do), fact())
    assert commands(ran) == [Pack("a"), Pack("b"), Send("parcel of b")]


def test_what_is_known_of_a_later_step_is_read_with_the_first(ran: list[object]) -> None:
    """An answer is left blank; where no blank fits, the step is asked for its needs only when it runs."""
    do = "- pack: {order_id: a}\n- pack: {order_id: $Root, note: $pack.parcel_id}\n- send: {parcel_id: x, weight: "
    run(flow(do + "$pack.weight}"), fact())
    assert [one for one in ran if isinstance(one, tuple)] == [
        ("needs", Pack("a")),
        ("needs", Pack("root", note="")),
        ("needs", Pack("root", note="parcel of a")),
        ("needs", Send("x", 7)),
    ]
    assert commands(ran) == [Pack("a"), Pack("root", note="parcel of a"), Send("x", 7)]


def test_a_verb_that_takes_no_blank_is_asked_when_it_runs(ran: list[object]) -> None:
    run(flow("- pack: {order_id: a}\n- seal: {parcel_id: $pack.parcel_id}"), fact())
    assert commands(ran) == [Pack("a"), Seal("parcel of a")]


@pytest.mark.parametrize(
    ("do", "sentence"),
    [
        ("- nope: {}", "tested: there is no verb nope"),
        ("- pack: {order: x}", "tested: pack: it takes no order; it takes order_id, items, note"),
        ("- pack:", "tested: pack: it needs order_id"),
        ("- pack: {order_id: 5}", "tested: pack: order_id: Expected `str`, got `int`"),
        (
            "- pack: {order_id: x, items: [{id: x, quantity: many}]}",
            "tested: pack: items: Expected `int`, got `str` - at `$[0].quantity`",
        ),
        ("- send: {parcel_id: $pack.parcel_id}", "tested: send: no step before it is pack"),
        (
            "- pack: {order_id: x}\n- send: {parcel_id: $pack.id}",
            "tested: send: pack answers no id; it answers parcel_id, weight",
        ),
        (
            "- send: {parcel_id: x}\n- pack: {order_id: $send.id}",
            "tested: pack: send answers no id; it answers nothing",
        ),
        (
            "- pack: {order_id: $a-b}",
            "tested: pack: '$a-b' is no reference; a text that begins with $ is written $$",
        ),
    ],
)
def test_a_wrong_step_is_refused_when_it_is_loaded(do: str, sentence: str) -> None:
    with pytest.raises(BadFlow) as refused:
        ReadyFlow(flow(do))
    assert refused.value.message == sentence


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "Expected `object`"),
        ("[flow, on]", "Expected `object`, got `array`"),
        ("flow: x\non: [", "while parsing"),
        ("flow: x\non: A\ndo: []", "x: it does nothing"),
        ("flow: x\non: A\ndo: [{}]", "each entry of `do` is one verb"),
        ("flow: x\non: A\ndo: [{a: {}, b: {}}]", "each entry of `do` is one verb"),
        ("flow: x\non: A\nif: B\ndo: [{a: {}}]", "Object contains unknown field `if`"),
        ("flow: x\non: A\nmatching: {B: {C: d}}\ndo: [{a: {}}]", "got `object` - at `$.matching"),
        ("flow: x\nflow: y\non: A\ndo: [{a: {}}]", "given twice: flow"),
        ("flow: &a x\non: *a\ndo: [{a: {}}]", "a flow has no aliases"),
        ("flow: X Y\non: A\ndo: [{a: {}}]", "'X Y' is no name of a flow"),
        ("flow: a--b\non: A\ndo: [{a: {}}]", "'a--b' is no name of a flow"),
        (f"flow: {'a' * 81}\non: A\ndo: [{{a: {{}}}}]", "is no name of a flow"),
        ("flow: x\non: " + "[" * 1000, "nested too deeply"),
        ("flow: !!python/object:os.system x", "could not determine a constructor"),
        ("#" * 64_001, "longer than 64000 characters"),
        (f"flow: {'9' * 5000}", "this is no flow"),
        ("flow: \x00", "unacceptable character"),
    ],
)
def test_a_text_that_is_no_flow_is_refused(text: str, part: str) -> None:
    with pytest.raises(BadFlow) as refused:
        Flow.read(text)
    assert part in refused.value.message


def test_plain_words_are_text() -> None:
    """YAML 1.1 would read a truth value, a number of minutes and a date."""
    made = flow("- pack: {order_id: yes}", matching="{A: NO, B: 12:30, C: 2026-01-31, D: true, E: ~, F: 012}")
    assert made.matching == {"A": "NO", "B": "12:30", "C": "2026-01-31", "D": True, "E": None, "F": "012"}
    assert made.do == [{"pack": {"order_id": "yes"}}]


@pytest.mark.parametrize(
    ("matching", "runs"),
    [
        ("{Status: CLOSED}", True),
        ("{Status: OPEN}", False),
        ("{Status: [OPEN, CLOSED]}", True),
        ("{Status: [OPEN, ~], Old: ~}", False),
        ("{Old: [OPEN, ~]}", True),
        ("{Status: CLOSED, Old: OPEN}", False),
        ("{Count: 2, Status: CLOSED}", True),
        ("{Root: root}", True),
    ],
)
def test_matching_is_decided_from_the_fact_alone(ran: list[object], matching: str, runs: bool) -> None:
    made = flow("- pack: {order_id: $Root}", matching=matching)
    run(made, fact(Status="CLOSED", Old=None, Count=2))
    assert commands(ran) == ([Pack("root")] if runs else [])


def test_a_field_the_fact_does_not_have_is_named() -> None:
    told = fact(Status="x")
    with pytest.raises(UnknownFactField, match=r"the fact has no field Stats; it has Root, Status"):
        Flows([flow("- pack: {order_id: $Root}", matching="{Stats: x}")]).atoms(told)
    with pytest.raises(BadArgument, match=r"tested: pack: the fact has no field OrderId; it has Root, Status"):
        Flows([flow("- pack: {order_id: $OrderId}")]).atoms(told)


def test_a_value_of_the_wrong_type_is_named() -> None:
    with pytest.raises(BadArgument, match=r"tested: pack: Expected `str`, got `null` - at `\$.order_id`"):
        Flows([flow("- pack: {order_id: $OrderId}")]).atoms(fact(OrderId=None))


def test_an_answer_without_the_field_is_named() -> None:
    """A verb that does not declare what it answers is only known by what it answered."""
    made = flow("- guess: {order_id: x}\n- send: {parcel_id: $guess.parcel_id}")
    (atom,) = Flows([made]).atoms(fact())
    with pytest.raises(BadArgument, match=r"tested: send: guess answered no field parcel_id"):
        atom.run(Nothing())  # type: ignore[arg-type]


def test_other_facts_are_left_alone(ran: list[object]) -> None:
    flows = Flows([flow("- pack: {order_id: $Root}")])
    assert flows.atoms(fact("Another")) == []
    assert all(isinstance(atom, FlowAtom) for atom in flows.atoms(fact()))


def test_standard_flows_are_ready_and_called_like_their_files() -> None:
    assert [made.flow for made in standard_flows()] == list(standard_texts())
    assert all(made.about for made in standard_flows())
    Flows(standard_flows())
