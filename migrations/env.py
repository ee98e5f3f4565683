"""Where Alembic meets Ordo: the declared schema, and the connection it is given or makes itself."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from alembic import context

import ordo.objects  # noqa: F401  declares the nouns
from ordo.platform import migrations

if TYPE_CHECKING:
    from sqlalchemy import Connection


def run() -> None:
    given = context.config.attributes.get("connection")
    if given is not None:
        migrate(given)
    else:
        migrations.connected(_dsn(), migrate)


def migrate(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=migrations.declared(),
        compare_type=True,
        include_name=migrations.is_declared,
    )
    with context.begin_transaction():
        context.run_migrations()


def _dsn() -> str:
    dsn = context.get_x_argument(as_dictionary=True).get("url") or os.environ.get("ORDO_DATABASE_URL")
    if not isinstance(dsn, str):
        raise SystemExit("name the database: ORDO_DATABASE_URL, or alembic -x url=postgresql://…")
    return dsn


run()
