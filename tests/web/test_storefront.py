"""What a shopper's browser may ask, and how it proves whose it is."""

import random
import string
from itertools import pairwise

import pytest

from connector.core import clock
from connector.shops import service as shops
from tests.adapters.shopify import world as shopify_world
from tests.adapters.shopify.test_app_proxy import canonical
from tests.flows.test_bad_webhooks import WOO_ORDER, woocommerce
from tests.web.shoppers import MIA, STORE, Storefront, acme, proxy

__all__ = ["acme", "proxy"]
NOBODY = {"member": None}
NO_ROW: dict[str, object] = {
    "surface": "product",
    "method": "standard",
    "bucket": None,
    "row": None,
    "heading": None,
    "items": [],
    "pages_a_day": 8,
}


def test_a_shopper_sees_her_own_points(acme):
    answer = acme.ask("me", acme.token())
    told = answer.get_json()
    member = told["member"]
    assert (member["name"], member["available"], member["pending"]) == ("Mia", 0, 20)
    assert member["pending_next"]["points"] == 20
    (entry,) = told["history"]
    assert (entry["kind"], entry["state"], entry["order"]) == ("earned", "pending", "1")
    assert answer.headers["Cache-Control"] == "private, no-store"


def test_who_is_nobody_here_sees_nobody(acme):
    for token in (None, acme.token(sub="8"), acme.token(sub="99999999999999999999")):
        answer = acme.ask("me", token)
        assert (answer.status_code, answer.get_json()) == (200, NOBODY)
        assert answer.headers["Cache-Control"] == "private, no-store"


def test_every_byte_of_a_token_counts(acme):
    token = acme.token()
    alphabet = string.ascii_letters + string.digits + "-_"
    for place, was in enumerate(token):
        other = alphabet[(alphabet.find(was) + 1) % 64]
        answer = acme.ask("me", token[:place] + other + token[place + 1 :])
        assert answer.status_code == 401, place
        assert answer.get_json()["code"] == "invalid_token"
    for changed in (token[:-1], token + "=", token + "A", f"{token}.", f" {token}", token + "!"):
        assert acme.ask("me", changed).status_code == 401, changed


@pytest.mark.parametrize(
    "token",
    ["", ".", "a.b", "é.é", "a" * 3000, "eyJhbGciOiJub25lIn0.e30.", "\x7f", "null"],
)
def test_what_is_no_token_proves_nothing(acme, token):
    assert acme.ask("me", token).status_code == 401


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"aud": "admin"}, "invalid_token"),
        ({"aud": ["widget"]}, "invalid_token"),
        ({"aud": None}, "invalid_token"),
        ({"sub": 7}, "invalid_token"),
        ({"sub": None}, "invalid_token"),
        ({"sub": ""}, "invalid_token"),
        ({"sub": "7\x00"}, "invalid_token"),
        ({"sub": "٧"}, "invalid_token"),
        ({"exp": None}, "invalid_token"),
        ({"iat": None}, "invalid_token"),
        ({"exp": True}, "invalid_token"),
        ({"exp": 1.5}, "invalid_token"),
        ({"exp": 10**30}, "expired"),
    ],
)
def test_a_claim_is_what_it_must_be(acme, changes, code):
    answer = acme.ask("me", acme.token(**changes))
    assert (answer.status_code, answer.get_json()["code"]) == (401, code)


@pytest.mark.parametrize(
    ("begins", "ends", "status"),
    [
        (0, 300, 200),
        (-260, 40, 200),
        (-303, -3, 200),
        (-320, -20, 401),
        (120, 300, 401),
        (0, 301, 401),
    ],
)
def test_a_token_lives_five_minutes(acme, begins, ends, status):
    now = int(clock.now().timestamp())
    answer = acme.ask("me", acme.token(iat=now + begins, exp=now + ends))
    assert answer.status_code == status
    if status == 401:
        assert answer.get_json()["code"] == "expired"


