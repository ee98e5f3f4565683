"""The identity room: the organisation and its users."""

from ordo.domain.identity import found_organization

__all__ = ["found_organization"]
