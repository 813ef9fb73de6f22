"""The plugin in a WooCommerce store: how it joins, what it may say, and who else may not."""

import hmac
import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from adapters.woocommerce import sign
from connector.core import clock
from connector.rooms.tiers import programs
from connector.rooms.tiers.rules import Level, Perks, Program
from connector.shops import plugin
from connector.shops import service as shops
from connector.shops.models import credential
from connector.shops.models import shop as shop_table
from connector.worker.purge import purge
from tests.fakes import CONSUMER_KEY
from tests.flows.service import make_service
from tests.web.plugged import KNOCK, PluggedStore
from tests.web.test_install_woocommerce import CSRF, code_of, hand_over, send

START = "/install/woocommerce/plugin"


@pytest.fixture
def store(serve):
    made = PluggedStore()
    serve(made)
    return made


@pytest.fixture
def acme(database, store):
    return make_service(database, private=[store.origin])


def start(service, store, browser=None, knock=KNOCK):
    """(browser, state) after the plugin sent a browser to us."""
    browser = browser or service.http
    answer = browser.get(START, query_string={"store": store.origin, "knock": knock})
    assert answer.status_code == 303, answer.text
    return browser, parse_qs(urlsplit(answer.headers["Location"]).query)["user_id"][0]


def paired(service, store):
    """A browser that came all the way; the store is connected."""
    browser, state = start(service, store)
    assert hand_over(service, state).status_code == 200
    assert store.call(service, "confirm").status_code == 200
    return browser


class Browser:
    """A browser at the service's own address, which the admin insists on."""

    def __init__(self, service):
        self._http, self._home = service.http, service.settings.public_url

    def get(self, path, **sending):
        return self._http.get(path, base_url=self._home, **sending)

    def post(self, path, **sending):
        told = {"Origin": self._home}
        return self._http.post(path, base_url=self._home, **({"headers": told} | sending))


def enter(service, store, token=None):
    """(browser, answer) of somebody who comes from the store's admin."""
    browser = Browser(service)
    token = store.token() if token is None else token
    return browser, browser.get(f"/admin/woocommerce/{store.id}/enter?token={token}")


def shop_of(service):
    with service.database.read() as db:
        return db.execute(select(shop_table)).one()


def test_one_click_in_the_store_joins_it(acme, store):
    browser, state = start(acme, store)
    assert hand_over(acme, state).status_code == 200
    (offer,) = store.offers
    shop = shop_of(acme)
    assert (shop.state, offer["account"], offer["public_id"]) == (
        "pending",
        "Acme",
        shop.public_id,
    )
    known_as = hmac.new(b"wc-api", CONSUMER_KEY.encode(), "sha256").hexdigest()
    assert offer["key"] == known_as  # the store takes it back when it leaves
    back = browser.get(
        "/install/woocommerce/return", query_string={"success": "1", "user_id": state}
    )
    assert back.headers["Location"] == f"{store.origin}/wp-admin/admin.php?page=perennial"
    answer = store.call(acme, "confirm")
    assert answer.status_code == 200
    assert answer.get_json()["account"] == "Acme"
    assert answer.get_json()["settings"]["currency"] == "USD"
    assert shop_of(acme).state == "active"
    assert store.call(acme, "confirm").status_code == 200  # said twice, once true


def test_a_store_that_did_not_knock_takes_no_offer(acme, store):
    _, state = start(acme, store, knock="ab" * 32)
    refused = hand_over(acme, state)
    assert refused.status_code != 200
    assert store.offers == []
    assert shop_of(acme).state == "pending"  # and lapses: nobody can confirm it


def test_a_store_that_is_being_asked_is_not_given_up(acme, store):
    store.meanwhile = lambda: purge(acme.runtime, 0)
    _, state = start(acme, store)
    assert hand_over(acme, state).status_code == 200
    assert store.call(acme, "confirm").status_code == 200


@pytest.mark.parametrize("knock", ["", "5e", "5E" * 32, "5e" * 33, "<b>"])
def test_a_knock_is_64_hex_digits(acme, store, knock):
    answer = acme.http.get(START, query_string={"store": store.origin, "knock": knock})
    assert code_of(answer) == "invalid_knock"


def test_the_browser_cannot_confirm_what_the_store_was_asked(acme, store):
    browser, state = start(acme, store)
    hand_over(acme, state)
    url = acme.settings.public_url
    form = {"state": state}
    answer = browser.post("/install/woocommerce/confirm", data=form, headers={"Origin": url})
    assert code_of(answer) == "not_ready"
    assert shop_of(acme).state == "pending"


def test_a_plugin_page_of_another_host_is_no_answer(acme, store):
    store.page = "https://evil.example/wp-admin/"
    browser, state = start(acme, store)
    assert hand_over(acme, state).status_code != 200
    back = browser.get(
        "/install/woocommerce/return", query_string={"success": "1", "user_id": state}
    )
    assert back.status_code == 200  # the page that waits


