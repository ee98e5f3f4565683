"""Jobs, background operations, process exceptions; the invoice a capture under way is for.

Revises: 0002
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_QUEUE = {
    "autovacuum_vacuum_threshold": "2000",
    "autovacuum_vacuum_scale_factor": "0",
    "autovacuum_vacuum_cost_delay": "0",
}


def _key(name: str, *, nullable: bool = True) -> sa.Column[str]:
    return sa.Column(name, sa.Text(collation="C"), nullable=nullable)


def _moment(name: str, *, nullable: bool = True) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _of_every_row() -> list[sa.Column[object]]:
    return [
        _key("id", nullable=False),
        sa.Column("isdeleted", sa.Boolean(), server_default=sa.false(), nullable=False),
        _moment("createddate"),
        _key("createdbyid"),
        _moment("lastmodifieddate"),
        _key("lastmodifiedbyid"),
        _moment("systemmodstamp"),
        sa.Column("custom", postgresql.JSONB()),
    ]


def _texts(names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text()) for name in names.split()]


def upgrade() -> None:
    _background_operation()
    _job()
    _process_exception()
    op.add_column("payment", _key("invoiceid"))
    op.create_foreign_key(
        "payment_invoiceid_fkey", "payment", "invoice", ["invoiceid"], ["id"], deferrable=True, initially="IMMEDIATE"
    )


def _background_operation() -> None:
    numbers = "numfollowers retrybackoff retrycount retrylimit sequencenumber timeout"
    op.create_table(
        "backgroundoperation",
        *_of_every_row(),
        sa.Column("name", sa.Text()),
        _key("groupleaderid"),
        *_texts("status type error executiongroup parentkey sequencegroup workeruri"),
        *(sa.Column(name, sa.Integer()) for name in numbers.split()),
        *(_moment(name) for name in ("expiresat", "finishedat", "processafter", "startedat", "submittedat")),
        sa.ForeignKeyConstraint(
            ["groupleaderid"], ["backgroundoperation.id"], "backgroundoperation_groupleaderid_fkey",
            deferrable=True, initially="IMMEDIATE",
        ),
        sa.PrimaryKeyConstraint("id", name="backgroundoperation_pkey"),
        postgresql_with={"fillfactor": "80"},
    )


def _job() -> None:
    op.create_table(
        "job",
        _key("id", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        _moment("due", nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False, comment="how often it was claimed"),
        sa.Column(
            "cause", sa.Text(collation="C"), nullable=False, comment="the fact that led to it, or empty"
        ),
        sa.Column("depth", sa.SmallInteger(), nullable=False),
        sa.Column("body", postgresql.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="job_pkey"),
        postgresql_with=_QUEUE,
    )
    op.create_index("job_due", "job", ["due"])


def _process_exception() -> None:
    op.create_table(
        "processexception",
        *_of_every_row(),
        *_texts("processexceptionnumber"),
        *(
            _key(name)
            for name in (
                "attachedtoid", "ordersummaryid", "caseid", "groupbyid", "floworchestrationinstrelaobjid", "ownerid",
            )
        ),
        *_texts(
            "message description category externalreference priority severity severitycategory status statuscategory"
        ),
        sa.ForeignKeyConstraint(
            ["ordersummaryid"], ["ordersummary.id"], "processexception_ordersummaryid_fkey",
            deferrable=True, initially="IMMEDIATE",
        ),
        sa.PrimaryKeyConstraint("id", name="processexception_pkey"),
    )
    for column in ("attachedtoid", "caseid", "ordersummaryid"):
        op.create_index(
            f"processexception_{column}_idx", "processexception", [column],
            postgresql_where=sa.text(f"{column} IS NOT NULL"),
        )
