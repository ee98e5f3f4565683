"""What can go wrong with a simulated gateway: all of it asked for by name, none of it by default."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256
from math import fsum
from typing import Annotated, TypeVar

import msgspec

from ordo.domain.ports import CaptureRequest, GatewayResult
from ordo.kernel.money import is_currency

F = TypeVar("F", bound=StrEnum)

# Four digits at least: 40.01 is an amount one chooses, 1.00 one that happens.
Ending = Annotated[str, msgspec.Meta(pattern=r"\A[0-9]{4,9}\Z")]
Nth = Annotated[int, msgspec.Meta(ge=1)]
Share = Annotated[float, msgspec.Meta(ge=0, le=1)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=600)]


class Loss(StrEnum):
    """When a call ends without an answer: before the gateway acted, or after."""

    BEFORE_ACTING = "BeforeActing"
    AFTER_ACTING = "AfterActing"


class Faults(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the simulated gateway.

    A result follows from request and settings alone, so that a gateway that forgot a request decides it as
    before. A loss hits a call, not a request: the same request goes through when it is repeated.
    """

    results: dict[Ending, GatewayResult] = {}
    """The result, by the last digits of the amount in minor units; the longest ending counts."""

    losses: dict[Ending, Loss] = {}
    """The first call for a request whose amount ends so is lost."""

    losses_every: dict[Nth, Loss] = {}
    """Every n-th call is lost; 1 loses all."""

    result_shares: dict[GatewayResult, Share] = {}
    """The share of requests that get this result: 0.05 is one of twenty. Together at most 1."""

    loss_shares: dict[Loss, Share] = {}
    """The share of calls that is lost. Together at most 1."""

    seed: int = 0
    """Another seed draws other requests and calls; the same seed always the same."""

    delay_seconds: Seconds = 0.0
    """How long the answer takes after the gateway acted: who does not wait for it has to ask."""

    down: bool = False
    """Nobody answers: captures and questions end without an answer, and health is bad."""

    def __post_init__(self) -> None:
        for name in ("result_shares", "loss_shares"):
            if fsum(getattr(self, name).values()) > 1:
                raise ValueError(f"{name} are more than 1 together")

    def result_of(self, request: CaptureRequest) -> GatewayResult:
        """Success, unless the request is wrong or the settings say otherwise."""
        if request.amount.minor <= 0 or not is_currency(request.amount.currency):
            return GatewayResult.VALIDATION_ERROR
        named = _by_ending(self.results, request.amount.minor)
        return named or self._drawn(self.result_shares, "result", request.key) or GatewayResult.SUCCESS

    def loss_of(self, request: CaptureRequest, call: int, nth: int) -> Loss | None:
        """For the `call`-th call with this request, the `nth` of the gateway; both count from 1."""
        if call == 1 and (named := _by_ending(self.losses, request.amount.minor)):
            return named
        every = [loss for step, loss in self.losses_every.items() if nth % step == 0]
        return every[0] if every else self._drawn(self.loss_shares, "loss", request.key, call)

    def _drawn(self, shares: Mapping[F, float], *what: object) -> F | None:
        drawn = _chance(self.seed, *what)
        for outcome, share in shares.items():
            if drawn < share:
                return outcome
            drawn -= share
        return None


def _by_ending(outcomes: Mapping[str, F], minor: int) -> F | None:
    digits = str(minor)
    matching = [ending for ending in outcomes if digits.endswith(ending)]
    return outcomes[max(matching, key=len)] if matching else None


def _chance(*what: object) -> float:
    """A number from 0 up to 1 that only depends on what it is for."""
    digest = sha256(":".join(map(str, what)).encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48
