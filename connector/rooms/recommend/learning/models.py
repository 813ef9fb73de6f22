"""Tables of learning. Days are the shop's; a bucket is one of a thousand, never a visitor."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Index, Integer, Table, Text

from connector.core.db import Id, Key, Utc, metadata

learning_settings = Table(
    "learning_settings",
    metadata,
    Column("shop_id", Id, primary_key=True, autoincrement=False),
    Column("holdout_percent", Integer, nullable=False),
    Column("rows_limit", Integer, nullable=False),  # in one visit, above which we warn
    Column("since", Text),  # the first day of this share of the holdout; None: from the beginning
    Column("was_percent", Integer),
    Column("was_since", Text),
    CheckConstraint("holdout_percent BETWEEN 0 AND 20 AND rows_limit > 0", name="range"),
)

learning_trial = Table(
    "learning_trial",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("surface", Key, nullable=False),
    Column("of", Key, nullable=False),  # row or method
    Column("a", Key, nullable=False),
    Column("b", Key, nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("since", Text, nullable=False),  # its first whole day
    Column("stopped_at", Utc),
    Column("until", Text),  # its last day
    CheckConstraint("a <> b", name="differs"),
)
Index(
    "ix_learning_trial_running",
    learning_trial.c.shop_id,
    learning_trial.c.surface,
    unique=True,
    sqlite_where=learning_trial.c.stopped_at.is_(None),
    postgresql_where=learning_trial.c.stopped_at.is_(None),
)

# What one bucket of everybody did on one day: at most a thousand rows a day, whatever the traffic.
learning_bucket = Table(
    "learning_bucket",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("day", Key, primary_key=True),
    Column("bucket", Integer, primary_key=True, autoincrement=False),
    Column("visits", BigInteger, nullable=False),
    Column("rows_shown", BigInteger, nullable=False),
    Column("orders", BigInteger, nullable=False),
    Column("net_minor", BigInteger, nullable=False),  # of orders placed that day, as of now
    CheckConstraint("bucket BETWEEN 0 AND 999", name="bucket"),
    CheckConstraint("visits >= 0 AND rows_shown >= 0", name="counts"),
)

learning_row = Table(
    "learning_row",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("day", Key, primary_key=True),
    Column("surface", Key, primary_key=True),
    Column("row_name", Key, primary_key=True),
    Column("method", Key, primary_key=True),
    Column("arm", Key, primary_key=True),  # all, or a side of the trial that ran there
    Column("pages", BigInteger, nullable=False, server_default="0"),  # that got it as an answer
    Column("shown", BigInteger, nullable=False),
    Column("clicks", BigInteger, nullable=False),
    Column("adds", BigInteger, nullable=False),
    CheckConstraint("shown >= 0 AND clicks >= 0 AND adds >= 0", name="counts"),
)

# The last day a product was seen in a row: whether, not how often, so it is written once a day.
learning_shown = Table(
    "learning_shown",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("product_key", Key, primary_key=True),
    Column("day", Key, nullable=False),
)

# What an order told and what of it is counted, so that its next state adds the difference only.
learning_order = Table(
    "learning_order",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("order_id", Id, primary_key=True, autoincrement=False),
    Column("day", Key, nullable=False),
    Column("bucket", Integer, nullable=False),
    Column("surface", Key),  # of the last click within the window; None: there was none
    Column("row_name", Key),
    Column("method", Key),
    Column("orders", Integer, nullable=False),  # 1 while it counts
    Column("net_minor", BigInteger, nullable=False),
)
Index(
    "ix_learning_order_click",
    learning_order.c.shop_id,
    learning_order.c.day,
    sqlite_where=learning_order.c.surface.is_not(None),
    postgresql_where=learning_order.c.surface.is_not(None),
)
