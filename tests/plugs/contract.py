"""What every payment gateway must hold to, as checks on a rig. `CHECKS` lists them all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from tests.plugs.rigs import Line, Rig

from ordo.domain.ports import CaptureRequest, GatewayAnswer, GatewayResult, GatewayUnknown, PaymentGateway
from ordo.kernel.money import Money
from ordo.providers.simulated.faults import Loss

Check = Callable[[Rig], Awaitable[None]]
CHECKS: list[Check] = []
KEY, OTHER_KEY = "0aQ000000000001AAA", "0aQ000000000002AAA"


def check(function: Check) -> Check:
    CHECKS.append(function)
    return function


def asked(minor: int = 12_34, currency: str = "EUR", key: str = KEY) -> CaptureRequest:
    return CaptureRequest(key, Money(minor, currency), "auth-1", "00000100")


async def unanswered(gateway: PaymentGateway, request: CaptureRequest) -> None:
    with pytest.raises(GatewayUnknown):
        await gateway.capture(request)


def assert_taken(answer: GatewayAnswer | None, lines: Sequence[Line], request: CaptureRequest) -> None:
    """Success under a reference, and the amount once in the other side's books."""
    assert answer is not None
    assert answer.result is GatewayResult.SUCCESS
    assert answer.reference
    amount, currency = request.amount.amount, request.amount.currency
    assert list(lines) == [Line(request.key, amount, currency, answer.reference)]


def assert_fits(answer: GatewayAnswer) -> None:
    """As long as the fields of Payment and PaymentGatewayLog that it goes into, without what no text can hold."""
    for text, length in ((answer.reference, 255), (answer.code, 64), (answer.message, 255)):
        assert len(text or "") <= length
        assert "\0" not in (text or "")
    assert answer.at.utcoffset() == timedelta()


@check
async def takes_what_is_asked(rig: Rig) -> None:
    """With a reference, today, in UTC."""
    gateway = rig.started()
    answer = await gateway.capture(asked())
    assert_taken(answer, rig.books(), asked())
    assert_fits(answer)
    assert abs(datetime.now(UTC) - answer.at) < timedelta(days=1)


@check
async def takes_in_the_digits_of_the_currency(rig: Rig) -> None:
    gateway = rig.started()
    for number, currency in enumerate(("EUR", "JPY", "KWD")):
        answer = await gateway.capture(asked(1234, currency, key=f"{KEY}{number}"))
        assert answer.result is GatewayResult.SUCCESS
    taken = [(str(line.amount), line.currency) for line in rig.books()]
    assert taken == [("12.34", "EUR"), ("1234", "JPY"), ("1.234", "KWD")]
    assert all(isinstance(line.amount, Decimal) for line in rig.books())


@check
async def takes_once_for_a_key(rig: Rig) -> None:
    """At the same time and again: the same answer."""
    gateway = rig.started()
    first, *others = await asyncio.gather(*(gateway.capture(asked()) for _ in range(5)))
    assert others == [first] * 4
    assert await gateway.capture(asked()) == first
    assert_taken(first, rig.books(), asked())


@check
async def refuses_a_key_for_another_amount(rig: Rig) -> None:
    gateway = rig.started()
    first = await gateway.capture(asked(12_34))
    second = await gateway.capture(asked(99_99))
    assert second.result is GatewayResult.VALIDATION_ERROR
    assert_taken(first, rig.books(), asked(12_34))
    assert await gateway.find(KEY) == first


@check
async def knows_what_it_did_and_what_never_came(rig: Rig) -> None:
    gateway = rig.started()
    first = await gateway.capture(asked())
    second = await gateway.capture(asked(key=OTHER_KEY))
    assert await gateway.find(KEY) == first
    assert await gateway.find(OTHER_KEY) == second
    assert first.reference != second.reference
    assert await gateway.find("0aQ000000000003AAA") is None