def test_refusing_in_the_store_leaves_nothing_to_confirm(acme, store):
    _, state = start(acme, store)
    hand_over(acme, state)
    assert store.call(acme, "refuse").get_json() == {"lives": False}
    assert store.call(acme, "confirm").status_code == 401  # its secret is gone
    assert shop_of(acme).state == "pending"


def test_somebody_signed_in_is_asked_before_a_store_joins_them(acme, store):
    paired(acme, store)
    browser, entered = enter(acme, store)
    assert entered.status_code == 303
    page = browser.get(START, query_string={"store": store.origin, "knock": KNOCK})
    assert page.status_code == 200
    assert KNOCK in page.text
    store.knock = KNOCK
    token = CSRF.search(page.text)
    assert token
    answer = browser.post(
        "/install/woocommerce",
        data={"csrf": token[1], "store": store.origin, "knock": KNOCK},
    )
    (state,) = parse_qs(urlsplit(answer.headers["Location"]).query)["user_id"]
    before = store.secret
    assert hand_over(acme, state).status_code == 200
    assert store.secret != before
    assert store.call(acme, "confirm").status_code == 200
    assert store.call(acme, "status", secret=before).status_code == 401


def test_a_living_store_that_lost_its_plugin_may_come_again(acme, store):
    """Nobody is signed in, but the keys we hold still open it: it is the same store."""
    paired(acme, store)
    store.knock = KNOCK
    paired(acme, store)
    assert shop_of(acme).state == "active"


def test_a_living_store_that_comes_again_is_given_its_levels_again(acme, store):
    """It was deleted there while we could not be told, with all that we had written."""
    level = Level(0, {"en": "Gold"}, 0, perks=Perks(discount_percent=10))
    paired(acme, store)
    shop, now = shop_of(acme), clock.now()
    with acme.database.write() as db:
        programs.save_draft(db, shop.id, Program(levels=(level,)), "staff:1", now)
        before = programs.publish(db, shop.id, now, has_standing=True).version
    assert store.call(acme, "confirm").status_code == 200, "an answer may be lost"
    store.knock = KNOCK
    paired(acme, store)
    with acme.database.read() as db:
        published = programs.current(db, shop.id)
    assert published
    assert published.program.version == before + 1


def test_an_offer_the_plugin_refuses_leaves_a_living_store_as_it_was(acme, store):
    """The store deletes the keys it has just made, so the old ones must stay with us."""
    paired(acme, store)
    shop = shop_of(acme)
    other = {"consumer_key": f"ck_{'b' * 40}", "consumer_secret": f"cs_{'b' * 40}"}
    store.opens.add(other["consumer_key"])
    _, state = start(acme, store, knock="ab" * 32)
    assert hand_over(acme, state, **other).status_code != 200
    assert store.call(acme, "status").status_code == 200
    with acme.database.read() as db:
        held = shops.credentials(db, acme.runtime.keys, shop.id)
    assert held.access.startswith(CONSUMER_KEY)
    assert shop_of(acme).state == "active"


def test_a_new_owner_of_the_address_may_not(acme, store):
    paired(acme, store)
    store.knock, store.opens = KNOCK, set()
    answer = acme.http.get(START, query_string={"store": store.origin, "knock": KNOCK})
    assert code_of(answer) == "shop_taken"


def test_a_store_connected_without_the_plugin_is_paired_later(acme, store):
    browser = acme.http
    answer = send(acme, browser, store=store.origin)
    (state,) = parse_qs(urlsplit(answer.headers["Location"]).query)["user_id"]
    hand_over(acme, state)
    browser.post(
        "/install/woocommerce/confirm",
        data={"state": state},
        headers={"Origin": acme.settings.public_url},
    )
    assert shop_of(acme).state == "unpaired"
    paired(acme, store)
    assert shop_of(acme).state == "active"


# ------------------------------------------------------------------------------------ signed calls


def test_the_status_of_a_connection(acme, store):
    paired(acme, store)
    answer = store.call(acme, "status", plugin="1.2.3", woocommerce="11.0.1", php="8.2")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    told = answer.get_json()
    assert (told["service"], told["problem"]) == ("1", None)
    assert told["settings"] == {
        "currency": "USD",
        "donation": None,
        "perks": [],
        "early": [],
    }
    with acme.database.read() as db:
        row = plugin.of(db, shop_of(acme).id)
    assert row
    assert (row.version, row.woocommerce, row.php) == ("1.2.3", "11.0.1", "8.2")
    assert row.admin_url.endswith("page=perennial")


