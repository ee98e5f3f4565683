"""The simulated gateway: no fault unless asked for, and the same faults for the same seed."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as some

from ordo.domain.ports import CaptureRequest, GatewayAnswer, GatewayResult, GatewayUnknown, PaymentGateway
from ordo.kernel.money import Money
from ordo.objects.picklists import SF_RESULTS
from ordo.platform.plugs import SettingsAreInvalid, adapter, new_adapter
from ordo.providers.simulated import payment_gateway
from ordo.providers.simulated.faults import Faults, Loss
from ordo.providers.simulated.payment_gateway import SimulatedGateway


def asked(minor: int = 12_34, key: str = "k1", currency: str = "EUR") -> CaptureRequest:
    return CaptureRequest(key, Money(minor, currency), "auth-1", "00000100")


async def heard(gateway: PaymentGateway, request: CaptureRequest) -> GatewayAnswer | None:
    try:
        return await gateway.capture(request)
    except GatewayUnknown:
        return None


def test_results_are_values_of_the_picklist() -> None:
    """C15: a soft decline is Decline, a hard one PermanentFail."""
    assert {result.value for result in GatewayResult} == set(SF_RESULTS) - {"RequiresReview"}


@given(some.integers(1, 10**12), some.sampled_from(["EUR", "JPY", "KWD"]), some.text(max_size=30))
def test_no_amount_fails_by_accident(minor: int, currency: str, key: str) -> None:
    request = asked(minor, key, currency)
    assert Faults().result_of(request) is GatewayResult.SUCCESS
    assert [Faults().loss_of(request, call, call) for call in (1, 2, 3)] == [None, None, None]


async def test_an_answer_follows_from_the_request_alone() -> None:
    """What was decided and under which reference; only the time is that of the process."""
    first, second = SimulatedGateway(Faults()), SimulatedGateway(Faults())
    await second.capture(asked(key="k0"))
    one, other = await first.capture(asked()), await second.capture(asked())
    assert msgspec.structs.replace(one, at=other.at) == other
    assert one.reference == "sim-6ab9f1eb8f7d3388f4f9"
    assert (one.code, one.message) == ("approved", "Approved")


def test_the_longest_ending_counts() -> None:
    faults = Faults(results={"4001": GatewayResult.DECLINE, "94001": GatewayResult.PERMANENT_FAIL})
    results = [faults.result_of(asked(minor)) for minor in (4001, 14001, 94001, 4002, 40010, 401)]
    assert results == ["Decline", "Decline", "PermanentFail", "Success", "Success", "Success"]


async def test_an_ending_loses_the_first_call_only() -> None:
    """S1-28: what hangs once goes through when it is asked again."""
    gateway = SimulatedGateway(Faults(losses={"4101": Loss.BEFORE_ACTING, "4102": Loss.AFTER_ACTING}))
    for minor, booked in ((4101, 0), (4102, 1)):
        gateway.books.clear()
        request = asked(minor, key=str(minor))
        assert await heard(gateway, request) is None
        assert len(gateway.books) == booked
        again = await heard(gateway, request)
        assert again is not None
        assert [(line.key, line.reference) for line in gateway.books] == [(str(minor), again.reference)]


async def test_every_third_call_is_lost() -> None:
    gateway = SimulatedGateway(Faults(losses_every={3: Loss.BEFORE_ACTING}))
    answers = [await heard(gateway, asked(key=f"k{n}")) for n in range(1, 8)]
    assert [answer is None for answer in answers] == [False, False, True, False, False, True, False]
    assert [line.key for line in gateway.books] == ["k1", "k2", "k4", "k5", "k7"]


def test_shares_are_drawn_by_the_seed() -> None:
    """The same requests every time, whatever came between; another seed others."""
    shares = {GatewayResult.DECLINE: 0.2, GatewayResult.PERMANENT_FAIL: 0.1}

    def results(seed: int) -> list[GatewayResult]:
        faults = Faults(result_shares=shares, seed=seed)
        return [faults.result_of(asked(key=f"k{n}")) for n in range(1000)]

    assert results(7) == results(7) != results(8)
    assert Counter(results(7)) == {"Success": 730, "Decline": 196, "PermanentFail": 74}
    faults = Faults(loss_shares={Loss.AFTER_ACTING: 0.5}, seed=7)
    losses = [faults.loss_of(asked(), call, 1) for call in range(1, 9)]
    assert losses == [faults.loss_of(asked(), call, 99) for call in range(1, 9)]
    assert {None, Loss.AFTER_ACTING} == set(losses)


async def test_whoever_asks_and_repeats_captures_each_once() -> None:
    """S1-28: of 500 requests two fifths of the calls are lost; the gateway's books are ours, to the cent."""
    faults = Faults(loss_shares={Loss.BEFORE_ACTING: 0.2, Loss.AFTER_ACTING: 0.2}, seed=1)
    gateway = SimulatedGateway(faults)
    ours = [asked(100 + n, key=f"k{n}") for n in range(500)]
    unheard = 0
    for request in ours:
        while await heard(gateway, request) is None and await gateway.find(request.key) is None:
            unheard += 1
    assert unheard > 50
    assert [(line.key, line.amount) for line in gateway.books] == [(one.key, one.amount) for one in ours]


async def test_a_slow_answer_comes_after_the_capture() -> None:
    gateway = SimulatedGateway(Faults(delay_seconds=600))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await gateway.capture(asked())
    found = await gateway.find("k1")
    assert found is not None
    assert found.result is GatewayResult.SUCCESS
    assert [line.amount for line in gateway.books] == [Money(12_34, "EUR")]


async def test_memory_is_bounded_and_forgetting_does_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payment_gateway, "KEYS_MAX", 2)
    gateway = SimulatedGateway(Faults())
    first = await gateway.capture(asked(key="k1"))
    for key in ("k2", "k3"):
        await gateway.capture(asked(key=key))
    assert await gateway.find("k1") is None
    assert await gateway.find("k3") is not None
    again = await gateway.capture(asked(key="k1"))
    assert (again.result, again.reference) == (first.result, first.reference)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"results": {"401": "Decline"}}, "at `key` in `$.results`"),  # three digits hit ordinary amounts
        ({"results": {"4001": "SoftDecline"}}, "Invalid enum value 'SoftDecline'"),
        ({"losses": {"40.01": "AfterActing"}}, "at `key` in `$.losses`"),
        ({"losses_every": {"0": "AfterActing"}}, "`int` >= 1"),
        ({"result_shares": {"Decline": 1.5}}, "`float` <= 1.0"),
        ({"loss_shares": {"BeforeActing": 0.6, "AfterActing": 0.6}}, "loss_shares are more than 1 together"),
        ({"delay_seconds": -1}, "`float` >= 0.0"),
        ({"delay_second": 1}, "unknown field `delay_second`"),
    ],
)
def test_settings_are_checked(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(SettingsAreInvalid) as refused:
        new_adapter(PaymentGateway, "Simulated", msgspec.json.encode(settings))
    assert why in refused.value.message


async def test_faults_can_be_set_on_the_object_a_process_keeps() -> None:
    """How a test breaks the gateway that a worker in the same process uses."""
    gateway = adapter(PaymentGateway, "Simulated", b'{"seed": 4711}')
    assert isinstance(gateway, SimulatedGateway)
    gateway.faults = Faults(down=True)
    assert adapter(PaymentGateway, "simulated", b'{"seed": 4711}') is gateway
    assert await gateway.healthy() is False
