"""Perks at the platform: tags for those who have them, discounts that stand while they are."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from connector.core.discounts import DiscountKind, Standing
from connector.core.errors import PlatformMissing
from connector.core.facts import GiftGiven
from connector.core.outbox import outbox
from connector.rooms.tiers import handlers, perks, programs, rules, store
from connector.rooms.tiers.rules import Early, Level, Perks, Program
from tests.rooms.tiers.club import BLOOM, SEED, SPENDING, SPROUT, Club, change
from tests.world import MIA, NOW, acme

LADDER = rules.Ladder("orders", (rules.Step(2, 3), rules.Step(3, 6)))
TAGS, STANDING = handlers.ERRANDS.values()


class Client:
    """What a store was asked for."""

    def __init__(self):
        self.asked = []
        self.lacks = None  # a collection

    def tag(self, key, add, remove):
        self.asked.append((key, list(add), list(remove)))

    def put_standing(self, wanted):
        if wanted.collection and wanted.collection == self.lacks:
            raise PlatformMissing("collection_missing")
        self.asked.append(wanted)

    def remove_standing(self, title):
        self.asked.append(title)


@pytest.fixture
def club(database):
    return Club(acme(database))


def waiting(club, kind):
    with club.world.database.read() as db:
        chosen = select(outbox.c.payload).where(outbox.c.kind == kind)
        return sorted(payload["about"] for payload in db.scalars(chosen))


def run(club, errand, about):
    """One errand as the worker runs it; what the store was asked."""
    client = Client()
    with club.world.database.write() as db:
        todo = errand.prepare(db, club.shop_id, about, NOW)
        if todo is not None:
            answer = errand.carry_out(client, todo)
            assert errand.finish(db, club.shop_id, about, answer, NOW) == []
        assert errand.fail(db, club.shop_id, about, "gone", NOW) == []
    return client.asked


def test_only_where_the_platform_has_them(club):
    club.publish(SPENDING)
    club.buy("1", 30_000)
    assert waiting(club, "tier_tags") == waiting(club, "tier_standing") == []


def test_a_customer_is_tagged_while_a_discount_asks_for_it(club):
    club.publish(change(SPENDING, ladder=LADDER), has_standing=True)
    mia = club.world.member()
    club.buy("1", 15_000)
    assert waiting(club, "tier_tags") == [], "Sprout has nothing that stands"
    club.buy("2", 15_000)
    assert waiting(club, "tier_tags") == [str(mia)]
    (asked,) = run(club, TAGS, str(mia))
    assert asked[:2] == (MIA, ["perennial-tier-3", "perennial-discount-3"])
    assert set(asked[2]) == {"perennial-tier-1", "perennial-tier-2", "perennial-discount-6"}
    assert run(club, TAGS, str(mia)) == [], "it is as it should be"
    club.undo("2", 15_000)
    ((_, add, remove),) = run(club, TAGS, str(mia))
    assert add == []
    assert "perennial-tier-3" in remove
    assert run(club, TAGS, "5") == []


def test_a_store_that_comes_again_has_everybody_tagged_again(club):
    """Its plugin was deleted with all that we had written there."""
    club.publish(change(SPENDING, ladder=LADDER), has_standing=True)
    mia = club.world.member()
    for key in ("1", "2"):
        club.buy(key, 15_000)
    run(club, TAGS, str(mia))
    club.heard.clear()
    with club.world.database.write() as db:
        db.execute(outbox.delete())
        programs.stand(db, club.shop_id, NOW)
    club.review(NOW)
    assert waiting(club, "tier_tags") == [str(mia)]
    ((_, add, _),) = run(club, TAGS, str(mia))
    assert add == ["perennial-tier-3", "perennial-discount-3"]
    assert club.take(GiftGiven) == [], "nobody reaches a level twice by it"
    assert club.check() == []


def test_discounts_stand_as_published_and_go_with_their_perk(club):
    made = club.publish(change(SPENDING, ladder=LADDER), has_standing=True)
    bloom = made.levels[2].id
    everything = [f"ladder:{n}" for n in (3, 6)] + [
        f"level:{bloom}:{n}" for n in ("all", "shipping")
    ]
    assert waiting(club, "tier_standing") == sorted(everything)
    percent = DiscountKind.PERCENT
    assert run(club, STANDING, f"level:{bloom}:all") == [
        Standing("Bloom: 10%", "perennial-tier-3", percent, 10)
    ]
    shipping = Standing("Bloom: free shipping", "perennial-tier-3", DiscountKind.SHIPPING)
    assert run(club, STANDING, f"level:{bloom}:shipping") == [shipping]
    assert run(club, STANDING, "ladder:3")[0].title == "Loyal customer: 3%"
    fifteen = change(made.levels[2], perks=Perks(discount_percent=15))
    club.publish(change(made, levels=(*made.levels[:2], fifteen), ladder=None), has_standing=True)
    assert run(club, STANDING, f"level:{bloom}:all") == [
        Standing("Bloom: 15%", "perennial-tier-3", percent, 15),
        "Bloom: 10%",
    ], "nobody is without it in between"
    assert run(club, STANDING, f"level:{bloom}:shipping") == ["Bloom: free shipping"]
    assert run(club, STANDING, "ladder:3") == ["Loyal customer: 3%"]
    assert run(club, STANDING, "ladder:6") == [], "it never stood"
    with club.world.database.read() as db:
        assert store.discounts(db, club.shop_id) == {f"level:{bloom}:all": "Bloom: 15%"}


def test_levels_that_swap_their_names_keep_both_discounts(club):
    five = Perks(discount_percent=5)
    levels = (change(SEED, perks=five), change(SPROUT, perks=five))
    made = club.publish(change(SPENDING, levels=levels), has_standing=True)
    abouts = [f"level:{one.id}:all" for one in made.levels]
    for about in abouts:
        run(club, STANDING, about)
    swapped = zip(made.levels, reversed(made.levels), strict=True)
    renamed = tuple(change(one, names=other.names) for one, other in swapped)
    club.publish(change(made, levels=renamed), has_standing=True)
    asked = [one for about in abouts for one in run(club, STANDING, about)]
    assert [(one.title, one.tag) for one in asked] == [
        ("Sprout: 5%", "perennial-tier-1"),
        ("Seed: 5%", "perennial-tier-2"),
    ], "neither ends what is the other's now"


def test_a_price_of_a_collection_that_is_gone_ends_the_old_one(club):
    level = change(SEED, perks=Perks(collection="Summer", collection_percent=15))
    made = club.publish(change(SPENDING, levels=(level,)), has_standing=True)
    about = f"level:{made.levels[0].id}:collection"
    run(club, STANDING, about)
    other = change(made.levels[0], perks=Perks(collection="Winter", collection_percent=15))
    club.publish(change(made, levels=(other,)), has_standing=True)
    client: Any = Client()
    client.lacks = "Winter"
    with club.world.database.read() as db:
        todo = STANDING.prepare(db, club.shop_id, about, NOW)
    with pytest.raises(PlatformMissing):
        STANDING.carry_out(client, todo)
    assert client.asked == ["Seed: Summer 15%"]


def test_members_only_prices_of_a_collection():
    level = Level(7, {"en": "Leaf"}, 0, perks=Perks(collection="Summer", collection_percent=15))
    (found,) = perks.standings(Program(levels=(level,))).values()
    expected = Standing("Leaf: Summer 15%", "perennial-tier-1", DiscountKind.PERCENT, 15, "Summer")
    assert found == expected
    assert perks.tags(Program(levels=(level,)), 1, 0) == ["perennial-tier-1"]


def test_a_level_with_an_early_page_is_known_by_a_tag_and_so_are_those_above():
    """Else nobody could be let in."""
    page = Early("New", "https://acme.example/new/", NOW, NOW + timedelta(days=2))
    levels = tuple(
        Level(
            number, {"en": str(number)}, number, perks=Perks(early=page if number == 2 else None)
        )
        for number in (1, 2, 3)
    )
    program = Program(levels=levels)
    tags = [perks.tags(program, number, 0) for number in (1, 2, 3)]
    assert tags == [[], ["perennial-tier-2"], ["perennial-tier-3"]]


def test_titles_tell_levels_apart():
    levels = [
        change(one, id=n, perks=BLOOM.perks) for n, one in enumerate((SEED, SPROUT, BLOOM), 1)
    ]
    found = perks.standings(Program(levels=tuple(levels), ladder=LADDER)).values()
    assert len({one.title for one in found}) == len(found) == 8
