"""Who somebody is to us: made on first sight, merged, forgotten, never confused."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from connector.core.commerce import Customer, CustomerMerge, Person
from connector.core.errors import NotFound
from connector.members import merging, store
from connector.members.models import member, member_key, member_person, member_word
from connector.members.service import TOMBSTONE_DAYS
from tests.world import KEYS, MIA, NOOR, NOW, acme, goods, order

MIA_BERG = Person("Mia@Customers.example", "Mia Berg", "en")
NOOR_AZIZ = Person("noor@customers.example", "Noor Aziz", "ar")
DAY = timedelta(days=1)


@pytest.fixture
def world(database):
    return acme(database)


def resolve(world, *buyers, at=NOW):
    with world.database.write() as db:
        return world.members.resolve(db, world.shop.id, buyers, at)


def person(world, member_id):
    with world.database.read() as db:
        return world.members.person(db, world.shop.id, member_id)


def search(world, words):
    with world.database.read() as db:
        return world.members.search(db, world.shop.id, words, 10)


def count(world, table=member):
    with world.database.read() as db:
        where = table.c.shop_id == world.shop.id
        return db.scalar(select(func.count()).select_from(table).where(where))


def test_an_account_is_one_member_however_often_it_buys(world):
    first = resolve(world, (MIA, MIA_BERG), (MIA, MIA_BERG), (NOOR, NOOR_AZIZ))
    again = resolve(world, (NOOR, Person()), (MIA, Person()))
    assert first == [again[1], again[1], again[0]]
    assert count(world) == 2


def test_an_order_without_account_or_mailbox_has_nobody(world):
    assert resolve(world, (None, Person()), (None, Person(name="Mia"))) == [None, None]
    assert count(world) == 0


def test_an_account_and_a_guest_of_the_same_mailbox_are_two(world):
    account, guest = resolve(world, (MIA, MIA_BERG), (None, MIA_BERG))
    assert account != guest
    with world.database.read() as db:
        assert world.members.by_email(db, world.shop.id, "mia@customers.EXAMPLE ") == account


def test_nobody_has_this_mailbox(world):
    with world.database.read() as db, pytest.raises(NotFound):
        world.members.by_email(db, world.shop.id, "nobody@customers.example")


def test_the_same_key_in_another_shop_is_another_person(database, world):
    other = acme(database)
    assert resolve(world, (MIA, MIA_BERG)) != resolve(other, (MIA, MIA_BERG))
    with database.read() as db:
        hashes = db.scalars(select(member.c.email_hash)).all()
    assert len(set(hashes)) == 2


def test_no_row_holds_a_name_or_a_mailbox_in_the_clear(world):
    resolve(world, (MIA, MIA_BERG), (None, NOOR_AZIZ))
    with world.database.read() as db:
        for table in (member, member_person, member_key, member_word):
            for row in db.execute(select(table)):
                told = repr(tuple(row)).casefold()
                # Words too long to be found in sealed bytes by chance.
                assert not any(word in told for word in ("mia berg", "noor aziz", "customers"))


def test_newer_news_of_a_customer_replaces_older(world):
    (mia,) = resolve(world, (MIA, MIA_BERG))
    renamed = Person("mia@new.example", "Mia Stein")
    world.tell(Customer(MIA, renamed, NOW))
    world.tell(Customer(MIA, MIA_BERG, NOW - DAY))
    assert person(world, mia) == renamed
    assert (search(world, "stein"), search(world, "berg")) == ([mia], [])
    with world.database.read() as db:
        assert world.members.by_email(db, world.shop.id, "mia@new.example") == mia


def test_the_newest_of_a_batch_wins_whatever_its_place(world):
    new, old = Customer(MIA, NOOR_AZIZ, NOW), Customer(MIA, MIA_BERG, NOW - DAY)
    world.tell(new, old)
    assert person(world, world.member(MIA)) == NOOR_AZIZ


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("mia", ["mia"]),
        ("MIA be", ["mia"]),
        ("customers", ["mia", "noor"]),
        ("noor@customers.example", ["noor"]),
        ("no", ["noor"]),
        ("mia aziz", []),
        ("miaz", []),
        ("  ", []),
        ("%", []),
    ],
)
def test_people_are_found_by_the_beginnings_of_their_words(world, words, found):
    mia, noor = resolve(world, (MIA, MIA_BERG), (NOOR, NOOR_AZIZ))
    names = {mia: "mia", noor: "noor"}
    assert sorted(names[one] for one in search(world, words)) == found


def test_names_of_any_script_are_found(world):
    arabic, chinese = resolve(world, ("1", Person(name="نور عزيز")), ("2", Person(name="王小明")))
    assert search(world, "نور") == [arabic]
    assert search(world, "王小") == [chinese]


def test_merging_twice_is_merging_once(world):
    mia, noor = resolve(world, (MIA, MIA_BERG), (NOOR, NOOR_AZIZ))
    with world.database.write() as db:
        merge = CustomerMerge(kept_key=NOOR, gone_key=MIA)
        assert len(world.members.merge(db, world.shop.id, [merge, merge], NOW)) == 1
        assert world.members.merge(db, world.shop.id, [merge], NOW) == []
    assert resolve(world, (MIA, Person())) == [noor]
    assert person(world, mia) == Person()
    assert search(world, "mia") == []


def test_a_merge_into_itself_is_nothing(world):
    (mia,) = resolve(world, (MIA, MIA_BERG))
    world.tell(CustomerMerge(kept_key=MIA, gone_key=MIA), CustomerMerge("new", "new"))
    assert person(world, mia) == MIA_BERG
    assert resolve(world, (MIA, Person())) == [mia]


def test_orders_of_an_account_that_was_merged_before_we_saw_it_reach_the_kept_one(world):
    world.tell(CustomerMerge(kept_key=NOOR, gone_key="old"), CustomerMerge("old", "older"))
    world.tell(CustomerMerge(kept_key=NOOR, gone_key="old"))
    noor = world.member(NOOR)
    bought = order("1", goods("a", 700), customer_key="old", person=MIA_BERG)
    world.tell(bought, order("2", goods("b", 500), customer_key="older"))
    assert world.balance(NOOR).pending == 12
    world.tell(CustomerMerge(kept_key=MIA, gone_key=NOOR))
    mia = world.member(MIA)
    assert resolve(world, ("older", NOOR_AZIZ)) == [mia]
    assert world.balance(MIA).pending == 12
    assert count(world) == 4
    assert person(world, noor) == Person()
    with world.database.write() as db:
        assert merging.forget_undoable(db, world.shop.id, NOW + 29 * DAY) == 0
        assert merging.forget_undoable(db, world.shop.id, NOW + 30 * DAY) == 1
    assert count(world, member_key) == count(world, member_person) == 1
    with world.database.read() as db:
        hashes = select(member.c.email_hash).where(member.c.shop_id == world.shop.id)
        assert list(db.scalars(hashes)) == [None] * 4
    world.erase(mia)
    assert resolve(world, ("old", MIA_BERG), ("older", MIA_BERG)) == [None, None]


def test_a_merge_brings_no_erased_account_back(world):
    with world.database.write() as db:
        gone = [Customer("old", deleted=True)]
        world.members.record(db, world.shop.id, gone, NOW)
    world.tell(CustomerMerge(kept_key=NOOR, gone_key="old"))
    assert resolve(world, ("old", MIA_BERG)) == [None]
    assert count(world) == 1


def test_erasing_leaves_nothing_personal(world):
    mia, noor = resolve(world, (MIA, MIA_BERG), (NOOR, NOOR_AZIZ))
    world.erase(mia)
    assert (person(world, mia), person(world, noor)) == (Person(), NOOR_AZIZ)
    assert search(world, "mia") == []
    with world.database.read() as db:
        row = store.get(db, world.shop.id, mia)
        assert row is not None
        assert (row.state, row.customer_key, row.email_hash) == ("erased", None, None)
    assert count(world, member_key) == count(world, member_person) == 1


def test_late_deliveries_bring_nobody_back(world):
    (mia,) = resolve(world, (MIA, MIA_BERG))
    world.erase(mia)
    assert resolve(world, (MIA, MIA_BERG), (None, MIA_BERG), (NOOR, NOOR_AZIZ))[:2] == [None] * 2
    world.tell(Customer(MIA, MIA_BERG, NOW), order("1", goods("a", 500), person=MIA_BERG))
    assert search(world, "mia") == []


def test_somebody_erased_may_come_again_after_a_month(world):
    (mia,) = resolve(world, (MIA, MIA_BERG))
    world.erase(mia)
    later = NOW + (TOMBSTONE_DAYS + 1) * DAY
    (again,) = resolve(world, (MIA, MIA_BERG), at=later)
    assert again not in (None, mia)


def test_a_customer_the_platform_deleted_is_erased(world):
    (mia,) = resolve(world, (MIA, MIA_BERG))
    world.tell(Customer(MIA, deleted=True))
    assert person(world, mia) == Person()
    with world.database.read() as db:
        assert world.members.by_customer_key(db, world.shop.id, MIA) is None


def test_a_deletion_may_overtake_the_news_it_deletes(world):
    world.tell(Customer(MIA, deleted=True))
    world.tell(Customer(MIA, MIA_BERG, NOW - DAY))
    assert count(world) == 0
    world.tell(Customer(NOOR, NOOR_AZIZ, NOW), Customer(NOOR, deleted=True))
    assert search(world, "noor") == []


def test_erasing_a_mailbox_reaches_account_and_guest(world):
    account, guest = resolve(world, (MIA, MIA_BERG), (None, MIA_BERG))
    with world.database.write() as db:
        facts = world.members.erase_email(db, world.shop.id, "MIA@customers.example", NOW)
        assert {fact.member_id for fact in facts} == {account, guest}
        assert world.members.erase_email(db, world.shop.id, "mia@customers.example", NOW) == []
    assert resolve(world, (None, MIA_BERG)) == [None]


def test_a_key_of_another_shop_opens_nobody(database, world):
    (mia,) = resolve(world, (MIA, MIA_BERG))
    sealed = KEYS.encrypt(world.shop.id + 1, b"0" * 32)
    with database.write() as db:
        db.execute(text("UPDATE member_key SET key = :key"), {"key": sealed})
    with pytest.raises(Exception, match="secret_unreadable"):
        person(world, mia)


def test_members_are_listed_newest_first(world):
    made = resolve(world, *((str(n), Person()) for n in range(5)))
    with world.database.read() as db:
        first = store.page(db, world.shop.id, None, 3)
        rest = store.page(db, world.shop.id, first[-1].id, 3)
    assert [row.id for row in (*first, *rest)] == made[::-1]
