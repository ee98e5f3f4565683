"""A payment gateway that takes no money and fails only as it is told to."""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from dataclasses import dataclass
from hashlib import sha256
from typing import NamedTuple

import msgspec

from ordo.domain.ports import CaptureRequest, GatewayAnswer, GatewayResult, GatewayUnknown, PaymentGateway
from ordo.kernel.clock import Clock
from ordo.kernel.money import Money
from ordo.platform.plugs import plug
from ordo.providers.simulated.faults import Faults, Loss

KEYS_MAX = 10_000
# What the gateway says, in words of its own: code and message.
_WORDS = {
    GatewayResult.SUCCESS: ("approved", "Approved"),
    GatewayResult.DECLINE: ("insufficient_funds", "The account does not hold the amount"),
    GatewayResult.PERMANENT_FAIL: ("stolen_card", "The card is reported stolen"),
    GatewayResult.VALIDATION_ERROR: ("invalid_request", "The amount or its currency is not acceptable"),
    GatewayResult.SYSTEM_ERROR: ("internal_error", "The gateway failed and did nothing"),
    GatewayResult.INDETERMINATE: ("pending", "The bank has not decided yet"),
}


class Booking(NamedTuple):
    """One line of the gateway's own books: what it took."""

    key: str
    amount: Money
    reference: str


@dataclass
class _Request:
    """What the gateway knows of one key: how often it was called, and what it decided if it acted."""

    calls: int = 0
    asked: CaptureRequest | None = None
    answer: GatewayAnswer | None = None


@plug(PaymentGateway, "Simulated")
class SimulatedGateway:
    """Captures in memory; `faults` are its settings and may be set on the object.

    What it promises: within a process it remembers the last 10,000 keys and captures once for each. Result and
    reference follow from request and settings alone. So when it forgot (another process, a restart), `find`
    says None, and the capture that then follows ends as the first one did, under the same reference: to
    whoever keeps the books by reference nothing was taken twice. Only `at` and `books` begin anew.

    A request that the bank has not decided (INDETERMINATE) is decided with success once somebody asks.
    """

    name = "Simulated"
    Settings = Faults

    def __init__(self, settings: Faults) -> None:
        self.faults = settings
        self.books: deque[Booking] = deque(maxlen=KEYS_MAX)
        self._requests: OrderedDict[str, _Request] = OrderedDict()
        self._calls = 0
        self._clock = Clock()

    async def capture(self, request: CaptureRequest) -> GatewayAnswer:
        """Success, or what the faults say. Raises GatewayUnknown."""
        self._check_up()
        known = self._known(request.key)
        known.calls += 1
        self._calls += 1
        loss = self.faults.loss_of(request, known.calls, self._calls)
        if loss is Loss.BEFORE_ACTING:
            raise GatewayUnknown("the connection was lost on the way to the gateway")
        answer = self._act(known, request)
        if self.faults.delay_seconds:
            await asyncio.sleep(self.faults.delay_seconds)
        if loss is Loss.AFTER_ACTING:
            raise GatewayUnknown("the connection was lost on the way back")
        return answer

    async def find(self, key: str) -> GatewayAnswer | None:
        """What was decided for this key, as far as this process knows. Raises GatewayUnknown when down."""
        self._check_up()
        known = self._requests.get(key)
        if known is None or known.asked is None or known.answer is None:
            return None
        if known.answer.result is GatewayResult.INDETERMINATE:
            known.answer = self._decided(known.asked, GatewayResult.SUCCESS)
        return known.answer

    async def healthy(self) -> bool:
        return not self.faults.down

    def _check_up(self) -> None:
        if self.faults.down:
            raise GatewayUnknown("the gateway does not answer")

    def _known(self, key: str) -> _Request:
        known = self._requests.setdefault(key, _Request())
        if len(self._requests) > KEYS_MAX:
            self._requests.popitem(last=False)
        return known

    def _act(self, known: _Request, request: CaptureRequest) -> GatewayAnswer:
        """Once per key: a second request is answered as the first, or refused if it is another one."""
        if known.answer is None:
            known.asked, known.answer = request, self._decided(request, self.faults.result_of(request))
        elif known.asked != request:
            answer = self._answer(GatewayResult.VALIDATION_ERROR, None)
            return msgspec.structs.replace(answer, code="key_reused", message="The key belongs to another request")
        return known.answer

    def _decided(self, request: CaptureRequest, result: GatewayResult) -> GatewayAnswer:
        reference = "sim-" + sha256(request.key.encode()).hexdigest()[:20]
        if result is GatewayResult.SUCCESS:
            self.books.append(Booking(request.key, request.amount, reference))
        return self._answer(result, reference)

    def _answer(self, result: GatewayResult, reference: str | None) -> GatewayAnswer:
        code, message = _WORDS[result]
        return GatewayAnswer(result, reference, code, message, self._clock.now())
