"""The contract suite itself: adapters with one flaw each, and the checks that must catch them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import pytest
from tests.plugs import contract
from tests.plugs.contract import Check
from tests.plugs.rigs import SimulatedRig

from ordo.domain.ports import CaptureRequest, GatewayAnswer, GatewayResult, GatewayUnknown, PaymentGateway
from ordo.kernel.money import Money
from ordo.providers.simulated.faults import Faults
from ordo.providers.simulated.payment_gateway import Booking, SimulatedGateway


class _CapturesTwice(SimulatedGateway):
    """Takes the key for a remark."""

    async def capture(self, request: CaptureRequest) -> GatewayAnswer:
        answer = await super().capture(request)
        if len(self.books) and self._requests[request.key].calls > 1:
            self.books.append(self.books[-1])
        return answer


class _CapturesTwiceAtOnce(SimulatedGateway):
    """Looks whether the key is known, waits, and then acts."""

    async def capture(self, request: CaptureRequest) -> GatewayAnswer:
        known = await self.find(request.key)
        await asyncio.create_task(self.healthy())  # others come in between
        if known is None:
            self._requests.pop(request.key, None)
        return await super().capture(request)


class _IgnoresDigits(SimulatedGateway):
    """Two digits for every currency."""

    async def capture(self, request: CaptureRequest) -> GatewayAnswer:
        minor = int(request.amount.amount * 100)
        wrong = msgspec.structs.replace(request, amount=Money(minor, request.amount.currency))
        return await super().capture(wrong)


class _Forgets(SimulatedGateway):
    async def find(self, key: str) -> GatewayAnswer | None:
        await super().find(key)
        return None


class _InventsAnswers(SimulatedGateway):
    """Takes silence for success."""

    async def find(self, key: str) -> GatewayAnswer | None:
        return await super().find(key) or self._answer(GatewayResult.SUCCESS, "sim-guess")


class _GivesNoReference(SimulatedGateway):
    async def capture(self, request: CaptureRequest) -> GatewayAnswer:
        return msgspec.structs.replace(await super().capture(request), reference=None)


class _NewReferences(SimulatedGateway):
    """A reference by the hour of the process: a restart captures anew."""

    def _decided(self, request: CaptureRequest, result: GatewayResult) -> GatewayAnswer:
        answer = super()._decided(request, result)
        return msgspec.structs.replace(answer, reference=f"sim-{id(self)}")


class _TakesSilenceForFailure(SimulatedGateway):
    async def capture(self, request: CaptureRequest) -> GatewayAnswer:
        try:
            return await super().capture(request)
        except GatewayUnknown:
            return self._answer(GatewayResult.SYSTEM_ERROR, None)


class _RaisesWhatItGets(SimulatedGateway):
    async def capture(self, request: CaptureRequest) -> GatewayAnswer:
        try:
            return await super().capture(request)
        except GatewayUnknown as unknown:
            raise ConnectionResetError from unknown


class _RaisesOnOddRequests(SimulatedGateway):
    async def capture(self, request: CaptureRequest) -> GatewayAnswer:
        if request.amount.minor <= 0:
            raise ValueError(request.amount)
        return await super().capture(request)


class _TakesAnyAmount(SimulatedGateway):
    """Another amount under the same key is taken for the first."""

    async def capture(self, request: CaptureRequest) -> GatewayAnswer:
        return await self.find(request.key) or await super().capture(request)


class _SoftForHard(SimulatedGateway):
    async def capture(self, request: CaptureRequest) -> GatewayAnswer:
        answer = await super().capture(request)
        hard = answer.result is GatewayResult.PERMANENT_FAIL
        return msgspec.structs.replace(answer, result=GatewayResult.DECLINE) if hard else answer


class _TakesDespiteDecline(SimulatedGateway):
    def _decided(self, request: CaptureRequest, result: GatewayResult) -> GatewayAnswer:
        if result is GatewayResult.DECLINE:
            self.books.append(Booking(request.key, request.amount, "sim-quiet"))
        return super()._decided(request, result)


class _AlwaysWell(SimulatedGateway):
    async def healthy(self) -> bool:
        return True


class _LivesInThePast(SimulatedGateway):
    async def capture(self, request: CaptureRequest) -> GatewayAnswer:
        past = datetime(1970, 1, 1, tzinfo=UTC)
        return msgspec.structs.replace(await super().capture(request), at=past)


class _TalksTooMuch(SimulatedGateway):
    """Hands on a page of the gateway's where a sentence is stored."""

    async def capture(self, request: CaptureRequest) -> GatewayAnswer:
        answer = await super().capture(request)
        return msgspec.structs.replace(answer, message=f"{answer.message} " * 50)


class _Rig(SimulatedRig):
    """The simulated gateway's, with another gateway in it."""

    def __init__(self, flawed: Callable[[Faults], SimulatedGateway]) -> None:
        super().__init__()
        self._flawed = flawed

    def started(self) -> PaymentGateway:
        self._gateway = self._flawed(self._healthy)
        return self._gateway


CAUGHT: list[tuple[type[SimulatedGateway], Check]] = [
    (_CapturesTwice, contract.takes_once_for_a_key),
    (_CapturesTwice, contract.an_answer_lost_on_the_way_back_is_found),
    (_CapturesTwiceAtOnce, contract.takes_once_for_a_key),
    (_IgnoresDigits, contract.takes_in_the_digits_of_the_currency),
    (_Forgets, contract.knows_what_it_did_and_what_never_came),
    (_Forgets, contract.an_answer_lost_on_the_way_back_is_found),
    (_InventsAnswers, contract.knows_what_it_did_and_what_never_came),
    (_InventsAnswers, contract.a_request_lost_on_the_way_took_nothing),
    (_GivesNoReference, contract.takes_what_is_asked),
    (_NewReferences, contract.a_restart_takes_nothing_again),
    (_TakesSilenceForFailure, contract.a_request_lost_on_the_way_took_nothing),
    (_TakesSilenceForFailure, contract.a_gateway_that_is_away_answers_nothing),
    (_RaisesWhatItGets, contract.an_answer_lost_on_the_way_back_is_found),
    (_RaisesOnOddRequests, contract.an_odd_request_is_answered_too),
    (_TakesAnyAmount, contract.refuses_a_key_for_another_amount),
    (_SoftForHard, contract.decides_against_it_and_takes_nothing),
    (_TakesDespiteDecline, contract.decides_against_it_and_takes_nothing),
    (_AlwaysWell, contract.a_gateway_that_is_away_answers_nothing),
    (_LivesInThePast, contract.takes_what_is_asked),
    (_TalksTooMuch, contract.takes_what_is_asked),
    (_TalksTooMuch, contract.decides_against_it_and_takes_nothing),
]


@pytest.mark.parametrize(("flawed", "check"), CAUGHT, ids=lambda it: it.__name__)
async def test_a_flawed_adapter_fails(flawed: type[SimulatedGateway], check: Check) -> None:
    await check(_Rig(SimulatedGateway))
    rig = _Rig(flawed)
    with pytest.raises((AssertionError, ConnectionResetError, ValueError, pytest.fail.Exception)):
        await check(rig)


def test_every_check_has_a_name_of_its_own() -> None:
    assert len({check.__name__ for check in contract.CHECKS}) == len(contract.CHECKS) == 13
