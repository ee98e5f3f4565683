"""docs/how-to/try-failures.md does what it says: its settings, its amounts, its table of settings."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from ordo.domain.ports import CaptureRequest, GatewayAnswer, GatewayUnknown, PaymentGateway
from ordo.kernel.money import Money
from ordo.platform.plugs import new_adapter
from ordo.providers.simulated.faults import Faults
from ordo.providers.simulated.payment_gateway import SimulatedGateway

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "try-failures.md").read_text()
SETTINGS = re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL)
AMOUNTS = re.findall(r"^\| (\d+\.\d\d) \| (\w+) \| (\w+) \| (\d+\.\d\d) \|$", PAGE, re.MULTILINE)
DECLARED = re.findall(r"^\| `(\w+)` \| `(.+?)` \|", PAGE, re.MULTILINE)


def told(answer: GatewayAnswer | None) -> str:
    return answer.result.value if answer else "nothing"


async def captured(gateway: PaymentGateway, request: CaptureRequest) -> GatewayAnswer | None:
    try:
        return await gateway.capture(request)
    except GatewayUnknown:
        return None


@pytest.mark.parametrize(("amount", "first", "then", "taken"), AMOUNTS)
async def test_an_amount_of_the_table(amount: str, first: str, then: str, taken: str) -> None:
    """S1-28, C15."""
    gateway = new_adapter(PaymentGateway, "simulated", SETTINGS[0])
    assert isinstance(gateway, SimulatedGateway)
    request = CaptureRequest("k1", Money.of(Decimal(amount), "EUR"), None, "00000100")
    assert told(await captured(gateway, request)) == first
    assert told(await gateway.find("k1") or await captured(gateway, request)) == then
    assert sum((line.amount.amount for line in gateway.books), Decimal("0.00")) == Decimal(taken)


def test_the_page_shows_what_there_is() -> None:
    assert (len(SETTINGS), len(AMOUNTS)) == (1, 7)
    defaults = msgspec.to_builtins(Faults())
    assert {name: msgspec.json.decode(text) for name, text in DECLARED} == defaults
