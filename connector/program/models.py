"""Tables of the programme."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Column, Index, Integer, Table, Text

from connector.core.db import Id, Json, Utc, metadata

points_program = Table(
    "points_program",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("rates", Json, nullable=False),  # currency -> [points_each, per_minor]
    Column("hold_days", Integer, nullable=False),
    Column("award_on", Text, nullable=False),
    Column("counts_tax", Boolean, nullable=False),
    Column("counts_fees", Boolean, nullable=False),
    Column("counts_history", Boolean, nullable=False),
    Column("published_at", Utc, nullable=False),  # of a draft: when it was saved
    Column(
        "state",
        Text,
        CheckConstraint("state IN ('draft', 'scheduled', 'published', 'withdrawn')", name="state"),
        nullable=False,
        server_default="published",
    ),
    Column("starts_at", Utc),  # None: a draft
    Column("rules", Json),  # None: it has none
    Column("terms", Json),
    Column("name", Text, nullable=False, server_default=""),
    Column("note", Text, nullable=False, server_default=""),
    Column("made_by", Text, nullable=False, server_default=""),
    CheckConstraint("award_on IN ('paid', 'completed')", name="award_on"),
    CheckConstraint("hold_days >= 0", name="hold_days"),
)
Index(
    "ix_points_program_scheduled",
    points_program.c.starts_at,
    points_program.c.shop_id,
    sqlite_where=points_program.c.state == "scheduled",
    postgresql_where=points_program.c.state == "scheduled",
)

program_night = Table(
    "program_night",
    metadata,
    Column("shop_id", Id, primary_key=True),
    Column("due_at", Utc, nullable=False),
)
Index("ix_program_night_due", program_night.c.due_at, program_night.c.shop_id)
