"""What recommendations bring: days of buckets and rows, trials, and what an order told of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Key, Utc

revision = "20261122_44"
down_revision = "20261122_42"


def upgrade() -> None:
    op.add_column("orders", sa.Column("row_note", sa.Text))
    op.create_table(
        "learning_settings",
        sa.Column("shop_id", Id, primary_key=True, autoincrement=False),
        sa.Column("holdout_percent", sa.Integer, nullable=False),
        sa.Column("rows_limit", sa.Integer, nullable=False),
        sa.Column("since", sa.Text),
        sa.CheckConstraint("holdout_percent BETWEEN 0 AND 20 AND rows_limit > 0", name="range"),
    )
    op.create_table(
        "learning_bucket",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("day", Key, primary_key=True),
        sa.Column("bucket", sa.Integer, primary_key=True, autoincrement=False),
        *(
            sa.Column(name, sa.BigInteger, nullable=False)
            for name in ("visits", "rows_shown", "orders", "net_minor")
        ),
        sa.CheckConstraint("bucket BETWEEN 0 AND 999", name="bucket"),
        sa.CheckConstraint("visits >= 0 AND rows_shown >= 0", name="counts"),
    )
    op.create_table(
        "learning_row",
        sa.Column("shop_id", Id, primary_key=True),
        *(
            sa.Column(name, Key, primary_key=True)
            for name in ("day", "surface", "row_name", "method", "arm")
        ),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("shown", "clicks", "adds")),
        sa.CheckConstraint("shown >= 0 AND clicks >= 0 AND adds >= 0", name="counts"),
    )
    _trials()
    _orders()


def downgrade() -> None:
    for name in ("order", "trial", "row", "bucket", "settings"):
        op.drop_table(f"learning_{name}")
    op.drop_column("orders", "row_note")


def _trials() -> None:
    op.create_table(
        "learning_trial",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        *(sa.Column(name, Key, nullable=False) for name in ("surface", "of", "a", "b")),
        sa.Column("started_at", Utc, nullable=False),
        sa.Column("since", sa.Text, nullable=False),
        sa.Column("stopped_at", Utc),
        sa.Column("until", sa.Text),
        sa.CheckConstraint("a <> b", name="differs"),
    )
    op.create_index(
        "ix_learning_trial_running",
        "learning_trial",
        ["shop_id", "surface"],
        unique=True,
        sqlite_where=sa.text("stopped_at IS NULL"),
        postgresql_where=sa.text("stopped_at IS NULL"),
    )


def _orders() -> None:
    op.create_table(
        "learning_order",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("order_id", Id, primary_key=True, autoincrement=False),
        sa.Column("day", Key, nullable=False),
        sa.Column("bucket", sa.Integer, nullable=False),
        *(sa.Column(name, Key) for name in ("surface", "row_name", "method")),
        sa.Column("orders", sa.Integer, nullable=False),
        sa.Column("net_minor", sa.BigInteger, nullable=False),
    )
    op.create_index(
        "ix_learning_order_click",
        "learning_order",
        ["shop_id", "day"],
        sqlite_where=sa.text("surface IS NOT NULL"),
        postgresql_where=sa.text("surface IS NOT NULL"),
    )
