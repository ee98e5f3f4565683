"""How the contract suite reaches the other side of an adapter: one rig for every adapter there is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import ClassVar, NamedTuple, Protocol

import msgspec

from ordo.domain.ports import GatewayResult, PaymentGateway
from ordo.platform.plugs import new_adapter
from ordo.providers.simulated.faults import Faults, Loss
from ordo.providers.simulated.payment_gateway import SimulatedGateway


class Line(NamedTuple):
    """What the other side took, as its own books say it: the amount with the currency's digits."""

    key: str
    amount: Decimal
    currency: str
    reference: str


class Rig(Protocol):
    """The other side of one adapter, and what can be done to it."""

    @property
    def amounts(self) -> Mapping[GatewayResult, int]:
        """Amounts in cents of EUR that end with this result."""
        ...

    def started(self) -> PaymentGateway:
        """The adapter as a process that just started has it; the other side stays what it was."""
        ...

    def books(self) -> Sequence[Line]:
        """What the other side took from the adapter that was started last, each time it did."""
        ...

    def lose(self, loss: Loss) -> None:
        """The next call ends without an answer."""
        ...

    def mend(self) -> None:
        """From now on calls are answered."""
        ...

    def take_down(self) -> None:
        """The other side is away."""
        ...

    def slow_down(self) -> None:
        """Answers take longer than anybody waits."""
        ...


class SimulatedRig:
    """The other side of a simulated gateway is the gateway: a restart forgets it."""

    amounts: ClassVar = {
        GatewayResult.DECLINE: 10_4001,
        GatewayResult.PERMANENT_FAIL: 10_4002,
        GatewayResult.VALIDATION_ERROR: 10_4003,
        GatewayResult.SYSTEM_ERROR: 10_4004,
        GatewayResult.INDETERMINATE: 10_4005,
    }

    def __init__(self) -> None:
        results = {str(minor)[-4:]: result for result, minor in self.amounts.items()}
        self._healthy = Faults(results=results)
        self._gateway: SimulatedGateway | None = None

    def started(self) -> PaymentGateway:
        settings = msgspec.json.encode(self._healthy)
        gateway = new_adapter(PaymentGateway, "Simulated", settings)
        assert isinstance(gateway, SimulatedGateway)
        self._gateway = gateway
        return gateway

    @property
    def gateway(self) -> SimulatedGateway:
        assert self._gateway is not None
        return self._gateway

    def books(self) -> Sequence[Line]:
        return [
            Line(line.key, line.amount.amount, line.amount.currency, line.reference) for line in self.gateway.books
        ]

    def lose(self, loss: Loss) -> None:
        self._set(losses_every={1: loss})

    def mend(self) -> None:
        self.gateway.faults = self._healthy

    def take_down(self) -> None:
        self._set(down=True)

    def slow_down(self) -> None:
        self._set(delay_seconds=600.0)

    def _set(self, **faults: object) -> None:
        self.gateway.faults = msgspec.structs.replace(self._healthy, **faults)


RIGS: Mapping[str, type[Rig]] = {"Simulated": SimulatedRig}
"""By the adapter's name. An adapter without a rig fails the suite."""
