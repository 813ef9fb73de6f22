"""The order book and the catalogue."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Json, Key, Utc

revision = "20261122_04"
down_revision = "20261122_03"


def upgrade() -> None:
    _create_orders()
    _create_order_line()
    _create_order_refund()
    _create_order_refund_line()
    _create_order_revision()
    _create_product()
    _create_order_import()


def _create_orders() -> None:
    op.create_table(
        "orders",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("key", Key, nullable=False),
        sa.Column("number", Key, nullable=False),
        sa.Column("member_id", Id),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("placed_at", Utc, nullable=False),
        sa.Column("local_date", sa.Text, nullable=False),
        sa.Column("modified_at", Utc, nullable=False),
        sa.Column("paid_at", Utc),
        sa.Column("completed_at", Utc),
        sa.Column("confirmed_at", Utc),
        sa.Column("historic", sa.Boolean, nullable=False),
        sa.Column("is_test", sa.Boolean, nullable=False),
        sa.Column("taxes_included", sa.Boolean, nullable=False),
        sa.Column("total_minor", sa.BigInteger, nullable=False),
        sa.Column("shipping_minor", sa.BigInteger, nullable=False),
        sa.Column("tax_minor", sa.BigInteger, nullable=False),
        sa.Column("goods_minor", sa.BigInteger, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.UniqueConstraint("shop_id", "key"),
        sa.CheckConstraint(
            "state IN ('open', 'paid', 'completed', 'cancelled', 'refunded', 'deleted')",
            name="state",
        ),
    )
    op.create_index("ix_orders_local_date", "orders", ["shop_id", "local_date"])
    op.create_index("ix_orders_member", "orders", ["shop_id", "member_id", "placed_at"])
    op.create_index("ix_orders_number", "orders", ["shop_id", "number"])
    op.create_index(
        "ix_orders_unconfirmed",
        "orders",
        ["shop_id", "id"],
        sqlite_where=sa.text("confirmed_at IS NULL"),
        postgresql_where=sa.text("confirmed_at IS NULL"),
    )


def _create_order_line() -> None:
    op.create_table(
        "order_line",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("order_id", Id, primary_key=True, autoincrement=False),
        sa.Column("key", Key, primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("product_key", Key),
        sa.Column("sku", sa.Text),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("subtotal_minor", sa.BigInteger, nullable=False),
        sa.Column("total_minor", sa.BigInteger, nullable=False),
        sa.Column("tax_minor", sa.BigInteger, nullable=False),
        sa.Column("cause", sa.Text),
    )
    op.create_index("ix_order_line_product", "order_line", ["shop_id", "product_key"])


def _create_order_refund() -> None:
    op.create_table(
        "order_refund",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("order_id", Id, primary_key=True, autoincrement=False),
        sa.Column("key", Key, primary_key=True),
        sa.Column("refunded_at", Utc, nullable=False),
        sa.Column("amount_minor", sa.BigInteger, nullable=False),
        sa.Column("other_minor", sa.BigInteger, nullable=False),
        sa.Column("lines_known", sa.Boolean, nullable=False),
    )


def _create_order_refund_line() -> None:
    op.create_table(
        "order_refund_line",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("order_id", Id, primary_key=True, autoincrement=False),
        sa.Column("refund_key", Key, primary_key=True),
        sa.Column("line_key", Key, primary_key=True),
        sa.Column("quantity", sa.Integer, nullable=False),
        sa.Column("total_minor", sa.BigInteger, nullable=False),
        sa.Column("tax_minor", sa.BigInteger, nullable=False),
    )


def _create_order_revision() -> None:
    op.create_table(
        "order_revision",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("order_id", Id, primary_key=True, autoincrement=False),
        sa.Column("revision", sa.Integer, primary_key=True),
        sa.Column("recorded_at", Utc, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("modified_at", Utc, nullable=False),
        sa.Column("total_minor", sa.BigInteger, nullable=False),
        sa.Column("refunded_minor", sa.BigInteger, nullable=False),
    )


def _create_product() -> None:
    op.create_table(
        "product",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("key", Key, primary_key=True),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("price_minor", sa.BigInteger),
        sa.Column("url", sa.Text),
        sa.Column("image_url", sa.Text),
        sa.Column("categories", Json, nullable=False),
        sa.Column("in_stock", sa.Boolean, nullable=False),
        sa.Column("published", sa.Boolean, nullable=False),
        sa.Column("modified_at", Utc),
    )


def _create_order_import() -> None:
    op.create_table(
        "order_import",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("what", Key, nullable=False),
        sa.Column("until", Utc, nullable=False),
        sa.Column("cursor", sa.Text),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("total", sa.BigInteger),
        sa.Column("due_at", Utc),
        sa.Column("code", sa.Text),
        sa.Column("started_at", Utc, nullable=False),
        sa.Column("finished_at", Utc),
        sa.UniqueConstraint("shop_id", "what", "started_at"),
    )
    op.create_index(
        "ix_order_import_due",
        "order_import",
        ["due_at"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
