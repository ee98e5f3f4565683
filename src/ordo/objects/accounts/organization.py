"""Organization: this installation itself, one row, with what clients read of it."""

from __future__ import annotations

from ordo.objects.picklists import GEOCODE_ACCURACY
from ordo.platform.records import (
    DateTime,
    Record,
    address,
    boolean,
    coordinate,
    integer,
    moment,
    picklist,
    string,
    textarea,
)
from ordo.platform.records import phone as phone_field


class Organization(Record, prefix="00D", room="identity", calls="retrieve update query", shared=True):
    name: str = string(80, "CUL")

    division: str | None = string(80, "UN")
    phone: str | None = phone_field("UN")
    fax: str | None = phone_field("UN")
    primary_contact: str | None = string(80, "UN")
    default_locale_sid_key: str = picklist("UR", length=40, label="Locale", default="en_US")
    time_zone_sid_key: str = picklist("UR", length=40, label="Time Zone", default="GMT")
    language_locale_key: str = picklist("UR", length=40, label="Language", default="en_US")
    default_currency_iso_code: str | None = picklist("NR", length=3, label="Default Currency ISO Code")
    receives_info_emails: bool = boolean("U", label="Info Emails")
    receives_admin_info_emails: bool = boolean("U", label="Info Emails Admin")
    organization_type: str | None = picklist("NR", length=40, label="Edition")
    namespace_prefix: str | None = string(15, "N")
    instance_name: str | None = string(5, "N")
    is_sandbox: bool = boolean()
    is_read_only: bool = boolean()
    fiscal_year_start_month: int | None = integer("N")

    trial_expiration_date: DateTime | None = moment("N")

    address = address("")
    street: str | None = textarea(255, "UN")
    city: str | None = string(40, "UN")
    state: str | None = string(80, "UN", label="State/Province")
    state_code: str | None = picklist("UN", length=10)
    postal_code: str | None = string(20, "UN", label="Zip/Postal Code")
    country: str | None = string(80, "UN")
    country_code: str | None = picklist("UN", length=10)
    latitude: float | None = coordinate("UN")
    longitude: float | None = coordinate("UN")
    geocode_accuracy: str | None = picklist("UNR", *GEOCODE_ACCURACY, length=40)
