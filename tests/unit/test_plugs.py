"""Plugs by name: choice, typed settings, and refusals that say what there is."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any, Protocol

import msgspec
import pytest

from ordo.domain.ports import PaymentGateway
from ordo.kernel.problems import Problem
from ordo.platform import plugs
from ordo.platform.plugs import AdapterIsUnknown, SettingsAreInvalid, adapter, adapters, load, new_adapter, plug
from ordo.providers.simulated.payment_gateway import SimulatedGateway


class Lamp(Protocol):
    """A port of this test."""

    watts: int


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test registers is gone after it."""
    monkeypatch.setattr(plugs, "_DECLARED", dict(plugs._DECLARED))
    monkeypatch.setattr(plugs, "_KEPT", {})


def declared() -> type[Any]:
    @plug(Lamp, "Desk")
    class DeskLamp:
        class Settings(msgspec.Struct, forbid_unknown_fields=True):
            watts: int = 5

        def __init__(self, settings: Settings) -> None:
            self.watts = settings.watts

    return DeskLamp


def test_an_adapter_is_found_by_its_name_in_any_case_with_its_settings() -> None:
    kind = declared()
    for name, settings, watts in (("Desk", b"{}", 5), ("DESK", '{"watts": 7}', 7), ("desk", b'{"watts":7}', 7)):
        made = adapter(Lamp, name, settings)
        assert (type(made), made.watts) == (kind, watts)


def test_a_port_knows_its_own_adapters_only() -> None:
    declared()
    assert adapters(Lamp) == ["Desk"]
    assert adapters(PaymentGateway) == ["Simulated"]
    with pytest.raises(AdapterIsUnknown):
        adapter(Lamp, "Simulated")


def test_a_process_keeps_one_instance_for_the_same_settings() -> None:
    declared()
    kept = adapter(Lamp, "Desk", b"{}")
    assert adapter(Lamp, "desk", "{}") is kept
    assert adapter(Lamp, "Desk", b'{"watts":7}') is not kept
    assert new_adapter(Lamp, "Desk", b"{}") is not kept


def test_an_unknown_name_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(Problem) as refused:
        adapter(PaymentGateway, "Stripe")
    assert refused.value.as_error() == {
        "message": "there is no PaymentGateway adapter named 'Stripe'; there are: Simulated",
        "errorCode": "INVALID_INPUT",
    }
    with pytest.raises(AdapterIsUnknown, match="there is no Lamp adapter named ''; there are: none"):
        adapter(Lamp, "")


@pytest.mark.parametrize(
    "settings",
    [b"", b"null", b"[]", b"{", b'{"watts": "7"}', b'{"watt": 7}', b'{"watts": 7} x', b'{"\xff": 1}', "\ud800"],
)
def test_settings_that_do_not_fit_are_refused(settings: bytes | str) -> None:
    declared()
    with pytest.raises(SettingsAreInvalid, match="the settings of adapter Desk are invalid: ") as refused:
        new_adapter(Lamp, "desk", settings)
    assert refused.value.code == "INVALID_INPUT"
    with pytest.raises(SettingsAreInvalid):
        adapter(Lamp, "desk", settings)


def test_a_name_is_declared_once_in_any_case() -> None:
    declared()
    with pytest.raises(TypeError, match="adapter desk is declared twice"):
        plug(Lamp, "desk")(SimulatedGateway)  # type: ignore[arg-type]
    assert adapters(Lamp) == ["Desk"]


def test_an_adapter_names_its_settings() -> None:
    class Torch:
        watts = 1

    with pytest.raises(TypeError, match="adapter Torch names no Settings"):
        plug(Lamp, "Torch")(Torch)
    assert adapters(Lamp) == []


def test_a_module_below_a_package_is_found_without_being_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One new file is a new adapter."""
    folder = tmp_path / "found_adapters" / "acme"
    folder.mkdir(parents=True)
    for package in (folder, folder.parent):
        (package / "__init__.py").touch()
    (folder / "gateway.py").write_text(
        "import msgspec\n"
        "from ordo.domain.ports import PaymentGateway\n"
        "from ordo.platform.plugs import plug\n"
        "@plug(PaymentGateway, 'Acme')\n"
        "class Acme:\n"
        "    Settings = msgspec.defstruct('Settings', [])\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    import found_adapters  # type: ignore[import-not-found]  # noqa: PLC0415  made by this test

    load(found_adapters)
    assert adapters(PaymentGateway) == ["Acme", "Simulated"]
    for name in [name for name in sys.modules if name.startswith("found_adapters")]:
        monkeypatch.delitem(sys.modules, name)
