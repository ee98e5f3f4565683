"""A payment gateway that takes no money."""

from __future__ import annotations

from hashlib import sha256

import msgspec

from ordo.domain.ports import CaptureRequest, GatewayAnswer, GatewayResult, PaymentGateway
from ordo.kernel.clock import Clock
from ordo.platform.plugs import plug


@plug(PaymentGateway, "Simulated")
class SimulatedGateway:
    """Answers every capture with success, once per key."""

    name = "Simulated"

    class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
        """None yet."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._answers: dict[str, GatewayAnswer] = {}

    async def capture(self, request: CaptureRequest) -> GatewayAnswer:
        reference = "sim-" + sha256(request.key.encode()).hexdigest()[:16]
        answer = GatewayAnswer(GatewayResult.SUCCESS, reference, "approved", "Approved", Clock().now())
        return self._answers.setdefault(request.key, answer)

    async def find(self, key: str) -> GatewayAnswer | None:
        return self._answers.get(key)

    async def healthy(self) -> bool:
        return True