def test_another_shops_token_proves_nothing_here(service, acme):
    rival = Storefront(service, service.install("woocommerce", "https://rival.example"))
    assert acme.ask("me", rival.token()).status_code == 401
    assert acme.ask("me", acme.token(secret=b"")).status_code == 401
    assert rival.ask("me", acme.token()).status_code == 401


def test_only_the_stores_own_pages_may_read(service, acme):
    for view in ("config", "me", "recommendations", "badge", "nothing"):
        answer = acme.ask(view, product="none")
        assert answer.headers["Access-Control-Allow-Origin"] == STORE
        assert "Origin" in answer.headers["Vary"]
        assert "Access-Control-Allow-Credentials" not in answer.headers
    blog = Storefront(service, service.install("woocommerce", "https://other.example/shop"))
    answer = blog.ask("me", "no token")
    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == "https://other.example"


def test_a_page_may_ask_whether_it_may_send_a_token(acme):
    answer = acme.ask("me", method="OPTIONS")
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == STORE
    assert answer.headers["Access-Control-Allow-Headers"] == "Authorization"
    assert answer.headers["Access-Control-Allow-Methods"] == "GET"


def test_what_is_public_is_kept_for_a_minute(service, acme):
    answer = acme.ask("config")
    assert answer.headers["Cache-Control"].startswith("public, max-age=60")
    program = answer.get_json()["program"]
    assert (program["currency"], program["points_each"], program["per_minor"]) == ("USD", 1, 100)
    path = f"/storefront/woocommerce/{acme.shop.public_id}/config"
    again = service.http.get(path, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert acme.ask("recommendations", product="9").get_json() == NO_ROW


@pytest.mark.parametrize(
    ("view", "query", "status", "code"),
    [
        ("badge", {}, 422, "product_required"),
        ("badge", {"product": ","}, 422, "product_required"),
        ("badge", {"product": ",".join(map(str, range(101)))}, 422, "product_required"),
        ("recommendations", {"product": ",".join(map(str, range(101)))}, 422, "product_required"),
        ("badge", {"product": "a\x00b"}, 400, "invalid_text"),
        ("recommendations", {}, 422, "product_required"),
        ("recommendations", {"surface": "cart"}, 422, "product_required"),
        ("recommendations", {"surface": "moon"}, 422, "unknown_surface"),
        ("recommendations", {"surface": "home", "viewed": "1," * 13}, 422, "too_many"),
        ("recommendations", {"surface": "home", "hidden": "1," * 201}, 422, "too_many"),
        ("nothing", {}, 404, "not_found"),
    ],
)
def test_a_question_that_cannot_be_meant(acme, view, query, status, code):
    answer = acme.ask(view, **query)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)


def test_a_shop_that_is_not_there_or_has_left_answers_alike(service, acme):
    assert acme.ask("me").status_code == 200
    with service.database.write() as db:
        shops.uninstall(db, acme.shop.id, clock.now(), clock.now())
    assert acme.ask("me").status_code == 404
    gone = acme.ask("config")
    never = service.http.get("/storefront/woocommerce/000000000000/config")
    assert gone.status_code == never.status_code == 404
    assert gone.get_json()["code"] == never.get_json()["code"] == "shop_not_found"
    for method in ("POST", "PUT", "DELETE"):
        assert acme.ask("me", method=method).status_code == 405


# ---------------------------------------------------------------------------- Shopify's app proxy


def test_a_shopper_on_shopify_sees_her_own_points(proxy):
    answer = proxy.ask(proxy.query(proxy.pairs()))
    assert answer.get_json()["member"]["pending"] == 100
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert proxy.ask(proxy.query(proxy.pairs(customer=""))).get_json() == NOBODY
    assert proxy.ask(proxy.query(proxy.pairs(customer="12"))).get_json() == NOBODY
    assert proxy.ask(proxy.query(proxy.pairs()), "config").status_code == 200


