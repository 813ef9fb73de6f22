"""Tables of the person. The member row holds no personal data; the side rows do, sealed."""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
)

from connector.core.db import Id, Key, Utc, metadata

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
