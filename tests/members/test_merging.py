"""Two people become one, by the platform, by a claim or by hand, and two again within a month."""

from datetime import timedelta

import pytest

from connector import orders
from connector.core.commerce import Customer, CustomerMerge, OrderState, Person
from connector.core.errors import Conflict, NotFound
from connector.core.facts import MembersMerged, MembersUnmerged, publish
from connector.members import blocking, merging, occasions, store
from connector.members.models import member_key
from tests.world import HEARD, MIA, NOOR, NOW, acme, donation, goods, order

MIA_BERG = Person("mia@customers.example", "Mia Berg", "en")
NOOR_AZIZ = Person("noor@customers.example", "Noor Aziz", "ar")
DAY = timedelta(days=1)
MONTH = NOW + 30 * DAY


@pytest.fixture
def world(database):
    made = acme(database)
    made.tell(Customer(MIA, MIA_BERG, NOW), Customer(NOOR, NOOR_AZIZ, NOW), source="import")
    return made


def merge(world, kept, gone, at=NOW):
    with world.database.write() as db:
        facts = merging.by_hand(db, world.shop.id, kept, gone, at, "staff:1")
        publish(db, HEARD, facts, at)
        return facts


def undo(world, gone, at=NOW):
    with world.database.write() as db:
        facts = world.members.unmerge(db, world.shop.id, gone, at, "staff:2")
        publish(db, HEARD, facts, at)
        return facts


def both(world):
    return world.member(MIA), world.member(NOOR)


def row(world, member_id):
    with world.database.read() as db:
        return store.get(db, world.shop.id, member_id)


def person(world, member_id):
    with world.database.read() as db:
        return world.members.person(db, world.shop.id, member_id)


def history(world, member_id, at=NOW):
    with world.database.read() as db:
        return merging.of_member(db, world.shop.id, member_id, at)


def orders_of(world, member_id):
    with world.database.read() as db:
        rows = orders.store.of_member(db, world.shop.id, member_id, 100)
        return sorted(one.key for one in rows)


def test_the_merchant_merges_once_and_it_is_written_down(world):
    mia, noor = both(world)
    assert merge(world, mia, noor) == [MembersMerged(world.shop.id, mia, noor)]
    assert merge(world, mia, noor) == []
    (told,) = history(world, mia)
    assert (told.gone_id, told.cause, told.made_by, told.customer_key, told.can_undo) == (
        noor,
        "merchant",
        "staff:1",
        NOOR,
        True,
    )
    assert history(world, mia, MONTH)[0].can_undo is False


def test_what_is_merged_is_not_merged_the_other_way_nor_into_itself(world):
    mia, noor = both(world)
    with pytest.raises(Conflict, match="same_member"):
        merge(world, mia, mia)
    with pytest.raises(NotFound):
        merge(world, mia, 7)
    merge(world, mia, noor)
    with pytest.raises(Conflict, match="merged_already"):
        merge(world, noor, mia)


def test_an_account_never_becomes_part_of_a_guest(world):
    world.tell(order("g", goods("a", 500), customer_key=None, person=Person("g@x.example")))
    with world.database.read() as db:
        guest = world.members.by_email(db, world.shop.id, "g@x.example")
    with pytest.raises(Conflict, match="keep_the_account"):
        merge(world, guest, world.member(MIA))
    merge(world, world.member(MIA), guest)
    assert orders_of(world, world.member(MIA)) == ["g"]


def test_an_undo_gives_everything_back(world):
    mia, noor = both(world)
    gift = donation("9", 200)
    world.tell(order("1", goods("a", 500)), order("2", goods("b", 700), gift, customer_key=NOOR))
    merge(world, mia, noor)
    assert (person(world, noor), world.member(NOOR)) == (Person(), mia)
    world.tell(order("3", goods("c", 900), customer_key=NOOR))
    world.tell(order("1", goods("a", 600), minute=1))
    assert orders_of(world, mia) == ["1", "2", "3"]
    assert undo(world, noor) == [MembersUnmerged(world.shop.id, mia, noor)]
    assert undo(world, noor) == []
    assert (orders_of(world, mia), orders_of(world, noor)) == (["1"], ["2", "3"])
    found = row(world, noor)
    assert (found.state, found.customer_key, found.merged_into) == ("member", NOOR, None)
    assert (person(world, noor), world.member(NOOR)) == (NOOR_AZIZ, noor)
    with world.database.read() as db:
        assert world.members.by_email(db, world.shop.id, "noor@customers.example") == noor
        assert world.members.search(db, world.shop.id, "aziz", 5) == [noor]
    told = history(world, mia)[0]
    assert (told.undone_at, told.undone_by, told.can_undo) == (NOW, "staff:2", False)


