"""Tiers and VIP: drafted, previewed with who moves, published; refused values by their field."""

import re
from typing import Any

from connector.core import noticed
from connector.core.commerce import Customer, Person, Product
from connector.core.facts import publish
from connector.orders import record_products
from connector.program import service as program_service
from connector.rooms.tiers import programs, service
from connector.rooms.tiers.rules import Program
from tests.web.admin.conftest import Ada, words_of
from tests.world import HEARD, MIA, NOW, World, goods, order

FORM: dict[str, Any] = {
    "measure": "spend",
    "window_months": "12",
    "grace_days": "30",
    "warning_days": "30",
    "settle_days": "14",
    "levels-0-names-en": "Seed",
    "levels-0-threshold": "0",
    "levels-1-names-en": "Bloom",
    "levels-1-names-ar": "زهرة",
    "levels-1-threshold": "150.50",
    "levels-1-multiplier_percent": "125",
    "levels-1-gift_points": "٢٥٠",
    "levels-1-perks-discount_percent": "10",
    "levels-1-perks-free_shipping": "on",
    "levels-1-collection": "Summer",
    "levels-1-perks-collection_percent": "15",
    "levels-1-early": "Drop",
    "levels-1-early-url": "https://acme.example/drop",
    "levels-1-early-starts_at": "2026-11-22T09:00",
    "levels-1-early-ends_at": "2026-11-24T09:00",
    "ladder-measure": "orders",
    "ladder-0-threshold": "3",
    "ladder-0-percent": "5",
    "trial-days": "14",
    "trial-level": "2",
    "rates-0-currency": "eur",
    "rates-0-each": "1.08",
}


def save(ada: Ada, **changes: str):
    return ada.send("tiers", "tiers", **FORM | changes)


def drafted(world: World) -> Program | None:
    with world.database.read() as db:
        return programs.draft(db, world.shop.id)


def place(world: World) -> None:
    """What the job does after a publish."""
    more = True
    while more:
        with world.database.write() as db:
            facts, more = service.review(db, world.shop.id, NOW, 100)
            publish(db, HEARD, facts, NOW)


def test_a_form_is_what_it_says_and_shows_it_again(ada: Ada, world: World):
    assert "said=tiers_draft" in save(ada).location
    made = drafted(world)
    assert made is not None
    bloom = made.levels[1]
    assert (bloom.threshold, bloom.multiplier_percent, bloom.gift_points) == (15_050, 125, 250)
    assert (bloom.perks.discount_percent, bloom.perks.free_shipping) == (10, True)
    assert (bloom.perks.collection, bloom.perks.collection_percent) == ("Summer", 15)
    assert bloom.perks.early is not None
    assert bloom.perks.early.starts_at.isoformat() == "2026-11-22T08:00:00+00:00", "in Berlin"
    assert made.trial is not None
    assert (made.trial.days, made.trial.level_id) == (14, bloom.id)
    assert made.ladder is not None
    assert [(one.threshold, one.percent) for one in made.ladder.steps] == [(3, 5)]
    assert made.rates == {"EUR": (108, 100)}
    page = ada.see("tiers")
    for value in ("150.50", "Drop", "2026-11-22T09:00", "EUR", "1.08", "زهرة"):
        assert f'value="{value}"' in page
    sent = dict(re.findall(r'name="([\w-]+)" [^>]*value="([^"]*)"', page))
    again = {name: value for name, value in sent.items() if name != "csrf"}
    ada.send("tiers", "tiers", **FORM | again)
    assert drafted(world) == made, "saving what is shown changes nothing"


def test_a_preview_names_who_moves_before_anything_is_in_force(ada: Ada, world: World):
    world.tell(order("1", goods("a", 20_000)))
    save(ada)
    page = words_of(ada.see("tiers"))
    assert "1 member would rise." in page
    assert "Some who would move" in page
    assert "If it were on, they would get 250 points in all." in page
    save(ada, gifts_for_placed="on")
    assert "They get their level’s gifts at once: 250 points in all." in words_of(ada.see("tiers"))
    with world.database.read() as db:
        assert programs.current(db, world.shop.id) is None
    assert ada.send("tiers/publish", "tiers").location.endswith("said=tiers_published")
    page = words_of(ada.see("tiers"))
    assert "Members are being placed." in page
    place(world)
    page = words_of(ada.see("tiers"))
    assert "Bloom $150.50 1" in page
    assert "What would change" not in page
    assert "Discard the draft" not in page


def test_what_the_platform_cannot_give_is_said_beside_the_perks(ada: Ada, world: World):
    save(ada)
    page = ada.see("tiers")
    told = "At this store, discounts and free shipping of a level need the plugin."
    perks = page.split("<summary>Perks</summary>")[1:]
    assert perks
    assert all(told in one.partition('<div class="fields')[0] for one in perks)
    assert "At this store it needs the plugin." in page, "the growing discount, too"


def test_a_collection_nothing_is_in_is_warned_of_before_publishing(ada: Ada, world: World):
    told = "No product of your store is in “Summer”, so the members-only price of Bloom takes"
    save(ada)
    assert told not in words_of(ada.see("tiers")), "no product has told of any collection"
    with world.database.write() as db:
        record_products(db, world.shop.id, [Product("1", "Tea", collections=("Winter",))], NOW)
    assert told in words_of(ada.see("tiers"))
    with world.database.write() as db:
        record_products(db, world.shop.id, [Product("2", "Pot", collections=("Summer",))], NOW)
    assert told not in words_of(ada.see("tiers"))


def test_a_draft_can_be_discarded(ada: Ada, world: World):
    save(ada)
    assert ada.send("tiers/discard", "tiers").location.endswith("said=tiers_discarded")
    assert drafted(world) is None
    gone = ada.send("tiers/publish", "tiers")
    assert gone.status_code == 404
    assert "There is no draft to publish." in gone.text


