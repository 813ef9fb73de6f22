"""The giving room's verbs: causes, and what was given to them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row

from connector import mirror
from connector.core.errors import BadInput, Conflict, NotFound
from connector.core.i18n import LANGUAGES, countries
from connector.core.ids import new_id
from connector.ledger import Difference
from connector.rooms.giving import rules, store
from connector.rooms.giving.accounts import log as book
from connector.rooms.giving.accounts.log import Search
from connector.shops import plugin
from connector.shops import service as shops

NAME_LENGTH = 80
STORY_LENGTH = 500
URL_LENGTH = 500
MAX_CAUSES = 50
ALL = Search()
OF_ORDERS = frozenset({rules.GIFT}) | rules.ADDING


@dataclass(frozen=True, slots=True)
class Cause:
    """A charity or project that receives money.

    ``registration``: its number as a charity. ``payee``: whom the money is sent to.
    ``agreement`` and ``agreed_on``: what the contract with it is filed as, and its date.
    ``is_offered``: shoppers may choose it; else only programmes give to it.
    """

    id: int
    key: str
    name: str
    story: str
    is_default: bool
    names: Mapping[str, str] = field(default_factory=dict)
    stories: Mapping[str, str] = field(default_factory=dict)
    picture_url: str = ""
    registration: str = ""
    country: str = ""
    payee: str = ""
    agreement: str = ""
    agreed_on: str | None = None
    is_offered: bool = True
    is_closed: bool = False

    def told(self, language: str) -> tuple[str, str]:
        """(name, story) in a language; as written first where there is none."""
        return self.names.get(language) or self.name, self.stories.get(language) or self.story


# -------------------------------------------------------------------------------------- causes


def causes(db: Connection, shop_id: int) -> list[Cause]:
    """The shop's causes, the default one first."""
    return [
        Cause(
            id=row.id,
            key=row.key,
            name=row.name,
            story=row.story,
            is_default=row.is_default,
            names=row.names or {},
            stories=row.stories or {},
            picture_url=row.picture_url,
            registration=row.registration,
            country=row.country,
            payee=row.payee,
            agreement=row.agreement,
            agreed_on=row.agreed_on,
            is_offered=row.is_offered,
            is_closed=row.closed_at is not None,
        )
        for row in store.causes(db, shop_id)
    ]


def offered(db: Connection, shop_id: int) -> list[Cause]:
    """The causes shoppers may choose among, the default one first."""
    return [one for one in causes(db, shop_id) if one.is_offered and not one.is_closed]


def cause(db: Connection, shop_id: int, cause_id: int) -> Cause:
    """One; NotFound ``cause_not_found``."""
    for one in causes(db, shop_id):
        if one.id == cause_id:
            return one
    raise NotFound("cause_not_found", "no such cause")


def add_cause(
    db: Connection,
    shop_id: int,
    name: str,
    story: str,
    now: datetime,
    *,
    key: str = "",
    is_offered: bool = True,
) -> Cause:
    """A new cause; the first that shoppers are offered is the default."""
    known = causes(db, shop_id)
    name, story = _checked_name(name, [] if key else known), _checked_story(story)
    taken = {one.key for one in known}
    unique = key if key and key not in taken else free_key(key or name, taken, "cause")
    is_default = is_offered and not any(one.is_default for one in known)
    made = Cause(new_id(), unique, name, story, is_default, is_offered=is_offered)
    store.insert_cause(
        db,
        shop_id=shop_id,
        id=made.id,
        key=made.key,
        name=name,
        story=story,
        is_default=made.is_default,
        is_offered=made.is_offered,
        created_at=now,
    )
    tell_stores(db, shop_id, now)
    return made


def change_cause(db: Connection, shop_id: int, wanted: Cause, now: datetime) -> Cause:
    """Everything of a cause but its key, and whether it is the default or closed."""
    known = causes(db, shop_id)
    others = [one for one in known if one.id != wanted.id]
    if len(others) == len(known):
        raise NotFound("cause_not_found", "no such cause")
    values = {
        "name": _checked_name(wanted.name, others),
        "story": _checked_story(wanted.story),
        "names": by_language(wanted.names, NAME_LENGTH, "names"),
        "stories": by_language(wanted.stories, STORY_LENGTH, "stories"),
        "picture_url": _checked_picture(wanted.picture_url.strip()),
        "agreed_on": _checked_agreement(db, shop_id, wanted.agreed_on, now),
        "country": wanted.country.strip().upper(),
        "is_offered": wanted.is_offered,
    }
    if values["country"] and values["country"] not in countries():
        raise BadInput("country_format", "two letters, as in ISO 3166", field="country")
    for name in ("registration", "payee", "agreement"):
        values[name] = getattr(wanted, name).strip()
        if len(str(values[name])) > NAME_LENGTH:
            raise BadInput("text_length", f"at most {NAME_LENGTH} characters", field=name)
    store.change_cause(db, shop_id, wanted.id, **values)
    tell_stores(db, shop_id, now)
    return cause(db, shop_id, wanted.id)


def make_default(db: Connection, shop_id: int, cause_id: int, now: datetime) -> Cause:
    """Gifts that name no cause go to this one from now on."""
    if cause(db, shop_id, cause_id).is_closed:
        raise Conflict("cause_closed", "open it again first")
    for one in causes(db, shop_id):
        if one.is_default:
            store.change_cause(db, shop_id, one.id, is_default=False)
    store.change_cause(db, shop_id, cause_id, is_default=True)
    tell_stores(db, shop_id, now)
    return cause(db, shop_id, cause_id)


