"""Location: a warehouse, shop or supplier that holds or receives goods."""

from __future__ import annotations

from ordo.platform.records import (
    Date,
    Id,
    Record,
    Time,
    boolean,
    coordinate,
    day,
    email,
    geolocation,
    integer,
    picklist,
    reference,
    string,
    time_of_day,
)
from ordo.platform.records import phone as phone_field


class Location(Record, prefix="131", room="inventory"):
    name: str = string(255, "CUL", label="Location Name", indexed=True)
    business_hours_id: Id | None = reference("BusinessHours", "CUN")
    fulfilling_business_hours_id: Id | None = reference("BusinessHours", "CUN", label="Business Hours ID", since=61)
    logo_id: Id | None = reference("ContentAsset", "CUN", label="Asset File ID", since=50)
    parent_location_id: Id | None = reference("Location", "CUN", children="ChildLocations")
    property_owner_account_id: Id | None = reference("Account", "CUN")
    root_location_id: Id | None = reference("Location", "N")
    visitor_address_id: Id | None = reference("Address", "CUN", label="Address ID")
    owner_id: Id | None = reference("Group User", "CUD")

    status: str | None = picklist("CUN")
    location_type: str | None = picklist("CU", length=40)
    external_reference: str | None = string(255, "CUN", indexed=True)
    default_processing_time_unit: str | None = picklist("CUN", "Hours", "Days", "Weeks", since=61)
    description: str | None = string(255, "CUN")
    distribution_area: str | None = string(255, "CUN")
    driving_directions: str | None = string(1000, "CUN")
    email: str | None = email("CUN", length=255)
    fax: str | None = phone_field("CUN")
    gross_floor_area_uom: str | None = picklist("CUN")
    has_life_support: bool = boolean("CU")
    has_sensitive_load: bool = boolean("CU")
    is_eligible_for_pickup: bool = boolean("CUN")
    is_inventory_location: bool = boolean("CUD", label="Inventory Location")
    is_key_at_premises: bool = boolean("CU")
    is_mobile: bool = boolean("CUD", label="Mobile Location")
    is_ok_to_enter: bool = boolean("CU")
    is_supply_guaranteed: bool = boolean("CU")
    location = geolocation()
    meter_read_instructions: str | None = string(255, "CUN")
    meter_read_warning: str | None = string(255, "CUN")
    mobile: str | None = phone_field("CUN")
    phone: str | None = phone_field("CUN")
    primary_property_function: str | None = picklist("CUN")
    priority: str | None = picklist("CUN", since=55)
    should_sync_with_oci: bool = boolean("CUD", label="Sync with OCI", since=51)
    should_track_fo_capacity: bool = boolean("CUD", since=55)
    supply_guarantee_reason: str | None = string(255, "CUN")
    time_zone: str | None = picklist("CUNR")
    assigned_fo_count: int | None = integer("CUN", since=55)
    default_processing_time: int | None = integer("CUN", since=61)
    earliest_pickup_time_offset: int | None = integer("CUN")
    fo_capacity: int | None = integer("CUN", since=55)
    gross_floor_area: int | None = integer("CUN")
    latest_pickup_time_offset: int | None = integer("CUN")
    location_level: int | None = integer("N")
    number_of_occupants: int | None = integer("CUN")
    pickup_processing_time: int | None = integer("CUN")
    latitude: float | None = coordinate("CUN")
    longitude: float | None = coordinate("CUN")

    activation_date: Date | None = day("CUN")
    close_date: Date | None = day("CUN")
    construction_end_date: Date | None = day("CUN")
    construction_start_date: Date | None = day("CUN")
    default_pickup_time: Time | None = time_of_day("CUN", since=61)
    open_date: Date | None = day("CUN")
    possession_date: Date | None = day("CUN")
    remodel_end_date: Date | None = day("CUN")
    remodel_start_date: Date | None = day("CUN")
