"""Plugs by name: adapters to outside parties, each registered for its port with its typed settings.

An adapter is one class in one module below `ordo.providers`:

    @plug(PaymentGateway, "Simulated")
    class SimulatedGateway:
        class Settings(msgspec.Struct, …): …
        def __init__(self, settings: Settings) -> None: …
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pkgutil import walk_packages
from types import ModuleType
from typing import Any, NamedTuple, TypeVar

import msgspec

from ordo.kernel.problems import Problem

P = TypeVar("P")


class AdapterIsUnknown(Problem):
    """A record names an adapter that is not installed; the message says which ones are."""

    code = "INVALID_INPUT"

    def __init__(self, port: type, name: str) -> None:
        known = ", ".join(adapters(port)) or "none"
        super().__init__(f"there is no {port.__name__} adapter named '{name}'; there are: {known}")


class SettingsAreInvalid(Problem):
    """The settings of an adapter do not fit its declaration; the message says where."""

    code = "INVALID_INPUT"

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"the settings of adapter {name} are invalid: {why}")


class _Declared(NamedTuple):
    name: str
    kind: Callable[[Any], Any]
    settings: type[msgspec.Struct]


_DECLARED: dict[tuple[type, str], _Declared] = {}
_KEPT: dict[tuple[type, str, bytes], Any] = {}


def plug(port: type[P], name: str) -> Callable[[type[P]], type[P]]:
    """Registers an adapter class for a port. TypeError for a second of that name, or one without Settings."""

    def register(kind: type[P]) -> type[P]:
        settings = getattr(kind, "Settings", None)
        if not (isinstance(settings, type) and issubclass(settings, msgspec.Struct)):
            raise TypeError(f"adapter {name} names no Settings")
        if (port, name.lower()) in _DECLARED:
            raise TypeError(f"adapter {name} is declared twice")
        _DECLARED[port, name.lower()] = _Declared(name, kind, settings)
        return kind

    return register


def adapters(port: type) -> list[str]:
    """The names of the port's adapters, sorted."""
    return sorted(declared.name for (of, _), declared in _DECLARED.items() if of is port)


def new_adapter(port: type[P], name: str, settings: bytes | str = b"{}") -> P:
    """An instance of its own. `name` in upper or lower case, `settings` a JSON object.

    Raises AdapterIsUnknown, SettingsAreInvalid.
    """
    declared = _DECLARED.get((port, name.lower()))
    if declared is None:
        raise AdapterIsUnknown(port, name)
    try:
        typed = msgspec.json.decode(settings, type=declared.settings)
    except (msgspec.DecodeError, UnicodeError) as error:
        raise SettingsAreInvalid(declared.name, str(error)) from error
    made: P = declared.kind(typed)
    return made


def adapter(port: type[P], name: str, settings: bytes | str = b"{}") -> P:
    """The instance this process keeps for these settings, so that its connections and memory last.

    Otherwise as `new_adapter`.
    """
    text = settings.encode(errors="surrogatepass") if isinstance(settings, str) else settings
    key = (port, name.lower(), text)
    if key not in _KEPT:
        _KEPT[key] = new_adapter(port, name, settings)
    kept: P = _KEPT[key]
    return kept


def load(package: ModuleType) -> None:
    """Imports every module below the package, for the adapters they declare."""
    for module in walk_packages(package.__path__, f"{package.__name__}."):
        import_module(module.name)
