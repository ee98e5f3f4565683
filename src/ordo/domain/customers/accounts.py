"""Accounts: a business has a name, a shopper a last name; a shopper's contact is kept in step (S0-53)."""

from __future__ import annotations

from typing import Any

from ordo.kernel.problems import FieldIntegrity, RequiredFieldMissing
from ordo.objects.accounts import Account, Contact
from ordo.platform.unit import Unit
from ordo.platform.verbs import Values, creates, updates

# What a person account shows of its contact: attribute of the account → of the contact.
_OF_CONTACT = {
    "first_name": "first_name",
    "middle_name": "middle_name",
    "last_name": "last_name",
    "suffix": "suffix",
    "salutation": "salutation",
    "person_email": "email",
    "person_mobile_phone": "mobile_phone",
    "person_home_phone": "home_phone",
    "person_birthdate": "birthdate",
    "person_title": "title",
    "person_department": "department",
    "phone": "phone",
}


@creates(Account)
def create_account(unit: Unit, values: Values) -> Account:
    """`LastName` makes a person account, with its contact; `Name` a business. Never both."""
    if values.get("last_name") is None:
        if values.get("name") is None:
            raise RequiredFieldMissing("Name")
        return unit.add(Account, **values)
    if not unit.options.person_accounts:
        raise FieldIntegrity("person accounts are not switched on", fields=("LastName",))
    if values.get("name") is not None:
        raise FieldIntegrity("a person account takes its name from the person", fields=("Name",))
    account = unit.add(Account, **values, is_person_account=True)
    contact = unit.add(
        Contact, account_id=account.id, owner_id=account.owner_id, **_contact_values(account, values)
    )
    return unit.change(account, person_contact_id=contact.id)


@updates(Account)
def change_account(unit: Unit, account: Account, values: Values) -> None:
    """A shopper's name and addresses are those of the contact; a business cannot lose its name."""
    if account.is_person_account:
        if "name" in values or ("last_name" in values and values["last_name"] is None):
            raise FieldIntegrity("a person account takes its name from the person", fields=("Name",))
    elif "name" in values and values["name"] is None:
        raise RequiredFieldMissing("Name")
    account = unit.change(account, **values)
    contact = unit.get(Contact, account.person_contact_id) if account.person_contact_id else None
    changed = _contact_values(account, values)
    if contact is not None and changed:
        unit.change(contact, **changed)


def _contact_values(account: Account, values: Values) -> dict[str, Any]:
    return {
        of_contact: getattr(account, own)
        for own, of_contact in _OF_CONTACT.items()
        if own in values and of_contact in Contact.__fields__
    }
