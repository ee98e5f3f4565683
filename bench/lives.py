"""The lives in flight: what each waits for, and what happens to it when an answer comes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from functools import partial
from typing import Protocol

import msgspec

from bench.orders import (
    GRAPH_PATH,
    AnswerError,
    Basket,
    FulfillmentOrder,
    PaymentSummary,
    check_graph,
    fulfillment_orders,
    fulfillment_paths,
    order_graph,
    payment_paths,
    payment_summaries,
    placed_order_id,
    shipment_graph,
)
from bench.wire import Receiver, WireError, get, post

IN_FLIGHT = 64
LIFE_SECONDS_MAX = 60.0


class Until(StrEnum):
    """Where a life ends: when its fulfillment order is seen, or when its money is."""

    FULFILLMENT = "fulfillment"
    CAPTURE = "capture"


class Sender(Protocol):
    def send(self, request: bytes, receiver: Receiver, *, first: bool = False) -> None: ...


class Life:
    """One order on its way. `state` says what it waits for, in words."""

    __slots__ = ("basket", "born", "state")

    def __init__(self, basket: Basket, born: float) -> None:
        self.basket = basket
        self.born = born
        self.state = "placing"


class Finished:
    """What the lives that ended have to say, until somebody clears it."""

    def __init__(self) -> None:
        self.seconds: list[float] = []
        self.polls = 0

    def clear(self) -> None:
        self.seconds.clear()
        self.polls = 0


class Lives:
    """Keeps `in_flight` lives going. Answers move them; `poll` asks for all that wait at once.

    `void` is called once with the first thing that goes wrong, after which the run is worth nothing.
    """

    def __init__(
        self,
        sender: Sender,
        baskets: Iterator[Basket],
        clock: Callable[[], float],
        void: Callable[[Exception], None],
        *,
        headers: bytes,
        ordered_at: str,
        until: Until = Until.CAPTURE,
    ) -> None:
        self.finished = Finished()
        self.placed = 0
        self.units = 0
        self.cents = 0
        self.flying: dict[int, Life] = {}
        self._sender = sender
        self._baskets = baskets
        self._clock = clock
        self._void = void
        self._headers = headers
        self._ordered_at = ordered_at
        self._until = until
        self._open = True
        self._unfulfilled: dict[str, Life] = {}
        self._uncaptured: dict[str, Life] = {}
        self._polls_out = 0

    def begin(self, in_flight: int = IN_FLIGHT) -> None:
        for _ in range(in_flight):
            self._place()

    def close(self) -> None:
        """Let no further life begin; those in flight go on."""
        self._open = False

    def poll(self) -> None:
        """Ask for every life that waits, unless the last question is still under way."""
        now = self._clock()
        oldest = next(iter(self.flying.values()), None)
        if oldest is not None and now - oldest.born > LIFE_SECONDS_MAX:
            life = f"life {oldest.basket.reference}"
            self._void(AnswerError(f"{life} is {oldest.state} after {now - oldest.born:.0f} s"))
        if self._polls_out == 0:
            self._ask(fulfillment_paths(self._unfulfilled), self._fulfillment_orders_seen)
            self._ask(payment_paths(self._uncaptured), self._payments_seen)

    def _ask(self, paths: Iterable[str], then: Callable[[bytes], None]) -> None:
        for path in paths:
            self._polls_out += 1
            self.finished.polls += 1
            # Before the posts that wait: the queue is what makes a poll late, and a late poll idles lives.
            self._sender.send(get(path, self._headers), partial(self._polled, then), first=True)

    def _polled(self, then: Callable[[bytes], None], status: int, body: bytes) -> None:
        self._polls_out -= 1
        self._receive(then, status, body)

    def _post(self, body: bytes, then: Callable[[bytes], None]) -> None:
        self._sender.send(post(GRAPH_PATH, self._headers, body), partial(self._receive, then))

    def _receive(self, then: Callable[[bytes], None], status: int, body: bytes) -> None:
        try:
            if status != 200:
                raise AnswerError(f"{status} {body.decode(errors='replace')}")
            then(body)
        except (AnswerError, WireError) as error:
            self._void(error)
        except msgspec.MsgspecError as error:
            self._void(AnswerError(f"{error}: {body.decode(errors='replace')}"))

    def _place(self) -> None:
        basket = next(self._baskets)
        life = Life(basket, self._clock())
        self.flying[basket.number] = life
        self._post(order_graph(basket, self._ordered_at), partial(self._was_placed, life))

    def _was_placed(self, life: Life, body: bytes) -> None:
        self.placed += 1
        self.units += life.basket.units
        self.cents += life.basket.cents
        life.state = "waiting for its fulfillment order"
        self._unfulfilled[placed_order_id(body)] = life

    def _fulfillment_orders_seen(self, body: bytes) -> None:
        for order in fulfillment_orders(body):
            life = self._unfulfilled.pop(order.order_id, None)
            if life is None:
                raise AnswerError(f"a fulfillment order too many: {body.decode(errors='replace')}")
            _check_lines(life.basket, order)
            if self._until is Until.FULFILLMENT:
                self._end(life)
            else:
                self._ship(life, order)

    def _ship(self, life: Life, order: FulfillmentOrder) -> None:
        life.state = "shipping"
        body = shipment_graph(life.basket, order.id, order.order_summary_id)
        self._post(body, partial(self._was_shipped, life, order.order_summary_id))

    def _was_shipped(self, life: Life, order_summary_id: str, body: bytes) -> None:
        check_graph(body)
        life.state = "waiting for its capture"
        self._uncaptured[order_summary_id] = life

    def _payments_seen(self, body: bytes) -> None:
        for payment in payment_summaries(body):
            life = self._uncaptured.get(payment.order_summary_id)
            if life is None:
                raise AnswerError(f"a payment summary too many: {body.decode(errors='replace')}")
            if _is_captured(life.basket, payment):
                del self._uncaptured[payment.order_summary_id]
                self._end(life)

    def _end(self, life: Life) -> None:
        del self.flying[life.basket.number]
        self.finished.seconds.append(self._clock() - life.born)
        if self._open:
            self._place()


def _check_lines(basket: Basket, order: FulfillmentOrder) -> None:
    """Both lines and every piece must be on the one fulfillment order: it is written whole."""
    ordered = sorted(line.quantity for line in basket.lines)
    if sorted(line.quantity for line in order.lines) != ordered:
        raise AnswerError(f"ordered {ordered}, fulfilled by {order}")


def _is_captured(basket: Basket, payment: PaymentSummary) -> bool:
    captured_cents = 100 * (payment.captured_amount or 0)
    if captured_cents > basket.cents:
        raise AnswerError(f"ordered for {basket.cents} cents, captured {payment}")
    return captured_cents == basket.cents
