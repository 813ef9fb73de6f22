"""Tables of the recommend room."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Index, Integer, Table, false

from connector.core.db import Id, Json, Key, Utc, metadata

# One row a product, not one a pair: a build writes twenty times fewer rows, and SQLite has one
# writer. Its list is read and replaced whole.
recommend_together = Table(
    "recommend_together",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("product_key", Key, primary_key=True),
    Column("others", Json, nullable=False),  # [key, orders together, score, evidence], best first
)

# What else a build tells of a product: what is like it, and who came back for it.
recommend_product = Table(
    "recommend_product",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("product_key", Key, primary_key=True),
    Column("similar", Json, nullable=False),  # as ``others``
    Column("buyers", Integer, nullable=False),
    Column("returners", Integer, nullable=False),  # who bought it on another day again
    Column("orders", Integer, nullable=False, server_default="0"),
    CheckConstraint("returners >= 0 AND buyers >= returners", name="counts"),
)

# What sells lately, by category; "" is the whole shop.
recommend_trend = Table(
    "recommend_trend",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("category", Key, primary_key=True),
    Column("size", Integer, nullable=False),  # its products: the smaller, the more it says
    Column("products", Json, nullable=False),  # [key, orders of late], best first
)

# What the merchant wants of the rows: read whole with each of them. See showing/wishes.py.
recommend_wish = Table(
    "recommend_wish",
    metadata,
    Column("shop_id", Id, primary_key=True, autoincrement=False),
    Column("wishes", Json, nullable=False),
)

# Of members with a paid order. Who is erased loses the row at once, and the next build's numbers.
recommend_member = Table(
    "recommend_member",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column("again", Json, nullable=False),  # [key, days it was bought on, score], best first
    Column("unseen", Json, nullable=False),  # [key, the bought one that speaks for it, score]
)

recommend_build = Table(
    "recommend_build",
    metadata,
    Column("shop_id", Id, primary_key=True, autoincrement=False),
    Column("due_at", Utc),
    Column("marks", BigInteger, nullable=False),  # times it was marked; tells a build what it saw
    Column("claimed_until", Utc),  # somebody is building
    Column("built_at", Utc),
    Column("took_ms", Integer, nullable=False),
    Column("orders", Integer, nullable=False),  # paid orders the newest build read
    Column("products", Integer, nullable=False),  # products that have a list
    Column("apart", Json),  # keys of gift cards and donations, as orders told; None: none
    CheckConstraint("marks >= 0 AND took_ms >= 0", name="counts"),
)
Index(
    "ix_recommend_build_due",
    recommend_build.c.due_at,
    recommend_build.c.shop_id,
    sqlite_where=recommend_build.c.due_at.is_not(None),
    postgresql_where=recommend_build.c.due_at.is_not(None),
)

# Of members with a paid order, told once a day. Who is erased loses the row at once.
recommend_score = Table(
    "recommend_score",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column("visits", Integer, nullable=False),  # days bought on
    Column("buys_permille", Integer, nullable=False),  # within 90 days
    Column("yearly_thousandths", Integer, nullable=False),  # of a purchase, within 365 days
    Column("again", Json, nullable=False),  # [key, permille within 30 days], likeliest first
    CheckConstraint(
        "visits > 0 AND buys_permille BETWEEN 1 AND 999 AND yearly_thousandths >= 0", name="range"
    ),
)
Index(  # who is least likely to come back
    "ix_recommend_score_buys",
    recommend_score.c.shop_id,
    recommend_score.c.buys_permille,
    recommend_score.c.member_id,
)

recommend_scoring = Table(
    "recommend_scoring",
    metadata,
    Column("shop_id", Id, primary_key=True, autoincrement=False),
    Column("due_at", Utc, nullable=False),
    Column("claimed_until", Utc),  # somebody is at it
    Column("scored_at", Utc),
    Column("returners", Integer, nullable=False, server_default="0"),  # bought on two days
    Column("buys_learnt", Boolean, nullable=False, server_default=false()),  # else shrunk rates
    Column("again_learnt", Boolean, nullable=False, server_default=false()),
    CheckConstraint("returners >= 0", name="counts"),
)
Index("ix_recommend_scoring_due", recommend_scoring.c.due_at, recommend_scoring.c.shop_id)
