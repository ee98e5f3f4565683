"""What somebody must look at."""

from ordo.objects.service.process_exception import ProcessException

__all__ = ["ProcessException"]
