"""LocationGroup: locations that promise stock together."""

from __future__ import annotations

from ordo.platform.records import Id, Record, boolean, reference, string, textarea


class LocationGroup(Record, prefix="0gh", room="inventory", shared=True):
    location_group_name: str = string(255, "CUL")
    owner_id: Id | None = reference("Group User", "CUD")

    description: str | None = textarea(2000, "CUN")
    external_reference: str | None = string(255, "CUN", indexed=True)
    is_enabled: bool = boolean("CUD", label="Enabled", default=True)
    should_sync_with_oci: bool = boolean("CUD", label="Sync with OCI", default=True)
