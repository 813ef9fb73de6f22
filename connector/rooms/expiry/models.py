"""Tables of the expiry room."""

from __future__ import annotations

from sqlalchemy import BigInteger, CheckConstraint, Column, Integer, Table, Text

from connector.core.db import Id, Key, Utc, metadata

expiry_clock = Table(
    "expiry_clock",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("mode", Text, nullable=False),
    Column("months", Integer, nullable=False),
    Column("since", Utc, nullable=False),
    CheckConstraint("mode IN ('off', 'lot', 'inactivity')", name="mode"),
)

expiry_notice = Table(
    "expiry_notice",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column("lapses_on", Key, primary_key=True),  # local date, as it was when it was made
    Column("days", Integer, primary_key=True, autoincrement=False),  # before that: 30 or 7
    Column("points", BigInteger, nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("delivered_at", Utc),  # the panel showed it, or a mail server took it
    Column("lapsed_at", Utc),
    CheckConstraint("points > 0", name="points"),
)
