"""From a PaymentGateway record to the adapter that speaks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from ordo.domain.ports import PaymentGateway
from ordo.kernel.problems import Problem
from ordo.platform.plugs import adapter, new_adapter

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ordo.kernel.clock import Clock
    from ordo.platform.database import Database

_PROVIDER = """
SELECT g.status, p.developername FROM paymentgateway g
LEFT JOIN paymentgatewayprovider p ON p.id = g.paymentgatewayproviderid AND NOT p.isdeleted
WHERE g.id = $1 AND NOT g.isdeleted
"""
KEPT_SECONDS = 5.0


class GatewayCannotBeUsed(Problem):
    code = "INVALID_INPUT"


class Gateways:
    """Looks adapters up by record; what was found is believed for a few seconds.

    `settings` answers the adapters' settings as they are now, by gateway id.
    """

    def __init__(
        self, database: Database, clock: Clock, settings: Callable[[], Mapping[str, Mapping[str, Any]]]
    ) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._kept: dict[str, tuple[float, PaymentGateway]] = {}

    async def find(self, gateway_id: str) -> PaymentGateway:
        """Raises GatewayCannotBeUsed, AdapterIsUnknown, SettingsAreInvalid."""
        now = self._clock.now().timestamp()
        until, gateway = self._kept.get(gateway_id, (0.0, None))
        if gateway is None or until < now:
            gateway = await self._looked_up(gateway_id)
            self._kept[gateway_id] = (now + KEPT_SECONDS, gateway)
        return gateway

    async def _looked_up(self, gateway_id: str) -> PaymentGateway:
        row = await _provider(self._database, gateway_id)
        if row["status"] != "Active":
            raise GatewayCannotBeUsed(f"The payment gateway {gateway_id} is {row['status']}.")
        settings = msgspec.json.encode(self._settings().get(gateway_id, {}))
        return adapter(PaymentGateway, row["developername"], settings)


async def check_settings(database: Database, gateway_id: str, settings: Mapping[str, Any]) -> None:
    """Whether the gateway's adapter takes them. GatewayCannotBeUsed, AdapterIsUnknown, SettingsAreInvalid."""
    row = await _provider(database, gateway_id)
    new_adapter(PaymentGateway, row["developername"], msgspec.json.encode(settings))


async def _provider(database: Database, gateway_id: str) -> Any:
    row = await database.fetchrow(_PROVIDER, gateway_id)
    if row is None or row["developername"] is None:
        raise GatewayCannotBeUsed(f"The payment gateway {gateway_id} or its provider does not exist.")
    return row
