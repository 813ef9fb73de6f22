"""The merchant merges and undoes, blocks, keeps days and asks for wishes."""

from datetime import timedelta

from flask import Flask

from connector.core.commerce import Customer, OrderState, Person
from connector.core.facts import publish
from connector.core.points import UNIT
from connector.ledger import Book, Voucher
from connector.members import preferences
from connector.program.rules import Rule
from connector.rooms.rewards import catalogue
from connector.rooms.rewards.models import redemption
from tests.rooms.actions.test_undone import two
from tests.rooms.rewards.counter import COFFEE
from tests.web.admin.conftest import Ada, words_of
from tests.world import HEARD, MIA, NOOR, NOW, World, goods, order


def named(world: World) -> tuple[int, int]:
    world.tell(
        Customer(MIA, Person("mia@customers.example", "Mia Lindqvist"), NOW),
        Customer(NOOR, Person("noor@customers.example", "Noor Haddad"), NOW, tags=("vip",)),
    )
    return world.member(MIA), world.member(NOOR)


def hear(app: Flask, world: World) -> None:
    """What the worker does with what a door noticed."""
    from connector.core import noticed

    with world.database.write() as db:
        publish(db, HEARD, noticed.take(db, world.shop.id, 50), NOW)


def test_two_become_one_and_two_again(ada: Ada, app: Flask, world: World):
    mia, noor = named(world)
    world.tell(order("1", goods("a", 700), customer_key=NOOR))
    path = f"members/{mia}"
    answer = ada.send(f"{path}/merges", path, other="NOOR@customers.example")
    assert answer.location.endswith("said=merged")
    hear(app, world)
    page = words_of(ada.see(path))
    assert "Part of this member Account 1002" in page
    assert "by hand (Acme)" in page
    assert world.balance_of(mia).pending == 7
    assert ada.ask(f"members/{noor}").location.endswith(path)
    answer = ada.send(f"{path}/merges/{noor}/undo", path)
    assert answer.location.endswith("said=unmerged")
    hear(app, world)
    page = words_of(ada.see(path))
    assert "undone on 22 November" in page
    assert "7 points had come over, 7 points went back, with all their orders" in page
    assert "they owed" not in page
    assert (world.balance_of(mia).pending, world.balance_of(noor).pending) == (0, 7)
    assert ada.send(f"{path}/merges/7/undo", path).status_code == 404


def test_what_stays_after_an_undo_is_said_and_what_is_held_is_shown(
    ada: Ada, app: Flask, world: World
):
    mia, noor = named(world)
    shop = world.shop
    world.adjust(noor, 100)
    with world.database.write() as db:
        book = Book(db, shop.id, UNIT, shop.timezone, [noor])
        book.hold(noor, 30, Voucher("test:held", "reserved", NOW))
        book.close()
    path = f"members/{mia}"
    ada.send(f"{path}/merges", path, other="NOOR@customers.example")
    hear(app, world)
    page = words_of(ada.see(path))
    assert "Reserved 30" in page
    assert (world.balance_of(mia).available, world.balance_of(mia).held) == (70, 30)
    world.adjust(mia, -50)
    ada.send(f"{path}/merges/{noor}/undo", path)
    hear(app, world)
    page = words_of(ada.see(path))
    assert "70 points had come over, 20 points went back" in page
    assert "Reserved" not in page
    assert (world.balance_of(noor).available, world.balance_of(noor).held) == (20, 30)


def test_a_reward_that_cannot_be_given_again_leaves_a_word(ada: Ada, app: Flask, world: World):
    with world.database.write() as db:
        reward = catalogue.publish(db, world.shop.id, COFFEE, NOW)
    mia, noor = two(world, Rule(id="hello", kind="joined", reward_id=reward.id))
    path = f"members/{mia}"
    told = "“Coffee” was used or over by then, so it was not given again."
    with world.database.write() as db:
        db.execute(redemption.update().values(state="used", used_at=NOW, ended_at=NOW))
    ada.send(f"{path}/merges", path, other=str(noor))
    hear(app, world)
    assert told not in words_of(ada.see(path))
    ada.send(f"{path}/merges/{noor}/undo", path)
    hear(app, world)
    assert words_of(ada.see(path)).count(told) == 1


