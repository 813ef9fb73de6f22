"""What ten products and ten members of a real shop are shown, to be read by people.

The history goes through the product's own import and build; members are told by number.
"""

from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench import online_retail
from bench.databases import sqlite
from bench.importing import import_file, make_shop
from connector import orders
from connector.core import clock
from connector.core.commerce import Product
from connector.core.db import Database
from connector.core.i18n import SOURCE, without_bidi_controls
from connector.core.keyring import KeyRing
from connector.members import Members
from connector.rooms import recommend
from connector.rooms.recommend import showing
from connector.shops import service as shops
from connector.web import rows
from connector.web.tongue import Tongue

PLACES = (1, 3, 10, 30, 100, 300, 1000, 2000, 3000, 4000)  # by orders, the most first
LAST = 6  # products bought last, told of a member
Orders = Mapping[str, Mapping[str, Any]]


def tables(until: datetime | None = None) -> Iterator[str]:
    """Every row of a product's page and of a member's home, with counts and reasons."""
    sold = online_retail.convert(online_retail.read_rows(until=until)).orders
    with tempfile.TemporaryDirectory(prefix="perennial-bench-") as folder, sqlite() as url:
        key, path = KeyRing.new_key(), Path(folder) / "orders.jsonl"
        shop_id = make_shop(url, key, "GBP", online_retail.ZONE)
        online_retail.write(sold.values(), path)
        import_file(url, path, key, shop_id)
        database = Database(url)
        then = max(order["placed_at"] for order in sold.values())  # as if this were today
        with database.write() as db:
            orders.record_products(db, shop_id, catalogue(sold), then)
            recommend.mark(db, shop_id, then, at_once=True)
        recommend.build(database, shop_id, then)
        yield from _told(database, shop_id, Members(KeyRing([key])), sold)
        database.dispose()


def catalogue(sold: Orders) -> list[Product]:
    """Whatever was sold, by its usual title and its newest price; the data has no stock."""
    titles: dict[str, Counter[str]] = defaultdict(Counter)
    prices: dict[str, Decimal] = {}
    for order in sorted(sold.values(), key=lambda one: one["placed_at"]):
        for line in order["lines"]:
            if line["kind"] != "fee":
                titles[line["sku"]][line["title"]] += 1
                prices[line["sku"]] = line["total"] / line["quantity"]
    return [
        Product(
            key=key,
            title=told.most_common(1)[0][0],
            price_minor=round(prices[key] * 100),
            url=f"https://gifts.example/{key}",
        )
        for key, told in titles.items()
    ]


def _told(database: Database, shop_id: int, members: Members, sold: Orders) -> Iterator[str]:
    bought: dict[str, list[tuple[datetime, list[str]]]] = defaultdict(list)
    often: Counter[str] = Counter()
    for order in sold.values():
        goods = {line["product"]: line["title"] for line in order["lines"] if line["product"]}
        often.update(goods.keys())
        if order["customer"] and goods:
            bought[order["customer"]["key"]].append((order["placed_at"], [*goods.values()]))
    people = sorted(bought, key=lambda one: (-len(bought[one]), one))
    products = sorted(often, key=lambda one: (-often[one], one))
    with database.read() as db:
        shop = shops.get(db, shop_id)
        say = Tongue.of(shop, SOURCE, clock.now())
        titles = {one.key: one.title for one in catalogue(sold)}
        for key in (products[place - 1] for place in PLACES if place <= len(products)):
            yield f"\n## {titles[key]} ({key}), orders: {often[key]}"
            question = showing.Question(surface="product", products=(key,))
            yield from _rows(showing.ladder(db, shop, question), say)
        for key in (people[place - 1] for place in PLACES if place <= len(people)):
            member_id = members.by_customer_key(db, shop_id, key)
            yield f"\n## Member {member_id}, orders: {len(bought[key])}"
            newest = [title for _, goods in sorted(bought[key], reverse=True) for title in goods]
            yield f"bought last: {', '.join(newest[:LAST])}"
            question = showing.Question(surface="home", member_id=member_id)
            yield from _rows(showing.ladder(db, shop, question), say)


def _rows(found: list[showing.Row], say: Tongue) -> Iterator[str]:
    if not found:
        yield "no row"
    for row in found:
        yield f"- {row.kind}"
        for one in row.shown:
            score = "" if one.score is None else f" (score {one.score})"
            why = without_bidi_controls(rows.reason(one, say))
            yield f"  - {one.item.title}: {why}{score}"
