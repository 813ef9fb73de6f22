"""Tables of the person. The member row holds no personal data; the side rows do, sealed."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from connector.core.db import Id, Json, Key, Utc, metadata

member = Table(
    "member",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("customer_key", Key),  # the platform account; None for a guest identity
    Column("email_hash", Key),
    Column("state", Text, nullable=False),
    Column("merged_into", Id),
    Column("created_at", Utc, nullable=False),
    Column("modified_at", Utc),  # of the newest customer snapshot seen
    Column("joined_at", Utc),  # None: was a customer before us, or is a guest
    Column("tags", Json),  # None: has none, or not told
    Column("accepts_marketing", Boolean),  # None: not told
    Column("email_verified", Boolean),
    Column("blocked_at", Utc),  # earns and redeems nothing while it is set
    UniqueConstraint("shop_id", "customer_key"),
    CheckConstraint("state IN ('member', 'guest', 'merged', 'erased')", name="state"),
)
Index(
    "uq_member_guest",
    member.c.shop_id,
    member.c.email_hash,
    unique=True,
    sqlite_where=member.c.state == "guest",
    postgresql_where=member.c.state == "guest",
)
Index("ix_member_email", member.c.shop_id, member.c.email_hash)
Index(
    "ix_member_merged",
    member.c.shop_id,
    member.c.merged_into,
    sqlite_where=member.c.merged_into.is_not(None),
    postgresql_where=member.c.merged_into.is_not(None),
)

member_person = Table(
    "member_person",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),
    ForeignKeyConstraint(["shop_id", "member_id"], ["member.shop_id", "member.id"]),
)

member_key = Table(
    "member_key",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column("key", LargeBinary, nullable=False),  # under the key ring
    ForeignKeyConstraint(["shop_id", "member_id"], ["member.shop_id", "member.id"]),
)

member_occasion = Table(
    "member_occasion",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column("name", Key, primary_key=True),  # birthday, wedding, ... as the program names it
    Column("month_day", Key, nullable=False),  # 02-29
    Column("set_at", Utc, nullable=False),
    Column("counts_from", Text, nullable=False),  # local date: a change counts next year
)
Index("ix_member_occasion_day", member_occasion.c.shop_id, member_occasion.c.month_day)

member_sign = Table(
    "member_sign",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column("kind", Key, primary_key=True),  # mailbox, address, phone, device or network
    Column("sign_hash", Key, primary_key=True),
    Column("seen_at", Utc, nullable=False),
)
Index("ix_member_sign_hash", member_sign.c.shop_id, member_sign.c.sign_hash)

member_merge = Table(
    "member_merge",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("gone_id", Id, primary_key=True, autoincrement=False),
    Column("merged_at", Utc, primary_key=True),
    Column("kept_id", Id, nullable=False),
    Column("cause", Text, nullable=False),  # platform, claim or merchant
    Column("made_by", Text),
    Column("gone_key", Key),  # the account's key and state before, for an undo
    Column("gone_state", Text, nullable=False),
    Column("undone_at", Utc),
    Column("undone_by", Text),
)
Index("ix_member_merge_kept", member_merge.c.shop_id, member_merge.c.kept_id)

member_word = Table(
    "member_word",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("word_hash", Key, primary_key=True),  # keyed hash of a word's beginning
    Column("member_id", Id, primary_key=True, autoincrement=False),
)  # no foreign key: an index of a dozen rows a member, which checks would make twice as slow
Index("ix_member_word_member", member_word.c.shop_id, member_word.c.member_id)

tombstone = Table(
    "tombstone",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("identity_hash", Key, primary_key=True),  # of an erased customer key or e-mail
    Column("until", Utc, nullable=False),
)

privacy_request = Table(
    "privacy_request",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),  # data_request or redact_customer
    Column("reference", Text, nullable=False),  # the platform's own number of it
    Column("member_id", Id),  # None: we knew nobody like this
    Column("received_at", Utc, nullable=False),
)
