"""The one table of the insight room: what a finance person says points are worth."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, Table

from connector.core.db import Id, Utc, metadata

insight_worth = Table(
    "insight_worth",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("value_minor", BigInteger, nullable=False),  # of deferral.PER_POINTS points
    Column("margin_percent", Integer, nullable=False, server_default="0"),  # of what rewards give
    Column("redemption_percent", Integer),  # assumed; NULL: as measured
    Column("set_at", Utc, nullable=False),
    CheckConstraint("value_minor >= 0", name="value_minor"),
    CheckConstraint("redemption_percent BETWEEN 0 AND 100", name="redemption_percent"),
)
