"""Tables of the tenant: businesses, shops, what lets us call them, staff and their sessions.

``business`` and the doors that find a shop are the only tables without ``shop_id``.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from connector.core.db import Id, Json, Key, Utc, metadata

business = Table(
    "business",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("approval_above", Id),  # points that take a second person; NULL: none do
)

shop = Table(
    "shop",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("business_id", ForeignKey("business.id"), nullable=False),
    Column("platform", Key, nullable=False),
    Column("key", Key, nullable=False),  # myshopify domain, or the store's origin
    Column("public_id", Key, nullable=False, unique=True),  # in storefront URLs
    Column("hook_path", Key, nullable=False, unique=True),  # unguessable
    Column("name", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("timezone", Text, nullable=False),
    Column("platform_version", Text, nullable=False, server_default=""),
    Column("state", Text, nullable=False),
    Column("problem", Text),  # why the connection is broken, in a stable code
    Column("created_at", Utc, nullable=False),
    Column("installed_at", Utc),
    Column("uninstalled_at", Utc),
    Column("last_event_at", Utc),
    Column("reconciled_at", Utc),
    Column("reconcile_due_at", Utc),
    Column("nightly_due_at", Utc),
    Column("joins_first", Boolean, nullable=False, server_default=false()),  # else: by buying
    Column("tags_levels", Boolean, nullable=False, server_default=false()),  # tag accounts so
    UniqueConstraint("platform", "key"),
    CheckConstraint("state IN ('pending', 'unpaired', 'active', 'uninstalled')", name="state"),
)
Index("ix_shop_business", shop.c.business_id)
Index(
    "ix_shop_reconcile",
    shop.c.reconcile_due_at,
    sqlite_where=shop.c.reconcile_due_at.is_not(None),
    postgresql_where=shop.c.reconcile_due_at.is_not(None),
)
Index(
    "ix_shop_nightly",
    shop.c.nightly_due_at,
    sqlite_where=shop.c.nightly_due_at.is_not(None),
    postgresql_where=shop.c.nightly_due_at.is_not(None),
)

Index(
    "ix_shop_pending",
    shop.c.id,
    sqlite_where=shop.c.state == "pending",
    postgresql_where=shop.c.state == "pending",
)

credential = Table(
    "credential",
    metadata,
    Column("shop_id", ForeignKey("shop.id"), primary_key=True),
    Column("kind", Key, primary_key=True),  # access, hook_secret, ...
    Column("secret", LargeBinary, nullable=False),
    Column("expires_at", Utc),
    Column("leased_until", Utc),  # somebody is renewing it
    Column("updated_at", Utc, nullable=False),
)

plugin = Table(
    "shop_plugin",
    metadata,
    Column("shop_id", ForeignKey("shop.id"), primary_key=True),
    Column("version", Text, nullable=False),
    Column("woocommerce", Text, nullable=False),
    Column("wordpress", Text, nullable=False),
    Column("php", Text, nullable=False),
    Column("admin_url", Text, nullable=False),
    Column("paired_at", Utc),  # the store's admin said yes
    Column("seen_at", Utc, nullable=False),
)

spent_token = Table(
    "spent_token",
    metadata,
    Column("shop_id", ForeignKey("shop.id"), primary_key=True),
    Column("token_hash", Key, primary_key=True),
    Column("expires_at", Utc, nullable=False),
)
Index("ix_spent_token_age", spent_token.c.expires_at)

install_intent = Table(
    "install_intent",
    metadata,
    Column("state_hash", Key, primary_key=True),
    Column("platform", Text, nullable=False),
    Column("shop_key", Key, nullable=False),
    Column("browser_hash", Text, nullable=False),
    Column("business_id", Id),  # who was signed in when it began
    Column("expires_at", Utc, nullable=False),
    Column("used_at", Utc),
    Column("shop_id", Id),
    Column("knock", LargeBinary),  # sealed: what the store's plugin will know the offer by
    Column("admin_url", Text),  # where the plugin's own page asks for the confirm
)
Index("ix_install_intent_age", install_intent.c.expires_at)
Index("ix_install_intent_shop", install_intent.c.shop_id)

staff = Table(
    "staff",
    metadata,
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("business_id", ForeignKey("business.id"), nullable=False),
    Column("platform_key", Key),  # e.g. the Shopify staff user behind a session token
    Column("name", Text, nullable=False),
    Column("role", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    UniqueConstraint("business_id", "platform_key"),
    CheckConstraint("role IN ('owner', 'member')", name="role"),
)

staff_session = Table(
    "staff_session",
    metadata,
    Column("token_hash", Key, primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
)
Index("ix_staff_session_age", staff_session.c.expires_at)

signin_link = Table(
    "signin_link",
    metadata,
    Column("token_hash", Key, primary_key=True),
    Column("staff_id", ForeignKey("staff.id"), nullable=False),
    Column("expires_at", Utc, nullable=False),
    Column("used_at", Utc),
)
Index("ix_signin_link_age", signin_link.c.expires_at)

api_key = Table(
    "api_key",
    metadata,
    Column("shop_id", ForeignKey("shop.id"), primary_key=True),
    Column("id", Id, primary_key=True, autoincrement=False),
    Column("token_hash", Key, nullable=False, unique=True),
    Column("label", Text, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("last_used_at", Utc),
    Column("revoked_at", Utc),
)

idempotent_reply = Table(
    "idempotent_reply",
    metadata,
    Column("shop_id", ForeignKey("shop.id"), primary_key=True),
    Column("key", Key, primary_key=True),
    Column("request_hash", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", Json, nullable=False),
    Column("created_at", Utc, nullable=False),
)
Index("ix_idempotent_reply_age", idempotent_reply.c.created_at)
