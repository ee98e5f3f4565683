"""A new installation gets its organisation, an administrator and the user that flows act as."""

from __future__ import annotations

import msgspec

from ordo.objects.accounts import Organization, User
from ordo.platform.unit import Unit
from ordo.platform.verbs import Verb, no_needs


class FoundOrganization(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    username: str
    currency: str


class Founded(msgspec.Struct, frozen=True):
    organization_id: str
    administrator_id: str
    automation_id: str


def _found(unit: Unit, command: FoundOrganization) -> Founded:
    """To be run once, by the caller's care: the organisation row has no natural key."""
    administrator = unit.add(
        User,
        username=command.username,
        last_name="Administrator",
        alias="admin",
        email=command.username,
        is_active=True,
    )
    automation = unit.add(
        User,
        username=f"automation.{command.username}",
        last_name="Automated Process",
        alias="autoproc",
        email=command.username,
        is_active=True,
    )
    made = unit.add(
        Organization,
        name=command.name,
        default_currency_iso_code=command.currency,
        organization_type="Developer Edition",
        instance_name="ORDO",
    )
    return Founded(made.id, administrator.id, automation.id)


found_organization = Verb("found-organization", FoundOrganization, _found, no_needs)  # not for flows to name
