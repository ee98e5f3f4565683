"""AssociatedLocation: a location an account bills or ships to."""

from __future__ import annotations

from ordo.platform.records import DateTime, Id, Record, moment, picklist, reference, string


class AssociatedLocation(Record, prefix="0Kt", room="inventory"):
    associated_location_number: str | None = string(255, "DAL", label="Associated Location Name", number_format="AL-{:09d}")
    location_id: Id = reference("Location", "CU", children="AssociatedLocations", cascade=True)
    parent_record_id: Id = reference("Account", "C", label="Account Name ID", children="AssociatedLocations", cascade=True)

    type: str | None = picklist("CUN", "Bill To", "Ship To", length=40)

    active_from: DateTime | None = moment("CUN")
    active_to: DateTime | None = moment("CUN")
