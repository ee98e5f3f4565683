"""The database schema as one SQLAlchemy metadata; Alembic compares it with the database."""

from __future__ import annotations

from sqlalchemy import MetaData

metadata = MetaData()
