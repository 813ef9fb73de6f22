"""Recommendations: scores of members, told once a day."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Json, Utc

revision = "20261123_08"
down_revision = "20261123_07"

_BEGIN = """
INSERT INTO recommend_scoring (shop_id, due_at)
SELECT shop_id, built_at FROM recommend_build WHERE built_at IS NOT NULL
"""


def upgrade() -> None:
    op.create_table(
        "recommend_score",
        sa.Column("shop_id", Id, primary_key=True),
        sa.Column("member_id", Id, primary_key=True, autoincrement=False),
        sa.Column("visits", sa.Integer, nullable=False),
        sa.Column("buys_permille", sa.Integer, nullable=False),
        sa.Column("yearly_thousandths", sa.Integer, nullable=False),
        sa.Column("again", Json, nullable=False),
        sa.CheckConstraint(
            "visits > 0 AND buys_permille BETWEEN 1 AND 999 AND yearly_thousandths >= 0",
            name="range",
        ),
    )
    op.create_index(
        "ix_recommend_score_buys", "recommend_score", ["shop_id", "buys_permille", "member_id"]
    )
    op.create_table(
        "recommend_scoring",
        sa.Column("shop_id", Id, primary_key=True, autoincrement=False),
        sa.Column("due_at", Utc, nullable=False),
        sa.Column("claimed_until", Utc),
        sa.Column("scored_at", Utc),
        sa.Column("returners", sa.Integer, nullable=False, server_default="0"),
        sa.Column("buys_learnt", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("again_learnt", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.CheckConstraint("returners >= 0", name="counts"),
    )
    op.create_index("ix_recommend_scoring_due", "recommend_scoring", ["due_at", "shop_id"])
    op.execute(_BEGIN)


def downgrade() -> None:
    op.drop_table("recommend_scoring")
    op.drop_table("recommend_score")
