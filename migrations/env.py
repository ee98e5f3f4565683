"""Where Alembic meets Ordo: the declared schema, and the connection it is given or makes itself."""

from __future__ import annotations

import os
from contextlib import nullcontext

from alembic import context

import ordo.objects  # noqa: F401  declares the nouns
from ordo.platform import migrations


def run() -> None:
    given = context.config.attributes.get("connection")
    with nullcontext(given) if given is not None else migrations.connected(_dsn()) as connection:
        context.configure(connection=connection, target_metadata=migrations.declared(), compare_type=True)
        with context.begin_transaction():
            context.run_migrations()


def _dsn() -> str:
    dsn = context.get_x_argument(as_dictionary=True).get("url") or os.environ.get("ORDO_DATABASE_URL")
    if not isinstance(dsn, str):
        raise SystemExit("name the database: ORDO_DATABASE_URL, or alembic -x url=postgresql://…")
    return dsn


run()