def test_a_debt_that_came_over_stays_settled(ada: Ada, app: Flask, world: World):
    mia, noor = named(world)
    world.adjust(mia, 100)
    world.tell(order("1", goods("a", 4_000), customer_key=NOOR))
    world.release(NOW + timedelta(days=30))
    world.adjust(noor, -40)
    world.tell(
        order("1", goods("a", 4_000), customer_key=NOOR, minute=1, state=OrderState.CANCELLED)
    )
    assert world.balance_of(noor).debt == 40
    path = f"members/{mia}"
    ada.send(f"{path}/merges", path, other="NOOR@customers.example")
    hear(app, world)
    ada.send(f"{path}/merges/{noor}/undo", path)
    hear(app, world)
    assert "40 points they owed stay settled here." in words_of(ada.see(path))
    assert (world.balance_of(mia).available, world.balance_of(noor).debt) == (60, 0)


def test_whom_to_merge_is_named_by_mail_account_or_number(ada: Ada, world: World):
    mia, noor = named(world)
    path = f"members/{mia}"
    for nobody in ("nobody@x.example", "77", "zoe"):
        answer = ada.send(f"{path}/merges", path, other=nobody)
        assert answer.status_code == 422
        assert "Nobody is known by this." in words_of(answer.text)
    answer = ada.send(f"{path}/merges", path, other=str(mia))
    assert (answer.status_code, "same_member" in answer.text) == (409, True)
    assert ada.send(f"{path}/merges", path, other=NOOR).status_code == 303
    answer = ada.send(f"{path}/merges", path, other=str(noor))
    assert answer.status_code == 303, "once is enough"


def test_a_member_is_blocked_for_a_reason(ada: Ada, world: World):
    mia, _ = named(world)
    path = f"members/{mia}"
    answer = ada.send(f"{path}/block", path, block_reason=" ")
    assert (answer.status_code, "Say why, in 1 to 200" in words_of(answer.text)) == (422, True)
    ada.send(f"{path}/block", path, block_reason="orders and returns")
    page = words_of(ada.see(path))
    assert "Mia Lindqvist blocked" in page
    assert "orders and returns blocked on 22 November" in page
    ada.send(f"{path}/block", path, end="yes")
    assert "ended on 22 November" in words_of(ada.see(path))


def test_days_are_set_and_removed(ada: Ada, world: World):
    mia, _ = named(world)
    path = f"members/{mia}"
    form = {"name": "birthday", "month": "2", "day": "29"}
    assert ada.send(f"{path}/occasions", path, **form).status_code == 303
    assert "no greeting and no gift: they did not agree" in words_of(ada.see(path))
    ada.send(f"{path}/occasions", path, **form, greet="yes")
    assert "agreed to a greeting and a gift on 22 November" in words_of(ada.see(path))
    assert "Birthday 29 February counts from 22 December on" in words_of(ada.see(path))
    answer = ada.send(f"{path}/occasions", path, **form | {"day": "30"})
    assert (answer.status_code, "no such day in the year" in words_of(answer.text)) == (422, True)
    ada.send(f"{path}/occasions", path, name="birthday", remove="yes")
    assert "None is known." in words_of(ada.see(path))


def test_consent_and_tags_are_shown_and_signs_are_not(ada: Ada, world: World):
    _, noor = named(world)
    person = Person("noor@customers.example", "Noor", phone="01701234567", address="main st 5")
    news = Customer(NOOR, person, NOW, accepts_marketing=True, email_verified=False)
    world.tell(news)
    raw = ada.see(f"members/{noor}")
    page = words_of(raw)
    assert "Marketing agreed" in page
    assert "not verified" in page
    assert "Tags vip" in page
    assert "01701234567" not in raw
    assert "main st" not in raw


def test_two_questions_are_asked_and_counted(ada: Ada, world: World):
    mia, _ = named(world)
    form = {
        "question_1_en": "Tea or coffee?",
        "question_1_ar": "شاي أم قهوة؟",
        "choice_1_1_en": "Tea",
        "choice_1_3_en": "Coffee",
    }
    answer = ada.send("preferences", "preferences", **form)
    assert answer.location.endswith("said=questions")
    with world.database.write() as db:
        preferences.answer(db, world.shop.id, mia, {1: 3}, NOW)
    page = ada.see("preferences")
    assert "Choice 3 1 member" in words_of(page)
    assert 'value="شاي أم قهوة؟"' in page
    assert "Tea or coffee? Coffee" in words_of(ada.see(f"members/{mia}"))
    answer = ada.send("preferences", "preferences", question_1_en="Tea?", choice_1_1_en="Yes")
    assert (answer.status_code, "Give 2 to 6 choices." in words_of(answer.text)) == (422, True)
    ada.send("preferences", "preferences")
    assert 'value="Tea' not in ada.see("preferences")
