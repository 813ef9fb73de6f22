"""Tables of the person. The member row holds no personal data; the side rows do, sealed."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
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
    Column("customer_key", Key),  # the platform account; of a guest: one that has not joined yet
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
_NAMELESS = (member.c.state == "guest") & member.c.customer_key.is_(None)
Index(
    "uq_member_guest",
    member.c.shop_id,
    member.c.email_hash,
    unique=True,
    sqlite_where=_NAMELESS,
    postgresql_where=_NAMELESS,
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
    Column("greet_at", Utc),  # when they agreed to a greeting and a gift; None: they did not
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
    Column("gone_key", Key),  # the account's key and state before
    Column("gone_state", Text, nullable=False),
    Column("undone_at", Utc),
    Column("undone_by", Text),
)
Index("ix_member_merge_kept", member_merge.c.shop_id, member_merge.c.kept_id)

member_block = Table(
    "member_block",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column("blocked_at", Utc, primary_key=True),
    Column("reason", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("ended_at", Utc),
    Column("ended_by", Text),
)

preference_question = Table(
    "preference_question",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("texts", Json, nullable=False),  # language -> words
    Column("choices", Json, nullable=False),  # number of the choice -> language -> words
    Column("changed_at", Utc, nullable=False),
    CheckConstraint("number IN (1, 2)", name="number"),
)

preference_answer = Table(
    "preference_answer",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("choice", Integer, nullable=False),
    Column("answered_at", Utc, nullable=False),
)
Index(
    "ix_preference_answer_choice",
    preference_answer.c.shop_id,
    preference_answer.c.number,
    preference_answer.c.choice,
)

member_import = Table(
    "member_import",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("file_hash", Key, nullable=False),
    Column("file_name", Text, nullable=False),
    Column("mapping", Json, nullable=False),  # the header, and a layout of it
    Column("lines", BigInteger, nullable=False),
    Column("chunks", Integer, nullable=False),
    Column("step", Text, nullable=False),
    Column("next_chunk", Integer, nullable=False),  # of this step
    Column("report", Json, nullable=False),  # of this step: counts by name
    Column("due_at", Utc),  # None: nothing to do, or given up
    Column("made_by", Text, nullable=False),
    Column("started_at", Utc, nullable=False),
    Column("finished_at", Utc),
    CheckConstraint("step IN ('check', 'checked', 'take', 'done', 'dropped')", name="step"),
)
Index(
    "ix_member_import_due",
    member_import.c.due_at,
    member_import.c.shop_id,
    sqlite_where=member_import.c.due_at.is_not(None),
    postgresql_where=member_import.c.due_at.is_not(None),
)

member_import_chunk = Table(
    "member_import_chunk",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("import_id", Id, primary_key=True, autoincrement=False),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("sealed", LargeBinary, nullable=False),  # under the key ring: lines and their cells
)

member_import_line = Table(
    "member_import_line",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("import_id", Id, primary_key=True, autoincrement=False),
    Column("identity", Key, primary_key=True),  # of whom a line speaks
    Column("line", BigInteger, nullable=False),  # the first that did
)

member_import_problem = Table(
    "member_import_problem",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("import_id", Id, primary_key=True, autoincrement=False),
    Column("line", BigInteger, primary_key=True, autoincrement=False),
    Column("field", Text, nullable=False),
    Column("code", Text, nullable=False),
)

import_mapping = Table(
    "import_mapping",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("name", Key, primary_key=True),
    Column("mapping", Json, nullable=False),
    Column("saved_at", Utc, nullable=False),
)

imported_balance = Table(
    "imported_balance",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column(
        "points", BigInteger, nullable=False
    ),  # that files said so far: only changes are booked
    CheckConstraint("points >= 0", name="points"),
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
