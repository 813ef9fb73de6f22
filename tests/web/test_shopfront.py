"""What a store's plugin is told: gifts and perks, pushed when they change, never to others."""

import hmac
import json
from datetime import timedelta

import pytest
from msgspec.structs import replace
from sqlalchemy import select

from connector.core import clock
from connector.core.outbox import outbox
from connector.rooms.giving import service as giving
from connector.rooms.giving.asking import Amounts, of_the_house
from connector.rooms.tiers import programs
from connector.rooms.tiers.rules import Early, Ladder, Level, Perks, Program, Step
from connector.shops import plugin
from connector.shops import service as shops
from connector.web import shopfront
from tests.flows.service import make_service
from tests.web.plugged import PluggedStore
from tests.web.test_install_woocommerce import hand_over
from tests.web.test_plugin import paired, shop_of, start

SPROUT = {"en": "Sprout", "ar": "برعم"}
LEVELS = Program(
    measure="spend",
    levels=(
        Level(0, {"en": "Seed"}, 0),
        Level(0, SPROUT, 5_000, perks=Perks(10, free_shipping=True)),
        Level(0, {"en": "Bloom"}, 9_000, perks=Perks(collection="Mugs", collection_percent=25)),
    ),
    ladder=Ladder("orders", (Step(3, 5),)),
)
PERKS = [
    ("perennial-tier-2", "perennial-level-tier-2", "percent", 10, None, SPROUT),
    ("perennial-tier-2", "perennial-level-tier-2", "shipping", 0, None, SPROUT),
    (
        "perennial-tier-3",
        "perennial-level-tier-3-category",
        "percent",
        25,
        "Mugs",
        {"en": "Bloom"},
    ),
    ("perennial-discount-5", "perennial-level-discount-5", "percent", 5, None, {}),
]


@pytest.fixture
def store(serve):
    made = PluggedStore()
    serve(made)
    return made


@pytest.fixture
def acme(database, store):
    return make_service(database, private=[store.origin])


def add_cause(service, name="Riverbank"):
    with service.database.write() as db:
        giving.add_cause(db, shop_of(service).id, name, "", clock.now())


def publish(service, program=LEVELS):
    """As the admin does."""
    with service.database.write() as db:
        shop = shops.get(db, shop_of(service).id)
        stands = shopfront.has_standing(db, service.runtime.platforms["woocommerce"], shop)
        programs.save_draft(db, shop.id, program, "staff:1", clock.now())
        programs.publish(db, shop.id, clock.now(), has_standing=stands)


def waiting(service):
    with service.database.read() as db:
        return list(db.scalars(select(outbox.c.kind).where(outbox.c.kind == plugin.SETTINGS)))


def perks(told):
    names = ("tag", "code", "kind", "percent", "category", "names")
    return [tuple(one[name] for name in names) for one in told["perks"]]


def test_a_new_cause_and_new_levels_are_told_as_they_are_by_then(acme, store):
    paired(acme, store)
    add_cause(acme)
    publish(acme)
    assert len(waiting(acme)) == 1, "one errand tells everything"
    acme.work(("dispatch",))
    ((what, headers, body),) = store.told
    assert what == "settings"
    said = {name.lower(): one for name, one in headers.items()}
    time = said["perennial-timestamp"]
    signed = f"{time}.service.settings.".encode() + body
    expected = hmac.digest(store.secret, signed, "sha256").hex()
    assert said["perennial-signature"] == expected
    told = json.loads(body)
    names = dict.fromkeys(("en", "ar", "zh-Hant"), "Riverbank")
    cause = {
        "key": "riverbank",
        "name": "Riverbank",
        "names": names,
        "stories": dict.fromkeys(names, ""),
        "picture_url": "",
        "ways": {"add_on": "riverbank", "round_up": "riverbank"},
    }
    said = told["donation"].pop("said")
    assert set(said) == set(names)
    assert said["en"].startswith("You are the giver")
    assert told["donation"] == {
        "causes": [cause],
        "amounts_minor": [100, 200, 500],
        "round_up_to_minor": 100,
        "least_minor": 0,
        "most_minor": 0,
        "share_kept_percent": 0,
        "currency": "USD",
        "exponent": 2,
        "times": {},
    }
    assert perks(told) == PERKS
    assert waiting(acme) == []