def close_cause(db: Connection, shop_id: int, cause_id: int, now: datetime) -> Cause:
    """Offer it no more. What was given stays its own, and what still names it goes to it."""
    if cause(db, shop_id, cause_id).is_default:
        raise Conflict("cause_is_default", "make another cause the default first")
    for row in store.programmes(db, shop_id, published=True):
        is_over = row.closed_at is not None or row.ends_at <= now
        if not is_over and cause_id in dict(row.causes):
            raise Conflict("cause_in_use", f"close the programme {row.name!r} first")
    store.change_cause(db, shop_id, cause_id, closed_at=now)
    tell_stores(db, shop_id, now)
    return cause(db, shop_id, cause_id)


def reopen_cause(db: Connection, shop_id: int, cause_id: int, now: datetime) -> Cause:
    """Offer a closed cause again."""
    cause(db, shop_id, cause_id)
    store.change_cause(db, shop_id, cause_id, closed_at=None)
    tell_stores(db, shop_id, now)
    return cause(db, shop_id, cause_id)


def tell_stores(db: Connection, shop_id: int, at: datetime, about: str = "all") -> None:
    """From ``at`` on something else is asked: whatever draws the cart at the store is told."""
    plugin.tell_settings(db, shop_id, at, about)
    mirror.note_asked(db, shop_id, at, about)


# ----------------------------------------------------------------------------------- donations


def check(db: Connection, shop_id: int) -> Iterator[Difference]:
    """What the room keeps beside the book and the book tells otherwise."""
    for row in store.mismatches(db, shop_id):
        yield Difference(row.what, row.unit, row.place, int(row.stored), int(row.recomputed))


def merge(db: Connection, shop_id: int, kept_id: int, gone_id: int) -> None:
    """Donations of one member become another's."""
    store.move_to_member(db, shop_id, gone_id, kept_id)
    store.drop_member(db, shop_id, gone_id)


def unmerge(db: Connection, shop_id: int, gone_id: int) -> None:
    """Donations follow their orders back to who stands for themselves again."""
    store.follow_orders(db, shop_id, gone_id)


def log(
    db: Connection, shop_id: int, limit: int, offset: int = 0, search: Search = ALL
) -> list[Row[Any]]:
    """Donations, newest first: what was given, what stands, of which order, to which cause."""
    return list(book.log(db, shop_id, search, limit, offset))


def whole_log(db: Connection, shop_id: int, search: Search) -> Iterator[Row[Any]]:
    """All that is searched for, newest first, while it is read."""
    return book.log(db, shop_id, search, None)


def totals(db: Connection, shop_id: int) -> list[Row[Any]]:
    """Per cause and currency, whoever gave it: given, pledged, due and of that remitted."""
    return store.totals(db, shop_id)


def tallies(db: Connection, shop_id: int) -> list[Row[Any]]:
    """What was given by programme, cause, currency and kind."""
    return store.tallies(db, shop_id)


def of_order(
    db: Connection, shop_id: int, order_id: int, kinds: Collection[str] = (rules.GIFT,)
) -> list[Row[Any]]:
    """What one order gives: its shopper, or with other ``kinds`` the shop for it."""
    found = store.donations_of(db, shop_id, [order_id])
    return [row for (_, kind, _), row in found.items() if kind in kinds]


def of_member(db: Connection, shop_id: int, member_id: int) -> list[Row[Any]]:
    """What a member's orders and points gave, newest first."""
    return store.of_member(db, shop_id, member_id)


# -------------------------------------------------------------------------------------- checks


def free_key(name: str, taken: Collection[str], otherwise: str) -> str:
    """A short name for addresses and orders, of which there is none yet."""
    stem = re.sub(r"[^a-z0-9]+", "-", name.casefold()).strip("-") or otherwise
    return next(
        one
        for one in (stem, *(f"{stem}-{n}" for n in range(2, len(taken) + 3)))
        if one not in taken
    )


def by_language(told: Mapping[str, str], most: int, name: str) -> dict[str, str]:
    """Texts by language, without empty ones."""
    found = {language: text.strip() for language, text in told.items() if text.strip()}
    if unknown := sorted(set(found) - set(LANGUAGES)):
        raise BadInput("unknown_language", f"we do not speak {unknown[0]!r}", field=name)
    if any(len(text) > most for text in found.values()):
        raise BadInput("text_length", f"at most {most} characters", field=name)
    return found


def checked_day(text: str | None, name: str) -> str | None:
    """An ISO date, or None."""
    if not text:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise BadInput("date_format", "write it YYYY-MM-DD", field=name) from None


def _checked_agreement(
    db: Connection, shop_id: int, told: str | None, now: datetime
) -> str | None:
    """The day of a contract that is signed already, by the shop's clocks."""
    day = checked_day(told, "agreed_on")
    today = now.astimezone(ZoneInfo(shops.get(db, shop_id).timezone)).date()
    if day and day > today.isoformat():
        raise BadInput("date_future", "a day that has come", field="agreed_on")
    return day


def _checked_name(name: str, others: Sequence[Cause]) -> str:
    name = name.strip()
    if not 1 <= len(name) <= NAME_LENGTH:
        raise BadInput("name_length", f"1 to {NAME_LENGTH} characters", field="name")
    if name.casefold() in {one.name.casefold() for one in others}:
        raise BadInput("name_taken", f"there is a cause {name!r} already", field="name")
    return name


def _checked_story(story: str) -> str:
    if len(story.strip()) > STORY_LENGTH:
        raise BadInput("story_length", f"at most {STORY_LENGTH} characters", field="story")
    return story.strip()


def _checked_picture(url: str) -> str:
    if not url:
        return ""
    split = urlsplit(url)
    if len(url) > URL_LENGTH or split.scheme != "https" or not split.hostname:
        raise BadInput("url_not_allowed", "an https address", field="picture_url")
    return url
