"""What the panel says: whole sentences in the reader's language, and nobody else's."""

import re
from datetime import timedelta

import pytest

from connector.core import clock, facts
from connector.core.facts import GiftGiven
from connector.program.rules import Rule, Terms
from connector.rooms.expiry import service as expiry
from connector.rooms.expiry.models import expiry_notice
from connector.rooms.points import service as points
from tests.flows.test_bad_webhooks import WOO_ORDER, woocommerce
from tests.web.shoppers import STORE, acme, proxy

__all__ = ["acme", "proxy"]
ISOLATES = re.compile("[\u2066-\u2069]")


def told(acme, token=None, **query):
    """The club as its reader sees it: without the marks that only keep directions apart."""
    answer = acme.ask("club", token, **query)
    assert answer.status_code == 200, answer.get_json()
    return plain(answer.get_json())


def plain(value):
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return ISOLATES.sub("", value) if isinstance(value, str) else value


def section(club, name):
    return next(one for one in club["sections"] if one["id"] == name)


def sections(club):
    return [one["id"] for one in club["sections"]]


def test_a_member_reads_what_she_has_and_what_comes(acme):
    head = told(acme, acme.token())["head"]
    assert head["title"] == "Hello Mia"
    assert head["balance"] == {"number": "0", "unit": "points", "said": "You have 0 points"}
    assert head["launcher"] == "0 points"
    (coming,) = head["lines"]
    assert re.fullmatch(r"20 points more on \d+\xa0\w+( \d+)?", coming)


@pytest.mark.parametrize(
    ("lang", "title", "row", "value", "when"),
    [
        ("en", "Hello Mia", "Order #1", "+20", "pending"),
        ("ar", "مرحبًا Mia", "الطلب #1", "+20", "معلّقة"),
        ("ar-EG", "مرحبًا Mia", "الطلب #1", "+٢٠", "معلّقة"),
        ("zh-TW", "Mia，您好", "訂單 #1", "+20", "待入帳"),
    ],
)
def test_she_reads_it_in_her_language(acme, lang, title, row, value, when):
    club = told(acme, acme.token(), lang=lang)
    (entry,) = section(club, "history")["items"]
    assert club["head"]["title"] == title
    assert (entry["title"], entry["value"], entry["tone"]) == (row, value, "waiting")
    assert when in entry["lines"][0]


def test_numbers_keep_their_side_and_names_their_own(acme):
    club = acme.ask("club", acme.token(), lang="ar").get_json()
    (entry,) = next(one for one in club["sections"] if one["id"] == "history")["items"]
    assert entry["value"] == "\u2066+20\u2069"
    assert "\u2066#1\u2069" in entry["title"]
    assert "\u2068Mia\u2069" in club["head"]["title"]


def test_why_is_answered_line_by_line(acme):
    (entry,) = section(told(acme, acme.token()), "history")["items"]
    why = entry["why"]
    assert why["head"] == ["Line", "Counts", "Points"]
    assert why["rows"][0][1:] == ["$20", "20"]
    assert why["note"] == "1 point per $1, rounded down once per order."


def test_a_cancelled_order_is_called_cancelled(service, acme):
    changed = {"status": "cancelled", "date_modified_gmt": "2030-01-01T00:00:00"}
    order = {**WOO_ORDER, "billing": {"email": "m@b.example", "first_name": "Mia"}, **changed}
    woocommerce(service, acme.shop, order)
    service.work(["drain"])
    rows = section(told(acme, acme.token()), "history")["items"]
    assert [row["title"] for row in rows] == ["Change to order #1", "Order #1"]
    assert rows[0]["why"]["lines"] == ["No points: the order was cancelled."]
    assert [row["tone"] for row in rows] == ["minus", "plus"]


def test_a_merchants_words_stay_as_written(service, acme):
    with service.database.write() as db:
        member_id = service.runtime.members.by_customer_key(db, acme.shop.id, "7")
        points.adjust(
            db,
            acme.shop.id,
            member_id,
            50,
            reason="Parcel arrived late",
            made_by="staff:1",
            now=clock.now(),
        )
    entry = section(told(acme, acme.token()), "history")["items"][0]
    assert (entry["title"], entry["value"]) == ("Adjusted by the shop", "+50")
    assert entry["why"] == {"label": "Why?", "lines": ["Parcel arrived late"]}


