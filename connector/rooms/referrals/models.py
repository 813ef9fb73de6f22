"""Tables of the referrals room."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from connector.core.db import Id, Json, Key, Utc, metadata

referral_program = Table(
    "referral_program",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("currency", Text, nullable=False),
    Column("is_on", Boolean, nullable=False),
    Column("friend_points", BigInteger, nullable=False),
    Column("friend_reward_id", Id),
    Column("advocate_points", BigInteger, nullable=False),
    Column("advocate_reward_id", Id),
    Column("min_minor", BigInteger, nullable=False),
    Column("hold_days", Integer, nullable=False),
    Column("window_days", Integer, nullable=False),
    Column("cap_per_month", Integer),
    Column("held_from", Integer, nullable=False),
    Column("published_at", Utc, nullable=False),
    Column("made_by", Text, nullable=False),
)

referral_link = Table(
    "referral_link",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("code", Key, primary_key=True),
    Column("member_id", Id, nullable=False),  # whose it is
    Column("made_for", Id, nullable=False),  # whose it was before any merge
    Column("made_at", Utc, nullable=False),
    UniqueConstraint("shop_id", "made_for"),
)
Index("ix_referral_link_member", referral_link.c.shop_id, referral_link.c.member_id)

referral_day = Table(
    "referral_day",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("local_date", Text, primary_key=True),
    Column("code", Key, primary_key=True),
    Column("visits", Integer, nullable=False),
    Column("shares", Integer, nullable=False),
)

referral_visitor = Table(
    "referral_visitor",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("code", Key, primary_key=True),
    Column("visitor_hash", Key, primary_key=True),  # of a network on a day
    Column("forget_at", Utc, nullable=False),
)
Index("ix_referral_visitor_forget", referral_visitor.c.forget_at)

referral_claim = Table(
    "referral_claim",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("token_hash", Key, nullable=False),
    Column("code", Key, nullable=False),
    Column("sealed", LargeBinary),  # who claims, until the worker has looked
    Column("decoy", Key, nullable=False),  # shown to who gets no code, and opens nothing
    Column("network_hash", Key),
    Column("friend_id", Id),  # None: somebody who gets nothing, or nobody has looked yet
    Column("refused", Text),  # why that is: of whom, nobody can tell
    Column("gifts", Integer, nullable=False),  # how often the friend's reward was given
    Column("stands", Boolean, nullable=False),  # and whether it does now
    Column("made_at", Utc, nullable=False),
    Column("due_at", Utc),  # None: looked at
    Column("forget_at", Utc),  # when the network goes
    UniqueConstraint("shop_id", "token_hash"),
)
Index("ix_referral_claim_code", referral_claim.c.shop_id, referral_claim.c.code)
Index("ix_referral_claim_friend", referral_claim.c.shop_id, referral_claim.c.friend_id)
Index("ix_referral_claim_network", referral_claim.c.shop_id, referral_claim.c.network_hash)
Index("ix_referral_claim_made", referral_claim.c.shop_id, referral_claim.c.made_at)
for _name in ("due_at", "forget_at"):
    Index(
        f"ix_referral_claim_{_name.removesuffix('_at')}",
        referral_claim.c[_name],
        sqlite_where=referral_claim.c[_name].is_not(None),
        postgresql_where=referral_claim.c[_name].is_not(None),
    )

referral_code = Table(
    "referral_code",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("code", Key, primary_key=True),  # of a discount, in lower case
    Column("shown", Key, nullable=False),  # as it was made
    Column("member_id", Id, nullable=False),
    Column("source", Key, nullable=False),  # of the gift it is; "" if bought with points
)
Index("ix_referral_code_source", referral_code.c.shop_id, referral_code.c.source)

referral = Table(
    "referral",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("advocate_id", Id, nullable=False),
    Column("friend_id", Id, nullable=False),
    Column("order_id", Id, nullable=False),  # the friend's first paid one
    Column("code", Key, nullable=False),  # of the link
    Column("claim_id", Id),
    Column("via", Text, nullable=False),  # code, note or claim: what fixed it
    Column("version", Integer, nullable=False),  # of the program that was promised
    Column("is_capped", Boolean, nullable=False, server_default=false()),
    Column("state", Text, nullable=False),
    Column("why", Text),  # it is void, or waits beyond its hold
    Column("score", Integer),  # None: nobody has looked yet
    Column("reasons", Json, nullable=False),
    Column("decision", Text),
    Column("decided_by", Text),
    Column("decided_because", Text),
    Column("decided_at", Utc),
    Column("gifts", Integer, nullable=False),  # how often both sides were given theirs
    Column("stands", Boolean, nullable=False),  # and whether they have it now
    Column("ordered_at", Utc, nullable=False),
    Column("local_date", Text, nullable=False),
    Column("due_at", Utc),
    Column("made_at", Utc, nullable=False),
    UniqueConstraint("shop_id", "friend_id"),
    CheckConstraint("advocate_id <> friend_id", name="two_people"),
    CheckConstraint("state IN ('waiting', 'held', 'kept', 'refused', 'void')", name="state"),
    CheckConstraint("decision IN ('approved', 'refused')", name="decision"),
)
Index("ix_referral_advocate", referral.c.shop_id, referral.c.advocate_id)
Index("ix_referral_order", referral.c.shop_id, referral.c.order_id)
Index("ix_referral_date", referral.c.shop_id, referral.c.local_date)
Index("ix_referral_state", referral.c.shop_id, referral.c.state, referral.c.id)
Index(
    "ix_referral_due",
    referral.c.due_at,
    sqlite_where=referral.c.due_at.is_not(None),
    postgresql_where=referral.c.due_at.is_not(None),
)
