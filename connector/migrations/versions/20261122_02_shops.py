"""Businesses, shops, what lets us call them, and staff."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from connector.core.db import Id, Json, Key, Utc

revision = "20261122_02"
down_revision = "20261122_01"


def upgrade() -> None:
    _create_business()
    _create_shop()
    _create_credential()
    _create_install_intent()
    _create_staff()
    _create_staff_session()
    _create_signin_link()
    _create_api_key()
    _create_idempotent_reply()


def _create_business() -> None:
    op.create_table(
        "business",
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", Utc, nullable=False),
    )


def _create_shop() -> None:
    op.create_table(
        "shop",
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("business_id", Id, sa.ForeignKey("business.id"), nullable=False),
        sa.Column("platform", Key, nullable=False),
        sa.Column("key", Key, nullable=False),
        sa.Column("public_id", Key, nullable=False, unique=True),
        sa.Column("hook_path", Key, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("currency", sa.Text, nullable=False),
        sa.Column("timezone", sa.Text, nullable=False),
        sa.Column("platform_version", sa.Text, nullable=False, server_default=""),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("problem", sa.Text),
        sa.Column("created_at", Utc, nullable=False),
        sa.Column("installed_at", Utc),
        sa.Column("uninstalled_at", Utc),
        sa.Column("last_event_at", Utc),
        sa.Column("reconciled_at", Utc),
        sa.Column("reconcile_due_at", Utc),
        sa.Column("nightly_due_at", Utc),
        sa.UniqueConstraint("platform", "key"),
        sa.CheckConstraint(
            "state IN ('pending', 'unpaired', 'active', 'uninstalled')", name="state"
        ),
    )
    op.create_index("ix_shop_business", "shop", ["business_id"])
    op.create_index(
        "ix_shop_nightly",
        "shop",
        ["nightly_due_at"],
        sqlite_where=sa.text("nightly_due_at IS NOT NULL"),
        postgresql_where=sa.text("nightly_due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_shop_reconcile",
        "shop",
        ["reconcile_due_at"],
        sqlite_where=sa.text("reconcile_due_at IS NOT NULL"),
        postgresql_where=sa.text("reconcile_due_at IS NOT NULL"),
    )


def _create_credential() -> None:
    op.create_table(
        "credential",
        sa.Column("shop_id", Id, sa.ForeignKey("shop.id"), primary_key=True),
        sa.Column("kind", Key, primary_key=True),
        sa.Column("secret", sa.LargeBinary, nullable=False),
        sa.Column("expires_at", Utc),
        sa.Column("leased_until", Utc),
        sa.Column("updated_at", Utc, nullable=False),
    )


def _create_install_intent() -> None:
    op.create_table(
        "install_intent",
        sa.Column("state_hash", Key, primary_key=True),
        sa.Column("platform", sa.Text, nullable=False),
        sa.Column("shop_key", Key, nullable=False),
        sa.Column("browser_hash", sa.Text, nullable=False),
        sa.Column("business_id", Id),
        sa.Column("expires_at", Utc, nullable=False),
        sa.Column("used_at", Utc),
        sa.Column("shop_id", Id),
    )


def _create_staff() -> None:
    op.create_table(
        "staff",
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("business_id", Id, sa.ForeignKey("business.id"), nullable=False),
        sa.Column("platform_key", Key),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.UniqueConstraint("business_id", "platform_key"),
        sa.CheckConstraint("role IN ('owner', 'member')", name="role"),
    )


def _create_staff_session() -> None:
    op.create_table(
        "staff_session",
        sa.Column("token_hash", Key, primary_key=True),
        sa.Column("staff_id", Id, sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.Column("expires_at", Utc, nullable=False),
    )


def _create_signin_link() -> None:
    op.create_table(
        "signin_link",
        sa.Column("token_hash", Key, primary_key=True),
        sa.Column("staff_id", Id, sa.ForeignKey("staff.id"), nullable=False),
        sa.Column("expires_at", Utc, nullable=False),
        sa.Column("used_at", Utc),
    )


def _create_api_key() -> None:
    op.create_table(
        "api_key",
        sa.Column("shop_id", Id, sa.ForeignKey("shop.id"), primary_key=True),
        sa.Column("id", Id, primary_key=True, autoincrement=False),
        sa.Column("token_hash", Key, nullable=False, unique=True),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("created_at", Utc, nullable=False),
        sa.Column("last_used_at", Utc),
        sa.Column("revoked_at", Utc),
    )


def _create_idempotent_reply() -> None:
    op.create_table(
        "idempotent_reply",
        sa.Column("shop_id", Id, sa.ForeignKey("shop.id"), primary_key=True),
        sa.Column("key", Key, primary_key=True),
        sa.Column("request_hash", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("body", Json, nullable=False),
        sa.Column("created_at", Utc, nullable=False),
    )
