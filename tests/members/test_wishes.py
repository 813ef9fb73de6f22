"""Days of the year, what people prefer, and who is blocked."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.core.errors import BadInput, NotFound
from connector.core.facts import MemberChanged
from connector.members import blocking, occasions, preferences, sides, store
from connector.members.preferences import Question
from connector.program import service as programs
from connector.program.rules import Rule
from connector.rooms.actions import service as actions
from tests.world import NOOR, NOW, acme

DAY = timedelta(days=1)
TEA = Question(
    1, {"en": "Tea or coffee?", "ar": "شاي أم قهوة؟"}, {1: {"en": "Tea"}, 2: {"en": "Coffee"}}
)
COLOUR = Question(2, {"en": "Colour?"}, {1: {"en": "Red"}, 4: {"en": "Blue"}})


@pytest.fixture
def world(database):
    return acme(database)


def put(world, month_day, name="birthday", at=NOW, *, greet=False):
    mia = world.member()
    with world.database.write() as db:
        return occasions.put(db, world.shop.id, mia, name, month_day, at, greet=greet)


def found(world):
    mia = world.member()
    with world.database.read() as db:
        return [
            (one.name, one.month_day, one.counts_from)
            for one in occasions.of_member(db, world.shop.id, mia)
        ]


def test_a_day_counts_a_month_after_it_was_set(world):
    assert put(world, "12-01") == [MemberChanged(world.shop.id, world.member())]
    assert found(world) == [("birthday", "12-01", "2026-12-22")]
    assert put(world, "12-01", at=NOW + DAY) == []
    assert found(world) == [("birthday", "12-01", "2026-12-22")]


def test_a_changed_day_counts_from_the_next_year_on(world):
    put(world, "12-01", at=NOW - 100 * DAY)
    put(world, "11-24")
    assert found(world) == [("birthday", "11-24", "2027-01-01")]
    put(world, "01-05", at=NOW + 35 * DAY)
    assert found(world) == [("birthday", "01-05", "2027-01-26")]


def agreed(world):
    mia = world.member()
    with world.database.read() as db:
        (one,) = occasions.of_member(db, world.shop.id, mia)
    return one.greet_at


def test_agreeing_to_a_greeting_is_a_wish_of_its_own_and_moves_no_day(world):
    put(world, "12-01")
    assert agreed(world) is None
    assert put(world, "12-01", at=NOW + DAY, greet=True) != []
    assert agreed(world) == NOW + DAY
    assert found(world) == [("birthday", "12-01", "2026-12-22")]
    assert put(world, "12-01", at=NOW + 2 * DAY, greet=True) == []
    assert put(world, "12-02", at=NOW + 2 * DAY, greet=True) != []
    assert agreed(world) == NOW + DAY, "the day changed, the wish did not"
    put(world, "12-02", at=NOW + 3 * DAY)
    assert agreed(world) is None


def test_only_who_agreed_is_greeted_and_erasure_forgets_both(world):
    rule = Rule(id="b", kind="occasion", occasion="birthday", points=50)
    with world.database.write() as db:
        program = replace(programs.newest(db, world.shop.id), rules=(rule,))
        programs.publish(db, world.shop.id, program, NOW - 99 * DAY)
    put(world, "11-22", at=NOW - 60 * DAY)

    def celebrated():
        with world.database.write() as db:
            return sum(one.points for one in actions.celebrate(db, world.shop.id, NOW))

    assert celebrated() == 0
    put(world, "11-22", greet=True)
    assert celebrated() == 50
    mia = world.member()
    world.erase(mia)
    with world.database.read() as db:
        assert sides.occasions(db, world.shop.id, mia) == []


def test_removing_and_setting_again_is_a_change(world):
    mia = world.member()
    put(world, "06-01", at=NOW - 100 * DAY)
    with world.database.write() as db:
        assert occasions.remove(db, world.shop.id, mia, "birthday", NOW) != []
        assert occasions.remove(db, world.shop.id, mia, "birthday", NOW) == []
        assert occasions.remove(db, world.shop.id, mia, "wedding", NOW) == []
    assert found(world) == []
    put(world, "06-01")
    assert found(world) == [("birthday", "06-01", "2027-01-01")]


@pytest.mark.parametrize(
    "day", ["02-30", "13-01", "00-10", "2-3", "1990-02-03", "", "١٢-٠١", "12-00"]
)
def test_a_day_that_no_year_has_is_refused(world, day):
    with pytest.raises(BadInput, match="occasion_day"):
        put(world, day)


@pytest.mark.parametrize("name", ["", "a/b", "..", " a", "a ", "-", "x" * 41, "a?b", "a\nb"])
def test_a_name_is_a_short_word(world, name):
    with pytest.raises(BadInput, match="occasion_name"):
        put(world, "02-29", name)


def test_a_name_may_be_of_any_language(world):
    for name in ("Name day", "عيد الميلاد", "農曆生日", "O’Neill 1st"):
        put(world, "02-29", name)


def test_a_person_has_a_dozen_days_at_most(world):
    for number in range(occasions.MOST):
        put(world, "02-29", f"day{number}")
    with pytest.raises(BadInput, match="occasions_many"):
        put(world, "02-29", "more")
    put(world, "02-28", "day0")


def test_days_answers_and_blocks_go_with_the_person(world):
    mia = world.member()
    put(world, "02-29")
    with world.database.write() as db:
        preferences.ask(db, world.shop.id, [TEA], NOW)
        preferences.answer(db, world.shop.id, mia, {1: 2}, NOW)
        blocking.block(db, world.shop.id, mia, "called us names", NOW, "staff:1")
    world.erase(mia)
    with world.database.read() as db:
        assert occasions.of_member(db, world.shop.id, mia) == []
        assert preferences.answers(db, world.shop.id, mia) == {}
        assert blocking.of_member(db, world.shop.id, mia) == []


def test_two_questions_tell_what_people_want(world):
    mia, noor = world.member(), world.member(NOOR)
    with world.database.write() as db:
        assert preferences.questions(db, world.shop.id) == []
        preferences.ask(db, world.shop.id, [TEA, COLOUR], NOW)
        assert preferences.questions(db, world.shop.id) == [TEA, COLOUR]
        preferences.answer(db, world.shop.id, mia, {1: 2, 2: 4}, NOW)
        preferences.answer(db, world.shop.id, noor, {1: 1}, NOW)
        preferences.answer(db, world.shop.id, noor, {1: 2}, NOW)
        assert preferences.answers(db, world.shop.id, mia) == {1: 2, 2: 4}
        assert preferences.counts(db, world.shop.id) == {(1, 2): 2, (2, 4): 1}
        assert preferences.answer(db, world.shop.id, mia, {2: None}, NOW) != []
        assert preferences.counts(db, world.shop.id) == {(1, 2): 2}


def test_answers_to_what_is_not_asked_are_refused(world):
    mia = world.member()
    with world.database.write() as db:
        preferences.ask(db, world.shop.id, [TEA], NOW)
        for told in ({2: 1}, {1: 3}, {1: 0}):
            with pytest.raises(BadInput, match="no_such_choice"):
                preferences.answer(db, world.shop.id, mia, told, NOW)


def test_a_choice_keeps_its_answers_while_it_is_offered(world):
    mia = world.member()
    with world.database.write() as db:
        preferences.ask(db, world.shop.id, [TEA], NOW)
        preferences.answer(db, world.shop.id, mia, {1: 2}, NOW)
        reworded = Question(1, TEA.texts, {2: {"en": "Good coffee"}, 3: {"en": "Mate"}})
        preferences.ask(db, world.shop.id, [reworded], NOW)
        assert preferences.counts(db, world.shop.id) == {(1, 2): 1}
        preferences.ask(
            db, world.shop.id, [Question(1, TEA.texts, {1: {"en": "a"}, 3: {"en": "b"}})], NOW
        )
        assert preferences.counts(db, world.shop.id) == {}
        preferences.ask(db, world.shop.id, [], NOW)
        assert preferences.questions(db, world.shop.id) == []


@pytest.mark.parametrize(
    "wrong",
    [
        Question(3, {"en": "x"}, TEA.choices),
        Question(1, {}, TEA.choices),
        Question(1, {"en": " "}, TEA.choices),
        Question(1, {"xx": "x"}, TEA.choices),
        Question(1, {"en": "x" * 121}, TEA.choices),
        Question(1, {"en": "x"}, {1: {"en": "a"}}),
        Question(1, {"en": "x"}, {n: {"en": "a"} for n in range(1, 8)}),
        Question(1, {"en": "x"}, {1: {"en": "a"}, 9: {"en": "b"}}),
    ],
)
def test_a_question_that_cannot_be_asked_is_refused(world, wrong):
    with world.database.write() as db, pytest.raises(BadInput):
        preferences.ask(db, world.shop.id, [wrong], NOW)


def test_words_fall_back_to_english():
    assert preferences.said(TEA.texts, "ar") == "شاي أم قهوة؟"
    assert preferences.said(TEA.texts, "zh-Hant") == "Tea or coffee?"
    assert preferences.said({"ar": "قهوة"}, "zh-Hant") == "قهوة"


def test_a_block_has_a_reason_and_an_end(world):
    mia = world.member()
    with world.database.write() as db:
        changed = [MemberChanged(world.shop.id, mia)]
        assert blocking.block(db, world.shop.id, mia, " fraud ", NOW, "staff:1") == changed
        assert blocking.block(db, world.shop.id, mia, "again", NOW, "staff:1") == []
        row = store.get(db, world.shop.id, mia)
        assert row is not None
        assert row.blocked_at == NOW
        assert blocking.unblock(db, world.shop.id, mia, NOW + DAY, "api:2") == changed
        assert blocking.unblock(db, world.shop.id, mia, NOW, "api:2") == []
        (told,) = blocking.of_member(db, world.shop.id, mia)
        assert (told.reason, told.made_by, told.ended_at, told.ended_by) == (
            "fraud",
            "staff:1",
            NOW + DAY,
            "api:2",
        )
        for reason in ("", "  ", "x" * 201):
            with pytest.raises(BadInput, match="reason_length"):
                blocking.block(db, world.shop.id, mia, reason, NOW, "staff:1")
        with pytest.raises(NotFound):
            blocking.block(db, world.shop.id, 7, "x", NOW, "staff:1")
