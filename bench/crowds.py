"""What a night costs a large shop: a million lots that lapse, a million members re-evaluated.

Each beside a bare statement of the database that writes as many rows of the same width in the
same run. PostgreSQL.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import text

from bench import Figure, benchmark
from bench.databases import postgresql
from bench.house import build
from connector.core import clock
from connector.core.db import Database
from connector.program import service as programme
from connector.program.rules import Terms
from connector.rooms.expiry import service as expiry
from connector.rooms.tiers import programs as tiers
from connector.rooms.tiers import service as standings
from connector.rooms.tiers.rules import Level, Program
from connector.shops.service import Shop

BATCH = 2_000
POINTS = 120
_SEED = (
    """
    INSERT INTO member (shop_id, id, customer_key, state, created_at)
    SELECT :shop, n, 'k' || n, 'member', now() FROM generate_series(1, :members) AS n
    """,
    """
    INSERT INTO ledger_entry (shop_id, id, unit, amount, from_account, to_account, source, kind,
                              occurred_at, local_date, qualifying)
    SELECT :shop, n, 'PTS', :points, 'program', 'member:' || n, 'bench:' || n, 'earned',
           now(), to_char(now(), 'YYYY-MM-DD'), :points
    FROM generate_series(1, :members) AS n
    """,
    """
    INSERT INTO ledger_account (shop_id, unit, name, balance, version)
    SELECT :shop, 'PTS', 'member:' || n, :points, 1 FROM generate_series(1, :members) AS n
    """,
    """
    INSERT INTO ledger_lot (shop_id, id, unit, account, granted, remaining, expires_at)
    SELECT :shop, n, 'PTS', 'member:' || n, :points, :points, :ended
    FROM generate_series(1, :members) AS n
    """,
    """
    INSERT INTO expiry_notice (shop_id, member_id, lapses_on, days, points, made_at, delivered_at)
    SELECT :shop, n, :ended_on, days, :points, :told, :told
    FROM generate_series(1, :members) AS n, unnest(ARRAY[30, 7]) AS days
    """,
)
_COPY = """
    CREATE TEMPORARY TABLE bare (LIKE tier_standing INCLUDING ALL) ON COMMIT DROP;
    INSERT INTO bare SELECT * FROM tier_standing
"""
_RENEW = "UPDATE tier_standing SET version = version + 1, amount = amount"
_LAPSE = "UPDATE ledger_lot SET remaining = 0"


@benchmark("crowds")
def run(quick: bool) -> Iterator[Figure]:  # noqa: FBT001 - every benchmark is asked alike
    members = 20_000 if quick else 1_000_000
    with postgresql() as url, tempfile.TemporaryDirectory(prefix="perennial-bench-") as folder:
        shop = build(url, Path(folder)).shop
        shop_id, database = shop.id, Database(url)
        _seed(database, shop, members)
        placed, seconds = _place(database, shop_id)
        assert placed == members, placed
        limit = _timed(database, _COPY)
        yield _beside("members placed on their first level", members, seconds, limit)
        for name, change, expected in (
            ("members re-evaluated, none moves", {"gift_points": 1}, 0),
            ("members re-evaluated, all hear news", {"multiplier_percent": 150}, members),
        ):
            _renew(database, shop_id, change)
            told, seconds = _place(database, shop_id)
            assert told == expected, told
            yield _beside(name, members, seconds, _timed(database, _RENEW))
        seconds = _lapse(database, shop_id, members)
        yield _beside("lots that lapse", members, seconds, _timed(database, _LAPSE))
        database.dispose()


def _beside(name: str, members: int, seconds: float, limit: float) -> Figure:
    told = f"{members:,} in {seconds:,.1f} s, {members / seconds:,.0f}/s; bare {limit:,.1f} s"
    return Figure(name, limit / seconds, None, told)


def _renew(database: Database, shop_id: int, change: dict[str, int]) -> None:
    """Publish the same levels with one thing changed, so that everybody is judged anew."""
    with database.write() as db:
        published = tiers.current(db, shop_id)
        assert published is not None
        levels = tuple(msgspec.structs.replace(one, **change) for one in published.program.levels)
        wanted = msgspec.structs.replace(published.program, levels=levels)
        tiers.save_draft(db, shop_id, wanted, "bench", clock.now())
        tiers.publish(db, shop_id, clock.now(), has_standing=False)


def _seed(database: Database, shop: Shop, members: int) -> None:
    now, shop_id = clock.now(), shop.id
    ended = (now - timedelta(days=1)).astimezone(ZoneInfo(shop.timezone))
    told = {
        "shop": shop_id,
        "members": members,
        "points": POINTS,
        "ended": ended.replace(hour=0, minute=0, second=0, microsecond=0),
        "ended_on": ended.date().isoformat(),
        "told": now - timedelta(days=60),
    }
    with database.write() as db:
        for statement in _SEED:
            db.execute(text(statement), told)
        known = programme.newest(db, shop_id)
        wanted = replace(known, terms=Terms(expiry="lot"))
        programme.publish(db, shop_id, wanted, now - timedelta(days=400))
        db.execute(
            text("INSERT INTO expiry_clock VALUES (:shop, 'lot', 12, :since)"),
            {"shop": shop_id, "since": now - timedelta(days=800)},
        )
        levels = tuple(
            Level(number, {"en": f"Level {number}"}, threshold)
            for number, threshold in enumerate((0, 100, 500, 1_000), 1)
        )
        tiers.save_draft(db, shop_id, Program(levels=levels), "bench", now)
        tiers.publish(db, shop_id, now, has_standing=False)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as db:
        db.execute(text("ANALYZE"))


def _place(database: Database, shop_id: int) -> tuple[int, float]:
    started, more, facts = time.perf_counter(), True, 0
    while more:
        with database.write() as db:
            told, more = standings.review(db, shop_id, clock.now(), BATCH)
        facts += len(told)
    return facts, time.perf_counter() - started


def _lapse(database: Database, shop_id: int, members: int) -> float:
    started, lapsed = time.perf_counter(), 0
    after: str | None = ""
    now = clock.now()
    with database.write() as db:
        terms = expiry.prepare(db, shop_id, now)
    while after is not None:
        with database.write() as db:
            after, facts = expiry.night(db, shop_id, terms, now, after, BATCH)
        lapsed += len(facts)
    assert lapsed == members, lapsed
    return time.perf_counter() - started


def _timed(database: Database, statement: str) -> float:
    """Seconds of bare statements over as many rows of the same width, which change nothing."""
    with database.engine.connect() as db:
        started = time.perf_counter()
        for one in statement.split(";"):
            db.execute(text(one))
        seconds = time.perf_counter() - started
        db.rollback()
    return seconds
