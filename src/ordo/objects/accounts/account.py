"""Account: a business, or (with person accounts) one shopper."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

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
    currency,
    day,
    email,
    integer,
    moment,
    picklist,
    reference,
    string,
    textarea,
    url,
)
from ordo.platform.records import phone as phone_field


class Account(Record, prefix="001", room="customers", shared=True):
    # A person account is created without: its name is that of the person.
    name: str | None = string(255, "CUNL", label="Account Name", indexed=True)
    activity_metric_id: Id | None = reference("ActivityMetric", "N")
    activity_metric_rollup_id: Id | None = reference("ActivityMetricRollup", "N")
    connection_received_id: Id | None = reference("PartnerNetworkConnection", "N")
    connection_sent_id: Id | None = reference("PartnerNetworkConnection", "N")
    dandb_company_id: Id | None = reference("DandBCompany", "CUN", label="D&B Company ID")
    master_record_id: Id | None = reference("Account", "N")
    operating_hours_id: Id | None = reference("OperatingHours", "CUN", label="Operating Hour ID")
    parent_id: Id | None = reference("Account", "CUN", label="Parent Account ID", children="ChildAccounts")
    person_action_cadence_assignee_id: Id | None = reference("Group User", "N")
    person_action_cadence_id: Id | None = reference("ActionCadence", "N")
    person_contact_id: Id | None = reference("Contact", "UN", label="Contact ID")
    person_individual_id: Id | None = reference("Individual", "CUN", label="Individual ID")
    person_reports_to_id: Id | None = reference("Contact", "CN", since=62)
    record_type_id: Id | None = reference("RecordType", "CUN")
    owner_id: Id | None = reference("User", "CUD")

    type: str | None = picklist("CUN", label="Account Type")
    is_person_account: bool = boolean("D")
    first_name: str | None = string(40, "CUN")
    middle_name: str | None = string(255, "CUN")
    last_name: str | None = string(80, "CUN")
    salutation: str | None = picklist("CUN", *SALUTATIONS, length=40)
    suffix: str | None = string(255, "CUN")
    account_number: str | None = string(40, "CUN")
    account_source: str | None = picklist("CUN")
    channel_program_level_name: str | None = string(255, "N")
    channel_program_name: str | None = string(255, "N")
    clean_status: str | None = picklist("CUNR", "Matched", "Different", "Acknowledged", "NotFound", "Inactive", "Pending", "SelectMatch", "Skipped", length=40)
    description: str | None = textarea(32000, "CUN", label="Account Description")
    duns_number: str | None = string(9, "CUN", label="D-U-N-S Number")
    fax: str | None = phone_field("CUN", label="Account Fax")
    industry: str | None = picklist("CUN")
    is_active: bool = boolean("CUN", label="Active")
    is_buyer: bool = boolean("D")
    is_customer_portal: bool = boolean("UD", label="Customer Portal Account")
    is_excluded_from_realign: bool = boolean("CU")
    is_partner: bool = boolean("UD", label="Partner Account")
    is_priority_record: bool = boolean("D", since=60)
    jigsaw: str | None = string(20, "CUN", label="Data.com Key")
    jigsaw_company_id: str | None = string(20, "N")
    naics_code: str | None = string(8, "CUN", label="NAICS Code")
    naics_desc: str | None = string(120, "CUN", label="NAICS Description")
    name_local: str | None = string(255, "CUN")
    ownership: str | None = picklist("CUN", "Public", "Private", "Subsidiary", "Other")
    person_action_cadence_state: str | None = picklist("NR", since=50)
    person_assistant_name: str | None = string(40, "CUN", label="Assistant")
    person_assistant_phone: str | None = phone_field("CUN", label="Asst. Phone")
    person_department: str | None = string(80, "CUN", label="Department")
    person_do_not_call: bool = boolean("CU")
    person_email: str | None = email("CUN", label="Email", indexed=True)
    person_email_bounced_reason: str | None = string(255, "CUN", label="Email Bounced Reason")
    person_first_name_local: str | None = string(40, "CUN")
    person_gender: str | None = picklist("CUN", label="Gender")
    person_gender_identity: str | None = picklist("CUNR", label="Gender Identity")
    person_has_opted_out_of_email: bool = boolean("CUN")
    person_has_opted_out_of_fax: bool = boolean("CU")
    person_home_phone: str | None = phone_field("CUN", label="Home Phone")
    person_last_name_local: str | None = string(80, "CUN")
    person_lead_source: str | None = picklist("CUN", label="Lead Source")
    person_mobile_phone: str | None = phone_field("CUN", label="Mobile")
    person_pronouns: str | None = picklist("CUNR", label="Pronouns")
    person_title: str | None = string(80, "CUN", label="Title")
    phone: str | None = phone_field("CUN", label="Account Phone")
    photo_url: str | None = url("N", label="Photo URL")
    rating: str | None = picklist("CUN", "Hot", "Warm", "Cold", label="Account Rating")
    sic: str | None = string(20, "CUN", label="SIC Code")
    sic_desc: str | None = string(80, "CUN", label="SIC Description")
    site: str | None = string(80, "CUN", label="Account Site")
    source_system_identifier: str | None = string(85, "CUN", label="Source System ID")
    ticker_symbol: str | None = string(20, "CUN")
    tradestyle: str | None = string(255, "CUN")
    website: str | None = url("CUN")
    year_started: str | None = string(4, "CUN")
    number_of_employees: int | None = integer("CUN", digits=8, label="Employees")

    effective_date: DateTime | None = moment("CUN")
    end_date: DateTime | None = moment("CUN")
    last_activity_date: Date | None = day("N", label="Last Activity")
    person_birthdate: Date | None = day("CUN", label="Birthdate")
    person_email_bounced_date: DateTime | None = moment("CUN", label="Email Bounced Date")
    person_last_cu_request_date: DateTime | None = moment("N", api="PersonLastCURequestDate", label="Last Stay-in-Touch Request Date")
    person_last_cu_update_date: DateTime | None = moment("N", api="PersonLastCUUpdateDate", label="Last Stay-in-Touch Save Date")
    person_scheduled_resume_date_time: DateTime | None = moment("N", since=54)
    source_system_modified_date: DateTime | None = moment("CUN", label="Source System Modified")

    billing_address = address("Billing")
    billing_street: str | None = textarea(255, "CUN")
    billing_city: str | None = string(40, "CUN")
    billing_state: str | None = string(80, "CUN", label="Billing State/Province")
    billing_state_code: str | None = picklist("CUN", length=10)
    billing_postal_code: str | None = string(20, "CUN", label="Billing Zip/Postal Code")
    billing_country: str | None = string(80, "CUN")
    billing_country_code: str | None = picklist("CUN", length=10)
    billing_latitude: float | None = coordinate("CUN")
    billing_longitude: float | None = coordinate("CUN")
    billing_geocode_accuracy: str | None = picklist("CUNR", *GEOCODE_ACCURACY, length=40)

    person_mailing_address = address("PersonMailing", label="Mailing Address")
    person_mailing_street: str | None = textarea(255, "CUN", label="Mailing Street")
    person_mailing_city: str | None = string(40, "CUN", label="Mailing City")
    person_mailing_state: str | None = string(80, "CUN", label="Mailing State/Province")
    person_mailing_state_code: str | None = picklist("CUN", length=10)
    person_mailing_postal_code: str | None = string(20, "CUN", label="Mailing Zip/Postal Code")
    person_mailing_country: str | None = string(80, "CUN", label="Mailing Country")
    person_mailing_country_code: str | None = picklist("CUN", length=10)
    person_mailing_latitude: float | None = coordinate("CUN", label="Mailing Latitude")
    person_mailing_longitude: float | None = coordinate("CUN", label="Mailing Longitude")
    person_mailing_geocode_accuracy: str | None = picklist("NR", *GEOCODE_ACCURACY, length=40, label="Mailing Geocode Accuracy")

    person_other_phone: str | None = phone_field("CUN", label="Other Phone")
    person_other_address = address("PersonOther", label="Other Address")
    person_other_street: str | None = textarea(255, "CUN", label="Other Street")
    person_other_city: str | None = string(40, "CUN", label="Other City")
    person_other_state: str | None = string(80, "CUN", label="Other State/Province")
    person_other_state_code: str | None = picklist("CUN", length=10)
    person_other_postal_code: str | None = string(20, "CUN", label="Other Zip/Postal Code")
    person_other_country: str | None = string(80, "CUN", label="Other Country")
    person_other_country_code: str | None = picklist("CUN", length=10)
    person_other_latitude: float | None = coordinate("CUN", label="Other Latitude")
    person_other_longitude: float | None = coordinate("CUN", label="Other Longitude")
    person_other_geocode_accuracy: str | None = picklist("CUN", *GEOCODE_ACCURACY, length=40, label="Other Geocode Accuracy")

    shipping_address = address("Shipping")
    shipping_street: str | None = textarea(255, "CUN")
    shipping_city: str | None = string(40, "CUN")
    shipping_state: str | None = string(80, "CUN", label="Shipping State/Province")
    shipping_state_code: str | None = picklist("CUN", length=10)
    shipping_postal_code: str | None = string(20, "CUN", label="Shipping Zip/Postal Code")
    shipping_country: str | None = string(80, "CUN")
    shipping_country_code: str | None = picklist("CUN", length=10)
    shipping_latitude: float | None = coordinate("CUN")
    shipping_longitude: float | None = coordinate("CUN")
    shipping_geocode_accuracy: str | None = picklist("CUNR", *GEOCODE_ACCURACY, length=40)

    currency_iso_code: str | None = picklist("CUN", length=3, label="Currency ISO Code")
    annual_revenue: Decimal | None = currency("CUN", scale=0)

    def derived(self) -> Mapping[str, object]:
        if not self.is_person_account:
            return {}
        return {"name": full_name(self.first_name, self.middle_name, self.last_name, self.suffix)}