@check
async def decides_against_it_and_takes_nothing(rig: Rig) -> None:
    """Soft and hard are told apart (C15), with the gateway's own code; asked again it says the same."""
    gateway = rig.started()
    for number, result in enumerate(set(GatewayResult) - {GatewayResult.SUCCESS, GatewayResult.INDETERMINATE}):
        request = asked(rig.amounts[result], key=f"{KEY}{number}")
        answer = await gateway.capture(request)
        assert answer.result is result
        assert answer.code
        assert_fits(answer)
        assert await gateway.capture(request) == answer
        assert await gateway.find(request.key) in (answer, None)
    assert rig.books() == []


@check
async def what_is_pending_is_settled_by_asking(rig: Rig) -> None:
    gateway = rig.started()
    request = asked(rig.amounts[GatewayResult.INDETERMINATE])
    assert (await gateway.capture(request)).result is GatewayResult.INDETERMINATE
    assert rig.books() == []
    found = await gateway.find(KEY)
    assert_taken(found, rig.books(), request)
    assert await gateway.find(KEY) == found
    assert await gateway.capture(request) == found
    assert_taken(found, rig.books(), request)


@check
async def a_request_lost_on_the_way_took_nothing(rig: Rig) -> None:
    """S1-28. The same key then captures once."""
    gateway = rig.started()
    rig.lose(Loss.BEFORE_ACTING)
    await unanswered(gateway, asked())
    rig.mend()
    assert await gateway.find(KEY) is None
    assert rig.books() == []
    assert_taken(await gateway.capture(asked()), rig.books(), asked())


@check
async def an_answer_lost_on_the_way_back_is_found(rig: Rig) -> None:
    """S1-28. Neither asking nor the same key takes it again."""
    gateway = rig.started()
    rig.lose(Loss.AFTER_ACTING)
    await unanswered(gateway, asked())
    rig.mend()
    found = await gateway.find(KEY)
    assert_taken(found, rig.books(), asked())
    assert await gateway.capture(asked()) == found
    assert_taken(found, rig.books(), asked())


@check
async def who_does_not_wait_can_ask(rig: Rig) -> None:
    """S1-28. The caller's time limit ends the call; what the gateway then says agrees with its books."""
    gateway = rig.started()
    rig.slow_down()
    with pytest.raises((TimeoutError, GatewayUnknown)):
        async with asyncio.timeout(0.05):
            await gateway.capture(asked())
    rig.mend()
    answer = await gateway.find(KEY) or await gateway.capture(asked())
    assert_taken(answer, rig.books(), asked())


@check
async def a_restart_takes_nothing_again(rig: Rig) -> None:
    """Found, or captured anew by the same key: one reference, so one capture."""
    first = await rig.started().capture(asked())
    gateway = rig.started()
    again = await gateway.find(KEY) or await gateway.capture(asked())
    assert (again.result, again.reference) == (first.result, first.reference)


@check
async def a_gateway_that_is_away_answers_nothing(rig: Rig) -> None:
    gateway = rig.started()
    assert await gateway.healthy() is True
    rig.take_down()
    assert await gateway.healthy() is False
    await unanswered(gateway, asked())
    with pytest.raises(GatewayUnknown):
        await gateway.find(KEY)
    rig.mend()
    assert await gateway.healthy() is True
    assert await gateway.find(KEY) is None
    assert rig.books() == []


@check
async def an_odd_request_is_answered_too(rig: Rig) -> None:
    """Whatever the request: an answer or GatewayUnknown, and no success for what is no amount."""
    gateway = rig.started()
    for number, amount in enumerate((Money(0, "EUR"), Money(-1, "EUR"), Money(100, "ZZZ"), Money(100, ""))):
        key = f"{KEY}{number}"
        answer = await gateway.capture(CaptureRequest(key, amount, "auth-1", "00000100"))
        assert answer.result is GatewayResult.VALIDATION_ERROR
    assert rig.books() == []
    for key in ("", "schlüssel", "k" * 300):
        answer = await gateway.capture(CaptureRequest(key, Money(100, "EUR"), None, "Bestellung Ä\n" * 50))
        assert_fits(answer)
        assert answer.result in (GatewayResult.SUCCESS, GatewayResult.VALIDATION_ERROR)
        assert await gateway.find(key) in (answer, None)
