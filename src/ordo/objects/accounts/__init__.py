"""Who buys and who works here: accounts, contacts, users and the organisation itself."""

from ordo.objects.accounts.account import Account
from ordo.objects.accounts.contact import Contact
from ordo.objects.accounts.organization import Organization
from ordo.objects.accounts.user import User

__all__ = [
    "Account",
    "Contact",
    "Organization",
    "User",
]
