"""What moves in and out: members of a file, merges undone, blocks, and what people prefer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Json, Key, Utc

revision = "20261122_21"
down_revision = "20261122_20"

_TABLES = (
    "imported_balance",
    "import_mapping",
    "member_import_problem",
    "member_import_line",
    "member_import_chunk",
    "member_import",
    "preference_answer",
    "preference_question",
    "member_block",
)


def upgrade() -> None:
    op.create_table(
        "member_block",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("member_id", Id, primary_key=True, autoincrement=False),
        sa.Column("blocked_at", Utc, primary_key=True),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("ended_at", Utc),
        sa.Column("ended_by", sa.Text),
    )
    op.create_table(
        "preference_question",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("texts", Json, nullable=False),
        sa.Column("choices", Json, nullable=False),
        sa.Column("changed_at", Utc, nullable=False),
        sa.CheckConstraint("number IN (1, 2)", name=op.f("ck_preference_question_number")),
    )
    op.create_table(
        "preference_answer",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("member_id", Id, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("choice", sa.Integer, nullable=False),
        sa.Column("answered_at", Utc, nullable=False),
    )
    op.create_index(
        "ix_preference_answer_choice", "preference_answer", ["shop_id", "number", "choice"]
    )
    _create_import_tables()


def _create_import_tables() -> None:
    op.create_table(
        "member_import",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("file_hash", Key, nullable=False),
        sa.Column("file_name", sa.Text, nullable=False),
        sa.Column("mapping", Json, nullable=False),
        sa.Column("lines", sa.BigInteger, nullable=False),
        sa.Column("chunks", sa.Integer, nullable=False),
        sa.Column("step", sa.Text, nullable=False),
        sa.Column("next_chunk", sa.Integer, nullable=False),
        sa.Column("report", Json, nullable=False),
        sa.Column("due_at", Utc),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("started_at", Utc, nullable=False),
        sa.Column("finished_at", Utc),
        sa.CheckConstraint(
            "step IN ('check', 'checked', 'take', 'done', 'dropped')",
            name=op.f("ck_member_import_step"),
        ),
    )
    op.create_index(
        "ix_member_import_due",
        "member_import",
        ["due_at", "shop_id"],
        sqlite_where=sa.text("due_at IS NOT NULL"),
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "member_import_chunk",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("import_id", Id, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "member_import_line",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("import_id", Id, primary_key=True, autoincrement=False),
        sa.Column("identity", Key, primary_key=True),
        sa.Column("line", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "member_import_problem",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("import_id", Id, primary_key=True, autoincrement=False),
        sa.Column("line", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("field", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False),
    )
    op.create_table(
        "import_mapping",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("name", Key, primary_key=True),
        sa.Column("mapping", Json, nullable=False),
        sa.Column("saved_at", Utc, nullable=False),
    )
    op.create_table(
        "imported_balance",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("member_id", Id, primary_key=True, autoincrement=False),
        sa.Column("points", sa.BigInteger, nullable=False),
        sa.CheckConstraint("points >= 0", name=op.f("ck_imported_balance_points")),
    )


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)
