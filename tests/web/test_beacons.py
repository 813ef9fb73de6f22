"""What pages tell of recommendations: counted by bucket, bounded, from the store's own pages."""

import json
from urllib.parse import urlencode

import pytest

from connector import orders
from connector.core import clock
from connector.core.commerce import Product
from connector.rooms.recommend.learning import service as learning
from connector.web.storefront import beacons
from tests.web.shoppers import STORE, acme, proxy
from tests.web.test_api import refusal

__all__ = ["acme", "proxy"]
ROW = {"surface": "product", "row": "together", "method": "standard"}
SEEN = {**ROW, "shown": 1, "clicks": 1, "adds": 0}


def tell(front, body, origin=STORE, media="text/plain;charset=UTF-8", address="192.0.2.1"):
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return front.service.http.post(
        f"/storefront/woocommerce/{front.shop.public_id}/beacon",
        headers={} if origin is None else {"Origin": origin},
        data=text,
        content_type=media,
        environ_base={"REMOTE_ADDR": address},
    )


def tell_proxied(front, body, media="text/plain", **headers):
    query = urlencode(front.query(front.pairs()))
    return front.service.http.post(
        f"/storefront/shopify/beacon?{query}",
        data=json.dumps(body),
        content_type=media,
        headers={name.replace("_", "-"): told for name, told in headers.items()},
    )


def figures(front):
    with front.service.database.read() as db:
        return learning.figures(db, front.shop.id, clock.now())


def test_a_page_tells_and_it_is_counted(acme):
    answer = tell(acme, {"bucket": 500, "first": True, "rows": [SEEN]})
    assert (answer.status_code, answer.data) == (204, b"")
    assert "Set-Cookie" not in answer.headers
    told = figures(acme)
    assert (told.lift.shown.visits, told.lift.kept.visits) == (1, 0)
    [row] = told.rows
    assert (row.shown, row.clicks, row.adds) == (1, 1, 0)


def test_who_is_held_out_counts_as_a_visit(acme):
    assert tell(acme, {"bucket": 3, "first": True}).status_code == 204
    assert figures(acme).lift.kept.visits == 1


def test_reach_is_told_of_pages_and_of_the_catalogue(acme):
    wares = [Product(key, key.title(), 900, f"{STORE}/{key}") for key in ("tea", "pot", "mug")]
    with acme.service.database.write() as db:
        orders.record_products(db, acme.shop.id, wares, clock.now())
    answer, nothing = {**ROW, "pages": 1}, {**ROW, "row": "none", "pages": 1}
    seen = {**ROW, "shown": 1, "items": ["tea", "pot", "gone"]}
    tell(acme, {"bucket": 500, "first": True, "rows": [answer, seen]})
    tell(acme, {"bucket": 500, "first": False, "rows": [nothing, {**answer, "items": ["mug"]}]})
    tell(acme, {"bucket": 3, "first": True, "rows": [nothing]})  # shown no rows, so none is missed
    told = figures(acme)
    assert (told.coverage.pages, told.coverage.with_row) == (3, 2)
    assert (told.coverage.products, told.coverage.seen) == (3, 2)
    assert [one.place.row for one in told.rows] == ["together"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (" ", 400, "invalid_json"),
        ("{", 400, "invalid_json"),
        (b"\xff", 400, "invalid_json"),
        ({"first": True}, 422, "field_missing"),
        ({"bucket": 1000, "first": True}, 422, "amount_range"),
        ({"bucket": -1, "first": True}, 422, "amount_range"),
        ({"bucket": "7", "first": True}, 422, "integer_required"),
        ({"bucket": 7, "first": 1}, 422, "invalid_field"),
        ({"bucket": 7, "first": True, "name": "Mia"}, 422, "unknown_field"),
        ({"bucket": 7, "first": True, "rows": [SEEN] * 13}, 422, "rows_length"),
        ({"bucket": 7, "first": True, "rows": [{**SEEN, "shown": 21}]}, 422, "amount_range"),
        ({"bucket": 7, "first": True, "rows": [{**SEEN, "row": "magic"}]}, 422, "unknown_row"),
        ({"bucket": 7, "first": True, "rows": [{**SEEN, "row": "none"}]}, 422, "unknown_row"),
        ({"bucket": 7, "first": True, "rows": [{**SEEN, "surface": "moon"}]}, 422, "unknown_row"),
        (
            {"bucket": 7, "first": True, "rows": [{**SEEN, "surface": "cart", "row": "again"}]},
            422,
            "unknown_row",
        ),
        (
            {"bucket": 7, "first": True, "rows": [{**SEEN, "method": "made-up"}]},
            422,
            "unknown_row",
        ),
        ("x" * 70_000, 413, "too_large"),
    ],
)
def test_what_is_no_batch_is_refused_and_counts_nothing(acme, body, status, code):
    assert refusal(tell(acme, body))[:2] == (status, code)
    assert figures(acme).since is None


@pytest.mark.parametrize("origin", ["https://else.example", "null", None])
def test_only_the_stores_own_pages_tell(acme, origin):
    """Browsers say with every such request whose page it is of."""
    batch = {"bucket": 7, "first": True}
    assert refusal(tell(acme, batch, origin=origin))[:2] == (403, "wrong_origin")
    assert refusal(tell(acme, batch, media="text/html"))[:2] == (415, "json_required")
    assert figures(acme).since is None


