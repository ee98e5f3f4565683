"""A fact that its flows could not work off: a person is told on its order, until it takes effect after all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ordo.journeys.process_exceptions import change_exception, raise_exception, resolve_exceptions
from ordo.kernel.problems import Problem
from ordo.objects.orders import Order
from ordo.objects.service import ProcessException
from ordo.objects.summaries import OrderSummary
from ordo.platform.events import FeedFact
from ordo.platform.reading import Reading
from ordo.platform.records import noun_of_id
from ordo.platform.unit import Unit
from ordo.platform.work import Atom


class ParkedFacts:
    """Tells of the parked facts of orders. `names` answers the flows that wait for a fact."""

    def __init__(self, names: Callable[[FeedFact], Sequence[str]]) -> None:
        self._names = names

    def tell(self, fact: FeedFact, error: Exception | None) -> Atom | None:
        """None for facts of anything else: there is no summary to tell it on."""
        if noun_of_id(fact.root) is not Order.__noun__:
            return None
        return Resolve(fact) if error is None else Raise(fact, _why(error), self._names(fact))


def _why(error: Exception) -> str:
    """A refusal is a sentence for whoever asked; what else went wrong may hold anything, and is in the log."""
    return error.message if isinstance(error, Problem) else f"an error of Ordo's own ({type(error).__name__})"


@dataclass(frozen=True)
class _AboutParked:
    """An exception is known by its ExternalReference, the id of the fact."""

    fact: FeedFact

    def prefetch(self, reading: Reading) -> None:
        root = [self.fact.root]
        reading.lock(Order, root)
        reading.rows_below(ProcessException, "order_summary_id", OrderSummary, "original_order_id", root)


@dataclass(frozen=True)
class Raise(_AboutParked):
    """One exception for a fact, however often it is parked; the latest reason counts."""

    why: str
    flows: Sequence[str]

    def run(self, unit: Unit) -> None:
        unit.cause, unit.depth = self.fact.id, self.fact.depth + 1
        told = {"message": f"A flow could not go on: {self.why}"[:255], "description": self._description()}
        for summary in unit.children(OrderSummary, "original_order_id", self.fact.root):
            known = self._raised(unit, summary)
            if known is not None:
                change_exception(unit, known, told | {"status": "New"})
                continue
            raise_exception(
                unit, summary, summary.id, "OM Flow Failed", **told, category="Fulfillment",
                external_reference=self.fact.id,
                root=self.fact.id,  # a fact of the order would wait behind the parked one
            )  # fmt: skip

    def _raised(self, unit: Unit, summary: OrderSummary) -> ProcessException | None:
        of_order = unit.children(ProcessException, "order_summary_id", summary.id)
        return next((one for one in of_order if one.external_reference == self.fact.id), None)

    def _description(self) -> str:
        return (
            f"{self.fact.kind}, fact {self.fact.number} of the order, is parked; what happened to the order since "
            f"waits behind it. Held up: {', '.join(self.flows)[:1500]}. When the reason is gone: "
            f"ordo flow retry --root {self.fact.root}"
        )


@dataclass(frozen=True)
class Resolve(_AboutParked):
    """It took effect: nobody needs to look at it any more."""

    def run(self, unit: Unit) -> None:
        for summary in unit.children(OrderSummary, "original_order_id", self.fact.root):
            resolve_exceptions(unit, summary, self.fact.id)
