"""Who a user is, as userinfo, the identity URL and SOAP tell it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from ordo.kernel.clock import Clock
from ordo.kernel.ids import normalize
from ordo.platform.database import Database
from ordo.platform.records import noun
from ordo.platform.roles import Role
from ordo.platform.sessions import INACTIVITY_SECONDS

LANGUAGE, LOCALE, ZONE = "en_US", "en_US", "UTC"
"""Of a user who says nothing else."""


def profile_id(role: Role) -> str:
    """A role as the id of a Profile, which the platform has in its place."""
    return normalize(f"00e{list(Role).index(role) + 1:012d}") or ""


class Profile(msgspec.Struct, frozen=True):
    """A credential with what the noun User knows of its person; names and settings have defaults."""

    user_id: str
    username: str
    role: Role
    is_active: bool
    first_name: str | None = None
    last_name: str | None = None
    name: str | None = None
    email: str | None = None
    language: str | None = None
    locale: str | None = None
    zone: str | None = None
    user_type: str | None = None
    modified: datetime | None = None

    @property
    def display_name(self) -> str:
        return self.name or " ".join(filter(None, (self.first_name, self.last_name))) or self.username


_CREDENTIAL_ONLY = "SELECT user_id, username, role, is_active FROM credential WHERE user_id = $1"
_WITH_USER = """
SELECT c.user_id, c.username, c.role, c.is_active, u.firstname AS first_name, u.lastname AS last_name,
       u.name, u.email, u.languagelocalekey AS language, u.localesidkey AS locale, u.timezonesidkey AS zone,
       u.usertype AS user_type, u.lastmodifieddate AS modified
FROM credential c LEFT JOIN "user" u ON u.id = c.user_id WHERE c.user_id = $1"""


class Profiles:
    """Reads profiles and draws the documents clients ask for."""

    def __init__(self, database: Database, clock: Clock, organization_id: str, organization_name: str) -> None:
        self._database = database
        self._clock = clock
        self._organization_id = organization_id
        self._organization_name = organization_name

    async def of(self, user_id: str) -> Profile | None:
        row: Any = await self._database.fetchrow(_WITH_USER if noun("User") else _CREDENTIAL_ONLY, user_id)
        return None if row is None else Profile(**{**row, "role": Role(row["role"])})

    def identity_url(self, url: str, user_id: str) -> str:
        return f"{url}/id/{self._organization_id}/{user_id}"

    def userinfo(self, profile: Profile, url: str) -> dict[str, object]:
        """The OpenID document."""
        return {
            "sub": self.identity_url(url, profile.user_id),
            "user_id": profile.user_id,
            "organization_id": self._organization_id,
            "preferred_username": profile.username,
            "nickname": profile.username.partition("@")[0],
            "name": profile.display_name,
            "email": profile.email,
            "email_verified": profile.email is not None,
            "given_name": profile.first_name,
            "family_name": profile.last_name or profile.display_name,
            "zoneinfo": profile.zone or ZONE,
            "photos": _photos(url),
            "profile": f"{url}/{profile.user_id}",
            "picture": _photos(url)["picture"],
            "address": {},
            "is_salesforce_integration_user": profile.role is Role.INTEGRATION,
            "urls": self._urls(url, profile.user_id),
            "active": profile.is_active,
            "user_type": (profile.user_type or "Standard").upper(),
            "language": profile.language or LANGUAGE,
            "locale": profile.locale or LOCALE,
            "utcOffset": self._offset(profile.zone),
            "updated_at": _moment(profile.modified),
        }

    def identity(self, profile: Profile, url: str) -> dict[str, object]:
        """The document behind the identity URL."""
        return {
            "id": self.identity_url(url, profile.user_id),
            "asserted_user": True,
            "user_id": profile.user_id,
            "organization_id": self._organization_id,
            "username": profile.username,
            "nick_name": profile.username.partition("@")[0],
            "display_name": profile.display_name,
            "email": profile.email,
            "email_verified": profile.email is not None,
            "first_name": profile.first_name,
            "last_name": profile.last_name or profile.display_name,
            "timezone": profile.zone or ZONE,
            "photos": _photos(url),
            "addr_street": None,
            "addr_city": None,
            "addr_state": None,
            "addr_country": None,
            "addr_zip": None,
            "mobile_phone": None,
            "mobile_phone_verified": False,
            "is_lightning_login_user": False,
            "status": {"created_date": None, "body": None},
            "urls": self._urls(url, profile.user_id),
            "active": profile.is_active,
            "user_type": (profile.user_type or "Standard").upper(),
            "language": profile.language or LANGUAGE,
            "locale": profile.locale or LOCALE,
            "utcOffset": self._offset(profile.zone),
            "last_modified_date": _moment(profile.modified),
            "is_app_installed": True,
        }

    def soap_user_info(self, profile: Profile) -> dict[str, object]:
        """The elements of userInfo, in the order of the schema."""
        return {
            "accessibilityMode": False,
            "currencySymbol": "$",
            "organizationId": self._organization_id,
            "organizationMultiCurrency": True,
            "organizationName": self._organization_name,
            "profileId": profile_id(profile.role),
            "roleId": None,
            "sessionSecondsValid": INACTIVITY_SECONDS,
            "userDefaultCurrencyIsoCode": None,
            "userEmail": profile.email,
            "userFullName": profile.display_name,
            "userId": profile.user_id,
            "userLanguage": profile.language or LANGUAGE,
            "userLocale": profile.locale or LOCALE,
            "userName": profile.username,
            "userTimeZone": profile.zone or ZONE,
            "userType": profile.user_type or "Standard",
            "userUiSkin": "Theme3",
        }

    def _urls(self, url: str, user_id: str) -> dict[str, str]:
        rest, org15 = f"{url}/services/data/v{{version}}/", self._organization_id[:15]
        soap = {"enterprise": "c", "metadata": "m", "partner": "u"}
        parts = {
            "rest": "",
            "sobjects": "sobjects/",
            "search": "search/",
            "query": "query/",
            "recent": "recent/",
            "feeds": "chatter/feeds",
            "groups": "chatter/groups",
            "users": "chatter/users",
            "feed_items": "chatter/feed-items",
        }
        return {
            **{name: f"{url}/services/Soap/{letter}/{{version}}/{org15}" for name, letter in soap.items()},
            **{name: rest + path for name, path in parts.items()},
            "profile": f"{url}/{user_id}",
        }

    def _offset(self, zone: str | None) -> int:
        """Milliseconds east of UTC, without daylight saving."""
        try:
            local = self._clock.now().astimezone(ZoneInfo(zone or ZONE))
        except (ZoneInfoNotFoundError, ValueError):
            return 0
        offset = (local.utcoffset() or timedelta()) - (local.dst() or timedelta())
        return int(offset.total_seconds() * 1000)


def _photos(url: str) -> dict[str, str]:
    return {"picture": f"{url}/profilephoto/005/F", "thumbnail": f"{url}/profilephoto/005/T"}


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.strftime("%Y-%m-%dT%H:%M:%SZ")
