"""What the storefront and the store's plugin are told to ask, in which words and how long."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import select

from connector.core import clock
from connector.core.i18n import LANGUAGES
from connector.core.outbox import outbox
from connector.rooms.giving import programmes, service, store
from connector.rooms.giving.rules import AddOn, RoundUp
from connector.shops import plugin
from connector.web import disclosures
from connector.web.tongue import Tongue
from tests.flows.service import make_service
from tests.rooms.giving.offers import programme
from tests.web.plugged import PluggedStore
from tests.web.test_install_woocommerce import hand_over
from tests.web.test_plugin import shop_of, start

DAY = timedelta(days=1)
PAPERS: dict[str, Any] = {
    "registration": "1048",
    "country": "DE",
    "payee": "Riverbank e.V.",
    "picture_url": "https://riverbank.example/otter.jpg",
    "names": {"ar": "ضفة النهر"},
    "stories": {"ar": "ماء نظيف."},
}
GIVER = "You are the giver"


class Acme:
    """A store with the plugin, Riverbank with its papers, and what is told of them."""

    def __init__(self, service_, plugged):
        self.service, self.store, self.now = service_, plugged, clock.now()
        _, state = start(service_, plugged)
        assert hand_over(service_, state).status_code == 200
        self.shop = shop_of(service_)
        with service_.database.write() as db:
            made = service.add_cause(db, self.shop.id, "Riverbank", "", self.now)
            self.cause = service.change_cause(db, self.shop.id, replace(made, **PAPERS), self.now)

    def join(self):
        """The store's admin says yes to the plugin."""
        assert self.store.call(self.service, "confirm").status_code == 200

    def publish(self, terms, **values):
        """As the admin does, with the words it shows first."""
        now = self.now
        times = {"starts_at": now, "ends_at": now + 9 * DAY, **values}
        wanted = programme(terms, self.cause, **times)
        with self.service.database.write() as db:
            made = programmes.draft(db, self.shop.id, wanted, now)
            words = disclosures.disclosures(self.shop, made, [self.cause], now)
            return programmes.publish(db, self.shop.id, made.id, words, now)

    def config(self, language="en"):
        self.service.app.extensions["perennial_remembered"]._known.clear()
        path = f"/storefront/woocommerce/{self.shop.public_id}/config"
        return self.service.http.get(path, query_string={"lang": language}).get_json()

    def settings(self):
        return self.store.call(self.service, "status").get_json()["settings"]["donation"]

    def work(self):
        self.service.work(("dispatch",))
        return [json.loads(body) for what, _, body in self.store.told if what == "settings"]


@pytest.fixture
def joining(database, serve):
    plugged = PluggedStore()
    serve(plugged)
    return Acme(make_service(database, private=[plugged.origin]), plugged)


@pytest.fixture
def acme(joining):
    joining.join()
    return joining


def test_the_house_says_who_gives_and_who_may_deduct(acme):
    told = acme.config()
    assert told["causes"][0]["ways"] == {"add_on": "riverbank", "round_up": "riverbank"}
    assert told["donation"]["said"].startswith(GIVER)
    assert told["donation"]["amounts_minor"] == [100, 200, 500]


def test_programmes_ask_with_their_own_amounts_in_the_words_published(acme):
    rounding, adding = acme.publish(RoundUp(100)), acme.publish(AddOn((300,), 50, 2000))
    told = acme.config("ar")
    (cause,) = told["causes"]
    assert cause == {
        "key": "riverbank",
        "name": "ضفة النهر",
        "story": "ماء نظيف.",
        "picture_url": PAPERS["picture_url"],
        "ways": {
            "add_on": f"riverbank@{adding.id}",
            "round_up": f"riverbank@{rounding.id}",
        },
    }
    said = told["donation"].pop("said")
    assert said == acme.settings()["said"]["ar"]
    assert told["donation"] == {
        "amounts_minor": [300],
        "round_up_to_minor": 100,
        "least_minor": 50,
        "most_minor": 2000,
        "share_kept_percent": 0,
        "currency": "USD",
        "exponent": 2,
    }
    english = acme.config()["donation"]["said"]
    assert english.count(GIVER) == 1, "who gives is said once of two programmes"
    first = rounding.disclosures["en"].partition(GIVER)[0].strip()
    second = adding.disclosures["en"].partition(GIVER)[0].strip()
    assert first in english
    assert second in english


def test_words_published_otherwise_are_told_as_they_were_and_who_gives_with_them(acme):
    one = acme.publish(RoundUp(100))
    old = structs.replace(one, disclosures=dict.fromkeys(one.disclosures, "So it was said."))
    say = Tongue.of(acme.shop, LANGUAGES["en"], acme.now)
    said = disclosures.at_the_ask(say, acme.shop.name, [old])
    assert said.startswith(f"So it was said. {GIVER}")


def test_a_shop_whose_programmes_are_over_asks_nothing_anywhere(acme):
    one = acme.publish(RoundUp(100))
    assert acme.config()["donation"]
    with acme.service.database.write() as db:
        programmes.end(db, acme.shop.id, one.id, acme.now)
    told = acme.config()
    assert (told["causes"], told["donation"]) == ([], None)
    assert acme.settings() is None


def test_the_plugin_is_told_how_long_each_question_is_asked(acme):
    one = acme.publish(RoundUp(100))
    assert one.starts_at
    assert one.ends_at
    times = {"from": int(one.starts_at.timestamp()), "until": int(one.ends_at.timestamp())}
    assert acme.settings()["times"] == {"round_up": times}
    (told,) = acme.work()
    assert told["donation"] == acme.settings()


def test_the_plugin_is_told_again_when_a_programme_begins(acme):
    acme.work()
    acme.store.told.clear()
    one = acme.publish(RoundUp(100), starts_at=acme.now + DAY)
    (told,) = acme.work()
    assert told["donation"] is None
    assert due(acme) == [one.starts_at]
    with acme.service.database.write() as db:
        db.execute(outbox.update().values(due_at=acme.now))
        store.change_programme(db, acme.shop.id, one.id, drafts=False, starts_at=acme.now - DAY)
    told = acme.work()[-1]
    assert told["donation"]["round_up_to_minor"] == 100
    assert due(acme) == []


def test_a_plugin_that_joins_later_is_told_when_a_programme_begins(joining):
    one = joining.publish(RoundUp(100), starts_at=joining.now + DAY)
    assert due(joining) == []
    joining.join()
    assert due(joining) == [one.starts_at]


def due(acme):
    with acme.service.database.read() as db:
        return list(db.scalars(select(outbox.c.due_at).where(outbox.c.kind == plugin.SETTINGS)))
