"""Shops that were there before carts without scripts knew what is asked are told of it once."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import text

from connector import migrations
from connector.core.db import Database
from connector.migrations import migrate

_BUSINESS = "INSERT INTO business (id, name, created_at) VALUES (1, 'A', '2026-01-01 00:00:00')"
_SHOPS = """
INSERT INTO shop (id, business_id, platform, key, public_id, hook_path, name, currency, timezone,
                  state, installed_at, created_at)
VALUES ({n}, 1, '{platform}', 'k{n}', 'p{n}', 'h{n}', 'Acme', 'USD', 'UTC', '{state}',
        '2026-01-01 00:00:00', '2026-01-01 00:00:00')
"""
_PROGRAMME = """
INSERT INTO giving_programme (shop_id, id, name, kind, currency, terms, causes, starts_at, ends_at,
                              made_at, published_at)
VALUES (1, {id}, 'P', '{kind}', 'USD', '{{}}', '[]', '{starts} 00:00:00', '2026-12-31 00:00:00',
        '2026-01-01 00:00:00', '2026-01-02 00:00:00')
"""
_ERRANDS = "SELECT shop_id, key FROM outbox WHERE kind = 'asked' ORDER BY id"


def test_live_shopify_shops_are_told_now_and_when_a_programme_begins(empty_url):
    migrate(empty_url)
    database, config = Database(empty_url), Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    stores = (("shopify", "active"), ("shopify", "uninstalled"), ("woocommerce", "active"))
    with database.write() as db:
        config.attributes["connection"] = db
        command.downgrade(config, "20261123_02")
        db.execute(text(_BUSINESS))
        for n, (platform, state) in enumerate(stores, start=1):
            db.execute(text(_SHOPS.format(n=n, platform=platform, state=state)))
        programmes = (("add_on", "2026-06-01"), ("share", "2026-06-01"), ("add_on", "2026-01-01"))
        for number, (kind, starts) in enumerate(programmes, start=41):
            db.execute(text(_PROGRAMME.format(id=number, kind=kind, starts=starts)))
        command.upgrade(config, "head")
        rows = [tuple(row) for row in db.execute(text(_ERRANDS))]
        assert rows == [(1, "asked:all"), (1, "asked:giving:41")]
        about = db.scalar(text("SELECT payload FROM outbox WHERE id = 41"))
        assert "giving:41" in str(about)
    database.dispose()