def test_what_one_page_cannot_hold_is_not_counted(acme):
    many = {**ROW, "shown": 20, "clicks": 20, "adds": 20, "pages": 20}
    assert tell(acme, {"bucket": 500, "first": True, "rows": [many] * 12}).status_code == 204
    told = figures(acme)
    [row] = told.rows
    assert (row.shown, row.clicks, row.adds) == (1, 6, 6)
    assert (told.coverage.pages, told.exposure.rows) == (1, 1)


def test_one_address_tells_so_often_and_no_more(acme, monkeypatch):
    monkeypatch.setattr(beacons, "BEACONS_A_MINUTE", 2)
    batch = {"bucket": 7, "first": True}
    assert [tell(acme, batch).status_code for _ in range(3)] == [204, 204, 429]
    assert tell(acme, batch, address="192.0.2.2").status_code == 204


def test_one_address_tells_so_often_in_an_hour_and_no_more(acme, monkeypatch):
    monkeypatch.setattr(beacons, "BEACONS_AN_HOUR", 2)
    batch = {"bucket": 7, "first": False}
    assert [tell(acme, batch).status_code for _ in range(3)] == [204, 204, 429]


def test_a_visit_counts_once_however_often_a_household_tells_of_it(acme):
    for address in ("2001:db8::1", "2001:db8::2", "2001:db8::1"):
        assert tell(acme, {"bucket": 7, "first": True}, address=address).status_code == 204
    assert figures(acme).lift.kept.visits == 1
    tell(acme, {"bucket": 7, "first": True}, address="2001:db8:0:1::1")
    assert figures(acme).lift.kept.visits == 2


def test_a_household_makes_so_many_visits_and_no_more(acme):
    for bucket in range(100, 130):
        assert tell(acme, {"bucket": bucket, "first": True}).status_code == 204
    assert figures(acme).lift.shown.visits == beacons.VISITS_AN_HOUR == 20


def test_who_is_held_out_sees_no_row_and_learns_it_from_the_bucket(acme):
    asked = {"surface": "home"}
    told = acme.ask("recommendations", **asked, bucket="3").get_json()
    assert (told["row"], told["items"], told["bucket"]) == (None, [], 3)
    assert "method" not in told
    told = acme.ask("recommendations", **asked, bucket="500").get_json()
    assert (told["method"], told["surface"], told["bucket"]) == ("standard", "home", 500)
    assert acme.ask("recommendations", **asked).get_json()["bucket"] is None
    for wrong in ("1000", "-1", "x", "٧"):
        answer = acme.ask("recommendations", **asked, bucket=wrong)
        assert refusal(answer)[:2] == (422, "bucket_range")


def test_a_member_is_in_one_bucket_whatever_the_browser_says(acme):
    told = [
        acme.ask("for_me", acme.token(), surface="home", bucket=said).get_json()["bucket"]
        for said in ("1", "999")
    ]
    assert told[0] == told[1]
    assert 0 <= told[0] < 1000


def test_a_comparison_changes_which_row_a_side_meets(acme):
    with acme.service.database.write() as db:
        made = learning.start_trial(
            db, acme.shop.id, "home", "method", "standard", "count", clock.now()
        )
        deals = [learning.deal(db, acme.shop.id, "home", bucket) for bucket in range(50, 70)]
    assert made.a == "standard"
    told = [
        acme.ask("recommendations", surface="home", bucket=str(bucket)).get_json()["method"]
        for bucket in range(50, 70)
    ]
    assert told == [deal.method for deal in deals]
    assert set(told) == {"standard", "count"}


def test_shopifys_proxy_forwards_it(proxy):
    for bucket, media in ((700, "text/plain"), (701, "application/json")):
        batch = {"bucket": bucket, "first": True, "rows": [SEEN]}
        assert tell_proxied(proxy, batch, media).status_code == 204
    assert refusal(proxy.do("beacon", {"bucket": 1000, "first": True}))[:2] == (
        422,
        "amount_range",
    )
    assert figures(proxy).lift.shown.visits == 2


def test_behind_shopifys_proxy_the_browser_or_the_shops_domains_tell_whose_page_it_is(proxy):
    ware = Product("tea", "Tea", 900, "https://www.acme.example/products/tea")
    with proxy.service.database.write() as db:
        orders.record_products(db, proxy.shop.id, [ware], clock.now())
    batch = {"bucket": 700, "first": False}
    own = f"https://{proxy.shop.key}"
    for headers in (
        {"Origin": own},
        {"Origin": "https://www.acme.example"},
        {"Origin": "https://acme.fr", "Sec_Fetch_Site": "same-origin"},
    ):
        assert tell_proxied(proxy, batch, **headers).status_code == 204
    for headers in (
        {"Origin": "https://else.example"},
        {"Origin": "null"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Origin": own, "Sec_Fetch_Site": "same-site"},
    ):
        told = tell_proxied(proxy, batch, **headers)
        assert refusal(told)[:2] == (403, "wrong_origin")
