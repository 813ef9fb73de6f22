"""Receipts: what was given in a year and nothing can take back, for the giver's eyes alone."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector.core import clock
from connector.core.commerce import OrderState
from connector.rooms.giving.rules import PerUnit
from tests.rooms.giving.offers import papered, publish
from tests.web.admin.conftest import HOME, words_of
from tests.web.gifts.conftest import GIFT, rounded
from tests.world import MIA, NOW, donation, goods, order, refund, took


@pytest.fixture
def link(panel):
    """Where Mia's panel leads for her newest receipt in dollars."""

    def found(**values):
        return next(act.href for act in panel(**values).acts if "-USD-" in act.href).removeprefix(
            HOME
        )

    return found


def see(visitor, where):
    return visitor.get(where, base_url=HOME)


def test_a_receipt_lists_what_is_confirmed_and_says_who_may_deduct(world, visitor, link):
    publish(world, PerUnit(50, {"en": "a meal"}), papered(world))
    back = refund("r", took(GIFT, total_minor=15))
    world.tell(
        order("1", goods("g", 960), donation("a", 250), customer_key=MIA),
        order("2", GIFT, customer_key=MIA, refunds=(back,)),
        order("3", donation("a", 777), customer_key=MIA, state=OrderState.OPEN, paid_at=None),
        order("4", GIFT, customer_key=MIA, refunds=(refund("r2", took(GIFT, 1)),)),
        order("5", donation("a", 900), customer_key=MIA, currency="EUR"),
    )
    answer = see(visitor, link())
    page = words_of(answer.text)
    assert "Gifts of 2026" in page
    assert "Registered as 1048 DE" in page
    assert "Together $2.75" in page
    assert "$0.15 refunded" in page
    assert "€" not in page, "another currency has a receipt of its own"
    assert "#3" not in page
    assert "#4" not in page
    assert "You are the giver, and Acme does not deduct your gift from its taxes." in page
    assert "no tax receipt: only the cause can issue one" in page
    assert "Given by the shop for your orders" in page
    assert "Together $0.50 Acme is the giver: it is no gift of yours to deduct." in page
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["X-Robots-Tag"] == "noindex"
    assert "Set-Cookie" not in answer.headers
    assert world.audit() == []


def test_a_year_is_the_shops_own(world, visitor, panel):
    eve = datetime(2025, 12, 31, 23, 30, tzinfo=UTC)  # in Berlin it is 2026
    before = eve - timedelta(hours=1)
    for key, at in (("1", eve), ("2", before)):
        told: dict[str, Any] = {"placed_at": at, "modified_at": at, "paid_at": at}
        world.tell(order(key, donation("a", 100 + int(key)), customer_key=MIA, **told))
    hrefs = [act.href.removeprefix(HOME) for act in panel().acts]
    assert [act.label for act in panel().acts] == ["Receipt for 2026", "Receipt for 2025"]
    assert "Together $1.01" in words_of(see(visitor, hrefs[0]).text)
    assert "Together $1.02" in words_of(see(visitor, hrefs[1]).text)


@pytest.mark.parametrize(
    ("language", "title"), [("ar", "تبرعات 2026"), ("zh-Hant", "2026 年的捐款")]
)
def test_a_receipt_speaks_the_readers_language(world, visitor, link, language, title):
    world.tell(rounded("1"))
    page = see(visitor, link(language=language)).text
    assert f'lang="{language}"' in page
    assert title in words_of(page)


def test_a_link_serves_one_member_of_one_shop_for_an_hour(world, visitor, link, monkeypatch):
    world.tell(rounded("1"))
    where = link()
    found = re.fullmatch(r"/receipts/\w+/(\d+)(-.*)", where)
    assert found
    member, rest = found.groups()
    wrong = (
        where.replace(member, "1"),
        where.replace("-2026-", "-2025-"),
        where.replace("-USD-", "-EUR-"),
        where.split("?")[0][:-1] + ("0" if where.split("?")[0][-1] != "0" else "1"),
        f"/receipts/{world.shop.public_id}/{'x' * 3000}",
        f"/receipts/nobody/{member}{rest}",
    )
    for one in wrong:
        answer = see(visitor, one)
        assert answer.status_code == 404, one
        assert "$0.40" not in answer.text
    assert see(visitor, where).status_code == 200
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(hours=2))
    over = see(visitor, where)
    assert over.status_code == 404
    assert "This link is over. Open your receipt again from the shop’s page." in words_of(
        over.text
    )


def test_who_is_erased_has_no_receipt(world, visitor, link):
    world.tell(rounded("1"))
    where = link()
    world.erase(world.member())
    assert see(visitor, where).status_code == 404


def test_the_merchant_prints_it_from_the_members_page(world, ada):
    world.tell(rounded("1"))
    where = f"members/{world.member()}"
    assert f"{where}/receipts/2026/USD" in ada.see(where)
    assert "Together $0.40" in words_of(ada.see(f"{where}/receipts/2026/USD"))
    for wrong in ("2025/USD", "2026/EUR", "x/USD", f"{'9' * 19}/USD"):
        ada.see(f"{where}/receipts/{wrong}", status=404)
