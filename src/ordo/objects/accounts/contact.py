"""Contact: a person at an account."""

from __future__ import annotations

from collections.abc import Mapping

from ordo.objects.accounts.names import full_name
from ordo.objects.picklists import GEOCODE_ACCURACY, SALUTATIONS
from ordo.platform.records import (
    Date,
    DateTime,
    Id,
    Record,
    address,
    boolean,
    coordinate,
    day,
    email,
    integer,
    moment,
    multipicklist,
    picklist,
    reference,
    string,
    textarea,
    url,
)
from ordo.platform.records import phone as phone_field


class Contact(Record, prefix="003", room="customers", shared=True):
    name: str | None = string(121, "NL", label="Full Name", indexed=True)
    account_id: Id | None = reference("Account", "CUN", children="Contacts", cascade=True)
    action_cadence_assignee_id: Id | None = reference("User Group", "N")
    action_cadence_id: Id | None = reference("ActionCadence", "N")
    activity_metric_id: Id | None = reference("ActivityMetric", "N")
    activity_metric_rollup_id: Id | None = reference("ActivityMetricRollup", "N")
    connection_received_id: Id | None = reference("PartnerNetworkConnection", "N")
    connection_sent_id: Id | None = reference("PartnerNetworkConnection", "N")
    individual_id: Id | None = reference("Individual", "CUN")
    master_record_id: Id | None = reference("Contact", "N")
    reports_to_id: Id | None = reference("Contact", "CUN")
    record_type_id: Id | None = reference("RecordType", "CUN")
    owner_id: Id | None = reference("User", "CUD")

    salutation: str | None = picklist("CUN", *SALUTATIONS, length=40)
    first_name: str | None = string(40, "CUN")
    middle_name: str | None = string(255, "CUN")
    last_name: str = string(80, "CU")
    suffix: str | None = string(255, "CUN")
    email: str | None = email("CUNL", indexed=True)
    phone: str | None = phone_field("CUN", label="Business Phone")
    action_cadence_state: str | None = picklist("NR", since=50)
    assistant_name: str | None = string(40, "CUN", label="Assistant's Name")
    assistant_phone: str | None = phone_field("CUN", label="Asst. Phone")
    buyer_attributes: str | None = multipicklist("CUNR")
    can_allow_portal_self_reg: bool = boolean("CUD")
    clean_status: str | None = picklist("CUNR", "Matched", "Different", "Acknowledged", "NotFound", "Inactive", "Pending", "SelectMatch", "Skipped", length=40)
    contact_source: str | None = picklist("CUNR", length=40, label="Creation Source")
    department: str | None = string(80, "CUN")
    department_group: str | None = picklist("CUNR", length=40)
    description: str | None = textarea(32000, "CUN", label="Contact Description")
    do_not_call: bool = boolean("CUD")
    email_bounced_reason: str | None = string(255, "CUN")
    engagement_score_id: str | None = string(18, "N")
    fax: str | None = phone_field("CUN", label="Business Fax")
    first_name_local: str | None = string(40, "CUN")
    gender_identity: str | None = picklist("CUNR")
    has_opted_out_of_email: bool = boolean("CUD")
    has_opted_out_of_fax: bool = boolean("CUD")
    home_phone: str | None = phone_field("CUN")
    is_email_bounced: bool = boolean("D")
    is_person_account: bool = boolean("D")
    is_priority_record: bool = boolean("D", label="Important", since=59)
    jigsaw: str | None = string(20, "CUN", label="Data.com Key")
    jigsaw_contact_id: str | None = string(20, "N")
    last_name_local: str | None = string(80, "CUN")
    lead_source: str | None = picklist("CUN")
    mobile_phone: str | None = phone_field("CUN")
    photo_url: str | None = url("N", label="Photo URL")
    pronouns: str | None = picklist("CUNR")
    title: str | None = string(128, "CUN")
    title_type: str | None = picklist("CUNR", length=40, label="Seniority Level")
    active_tracker_count: int | None = integer("N", since=57)

    birthdate: Date | None = day("CUN")
    email_bounced_date: DateTime | None = moment("CUN")
    first_call_date_time: DateTime | None = moment("N")
    first_email_date_time: DateTime | None = moment("N")
    last_activity_date: Date | None = day("N", label="Last Activity")
    last_cu_request_date: DateTime | None = moment("N", api="LastCURequestDate", label="Last Stay-in-Touch Request Date")
    last_cu_update_date: DateTime | None = moment("N", api="LastCUUpdateDate", label="Last Stay-in-Touch Save Date")
    scheduled_resume_date_time: DateTime | None = moment("N", since=54)

    mailing_address = address("Mailing")
    mailing_street: str | None = textarea(255, "CUN")
    mailing_city: str | None = string(40, "CUN")
    mailing_state: str | None = string(80, "CUN", label="Mailing State/Province")
    mailing_state_code: str | None = picklist("CUN", length=10)
    mailing_postal_code: str | None = string(20, "CUN", label="Mailing Zip/Postal Code")
    mailing_country: str | None = string(80, "CUN")
    mailing_country_code: str | None = picklist("CUN", length=10)
    mailing_latitude: float | None = coordinate("CUN")
    mailing_longitude: float | None = coordinate("CUN")
    mailing_geocode_accuracy: str | None = picklist("CUNR", *GEOCODE_ACCURACY, length=40)

    other_phone: str | None = phone_field("CUN")
    other_address = address("Other")
    other_street: str | None = textarea(255, "CUN")
    other_city: str | None = string(40, "CUN")
    other_state: str | None = string(80, "CUN", label="Other State/Province")
    other_state_code: str | None = picklist("CUN", length=10)
    other_postal_code: str | None = string(20, "CUN", label="Other Zip/Postal Code")
    other_country: str | None = string(80, "CUN")
    other_country_code: str | None = picklist("CUN", length=10)
    other_latitude: float | None = coordinate("CUN")
    other_longitude: float | None = coordinate("CUN")
    other_geocode_accuracy: str | None = picklist("CUNR", *GEOCODE_ACCURACY, length=40)

    currency_iso_code: str | None = picklist("CUN", length=3, label="Currency ISO Code")

    def derived(self) -> Mapping[str, object]:
        return {"name": full_name(self.first_name, self.middle_name, self.last_name, self.suffix)}
