"""The contract of the payment gateway port, for every adapter there is; it finds them by itself."""

from __future__ import annotations

import pytest
from tests.plugs.contract import CHECKS, Check
from tests.plugs.rigs import RIGS

from ordo.domain.ports import PaymentGateway
from ordo.platform.plugs import SettingsAreInvalid, adapters, new_adapter


def test_every_adapter_has_a_rig() -> None:
    """And no rig is left over from an adapter that is gone."""
    assert adapters(PaymentGateway) == sorted(RIGS)


@pytest.mark.parametrize("name", adapters(PaymentGateway))
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
async def test_contract(name: str, check: Check) -> None:
    """S1-28, C15: what a gateway that hangs or declines has to say."""
    await check(RIGS[name]())


@pytest.mark.parametrize("name", adapters(PaymentGateway))
def test_an_adapter_says_its_name(name: str) -> None:
    assert RIGS[name]().started().name == name


@pytest.mark.parametrize("name", adapters(PaymentGateway))
def test_settings_that_are_not_declared_are_refused(name: str) -> None:
    with pytest.raises(SettingsAreInvalid, match=f"adapter {name} "):
        new_adapter(PaymentGateway, name, b'{"no_such_setting": 1}')
