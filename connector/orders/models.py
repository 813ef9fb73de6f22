"""Tables of the order book and the catalogue. Amounts are minor units of the order's currency."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from connector.core.db import Id, Json, Key, Utc, metadata

orders = Table(
    "orders",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("key", Key, nullable=False),
    Column("number", Key, nullable=False),
    Column("member_id", Id),
    Column("state", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("placed_at", Utc, nullable=False),
    Column("local_date", Text, nullable=False),
    Column("modified_at", Utc, nullable=False),
    Column("paid_at", Utc),
    Column("completed_at", Utc),
    Column("confirmed_at", Utc),
    Column(
        "historic", Boolean, nullable=False
    ),  # of the past: it earns only if the program counts history
    Column("is_test", Boolean, nullable=False),
    Column("taxes_included", Boolean, nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("shipping_minor", BigInteger, nullable=False),
    Column("tax_minor", BigInteger, nullable=False),
    Column("goods_minor", BigInteger, nullable=False),  # net goods after discounts and refunds
    Column("revision", Integer, nullable=False),
    Column("digest", Text, nullable=False),
    Column("tags", Json),  # None: it has none
    Column("referral", Text),  # the code of a link that led to it
    Column("row_note", Text),  # what a storefront noted of recommendations
    Column("shipping_off_minor", BigInteger),  # None: the platform does not tell
    Column("bought_by", Id),  # whose it was before members merged; None: the member's
    UniqueConstraint("shop_id", "key"),
    CheckConstraint(
        "state IN ('open', 'paid', 'completed', 'cancelled', 'refunded', 'deleted')", name="state"
    ),
)
Index("ix_orders_number", orders.c.shop_id, orders.c.number)
Index("ix_orders_member", orders.c.shop_id, orders.c.member_id, orders.c.placed_at)
Index("ix_orders_local_date", orders.c.shop_id, orders.c.local_date)
Index(
    "ix_orders_unconfirmed",
    orders.c.shop_id,
    orders.c.id,
    sqlite_where=orders.c.confirmed_at.is_(None),
    postgresql_where=orders.c.confirmed_at.is_(None),
)

order_line = Table(
    "order_line",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("order_id", Id, primary_key=True, autoincrement=False),
    Column("key", Key, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("product_key", Key),
    Column("sku", Text),
    Column("quantity", Integer, nullable=False),
    Column("subtotal_minor", BigInteger, nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("tax_minor", BigInteger, nullable=False),
    Column("cause", Text),
    Column("cause_by_shopper", Boolean, nullable=False, server_default=false()),
)
Index("ix_order_line_product", order_line.c.shop_id, order_line.c.product_key)

order_refund = Table(
    "order_refund",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("order_id", Id, primary_key=True, autoincrement=False),
    Column("key", Key, primary_key=True),
    Column("refunded_at", Utc, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("other_minor", BigInteger, nullable=False),
    Column("lines_known", Boolean, nullable=False),
)

order_refund_line = Table(
    "order_refund_line",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("order_id", Id, primary_key=True, autoincrement=False),
    Column("refund_key", Key, primary_key=True),
    Column("line_key", Key, primary_key=True),
    Column("quantity", Integer, nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("tax_minor", BigInteger, nullable=False),
)

order_code = Table(
    "order_code",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("order_id", Id, primary_key=True, autoincrement=False),
    Column("code", Key, primary_key=True),  # lower case: platforms tell them apart by letters only
    Column("amount_minor", BigInteger, nullable=False),
)
Index("ix_order_code_code", order_code.c.shop_id, order_code.c.code)

order_revision = Table(
    "order_revision",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("order_id", Id, primary_key=True, autoincrement=False),
    Column("revision", Integer, primary_key=True),
    Column("recorded_at", Utc, nullable=False),
    Column("source", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("modified_at", Utc, nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("refunded_minor", BigInteger, nullable=False),
)

product = Table(
    "product",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("key", Key, primary_key=True),
    Column("title", Text, nullable=False),
    Column("price_minor", BigInteger),
    Column("url", Text),
    Column("image_url", Text),
    Column("categories", Json, nullable=False),
    Column("in_stock", Boolean, nullable=False),
    Column("published", Boolean, nullable=False),
    Column("modified_at", Utc),
    Column("collections", Json),  # None: never told
    Column("tags", Json),
    Column("is_gift_card", Boolean, nullable=False, server_default=false()),
    Column("titles", Json),  # translated ones by language tag
)

gift_product = Table(
    "gift_product",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("key", Key, primary_key=True),
    Column("kept_by", Text, nullable=False),
    Column("kept_at", Utc, nullable=False),
)

order_import = Table(
    "order_import",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("what", Key, nullable=False),  # products, orders, points or file:<sha256>
    Column("until", Utc, nullable=False),  # nothing placed later is read
    Column("cursor", Text),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger),
    Column("due_at", Utc),  # None: finished, or given up with ``code``
    Column("code", Text),
    Column("started_at", Utc, nullable=False),
    Column("finished_at", Utc),
    UniqueConstraint("shop_id", "what", "started_at"),
)
Index(
    "ix_order_import_due",
    order_import.c.due_at,
    sqlite_where=order_import.c.due_at.is_not(None),
    postgresql_where=order_import.c.due_at.is_not(None),
)
