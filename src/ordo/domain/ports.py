"""The ports: what Ordo asks of outside parties, in values that know nothing of records."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol

import msgspec

from ordo.kernel.money import Money


class CaptureRequest(msgspec.Struct, frozen=True):
    """Take an authorised amount. `key` is the idempotency key: the same key never captures twice."""

    key: str
    """Id of the Payment row that is the intent."""

    amount: Money

    authorization_reference: str | None
    """GatewayRefNumber of the authorization."""

    merchant_reference: str
    """What the merchant finds in the gateway's own reports."""


class GatewayResult(StrEnum):
    """What a gateway decided: values of SfResultCode (C15: soft decline = DECLINE, hard = PERMANENT_FAIL)."""

    SUCCESS = "Success"
    DECLINE = "Decline"  # soft: may be tried again, as a new request with a new key
    PERMANENT_FAIL = "PermanentFail"  # hard: trying again is useless or forbidden
    VALIDATION_ERROR = "ValidationError"  # the request itself is wrong; nothing was done
    SYSTEM_ERROR = "SystemError"  # the gateway failed and says that nothing was done
    INDETERMINATE = "Indeterminate"  # the gateway itself does not know yet: ask it later


class GatewayAnswer(msgspec.Struct, frozen=True):
    """An adapter cuts the gateway's words to these lengths: an answer that cannot be stored is lost."""

    result: GatewayResult

    reference: str | None
    """The gateway's name for the capture, up to 255 characters; never None on SUCCESS."""

    code: str | None
    """The gateway's own code, up to 64 characters."""

    message: str | None
    """The gateway's own words, up to 255 characters."""

    at: datetime
    """The gateway's time, UTC."""


class GatewayUnknown(Exception):  # noqa: N818  not an error of anybody's: the answer is missing
    """The call ended without an answer (timeout, connection lost, 5xx): nobody knows what happened."""


class PaymentGateway(Protocol):
    """A payment provider. Every adapter passes tests/plugs/test_payment_gateways.py."""

    name: str
    """As the adapter is registered, and as PaymentGatewayProvider.DeveloperName names it."""

    async def capture(self, request: CaptureRequest) -> GatewayAnswer:
        """Takes the amount, once per key: the same key again gets the same answer, whatever that was.

        Another request under the same key is a VALIDATION_ERROR. Raises GatewayUnknown and nothing else.
        """
        ...

    async def find(self, key: str) -> GatewayAnswer | None:
        """What happened to the request with this key; None: it never arrived. Raises GatewayUnknown."""
        ...

    async def healthy(self) -> bool:
        """Whether the gateway would answer now; never raises."""
        ...
