"""A page of members at once ends as each would alone: what a new version brings over, and facts.

The plain way judges every member by itself. It runs first and is undone; then the job runs.
"""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select

from connector.core.facts import Fact, GiftGiven, MembersMerged
from connector.core.ids import new_id, new_ids
from connector.members.models import member
from connector.orders.models import orders
from connector.rooms.tiers import programs, service
from connector.rooms.tiers.models import tier_reach, tier_standing
from connector.rooms.tiers.rules import Ladder, Step
from tests.rooms.tiers.club import BLOOM, SEED, SPENDING, SPROUT, Club, change
from tests.rooms.tiers.test_perks import waiting
from tests.rooms.tiers.test_standing import merge
from tests.rooms.tiers.test_stories import _order_row
from tests.world import NOW, acme

PEOPLE = 10
LADDER = Ladder("orders", (Step(2, 3), Step(4, 6)))
moments = st.sampled_from([0, 5, 40, 200, 320, 390])
deals = st.tuples(st.integers(0, PEOPLE - 1), moments, st.sampled_from([900, 10_000, 16_000]))
versions = st.fixed_dictionaries(
    {},
    optional={
        "window_months": st.sampled_from([None, 6]),
        "grace_days": st.sampled_from([0, 60]),
        "ladder": st.sampled_from([None, LADDER]),
        "measure": st.sampled_from(["spend", "orders", "points"]),
        "levels": st.sampled_from(["dearer", "richer", "fewer", "more"]),
    },
)


def renewed(made, told):
    """The next version, with the same levels unless ``told`` says which other ones."""
    seed, sprout, *rest = made.levels
    half = sprout.threshold // 2
    leaf = change(SEED, id=new_id(), names={"en": f"Leaf {half}"}, threshold=half)
    levels = {
        "dearer": (seed, change(sprout, threshold=9_500), *rest),
        "richer": (seed, change(sprout, multiplier_percent=115), *rest),
        "fewer": (seed, sprout),
        "more": (seed, leaf, sprout),
    }
    return change(made, **(told | {"levels": levels.get(told.get("levels", ""), made.levels)}))


def stands(db, club):
    rows = db.execute(select(tier_standing).order_by(tier_standing.c.member_id)).mappings().all()
    reached = db.execute(
        select(
            tier_reach.c.member_id, tier_reach.c.level_id, tier_reach.c.gift, tier_reach.c.number
        )
    ).all()
    return [dict(row) for row in rows], sorted(reached, key=str)


def plainly(club, now):
    """What everybody's row and the facts are when each is judged alone."""
    with club.world.database.write() as db:
        published = programs.current(db, club.shop_id)
        assert published is not None
        chosen = select(member.c.id).where(member.c.shop_id == club.shop_id)
        tried, facts = db.begin_nested(), list[Fact]()
        for one in sorted(db.scalars(chosen)):
            placed = published.unplaced([one])
            facts += service.settle(db, club.shop_id, [one], now, placed=placed)
        found = stands(db, club)
        tried.rollback()
    return found, facts


@settings(
    max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(
    st.lists(deals, max_size=25),
    st.lists(versions, min_size=1, max_size=2),
    st.lists(st.tuples(st.integers(0, PEOPLE - 1), st.integers(1, 3)), max_size=4),
    st.lists(st.sampled_from([0, 20, 45, 130]), min_size=3, max_size=3),
)
def test_a_new_version_ends_for_all_as_for_each_alone(database, story, told, floors, waits):
    club, now = Club(acme(database)), NOW
    ids = new_ids(PEOPLE)
    base = {"shop_id": club.shop_id, "state": "member", "created_at": NOW}
    bought = [
        _order_row(club.shop_id, new_id(), ids[who], minor)
        | {"local_date": (NOW - timedelta(days=ago)).date().isoformat()}
        for who, ago, minor in story
    ]
    with database.write() as db:
        db.execute(insert(member), [base | {"id": one, "customer_key": str(one)} for one in ids])
        if bought:
            db.execute(insert(orders), bought)
    made = club.publish(SPENDING, has_standing=len(floors) > 2)
    with database.write() as db:
        levels = {ids[who]: made.levels[number - 1].id for who, number in floors}
        service.place(db, club.shop_id, levels, now, "import 1")
    if len(story) > 12:
        club.say(GiftGiven(club.shop_id, ids[0], "gift:1", tier_days=30))
    for version, wait in zip(told, waits, strict=False):
        now += timedelta(days=wait)
        club.review(now)
        with database.write() as db:
            wanted = programs.save_draft(db, club.shop_id, renewed(made, version), "s", now)
            made = programs.publish(db, club.shop_id, now, has_standing=len(floors) > 2)
        assert wanted == made
        expected, facts = plainly(club, now)
        club.heard.clear()
        club.review(now, limit=4)
        with database.read() as db:
            assert stands(db, club) == expected
        kinds = sorted(map(str, club.heard))
        assert kinds == sorted(map(str, facts))
        assert club.check() == []


def test_a_merged_member_and_who_they_became_are_judged_together(database):
    club = Club(acme(database))
    made = club.publish(SPENDING)
    mia, noor = club.world.member("1"), club.world.member("2")
    club.buy("1", 16_000, customer_key="1")
    club.buy("2", 16_000, customer_key="2")
    merge(club, noor, mia)
    club.say(MembersMerged(club.shop_id, noor, mia))
    club.publish(change(made, levels=(*made.levels[:2], change(made.levels[2], gift_points=1))))
    assert club.kept(noor).standing.level == 3
    assert club.kept(noor).standing.version == 2
    assert club.check() == []


def test_tags_that_a_new_version_changes_are_put(database):
    club = Club(acme(database))
    made = club.publish(change(SPENDING, levels=(SEED, SPROUT, BLOOM)), has_standing=True)
    club.buy("1", 16_000)
    perks = change(made.levels[1].perks, discount_percent=5)
    levels = (made.levels[0], change(made.levels[1], perks=perks), made.levels[2])
    club.heard.clear()
    club.publish(change(made, levels=levels), has_standing=True)
    assert club.heard == []
    assert waiting(club, "tier_tags") == [str(club.world.member())]
