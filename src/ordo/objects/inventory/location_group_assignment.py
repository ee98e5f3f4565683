"""LocationGroupAssignment: one location in one group."""

from __future__ import annotations

from ordo.platform.records import Id, Record, reference, string


class LocationGroupAssignment(
    Record,
    prefix="0gx",
    room="inventory",
    unique=(("location_group_id", "location_id"),),
):
    location_group_assignment: str | None = string(255, "DAL", label="Location Group Assignment Name", number_format="LGA-{:09d}")
    location_group_id: Id = reference("LocationGroup", "C", cascade=True, indexed=True)
    location_id: Id = reference("Location", "C", cascade=True, indexed=True)

    location_external_reference: str | None = string(255, "N", label="External Reference")
    location_group_external_reference: str | None = string(255, "N", label="External Reference")
    location_group_name: str | None = string(255, "N", label="Location Group Number")
    location_name: str | None = string(255, "N")