def test_an_undone_order_that_changes_stays_where_it_is(world):
    mia, noor = both(world)
    world.tell(order("2", goods("b", 700), customer_key=NOOR))
    merge(world, mia, noor)
    undo(world, noor)
    world.tell(order("2", goods("b", 800), customer_key=NOOR, minute=1))
    assert orders_of(world, noor) == ["2"]
    merge(world, mia, noor, NOW + DAY)
    world.tell(order("2", goods("b", 900), customer_key=NOOR, minute=2, state=OrderState.REFUNDED))
    assert orders_of(world, mia) == ["2"]
    undo(world, noor, NOW + DAY)
    assert orders_of(world, noor) == ["2"]


def test_an_undo_has_a_month(world):
    mia, noor = both(world)
    with pytest.raises(NotFound, match="merge_not_found"):
        undo(world, noor)
    merge(world, mia, noor)
    with pytest.raises(Conflict, match="merge_final"):
        undo(world, noor, MONTH)
    with world.database.write() as db:
        merging.forget_undoable(db, world.shop.id, MONTH)
    with pytest.raises(Conflict, match="merge_final"):
        undo(world, noor)


def test_a_chain_comes_apart_where_it_is_undone(world):
    mia, noor = both(world)
    world.tell(Customer("3", Person("z@x.example"), NOW), CustomerMerge(NOOR, "old"))
    zoe = world.member("3")
    world.tell(order("o", goods("a", 100), customer_key="old"), order("n", customer_key=NOOR))
    merge(world, noor, mia)
    world.tell(order("m", goods("a", 300)))
    merge(world, zoe, noor)
    assert world.member(MIA) == world.member("old") == zoe
    assert orders_of(world, zoe) == ["m", "n", "o"]
    undo(world, noor)
    assert world.member(MIA) == world.member("old") == noor
    assert (orders_of(world, zoe), orders_of(world, noor)) == ([], ["m", "n", "o"])
    undo(world, mia)
    assert (orders_of(world, mia), orders_of(world, noor)) == (["m"], ["n", "o"])


def test_one_of_a_chain_may_leave_alone(world):
    mia, noor = both(world)
    zoe = world.member("3")
    world.tell(order("m", goods("a", 300)), order("n", goods("a", 300), customer_key=NOOR))
    merge(world, noor, mia)
    merge(world, zoe, noor)
    assert undo(world, mia) == [MembersUnmerged(world.shop.id, zoe, mia)]
    assert (orders_of(world, zoe), orders_of(world, mia)) == (["n"], ["m"])


def test_what_somebody_undid_is_not_merged_again_by_itself(world):
    mia, noor = both(world)
    told = CustomerMerge(kept_key=MIA, gone_key=NOOR)
    world.tell(told)
    undo(world, noor)
    world.tell(told)
    assert world.member(NOOR) == noor
    bought = order("g", goods("a", 500), customer_key=None, person=MIA_BERG)
    world.tell(bought)
    assert orders_of(world, mia) == ["g"], "claimed"
    (claimed,) = [one.gone_id for one in history(world, mia) if one.cause == "claim"]
    undo(world, claimed)
    world.tell(Customer(MIA, MIA_BERG, NOW + DAY, email_verified=True))
    assert (orders_of(world, mia), orders_of(world, claimed)) == ([], ["g"])
    merge(world, mia, claimed, NOW + DAY)
    assert orders_of(world, mia) == ["g"], "by hand it is"


def test_erasing_the_kept_one_ends_the_undo(world):
    mia, noor = both(world)
    merge(world, mia, noor)
    world.erase(mia)
    with pytest.raises(NotFound):
        undo(world, noor)
    with world.database.read() as db:
        assert db.execute(member_key.select()).all() == []


def test_occasions_and_blocks_follow_and_come_back(world):
    mia, noor = both(world)
    with world.database.write() as db:
        occasions.put(db, world.shop.id, noor, "birthday", "02-29", NOW)
        occasions.put(db, world.shop.id, noor, "wedding", "07-01", NOW)
        occasions.put(db, world.shop.id, mia, "wedding", "08-01", NOW)
        blocking.block(db, world.shop.id, noor, "returns everything", NOW, "staff:1")
    merge(world, mia, noor)
    assert days(world, mia) == {"birthday": "02-29", "wedding": "08-01"}
    assert row(world, mia).blocked_at == NOW
    undo(world, noor)
    assert days(world, mia) == {"wedding": "08-01"}
    assert days(world, noor) == {"birthday": "02-29", "wedding": "07-01"}
    with world.database.read() as db:
        assert [one.reason for one in blocking.of_member(db, world.shop.id, mia)] == [
            "returns everything"
        ]


def days(world, member_id):
    with world.database.read() as db:
        found = occasions.of_member(db, world.shop.id, member_id)
        return {one.name: one.month_day for one in found}