def test_the_plugin_reads_the_same_by_itself(acme, store):
    paired(acme, store)
    add_cause(acme)
    told = store.call(acme, "status").get_json()["settings"]
    assert [one["key"] for one in told["donation"]["causes"]] == ["riverbank"]
    assert told["perks"] == []


def test_an_early_page_is_told_until_it_is_for_everybody(acme, store):
    """A level above the one it is for is let in, too; a page that is over is not told of."""
    paired(acme, store)
    now = clock.now().replace(microsecond=0)
    page = Early("Mug", "https://acme.example/product/mug/", now, now + timedelta(days=3))
    over = replace(page, starts_at=now - timedelta(days=9), ends_at=now - timedelta(days=1))
    names = ({"en": "Seed"}, SPROUT, {"en": "Bloom"}, {"en": "Oak"})
    given = (Perks(), Perks(early=over), Perks(early=page), Perks())
    levels = (Level(0, names[n], n * 5_000, perks=given[n]) for n in range(4))
    publish(acme, Program(measure="spend", levels=tuple(levels)))
    (told,) = store.call(acme, "status").get_json()["settings"]["early"]
    assert told == {
        "url": page.url,
        "tags": ["perennial-tier-3", "perennial-tier-4"],
        "names": {"en": "Bloom"},
        "from": int(now.timestamp()),
        "until": int(page.ends_at.timestamp()),
    }


def test_a_store_without_the_plugin_is_told_nothing(acme, store):
    _, state = start(acme, store)
    assert hand_over(acme, state).status_code == 200
    add_cause(acme)
    publish(acme)
    assert waiting(acme) == []
    with acme.database.read() as db:
        found = programs.current(db, shop_of(acme).id)
        told = shopfront.settings(db, shops.get(db, shop_of(acme).id))
    assert found
    assert (found.has_standing, told["perks"]) == (False, [])


def test_levels_from_before_the_plugin_give_their_perks_with_it(acme, store):
    _, state = start(acme, store)
    assert hand_over(acme, state).status_code == 200
    publish(acme)
    with acme.database.write() as db:
        draft = programs.save_draft(db, shop_of(acme).id, LEVELS, "staff:2", clock.now())
    told = store.call(acme, "confirm").get_json()["settings"]
    assert [one["code"] for one in told["perks"]] == [code for _, code, *_ in PERKS]
    with acme.database.read() as db:
        found = programs.current(db, shop_of(acme).id)
        kept = programs.draft(db, shop_of(acme).id)
    assert found
    assert kept
    assert (found.has_standing, found.program.version) == (True, 2)
    assert (kept.version, kept.levels) == (3, draft.levels), "what is being worked on stays"
    assert store.call(acme, "confirm").status_code == 200
    with acme.database.read() as db:
        again = programs.current(db, shop_of(acme).id)
    assert again == found, "said twice, it is published once"


def test_a_plugin_that_refuses_is_no_trouble_of_the_shop(acme, store):
    paired(acme, store)
    add_cause(acme)
    store.answer_settings = 401
    acme.work(("dispatch",))
    assert waiting(acme) == []
    assert shop_of(acme).problem is None


def test_a_plugin_that_went_is_not_told(acme, store):
    paired(acme, store)
    add_cause(acme)
    with acme.database.write() as db:
        plugin.refuse(db, shop_of(acme).id)
    acme.work(("dispatch",))
    assert (store.told, waiting(acme)) == ([], [])


@pytest.mark.parametrize(
    ("currency", "unit"), [("USD", 100), ("JPY", 100), ("KWD", 1_000), ("EUR", 100)]
)
def test_gifts_are_of_whole_units_or_a_hundred(currency, unit):
    assert of_the_house(currency) == Amounts((unit, 2 * unit, 5 * unit), unit)
