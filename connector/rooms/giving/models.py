"""Tables of the giving room."""

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
    text,
    true,
)

from connector.core.db import Id, Json, Key, Utc, metadata

giving_cause = Table(
    "giving_cause",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("key", Key, nullable=False),
    Column("name", Text, nullable=False),
    Column("story", Text, nullable=False, server_default=""),
    Column("is_default", Boolean, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("names", Json),  # by language, beside ``name``; None: none
    Column("stories", Json),
    Column("picture_url", Text, nullable=False, server_default=""),
    Column("registration", Text, nullable=False, server_default=""),  # its number as a charity
    Column("country", Text, nullable=False, server_default=""),
    Column("payee", Text, nullable=False, server_default=""),  # whom the money is sent to
    Column("agreement", Text, nullable=False, server_default=""),  # what the contract is filed as
    Column("agreed_on", Text),
    Column("is_offered", Boolean, nullable=False, server_default=true()),
    Column("closed_at", Utc),
    Column("batches", Integer, nullable=False, server_default="0"),  # the last number given
    UniqueConstraint("shop_id", "key"),
)
Index(
    "uq_giving_cause_default",
    giving_cause.c.shop_id,
    unique=True,
    sqlite_where=giving_cause.c.is_default.is_(True),
    postgresql_where=giving_cause.c.is_default.is_(True),
)

giving_member = Table(
    "giving_member",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("member_id", Id, primary_key=True, autoincrement=False),
    Column("level", Integer, nullable=False, server_default="0"),  # what tiers told
    Column("cause_id", Id),  # chosen last
    Column("listed_as", Text),  # the name under which they may be seen; None: not at all
)

giving_campaign = Table(
    "giving_campaign",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("key", Key, nullable=False),
    Column("names", Json, nullable=False),
    Column("stories", Json, nullable=False),
    Column("currency", Text, nullable=False),
    Column("goal_minor", BigInteger, nullable=False),
    Column("made_at", Utc, nullable=False),
    Column("closed_at", Utc),
    Column("reached_at", Utc),
    Column("lists_givers", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("shop_id", "key"),
    CheckConstraint("goal_minor > 0", name="goal"),
)

giving_programme = Table(
    "giving_programme",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("campaign_id", Id),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("terms", Json, nullable=False),
    Column("causes", Json, nullable=False),  # [id, weight] each
    Column("starts_at", Utc),
    Column("ends_at", Utc),
    Column("minimum_minor", BigInteger),  # the cause gets at least so much; None: not told
    Column("cap_minor", BigInteger),
    Column("used_minor", BigInteger, nullable=False, server_default="0"),
    Column("disclosures", Json),  # as published, by language
    Column("made_at", Utc, nullable=False),
    Column("published_at", Utc),
    Column("closed_at", Utc),
    CheckConstraint(
        "used_minor >= 0 AND (cap_minor IS NULL OR used_minor <= cap_minor)", name="cap"
    ),
)
_IS_RUNNING = text("published_at IS NOT NULL AND closed_at IS NULL")
Index(
    "ix_giving_programme_ends",
    giving_programme.c.ends_at,
    sqlite_where=_IS_RUNNING,
    postgresql_where=_IS_RUNNING,
)

# ``kind`` gift: a line of order ``order_id``. share, per_unit, in_kind, match: what the shop adds
# for it, ``line_key`` being <programme>:<cause>. points: order_id is the redemption's. top_up:
# order_id is the programme's.
giving_donation = Table(
    "giving_donation",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("order_id", Id, primary_key=True, autoincrement=False),
    Column("kind", Key, primary_key=True, server_default="gift"),
    Column("line_key", Key, primary_key=True),
    Column("cause_id", Id, nullable=False),
    Column("programme_id", Id, nullable=False, server_default="0"),  # 0: none
    Column("member_id", Id),
    Column("currency", Text, nullable=False),
    Column("given_minor", BigInteger, nullable=False),
    Column("pledged_minor", BigInteger, nullable=False),
    Column("due_minor", BigInteger, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("given_at", Utc, nullable=False),
    Column("basis", Json),  # what it is judged by, frozen
    Column("locked_minor", BigInteger, nullable=False, server_default="0"),  # in batches
    Column("locks", Integer, nullable=False, server_default="0"),
    CheckConstraint(
        "pledged_minor >= 0 AND due_minor >= 0 AND pledged_minor + due_minor <= given_minor",
        name="standing",
    ),
)
Index("ix_giving_donation_given", giving_donation.c.shop_id, giving_donation.c.given_at)
# A search of the log that finds little must not read all of it.
for _column in ("cause_id", "kind"):
    Index(
        f"ix_giving_donation_{_column}",
        giving_donation.c.shop_id,
        giving_donation.c[_column],
        giving_donation.c.given_at,
    )
IS_DUE = text("due_minor > 0 AND due_minor <> locked_minor")
IS_PLEDGED = text("pledged_minor > 0")
IS_TAKEN_BACK = text("pledged_minor = 0 AND due_minor = 0")
for _name, _is_so in (("due", IS_DUE), ("pledged", IS_PLEDGED), ("back", IS_TAKEN_BACK)):
    Index(
        f"ix_giving_donation_{_name}",
        giving_donation.c.shop_id,
        giving_donation.c.given_at,
        sqlite_where=_is_so,
        postgresql_where=_is_so,
    )
Index("ix_giving_donation_member", giving_donation.c.shop_id, giving_donation.c.member_id)
_IS_OPEN = text("due_minor <> locked_minor")
Index(
    "ix_giving_donation_open",
    giving_donation.c.shop_id,
    giving_donation.c.cause_id,
    giving_donation.c.currency,
    giving_donation.c.given_at,
    sqlite_where=_IS_OPEN,
    postgresql_where=_IS_OPEN,
)

# Sums of the book by the day of booking, moved in the transaction that books.
giving_month = Table(
    "giving_month",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("month", Key, primary_key=True),  # YYYY-MM in the shop's zone
    Column("cause_id", Id, primary_key=True, autoincrement=False),
    Column("currency", Key, primary_key=True),
    Column("gross_minor", BigInteger, nullable=False),
    Column("matched_minor", BigInteger, nullable=False),
    Column("refunded_minor", BigInteger, nullable=False),
    Column("remitted_minor", BigInteger, nullable=False),
)

# How shoppers answered, of shops where counting it takes long; read anew by the schedule.
giving_answers = Table(
    "giving_answers",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("currency", Key, primary_key=True),
    Column("taken_at", Utc, nullable=False),
    Column("told", Json, nullable=False),
)
Index("ix_giving_answers_taken", giving_answers.c.taken_at)

# Sums of donations, moved in the transaction that moves them.
giving_tally = Table(
    "giving_tally",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("programme_id", Id, primary_key=True, autoincrement=False),
    Column("cause_id", Id, primary_key=True, autoincrement=False),
    Column("currency", Key, primary_key=True),
    Column("kind", Key, primary_key=True),
    Column("gifts", BigInteger, nullable=False),
    Column("given_minor", BigInteger, nullable=False),
    Column("pledged_minor", BigInteger, nullable=False),
    Column("due_minor", BigInteger, nullable=False),
    Column("locked_minor", BigInteger, nullable=False),
    Column("remitted_minor", BigInteger, nullable=False),
)

giving_batch = Table(
    "giving_batch",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("number", Integer),  # of its cause's, without gaps: none until it is approved
    Column("cause_id", Id, nullable=False),
    Column("currency", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("through", Text, nullable=False),  # the last day whose gifts are in it
    Column("gifts", BigInteger, nullable=False),
    Column("gross_minor", BigInteger, nullable=False),
    Column("matched_minor", BigInteger, nullable=False),
    Column("refunded_minor", BigInteger, nullable=False),
    Column("net_minor", BigInteger, nullable=False),
    Column("payee", Text, nullable=False),
    Column("parts", Json, nullable=False, server_default="[]"),  # by programme and kind, as locked
    Column("locked_at", Utc, nullable=False),
    Column("locked_by", Text, nullable=False),
    Column("approved_at", Utc),
    Column("approved_by", Text),
    Column("sent_on", Text),
    Column("sent_at", Utc),
    Column("sent_by", Text),
    Column("reference", Text, nullable=False, server_default=""),
    Column("receipted_at", Utc),
    Column("receipt", Text, nullable=False, server_default=""),
    UniqueConstraint("shop_id", "cause_id", "number"),
    CheckConstraint("state IN ('reconciled', 'approved', 'remitted', 'receipted')", name="state"),
    CheckConstraint(
        "net_minor > 0 AND net_minor = gross_minor + matched_minor - refunded_minor", name="net"
    ),
)

giving_batch_line = Table(
    "giving_batch_line",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("batch_id", Id, primary_key=True, autoincrement=False),
    Column("order_id", Id, primary_key=True, autoincrement=False),
    Column("kind", Key, primary_key=True),
    Column("line_key", Key, primary_key=True),
    Column("gross_minor", BigInteger, nullable=False),
    Column("refunded_minor", BigInteger, nullable=False),
    CheckConstraint("gross_minor >= 0 AND refunded_minor >= 0", name="amounts"),
)
Index("ix_giving_batch_line_order", giving_batch_line.c.shop_id, giving_batch_line.c.order_id)

giving_proof = Table(
    "giving_proof",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("batch_id", Id, nullable=False),
    Column("name", Text, nullable=False),
    Column("media_type", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("added_by", Text, nullable=False),
    Column("added_at", Utc, nullable=False),
)
Index("ix_giving_proof_batch", giving_proof.c.shop_id, giving_proof.c.batch_id)

# What stood when the shop left, as it was called then.
giving_statement = Table(
    "giving_statement",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("made_at", Utc, nullable=False),
    Column("rows", Json, nullable=False),
)