def test_four_levels_in_one_click_with_welcome_points(ada: Ada, world: World):
    assert "5,000 points" in words_of(ada.see("tiers"))
    chosen = ada.send("tiers/template", "tiers")
    assert "welcome=yes" in chosen.location
    made = drafted(world)
    assert made is not None
    assert [one.name("en") for one in made.levels] == ["Seed", "Sprout", "Bloom", "Evergreen"]
    assert all(one.name(tag) for one in made.levels for tag in ("ar", "zh-Hant"))
    page = ada.see("tiers", welcome="yes")
    assert "Give 5,000 points for joining, too" in words_of(page)
    ada.send("tiers/publish", "tiers", welcome="on")
    with world.database.read() as db:
        (rule,) = program_service.newest(db, world.shop.id).rules
    assert (rule.kind, rule.points, rule.qualifies) == ("joined", 5000, False)
    assert "Give 5,000 points" not in words_of(ada.see("tiers", welcome="yes"))


def test_refused_values_stand_beside_their_field(ada: Ada, world: World):
    wrong = [
        ({"levels-1-threshold": "0"}, "levels-1-threshold", "Each level takes more"),
        ({"levels-1-threshold": "x"}, "levels-1-threshold", "Write the amount in digits"),
        ({"levels-1-names-en": "seed"}, "levels-1-names-en", "an English name of its own"),
        ({"levels-1-perks-discount_percent": "101"}, "levels-1-perks-discount_percent", "cannot"),
        ({"levels-1-multiplier_percent": "1.5"}, "levels-1-multiplier_percent", "whole number"),
        ({"levels-1-collection": ""}, "levels-1-collection", "Name the collection"),
        ({"levels-1-early-ends_at": ""}, "levels-1-early", "an end after the beginning"),
        ({"levels-1-early-url": "javascript:1"}, "levels-1-early", "an https address"),
        ({"ladder-0-percent": "101"}, "ladder-0-percent", "cannot be used"),
        (
            {"ladder-1-threshold": "3", "ladder-1-percent": "6"},
            "ladder-1-threshold",
            "Each step takes more",
        ),
        ({"levels-1-names-ar": "x" * 81}, "levels-1-names-en", "cannot be used"),
        ({"trial-level": "9"}, "trial-level", "Choose which level"),
        ({"rates-0-currency": "XXQ"}, "rates-0-currency", "is not a currency"),
        ({"window_months": "900"}, "window_months", "cannot be used"),
    ]
    for changes, name, sentence in wrong:
        answer = save(ada, **changes)
        assert answer.status_code == 422, changes
        assert sentence in words_of(answer.text), changes
        assert f'href="#{name}"' in answer.text, changes
    assert drafted(world) is None


def test_a_merchant_begins_the_free_days_of_a_member(ada: Ada, world: World):
    world.tell(Customer(MIA, Person(email="mia@b.example"), NOW))
    save(ada)
    ada.send("tiers/publish", "tiers")
    place(world)
    assert ada.send("tiers/days", "tiers", **{"vip-email": "Mia@b.example"}).status_code == 303
    with world.database.write() as db:
        (given,) = noticed.take(db, world.shop.id, 10)
        publish(db, HEARD, [given], NOW)
    mia = world.member()
    with world.database.read() as db:
        told = service.progress(db, world.shop.id, mia, NOW)
    assert told is not None
    assert told.level == 2
    page = words_of(ada.see(f"members/{mia}"))
    assert "Level Bloom" in page
    assert "VIP days on Bloom until" in page
    assert "Own level Seed" in page
    path, here = f"members/{mia}/vip-days/end", f"members/{mia}"
    assert ada.send(path, here).location.endswith("said=tiers_days_ended")
    with world.database.write() as db:
        publish(db, HEARD, noticed.take(db, world.shop.id, 10), NOW)
    page = words_of(ada.see(here))
    assert "Level Seed" in page
    assert "VIP days" not in page
    assert ada.send(path, here).location.endswith("said=tiers_days_ended"), "over already"
    for email, sentence in (
        ("mia@b.example", "had the free days already"),
        ("no@b.example", "no member with this e-mail"),
    ):
        refused = ada.send("tiers/days", "tiers", **{"vip-email": email})
        assert refused.status_code == 422
        assert sentence in words_of(refused.text)


def test_free_days_that_would_give_nothing_are_not_begun(ada: Ada, world: World):
    world.tell(Customer(MIA, Person(email="mia@b.example"), NOW))
    bare = {"levels-1-multiplier_percent": "100", "levels-1-early": "", "levels-1-early-url": ""}
    save(ada, **bare)
    ada.send("tiers/publish", "tiers")
    place(world)
    refused = ada.send("tiers/days", "tiers", **{"vip-email": "mia@b.example"})
    assert "no free days that would give this member more" in words_of(refused.text)


def test_every_language_has_the_page(ada: Ada, world: World):
    save(ada)
    for tag, words in (("ar", "ما الذي سيتغير"), ("zh-Hant", "將會改變什麼")):
        assert words in ada.see("tiers", lang=tag)


def test_free_days_that_the_store_cannot_give_are_not_published_without_a_word(
    ada: Ada, world: World
):
    bare = {name: "" for name in FORM if "early" in name or "multiplier" in name}
    save(ada, **(bare | {"levels-1-multiplier_percent": "100"}))
    assert "will not be offered" in words_of(ada.see("tiers"))
    ada.send("tiers/publish", "tiers")
    page = words_of(ada.see("tiers"))
    assert "will not be offered" in page
    assert "need the plugin, or a store at Shopify" in page
