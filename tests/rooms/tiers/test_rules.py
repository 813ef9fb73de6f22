"""Where a member stands: windows, notices, grace, landings and reversals, as pure rules."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.errors import BadInput
from connector.rooms.tiers import programs, rules
from connector.rooms.tiers.rules import Level, Month, Parts, Perks, Program, Reach, Standing

TODAY = date(2026, 11, 22)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SEED = Level(1, {"en": "Seed"}, 0)
SPROUT = Level(2, {"en": "Sprout"}, 100)
BLOOM = Level(3, {"en": "Bloom"}, 300)
PROGRAM = Program(version=1, levels=(SEED, SPROUT, BLOOM))
NINE = tuple(Level(n, {"en": str(n)}, n) for n in range(1, 10))
FOREVER = Program(version=1, levels=PROGRAM.levels, window_months=None)


def points(**by_month):
    """Months such as m2026_11=50."""
    return [
        Month(name[1:].replace("_", "-"), Parts(points=amount))
        for name, amount in by_month.items()
    ]


def decide(program, months, before=None, fresh=(), today=TODAY):
    return rules.decide(program, before or Standing(program.version), months, fresh, NOW, today)


def change(program, **values):
    told = {name: getattr(program, name) for name in program.__struct_fields__}
    return type(program)(**(told | values))


def test_up_at_once_past_every_level_on_the_way():
    found = decide(PROGRAM, points(m2026_11=350))
    assert list(found.reached) == [1, 2, 3]
    assert (found.standing.level, found.standing.level_id) == (3, 3)
    assert found.standing.reached_at == NOW


def test_what_is_earned_counts_for_the_window_and_the_rest_of_its_month():
    found = decide(PROGRAM, points(m2025_11=100)).standing
    assert (found.level, found.keeps_until) == (2, date(2026, 11, 30))
    assert found.lands_on == date(2026, 12, 31), "30 days of grace after its last day"
    assert decide(PROGRAM, points(m2025_10=100)).standing.level == 1


def test_a_level_is_kept_until_the_month_in_which_too_little_is_left():
    months = points(m2026_01=60, m2026_05=60, m2026_09=60)
    assert decide(PROGRAM, months).standing.keeps_until == date(2027, 5, 31)
    assert decide(FOREVER, months).standing.keeps_until is None


def test_a_level_is_kept_until_its_day_then_its_grace_then_one_level_down():
    months = points(m2025_11=400)
    top = decide(PROGRAM, months).standing
    assert (top.level, top.keeps_until) == (3, date(2026, 11, 30))
    in_grace = decide(PROGRAM, months, top, today=date(2026, 12, 30))
    assert in_grace.standing.level == 3
    landed = decide(PROGRAM, months, in_grace.standing, today=date(2026, 12, 31)).standing
    assert landed.level == 2, "one level, however little is left"
    assert landed.keeps_until == date(2027, 1, 31), "with its own notice"
    again = decide(PROGRAM, months, landed, today=date(2027, 3, 3)).standing
    assert (again.level, again.keeps_until) == (1, None)


def test_what_is_earned_in_grace_keeps_the_level():
    months = points(m2025_11=400)
    top = decide(PROGRAM, months).standing
    kept = decide(PROGRAM, [*months, *points(m2026_12=300)], top, today=date(2026, 12, 20))
    assert (kept.standing.level, kept.standing.keeps_until) == (3, date(2027, 12, 31))
    assert not kept.reached


def test_a_refund_of_a_fresh_level_undoes_it():
    before = decide(PROGRAM, points(m2026_10=120)).standing
    risen = decide(PROGRAM, points(m2026_10=120, m2026_11=200), before)
    assert list(risen.reached) == [3]
    fresh = [Reach(7, 3, before.keeps_until)]
    back = decide(PROGRAM, points(m2026_10=120, m2026_11=10), risen.standing, fresh)
    assert [one.id for one in back.undone] == [7]
    assert (back.standing.level, back.standing.keeps_until) == (2, date(2027, 10, 31))


def test_a_fresh_level_goes_back_to_one_that_was_kept_before():
    held = replace(decide(PROGRAM, points(m2025_09=120)).standing, level=2, level_id=2)
    held = replace(held, keeps_until=date(2026, 11, 30))
    risen = decide(PROGRAM, points(m2026_11=400), held).standing
    back = decide(PROGRAM, points(), risen, [Reach(7, 3, date(2026, 11, 30))]).standing
    assert (back.level, back.keeps_until) == (2, date(2026, 11, 30))


def test_a_late_refund_waits_for_its_notice_and_never_lengthens_it():
    top = decide(FOREVER, points(m2026_01=400)).standing
    late = decide(FOREVER, points(m2026_01=400, m2026_11=-200), top)
    assert not late.undone
    assert (late.standing.level, late.standing.keeps_until) == (3, date(2026, 12, 31))
    more = decide(
        FOREVER, points(m2026_01=400, m2026_11=-300), late.standing, today=date(2026, 12, 20)
    )
    assert more.standing.keeps_until == date(2026, 12, 31)
    rolling = decide(PROGRAM, points(m2026_10=400)).standing
    assert rolling.keeps_until == date(2027, 10, 31)
    shorter = decide(PROGRAM, points(m2026_10=400, m2026_11=-200), rolling).standing
    assert shorter.keeps_until == date(2026, 12, 31), "what was paid back promises nothing"


def test_a_higher_threshold_keeps_what_was_promised():
    top = decide(PROGRAM, points(m2026_10=300)).standing
    steeper = change(PROGRAM, version=2, levels=(SEED, SPROUT, Level(3, {"en": "Bloom"}, 500)))
    found = decide(steeper, points(m2026_10=300), rules.carried(PROGRAM, top, steeper))
    assert (found.standing.level, found.standing.keeps_until) == (3, date(2027, 10, 31))
    forever = change(steeper, window_months=None)
    ever = decide(FOREVER, points(m2026_10=300)).standing
    found = decide(forever, points(m2026_10=300), rules.carried(FOREVER, ever, forever))
    assert (found.standing.level, found.standing.keeps_until) == (3, date(2026, 12, 31))


def test_a_standing_is_carried_by_its_level_or_else_its_height():
    top = decide(PROGRAM, points(m2026_10=300)).standing
    leaf = Level(9, {"en": "Leaf"}, 200)
    more = change(PROGRAM, version=2, levels=(SEED, SPROUT, leaf, BLOOM))
    assert rules.carried(PROGRAM, top, more).level == 4
    fewer = change(PROGRAM, version=2, levels=(SEED, leaf))
    assert rules.carried(PROGRAM, top, fewer).level == 2
    spend = change(fewer, measure="spend")
    assert rules.carried(PROGRAM, top, spend).level == 2
    assert rules.carried(PROGRAM, top, change(PROGRAM, version=2, levels=())).level == 0


def test_measures():
    parts = Parts(points=50, spend_minor=1250, orders=3, gifts=2)
    told = {
        one: change(PROGRAM, measure=one).amount(parts)
        for one in ("points", "spend", "orders", "score")
    }
    assert told == {"points": 50, "spend": 1250, "orders": 3, "score": 62}
    heavy = change(PROGRAM, measure="score", weights=rules.Weights(2, 3, 10, 100))
    assert heavy.amount(parts) == 2 * 50 + 3 * 12 + 30 + 200
    assert PROGRAM.amount(Parts(points=-5)) == 0


def test_what_is_missing_to_keep_a_level():
    months = points(m2025_12=60, m2026_11=60)
    standing = decide(PROGRAM, months).standing
    assert standing.keeps_until == date(2026, 12, 31)
    assert rules.needed_to_keep(PROGRAM, months, standing, TODAY) == 40
    in_grace = date(2027, 1, 10)
    assert rules.needed_to_keep(PROGRAM, months, standing, in_grace) == 40
    assert rules.needed_to_keep(FOREVER, months, decide(FOREVER, months).standing, TODAY) == 0


def test_a_ladder_grows_with_all_orders_ever():
    steps = (rules.Step(3, 5), rules.Step(10, 8))
    program = change(PROGRAM, ladder=rules.Ladder("orders", steps))
    orders = [Month("2020-01", Parts(orders=2)), Month("2026-11", Parts(orders=1))]
    assert decide(program, orders).standing.ladder_percent == 5
    assert decide(program, orders[:1]).standing.ladder_percent == 0


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"levels": (SPROUT, SEED)}, "level_order", "levels-1-threshold"),
        ({"levels": (SEED, Level(2, {"en": "seed"}, 5))}, "level_name", "levels-1-names-en"),
        ({"levels": (Level(1, {"ar": "x"}, 0),)}, "level_name", "levels-0-names-en"),
        ({"levels": (Level(1, {"en": "A"}, -1),)}, "tier_value", "levels-0-threshold"),
        ({"levels": (SEED, SEED)}, "level_id", "levels-1-id"),
        ({"levels": NINE}, "tier_value", "levels"),
        ({"window_months": 0}, "tier_value", "window_months"),
        ({"grace_days": 400}, "tier_value", "grace_days"),
        ({"trial": rules.Trial(14, 99)}, "trial_level", "trial-level"),
        ({"levels": (Level(1, {"en": "A"}, 0, perks=Perks(collection="X")),)}, "perk_collection",
         "levels-0-collection"),
        ({"ladder": rules.Ladder("orders", (rules.Step(2, 5), rules.Step(3, 5)))}, "step_order",
         "ladder-1"),
    ],
)  # fmt: skip
def test_programs_that_cannot_be_meant(values, code, field):
    with pytest.raises(BadInput) as refused:
        programs.check(change(PROGRAM, **values))
    assert (refused.value.code, refused.value.field) == (code, field)


def test_a_whole_program_can_be_meant():
    early = rules.Early("Sale", "https://acme.example/sale", NOW, NOW + timedelta(days=2))
    perks = Perks(10, True, "Summer", 15, early)
    level = Level(3, {"en": "Bloom"}, 300, 150, 500, 12345, perks)
    programs.check(
        change(
            PROGRAM,
            levels=(SEED, level),
            ladder=rules.Ladder("spend", (rules.Step(1000, 3),)),
            trial=rules.Trial(14, 3),
            rates={"EUR": (108, 100)},
        )
    )


# ------------------------------------------------------------------------------------- properties

amounts = st.dictionaries(
    st.integers(2026 * 12 - 14, 2026 * 12 + 10).map(rules.month_text), st.integers(-80, 200)
)


def as_months(found):
    return [Month(month, Parts(points=amount)) for month, amount in found.items()]


@given(amounts, st.sampled_from([PROGRAM, FOREVER]), st.integers(0, 3))
def test_nobody_stands_below_what_they_earned_nor_falls_two_levels(found, program, held):
    months = as_months(found)
    before = Standing(1, held, held, keeps_until=date(2026, 10, 1), amount=0)
    standing = decide(program, months, before).standing
    earned = program.level_of(program.amount(rules.total(months, program.window_from(TODAY))))
    assert standing.level >= earned
    assert standing.level >= held - 1 or held <= 1
    assert (standing.level > earned) <= (standing.keeps_until is not None)


@given(amounts, st.sampled_from([PROGRAM, FOREVER]))
def test_deciding_again_changes_nothing(found, program):
    months = as_months(found)
    once = decide(program, months)
    again = decide(program, months, once.standing)
    assert again.standing == once.standing
    assert not again.reached
    assert not again.undone


@given(amounts)
def test_the_promised_day_is_the_last_that_is_safe(found):
    months = as_months(found)
    standing = decide(PROGRAM, months).standing
    if standing.keeps_until is None:
        return
    assert standing.keeps_until >= TODAY
    next_day = standing.keeps_until + timedelta(days=1)
    left = PROGRAM.amount(rules.total(months, PROGRAM.window_from(next_day)))
    assert PROGRAM.level_of(left) < standing.level
    needed = rules.needed_to_keep(PROGRAM, months, standing, TODAY)
    last = standing.keeps_until
    just = Month(last.isoformat()[:7], Parts(points=needed))
    longer = decide(PROGRAM, [*months, just], standing, today=last).standing
    assert longer.level > standing.level or longer.keeps_until > standing.keeps_until
