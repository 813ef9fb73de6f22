"""What a member tells of herself: the days of her year that the programme celebrates."""

from __future__ import annotations

from sqlalchemy import Connection

from connector.members import occasions
from connector.members.occasions import Occasion
from connector.web.storefront import members as room
from connector.web.storefront.asker import Asker
from connector.web.storefront.told import earning
from connector.web.storefront.told.blocks import Act, Block, Field
from connector.web.tongue import Tongue, mark

REFUSALS = {
    "occasion_day": mark("There is no such day. Choose another one."),
    "occasion_unknown": mark("The shop does not celebrate this day any more."),
    "member_not_found": mark("The shop has not heard of your account yet. Try again in a minute."),
    "occasions_many": mark("You have named enough days."),
}
_MONTHS, _DAYS = 12, 31


def days(db: Connection, asker: Asker, say: Tongue) -> Block | None:
    """Each day that earns something, or that she has told, with its form."""
    known = {one.name: one for one in occasions.of_member(db, asker.shop.id, asker.member_id)}
    names = list(dict.fromkeys([*room.asked(db, asker.shop.id, say.now), *known]))
    if not names:
        return None
    return Block(
        say.t("Your days"),
        id="you",
        tab=say.t("You"),
        lines=(say.t("Day and month only. A change counts next year."),),
        items=tuple(_day(name, known.get(name), say) for name in names),
    )


def _day(name: str, told: Occasion | None, say: Tongue) -> Block:
    lines: tuple[str, ...] = ()
    acts = [_form(name, told, say)]
    if told is not None:
        lines = (say.t("It counts from {date} on.", date=say.day(told.counts_from)),)
        if told.greet_at is None:
            lines = (say.t("No greeting and no gift that day: you did not agree to one."),)
        remove = Act(
            say.t("Remove"),
            name="remove_occasion",
            body={"name": name},
            ask=say.t("Remove this day? Setting it again counts as a change."),
            done=say.t("Removed."),
        )
        acts.append(remove)
    return Block(earning.occasion(name, say), id=name, lines=lines, acts=tuple(acts))


def _form(name: str, told: Occasion | None, say: Tongue) -> Act:
    month, day = told.month_day.split("-") if told else ("", "")
    numbers = tuple((f"{n:02}", say.number(n)) for n in range(1, _DAYS + 1))
    months = tuple((f"{n:02}", say.month(n)) for n in range(1, _MONTHS + 1))
    empty = ("", "")
    of_day = Field("day", say.t("Day"), options=(empty, *numbers), value=day)
    of_month = Field("month", say.t("Month"), options=(empty, *months), value=month)
    greet = Field(
        "greet",
        say.t("Greet me that day, with a gift. This is not the newsletter."),
        kind="checkbox",
        value=told is not None and told.greet_at is not None,
    )
    month_first = say.language.tag == "zh-Hant"
    return Act(
        say.t("Save"),
        name="set_occasion",
        body={"name": name},
        fields=(*((of_month, of_day) if month_first else (of_day, of_month)), greet),
        join={"month_day": ("month", "day")},
    )
