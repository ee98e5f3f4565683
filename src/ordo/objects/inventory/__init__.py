"""Where goods are: locations and their groups."""

from ordo.objects.inventory.associated_location import AssociatedLocation
from ordo.objects.inventory.location import Location
from ordo.objects.inventory.location_group import LocationGroup
from ordo.objects.inventory.location_group_assignment import LocationGroupAssignment

__all__ = [
    "AssociatedLocation",
    "Location",
    "LocationGroup",
    "LocationGroupAssignment",
]