def without(query, *names):
    return [pair for pair in query if pair[0] not in names]


def test_64_to_67_nothing_unsigned_old_or_doubled(proxy):
    good = proxy.query(proxy.pairs())
    shop = ("shop", shopify_world.SHOP)
    now = int(clock.now().timestamp())
    bad = {
        "64 no signature": without(good, "signature"),
        "66 shop twice": [*good, shop],
        "66 shop twice, signed": proxy.query([*proxy.pairs(), shop]),
        "67 no timestamp": without(good, "timestamp"),
        "67 no timestamp, signed": proxy.query(proxy.pairs(timestamp=None)),
        "nobody named": proxy.query(proxy.pairs(logged_in_customer_id=None)),
        "another customer": [
            *without(good, "logged_in_customer_id"),
            ("logged_in_customer_id", "1"),
        ],
        "another shop": [*without(good, "shop"), ("shop", "rival.myshopify.com")],
    }
    for why, query in bad.items():
        answer = proxy.ask(query)
        assert (answer.status_code, answer.get_json()["code"]) == (401, "bad_signature"), why
    for seconds in (-91, 300):
        answer = proxy.ask(proxy.query(proxy.pairs(timestamp=str(now + seconds))))
        assert (answer.status_code, answer.get_json()["code"]) == (401, "expired")


def test_65_no_other_cut_of_a_signed_query_changes_who_asks(proxy):
    """The signed text has no separators: every query of the same text has the same signature."""
    rng = random.Random(65)
    victim = MIA
    honest = proxy.pairs(("a", f"1logged_in_customer_id={victim}"), customer="")
    signature = proxy.query(honest)[-1]
    text = canonical(honest)
    starts = [place for place in range(1, len(text)) if "=" in text[place : place + 24]]
    crafted = [("a", "1"), *[pair for pair in honest[1:] if pair[0] != "logged_in_customer_id"]]
    tried = [[*crafted, ("logged_in_customer_id", victim)]]
    while len(tried) < 200:
        cuts = [0, *sorted(rng.sample(starts, rng.randrange(3, 7))), len(text)]
        parts = [text[a:b] for a, b in pairwise(cuts)]
        if all("=" in part for part in parts):
            tried.append([tuple(part.split("=", 1)) for part in parts])
    for pairs in tried:
        answer = proxy.ask([*pairs, signature])
        assert answer.status_code == 401 or answer.get_json() == NOBODY, pairs


def test_a_shopify_shop_we_do_not_know_is_not_found(service, proxy):
    answer = proxy.ask(proxy.query(proxy.pairs(shop="stranger.myshopify.com")))
    assert (answer.status_code, answer.get_json()["code"]) == (404, "shop_not_found")
    with service.database.write() as db:
        shops.uninstall(db, proxy.shop.id, clock.now(), clock.now())
    assert proxy.ask(proxy.query(proxy.pairs())).status_code == 404


def test_a_product_we_do_not_know_is_no_error(acme):
    """A theme shows the same page for a product that is new, a draft, or not a product."""
    for view, told in (("badge", {"points": 0}), ("recommendations", NO_ROW)):
        answer = acme.ask(view, product="none")
        assert (answer.status_code, answer.get_json()) == (200, told)
        assert answer.headers["Cache-Control"].startswith("public")


def test_days_are_the_shops_own(service):
    """23:30 in London is the next noon in Auckland, wherever the shopper sits."""
    shop = service.install("woocommerce", STORE, zone="Pacific/Auckland")
    late = {**WOO_ORDER, "date_paid_gmt": "2026-11-20T23:30:00"}
    woocommerce(service, shop, late)
    service.work(["drain"])
    acme = Storefront(service, shop)
    (entry,) = acme.ask("me", acme.token()).get_json()["history"]
    assert entry["at"].startswith("2026-11-20T")
    assert entry["on"] == "2026-11-21"
