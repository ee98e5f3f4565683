"""The identity room: the organisation and its users."""

from ordo.domain.identity import change_user, found_organization

__all__ = ["change_user", "found_organization"]
