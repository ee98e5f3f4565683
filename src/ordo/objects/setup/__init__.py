"""What the platform itself keeps records of."""

from ordo.objects.setup.background_operation import BackgroundOperation

__all__ = ["BackgroundOperation"]
