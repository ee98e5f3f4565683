"""What an option may be set to: names become ids, what no process could use is refused before it is stored."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import msgspec

from ordo.journeys.gateways import check_settings
from ordo.journeys.naming import gateway_id, location_id
from ordo.kernel.money import is_currency
from ordo.kernel.problems import InvalidInput
from ordo.objects.fulfillment.fulfillment_order import STATUS_CATEGORIES
from ordo.platform import options
from ordo.platform.credentials import is_storable
from ordo.platform.options import Options

if TYPE_CHECKING:
    from ordo.platform.database import Database

MASK = "********"
_SECRET = re.compile(r"secret|password|passphrase|token|key|credential", re.IGNORECASE)
_STATUS_LENGTH_MAX = 40


class OptionIsUnknown(InvalidInput):
    def __init__(self, name: str) -> None:
        near = get_close_matches(name, names(), n=1, cutoff=0.0)
        super().__init__(f"there is no option {name}; the nearest is {', '.join(near)}")


class OptionIsInvalid(InvalidInput):
    """The message says what is allowed."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name}: {why}")


def names() -> list[str]:
    return [field.name for field in msgspec.structs.fields(Options)]


async def set_option(database: Database, name: str, value: object) -> object:
    """Stores the value for the whole organisation, and answers it as it is stored. OptionIsUnknown,
    OptionIsInvalid, NameIsUnknown, and what a gateway's adapter says of its settings."""
    if name not in names():
        raise OptionIsUnknown(name)
    try:
        typed = getattr(msgspec.convert({name: value}, Options), name)
    except msgspec.ValidationError as error:
        raise OptionIsInvalid(name, str(error).partition(" - at ")[0]) from error
    rule = _RULES.get(name)
    stored = await rule(database, typed) if rule is not None else typed
    await options.store(database, name, stored)
    return stored


async def _currency(_: Database, code: str) -> str:
    if not is_currency(code):
        raise OptionIsInvalid("currency", f"there is no currency {code}; it is an ISO 4217 code such as EUR")
    return code


async def _routing_locations(database: Database, said: tuple[str, ...]) -> list[str]:
    ids = [await location_id(database, one) for one in said]
    return list(dict.fromkeys(ids))


async def _till_locations(database: Database, said: Mapping[str, str]) -> dict[str, str]:
    """A channel is told as sales will name it, by id or name; it may not be there yet."""
    return {channel: await location_id(database, one) for channel, one in said.items()}


async def _fulfillment_statuses(_: Database, said: Mapping[str, str]) -> Mapping[str, str]:
    known = sorted(set(STATUS_CATEGORIES.values()))
    for status, category in said.items():
        if category not in known:
            raise OptionIsInvalid(
                "fulfillment_statuses", f"{status}: there is no category {category}; there are {', '.join(known)}"
            )
        if STATUS_CATEGORIES.get(status, category) != category:
            raise OptionIsInvalid("fulfillment_statuses", f"{status} is {STATUS_CATEGORIES[status]} for everybody")
        if not (0 < len(status) <= _STATUS_LENGTH_MAX and is_storable(status)):
            raise OptionIsInvalid("fulfillment_statuses", f"a status has 1 to {_STATUS_LENGTH_MAX} characters")
    return said


async def _gateway_settings(database: Database, said: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
    before = (await options.load(database)).gateway_settings
    found: dict[str, Any] = {}
    for name, settings in said.items():
        row_id = await gateway_id(database, name)
        if row_id in found:
            raise OptionIsInvalid("gateway_settings", f"{name} is there twice")
        found[row_id] = _unmasked(settings, before.get(row_id))
        await check_settings(database, row_id, found[row_id])
    return found


def _unmasked(value: Any, before: Any) -> Any:
    """What was shown masked is kept as it was; OptionIsInvalid where nothing was."""
    if isinstance(value, Mapping):
        known = before if isinstance(before, Mapping) else {}
        return {name: _unmasked(part, known.get(name)) for name, part in value.items()}
    if value == MASK:
        if before is None:
            raise OptionIsInvalid("gateway_settings", f"{MASK} stands for a value that is kept; there is none")
        return before
    return value


def masked(value: Any) -> Any:
    """A value to be shown: what is called like a secret is not."""
    if isinstance(value, Mapping):
        return {
            name: MASK if _SECRET.search(name) and part and not isinstance(part, Mapping) else masked(part)
            for name, part in value.items()
        }
    return [masked(part) for part in value] if isinstance(value, list | tuple) else value


_RULES: dict[str, Callable[[Database, Any], Awaitable[object]]] = {
    "currency": _currency,
    "routing_locations": _routing_locations,
    "till_locations": _till_locations,
    "fulfillment_statuses": _fulfillment_statuses,
    "gateway_settings": _gateway_settings,
}