def test_what_is_not_signed_says_nothing(acme, store):
    paired(acme, store)
    late = clock.now() - timedelta(minutes=6)
    cases = [
        (store.call(acme, "status", secret=b"other"), "bad_signature"),
        (store.call(acme, "status", sent=b'{"plugin":"2"}'), "bad_signature"),
        (store.call(acme, "status", public_id="nobody"), "bad_signature"),
        (store.call(acme, "status", at=late), "expired"),
        (acme.http.post(f"/plugin/woocommerce/{store.id}/status", data=b"{}"), "bad_signature"),
        (acme.http.post(f"/plugin/woocommerce/{store.id}/nothing", data=b"{}"), "not_found"),
        (store.call(acme, "status", sent=None, plugin=1), "invalid_json"),
    ]
    assert [code_of(answer) for answer, _ in cases] == [code for _, code in cases]


def test_one_call_is_not_another(acme, store):
    """A status overheard cannot be sent as a disconnect."""
    paired(acme, store)
    body = json.dumps({}).encode()
    told = store.call(acme, "status")
    headers = {
        name: told.request.headers[name] for name in ("Perennial-Timestamp", "Perennial-Signature")
    }
    answer = acme.http.post(
        f"/plugin/woocommerce/{store.id}/disconnect", data=body, headers=headers
    )
    assert code_of(answer) == "bad_signature"


def test_secrets_rotate_and_a_lost_answer_locks_nobody_out(acme, store):
    paired(acme, store)
    before = store.secret
    first = store.call(acme, "rotate").get_json()
    assert store.call(acme, "rotate").get_json() == first
    assert code_of(store.call(acme, "rotated")) == "old_secret"
    store.secret = first["plugin"].encode()
    assert store.call(acme, "status").status_code == 200
    assert store.call(acme, "rotated").status_code == 200
    assert store.call(acme, "rotated").status_code == 200
    assert code_of(store.call(acme, "status", secret=before)) == "bad_signature"
    with acme.database.read() as db:
        shop_id, keys = shop_of(acme).id, acme.runtime.keys
        good = plugin.widget_secrets(db, keys, shop_id, clock.now())
        later = plugin.widget_secrets(db, keys, shop_id, clock.now() + timedelta(days=2))
        assert len(good) == 2
        assert later == [first["widget"].encode()]
        assert shops.secret(db, keys, shop_id, "widget_secret") == later[0]


def test_taking_the_plugin_out_disconnects(acme, store):
    paired(acme, store)
    assert store.call(acme, "disconnect").status_code == 200
    acme.work(["drain"])
    shop = shop_of(acme)
    assert shop.state == "uninstalled"
    with acme.database.read() as db:
        kinds = db.scalars(select(credential.c.kind).where(credential.c.shop_id == shop.id)).all()
    assert "access" not in kinds
    assert code_of(store.call(acme, "status")) == "disconnected"


def test_a_webhook_named_like_the_plugin_does_nothing(acme, store):
    """The topic of a webhook is not signed: whoever saw one could send it under another name."""
    paired(acme, store)
    shop = shop_of(acme)
    body = b'{"email":"mia@example.com"}'
    with acme.database.read() as db:
        secret = shops.secret(db, acme.runtime.keys, shop.id, "hook_secret")
    assert secret
    for topic in ("perennial.left", "perennial.erase"):
        answer = acme.http.post(
            f"/hooks/woocommerce/{shop.hook_path}",
            data=body,
            headers={
                "X-WC-Webhook-Topic": topic,
                "X-WC-Webhook-Signature": sign(body, secret).decode(),
                "X-Perennial-Plugin": clock.now().isoformat(),
            },
        )
        assert answer.status_code == 200
    acme.work(["drain"])
    assert shop_of(acme).state == "active"


# -------------------------------------------------------------------------------- into the admin


def test_from_the_stores_admin_into_ours(acme, store):
    paired(acme, store)
    token = store.token()
    browser, answer = enter(acme, store, token)
    assert answer.status_code == 303
    assert browser.get(answer.headers["Location"]).status_code == 200
    _, again = enter(acme, store, token)
    assert code_of(again) == "link_spent"


def test_sign_ins_that_prove_nothing(acme, store):
    paired(acme, store)
    now = int(clock.now().timestamp())
    tokens = {
        "invalid_token": [
            "",
            "a.b",
            store.token(secret=b"other"),
            store.token(aud="widget"),
            store.token(jti=""),
            store.token(sub=""),
            store.token(sub=1),
        ],
        "expired": [
            store.token(iat=now - 200, exp=now - 140),
            store.token(exp=now + 3600),
            store.token(iat=now + 100, exp=now + 160),
        ],
    }
    for code, given in tokens.items():
        for token in given:
            _, answer = enter(acme, store, token)
            assert code_of(answer) == code, token