@pytest.mark.parametrize("lang", ["en", "ar", "zh-Hant"])
def test_a_guest_reads_how_it_works_and_how_to_join(acme, lang):
    club = told(acme, lang=lang)
    assert [act["door"] for act in club["head"]["acts"]] == ["join", "log-in"]
    assert "balance" not in club["head"]
    assert "history" not in sections(club)
    (shop,) = section(club, "earn")["items"]
    expected = {
        "en": "1 point per $1",
        "ar": "نقطة واحدة لكل 1\xa0US$",
        "zh-Hant": "每 US$1 得 1 點",
    }
    assert shop["value"] == expected[lang]


def test_opening_the_panel_is_being_told_what_lapses(service, acme, monkeypatch):
    terms = Terms(expiry="inactivity", expiry_months=1)
    service.publish(acme.shop, terms=terms)
    with service.database.write() as db:
        member_id = service.runtime.members.by_customer_key(db, acme.shop.id, "7")
        points.adjust(
            db, acme.shop.id, member_id, 50, reason="a gift", made_by="x", now=clock.now()
        )
    at = clock.now() + timedelta(days=35)
    monkeypatch.setattr(clock, "now", lambda: at)
    with service.database.write() as db:
        rules = expiry.prepare(db, acme.shop.id, at - timedelta(days=35))
        expiry.night(db, acme.shop.id, rules, at, "", 100)
        assert not delivered(db)
    (line,) = [one for one in told(acme, acme.token())["head"]["lines"] if "expire" in one]
    assert re.fullmatch(r"50 points expire on \d+\xa0\w+( \d+)?", line)
    with service.database.read() as db:
        assert delivered(db)


def delivered(db):
    return all(row.delivered_at for row in db.execute(expiry_notice.select()))


def test_it_is_kept_by_nobody_and_read_by_the_shops_own_pages(acme):
    answer = acme.ask("club", acme.token())
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert answer.headers["Access-Control-Allow-Origin"] == STORE
    asked = acme.ask("club", method="OPTIONS")
    assert asked.headers["Access-Control-Allow-Headers"] == "Authorization"
    assert asked.headers["Access-Control-Allow-Methods"] == "GET"


def test_it_comes_through_the_proxy_too(proxy):
    query = proxy.query(proxy.pairs(("lang", "zh-TW")))
    club = plain(proxy.ask(query, "club").get_json())
    assert section(club, "history")["title"] == "紀錄"
    guest = plain(proxy.ask(proxy.query(proxy.pairs(customer="")), "club").get_json())
    assert "history" not in sections(guest)


def test_history_says_what_gifts_and_bonuses_were_for(service, acme):
    double = Rule("double", "multiplier", percent=200, labels={"en": "Double week"})
    service.publish(acme.shop, rules=(double, Rule("s", "streak", points=3)))
    paid = {"id": 2, "date_created_gmt": "2099-01-01T00:00:00", "date_paid_gmt": None}
    now = f"{clock.now():%Y-%m-%dT%H:%M:%S}"
    paid |= {"date_created_gmt": now, "date_modified_gmt": now, "date_paid_gmt": now}
    woocommerce(service, acme.shop, {**WOO_ORDER, **paid})
    service.work(["drain"])
    assert acme.do("visit", {"seen": ["/"]}, acme.token()).status_code == 200
    service.work(["drain"])
    with service.database.write() as db:
        member_id = service.runtime.members.by_customer_key(db, acme.shop.id, "7")
        note = GiftGiven(acme.shop.id, member_id, "rewards:gift:1:1", points=9, note="Thank you")
        facts.publish(db, service.runtime.subscriptions, [note], clock.now())
    rows = section(told(acme, acme.token()), "history")["items"]
    shown = {row["title"]: row.get("why", {}).get("lines", []) for row in rows}
    assert shown["A gift from the shop"] == ["The shop gave it to you.", "Thank you"]
    assert shown["Visit us 1 day in a row"] == [
        "The shop’s rule: Visit us 1 day in a row, 3 points."
    ]
    assert shown["Order #2"] == ["Double week: 20 points of these"]
    assert shown["Order #1"] == []
