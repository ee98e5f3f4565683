"""User: who signs in and owns records."""

from __future__ import annotations

from collections.abc import Mapping

from ordo.objects.accounts.names import full_name
from ordo.objects.picklists import GEOCODE_ACCURACY
from ordo.platform.records import (
    DateTime,
    Id,
    Record,
    address,
    boolean,
    coordinate,
    email,
    moment,
    picklist,
    reference,
    string,
    textarea,
    url,
)
from ordo.platform.records import phone as phone_field


class User(Record, prefix="005", room="identity", calls="create retrieve update query"):
    name: str | None = string(121, "NL", label="Full Name")
    account_id: Id | None = reference("Account", "N", children="Users")
    contact_id: Id | None = reference("Contact", "CUN", children="Users")
    manager_id: Id | None = reference("User", "CUN", children="ManagedUsers")
    profile_id: Id | None = reference("Profile", "CU")
    user_role_id: Id | None = reference("UserRole", "CUN", label="Role ID")

    username: str = string(80, "CUL", unique=True)
    first_name: str | None = string(40, "CUN")
    middle_name: str | None = string(255, "CUN")
    last_name: str = string(80, "CU")
    suffix: str | None = string(255, "CUN")
    alias: str = string(8, "CU")
    community_nickname: str | None = string(40, "CU", label="Nickname")
    email: str = email("CUL", length=128, indexed=True)
    is_active: bool = boolean("CUD", label="Active", default=True)
    user_type: str = picklist("NR", "Standard", "PowerPartner", "PowerCustomerSuccess", "CustomerSuccess", "Guest", "CspLitePortal", "CsnOnly", "SelfService", length=40, default="Standard")
    about_me: str | None = textarea(1000, "CUN")
    company_name: str | None = string(80, "CUN")
    default_currency_iso_code: str | None = picklist("CUNDR", length=3, label="Default Currency ISO Code")
    department: str | None = string(80, "CUN")
    email_encoding_key: str | None = picklist("CUR", "UTF-8", "ISO-8859-1", "Shift_JIS", "ISO-2022-JP", "EUC-JP", "ks_c_5601-1987", "Big5", "GB2312", "Big5-HKSCS", "x-SJIS_0213", length=40, label="Email Encoding")
    employee_number: str | None = string(20, "CUN")
    federation_identifier: str | None = string(512, "CUNL", label="SAML Federation ID", unique=True, case_sensitive=True)
    full_photo_url: str | None = url("N", length=1024, label="Url for full-sized Photo")
    is_portal_enabled: bool = boolean("UD")
    is_prm_super_user: bool = boolean("CUD")
    language_locale_key: str | None = picklist("CUR", length=40, label="Language")
    locale_sid_key: str | None = picklist("CUR", length=40, label="Locale")
    mobile_phone: str | None = phone_field("CUN", label="Mobile")
    phone: str | None = phone_field("CUN")
    receives_admin_info_emails: bool = boolean("CUD", label="Admin Info Emails")
    receives_info_emails: bool = boolean("CUD", label="Info Emails")
    small_photo_url: str | None = url("N", length=1024, label="Photo")
    time_zone_sid_key: str | None = picklist("CUR", length=40, label="Time Zone")
    title: str | None = string(80, "CUN")
    user_preferences_activity_reminders_popup: bool = boolean("CU", label="ActivityRemindersPopup")

    last_login_date: DateTime | None = moment("N", label="Last Login")
    last_password_change_date: DateTime | None = moment("N", label="Last Password Change or Reset")

    address = address("")
    street: str | None = textarea(255, "CUN")
    city: str | None = string(40, "CUN")
    state: str | None = string(80, "CUN", label="State/Province")
    state_code: str | None = picklist("CUN", length=10)
    postal_code: str | None = string(20, "CUN", label="Zip/Postal Code")
    country: str | None = string(80, "CUN")
    country_code: str | None = picklist("CUN", length=10)
    latitude: float | None = coordinate("CUN")
    longitude: float | None = coordinate("CUN")
    geocode_accuracy: str | None = picklist("CUNR", *GEOCODE_ACCURACY, length=40)

    def derived(self) -> Mapping[str, object]:
        return {"name": full_name(self.first_name, self.middle_name, self.last_name, self.suffix)}
