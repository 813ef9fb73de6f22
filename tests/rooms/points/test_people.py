"""Points follow people who merge, and end with those who are erased."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.core.commerce import Customer, CustomerMerge, OrderState, Person
from connector.rooms.points import service as points
from tests.world import MIA, NOOR, NOW, acme, goods, order

AFTER = NOW + timedelta(days=15)
CUP = goods("a", 6000, 3)
MERGE = CustomerMerge(kept_key=NOOR, gone_key=MIA)


def total(balance):
    return balance.available, balance.pending, balance.held


def test_balances_add_up_when_two_become_one(database):
    world = acme(database)
    world.tell(order("1", CUP), order("2", goods("b", 500), customer_key=NOOR))
    world.release(AFTER)
    world.tell(order("3", goods("c", 900), paid_at=AFTER), at=AFTER)
    gone = world.member(MIA)
    world.tell(MERGE, at=AFTER)
    assert total(world.balance(NOOR)) == (65, 9, 0)
    assert total(world.balance_of(gone)) == (0, 0, 0)
    assert world.balance(MIA) == world.balance(NOOR), "the old account leads to the new one"
    world.tell(MERGE, at=AFTER)
    assert total(world.balance(NOOR)) == (65, 9, 0)
    assert world.audit() == []


def test_orders_of_the_gone_account_go_on_for_the_kept_one(database):
    world = acme(database)
    world.tell(order("1", CUP), order("2", goods("b", 500), customer_key=NOOR))
    world.tell(MERGE)
    world.tell(order("1", CUP, minute=2, state=OrderState.CANCELLED))
    assert total(world.balance(NOOR)) == (0, 5, 0)
    world.tell(order("4", goods("d", 700)))  # told under the old key, delivered late
    world.release(AFTER)
    assert total(world.balance(NOOR)) == (12, 0, 0)
    assert world.audit() == []


def test_merges_may_form_a_chain(database):
    world = acme(database)
    world.tell(order("1", CUP), order("2", CUP, customer_key=NOOR), order("3", customer_key="3"))
    world.tell(MERGE)
    world.tell(CustomerMerge(kept_key="3", gone_key=NOOR))
    world.tell(order("5", goods("e", 300)), order("6", goods("e", 400), customer_key=NOOR))
    assert total(world.balance("3")) == (0, 127, 0)
    assert world.member(MIA) == world.member(NOOR) == world.member("3")
    assert world.audit() == []


def test_debt_moves_with_its_owner(database):
    world = acme(database)
    world.tell(order("1", CUP), order("2", goods("b", 2000), customer_key=NOOR))
    world.release(AFTER)
    world.adjust(world.member(MIA), -60, AFTER)
    world.tell(order("1", CUP, minute=2, state=OrderState.CANCELLED), at=AFTER)
    world.tell(MERGE, at=AFTER)
    assert world.balance(NOOR).available == 20 - 60
    assert world.audit() == []


def test_an_erased_member_has_nothing_and_gets_nothing_more(database):
    world = acme(database)
    world.tell(order("1", CUP), order("2", CUP))
    world.release(AFTER)
    world.tell(order("3", CUP, paid_at=AFTER), order("4", CUP, state=OrderState.OPEN), at=AFTER)
    mia = world.member()
    world.erase(mia, AFTER)
    nothing = points.Balance(available=0, pending=0, held=0, debt=0)
    assert world.balance_of(mia) == nothing
    world.tell(
        order("1", CUP, minute=2, state=OrderState.REFUNDED),
        order("2", CUP, goods("x", 99_000), minute=2),
        order("3", CUP, minute=2, state=OrderState.COMPLETED, paid_at=AFTER),
        order("4", CUP, minute=2),
        order("5", CUP),
        at=AFTER,
    )
    world.release(AFTER + timedelta(days=30))
    assert world.balance_of(mia) == nothing
    assert world.audit() == []


def test_what_was_given_up_stays_counted(database):
    world = acme(database)
    world.tell(order("1", CUP))
    world.release(AFTER)
    world.tell(order("3", CUP, paid_at=AFTER), at=AFTER)
    before = points.Balance(60, 60, 0, 0)
    assert world.balance() == before
    world.erase(world.member(), AFTER)
    with database.read() as db:
        found = db.exec_driver_sql(
            "SELECT SUM(amount) FROM ledger_entry WHERE to_account = 'forfeited'"
        ).scalar()
    assert found == 120


def test_an_erased_debt_is_written_off(database):
    world = acme(database)
    world.tell(order("1", CUP))
    world.release(AFTER)
    mia = world.member()
    world.adjust(mia, -60, AFTER)
    world.tell(order("1", CUP, minute=2, state=OrderState.CANCELLED), at=AFTER)
    world.erase(mia, AFTER)
    assert world.balance_of(mia).debt == 0
    assert world.audit() == []


def test_erasing_reaches_accounts_that_were_merged_before(database):
    world = acme(database)
    world.tell(
        order("1", CUP, person=Person("mia@x.example", "Mia")), order("2", customer_key=NOOR)
    )
    world.tell(MERGE)
    noor = world.member(NOOR)
    world.erase(noor)
    world.tell(order("9", CUP), Customer(MIA, Person("mia@x.example")))
    with database.read() as db:
        assert world.members.people(db, world.shop.id, [noor]) == {}
        assert world.members.search(db, world.shop.id, "mia", 5) == []
    assert world.balance_of(noor).pending == 0
    assert world.audit() == []


moves = st.lists(
    st.one_of(
        st.tuples(st.just("order"), st.integers(1, 5), st.sampled_from([MIA, NOOR, "3"])),
        st.tuples(st.just("undo"), st.integers(1, 5), st.just("")),
        st.tuples(st.just("merge"), st.integers(0, 5), st.just("")),
        st.tuples(st.just("erase"), st.integers(0, 2), st.just("")),
        st.tuples(st.just("release"), st.just(0), st.just("")),
        st.tuples(st.just("spend"), st.integers(1, 90), st.sampled_from([MIA, NOOR, "3"])),
    ),
    max_size=12,
)
PAIRS = [(MIA, NOOR), (NOOR, MIA), (MIA, "3"), ("3", MIA), (NOOR, "3"), ("3", NOOR)]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(story=moves)
def test_whoever_merges_and_goes_the_book_stays_sound(database, story):
    world = acme(database)
    erased: list[int] = []
    for minute, (verb, number, key) in enumerate(story):
        if verb == "erase":
            erased += living(world, (MIA, NOOR, "3")[number])
            for member_id in erased:
                world.erase(member_id, AFTER)
        else:
            happen(world, verb, number, key, minute)
        for member_id in erased:
            assert total(world.balance_of(member_id)) == (0, 0, 0)
    assert world.audit() == []


def happen(world, verb, number, key, minute):
    if verb == "order":
        world.tell(order(str(number), CUP, minute=minute, customer_key=key), at=AFTER)
    elif verb == "undo":
        undone = OrderState.CANCELLED
        world.tell(order(str(number), CUP, minute=minute, state=undone), at=AFTER)
    elif verb == "merge":
        kept, gone = PAIRS[number]
        world.tell(CustomerMerge(kept_key=kept, gone_key=gone), at=AFTER)
    elif verb == "release":
        world.release(AFTER)
    else:
        for member_id in living(world, key):
            if wanted := min(number, max(world.balance_of(member_id).available, 0)):
                world.adjust(member_id, -wanted, AFTER)


def living(world, key):
    """The member behind a key; nobody once erased."""
    with world.database.write() as db:
        found = world.members.resolve(db, world.shop.id, [(key, Person())], AFTER)
    return [one for one in found if one is not None]
