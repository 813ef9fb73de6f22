"""What templates say: translated, escaped, and numbers that keep their side in every direction."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import cast
from zoneinfo import ZoneInfo

from flask import g
from markupsafe import Markup, escape

from connector.core import clock
from connector.core.i18n import Count, Language, without_bidi_controls
from connector.core.money import Money


def spoken() -> Language:
    """The language of this request."""
    return cast("Language", g.language)


def t(message: str, /, **values: object) -> Markup:
    """A message in this request's language; its values are escaped unless they are markup."""
    text = escape(spoken().pattern(message, values))
    return text.format(**values)


def mark(message: str) -> str:
    """A message that is translated where it is shown: this only lets the catalogues find it."""
    return message


def plain(message: str, /, **values: object) -> str:
    """The same as plain text, for titles and attributes."""
    return spoken().text(message, **values)


def count(noun: str, n: int) -> Count:
    return spoken().count(noun, n)


def number(value: int) -> str:
    return spoken().number(value)


def signed(value: int) -> Markup:
    return isolated(spoken().signed(value))


def money(minor: int, currency: str, *, whole: bool = False) -> Markup:
    return isolated(spoken().money(minor, currency, whole=whole))


def amount_text(minor: int, currency: str) -> str:
    """An amount as it is typed into a form: digits and a point."""
    return Money(minor, currency).text()


def percent(ratio: float | Decimal) -> Markup:
    return isolated(spoken().percent(ratio))


def isolated(text: str) -> Markup:
    """Left to right whatever stands around it: money, percent, signed and order numbers."""
    return Markup('<bdi dir="ltr">{}</bdi>').format(text)


def name(text: str) -> Markup:
    """Somebody's words: their own direction, and no controls that turn ours."""
    return Markup("<bdi>{}</bdi>").format(without_bidi_controls(text))


def email(text: str) -> Markup:
    """An address, which breaks before its @ where it has to break."""
    before, at, after = text.rpartition("@")
    return Markup('<bdi dir="ltr">{}<wbr>{}{}</bdi>').format(before, at, after)


def order_number(text: str) -> Markup:
    return isolated(f"#{text.lstrip('#')}")


def local(at: datetime) -> datetime:
    """A time in the shop's zone."""
    shop = g.get("shop")
    return at.astimezone(ZoneInfo(shop.timezone if shop else "UTC"))


def day(at: datetime, form: str = "day") -> str:
    """The date in the shop's zone, with its year when that is not this one."""
    here = local(at)
    if form in ("day", "short") and here.year != local(clock.now()).year:
        form = "long"
    return spoken().date(here, form)


def brief(at: datetime) -> str:
    """The date in the shop's zone as it stands in a column: always with its year."""
    return spoken().date(local(at), "brief")


def calendar(on: str) -> str:
    """A date that is written as YYYY-MM-DD, with its year when that is not this one."""
    at = date.fromisoformat(on)
    return spoken().date(at, "day" if at.year == local(clock.now()).year else "long")


def yearly(month_day: str) -> str:
    """A day of every year, written as MM-DD."""
    return spoken().date(date.fromisoformat(f"2000-{month_day}"), "day")


def time(at: datetime) -> str:
    return spoken().time(local(at))


def ago(at: datetime) -> str:
    """How long ago, for the last days; the date for what is older."""
    passed = clock.now() - at
    return spoken().ago(passed) if passed.days < 7 else day(at)  # noqa: PLR2004 - a week


TEMPLATE_WORDS = {
    "t": t,
    "mark": mark,
    "plain": plain,
    "count": count,
    "number": number,
    "signed": signed,
    "money": money,
    "amount_text": amount_text,
    "percent": percent,
    "isolated": isolated,
    "name": name,
    "email": email,
    "order_number": order_number,
    "day": day,
    "brief": brief,
    "calendar": calendar,
    "yearly": yearly,
    "time": time,
    "ago": ago,
    "spoken": spoken,
}
