"""How the storefront speaks: plain sentences whose values keep their side in either direction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Self
from zoneinfo import ZoneInfo

from babel.dates import format_date

from connector.core.i18n import Count, Language, without_bidi_controls
from connector.shops.service import Shop

_SAID_WITH_NUMBER = 100  # in every language
_LTR, _OWN, _END = "\u2066", "\u2068", "\u2069"
STRONG = "\x00"  # around what is set in bold


@dataclass(frozen=True, slots=True)
class Strong:
    """A count that stands out: split the sentence at ``STRONG``."""

    count: Count

    def __format__(self, case: str) -> str:
        return f"{STRONG}{self.count:{case}}{STRONG}"


def mark(message: str) -> str:
    """A message that is said elsewhere: this only lets the catalogues find it."""
    return message


@dataclass(frozen=True, slots=True)
class Tongue:
    """One reader's language at one shop, at one time."""

    language: Language
    zone: str
    currency: str
    now: datetime

    @classmethod
    def of(cls, shop: Shop, language: Language, now: datetime) -> Self:
        return cls(language, shop.timezone, shop.currency, now)

    def t(self, message: str, /, **values: object) -> str:
        return self.language.text(message, **values)

    def points(self, n: int) -> Count:
        return self.language.count("point", n)

    def count(self, noun: str, n: int) -> Count:
        return self.language.count(noun, n)

    def noun(self, noun: str, n: int) -> str:
        """The noun alone, for a number that is set apart."""
        for one in (n, _SAID_WITH_NUMBER):
            number, counted = self.number(one), str(self.count(noun, one))
            if number in counted:
                return counted.replace(number, "").strip()
        return counted

    def number(self, n: int) -> str:
        return self.language.number(n)

    def signed(self, n: int) -> str:
        return ltr(self.language.signed(n))

    def money(self, minor: int, currency: str | None = None) -> str:
        """An amount, without decimals that are all zero."""
        return ltr(self.language.money(minor, currency or self.currency, whole=True))

    def times(self, percent: int) -> str:
        """A multiplier of so many percent: 150 is 1.5."""
        return ltr(self.t("{number}×", number=self.language.decimal(Decimal(percent) / 100)))

    def percent(self, whole: int) -> str:
        return ltr(self.language.percent(whole / 100, 0))

    def month(self, number: int) -> str:
        """A month's name by itself."""
        return format_date(date(2000, number, 1), "LLLL", locale=self.language.babel)

    def day(self, at: date | datetime | str) -> str:
        """A day in the shop's zone, whatever the reader's clock says; with a year not this one."""
        if isinstance(at, str):
            at = date.fromisoformat(at)
        if isinstance(at, datetime):
            at = at.astimezone(ZoneInfo(self.zone)).date()
        this_year = self.now.astimezone(ZoneInfo(self.zone)).year
        return self.language.date(at, "day" if at.year == this_year else "long")


def ltr(text: str) -> str:
    """Left to right whatever stands around it: money, percent, signed and order numbers."""
    return f"{_LTR}{text}{_END}"


def own(text: str) -> str:
    """Somebody's words: their own direction, and no controls that turn ours."""
    return f"{_OWN}{without_bidi_controls(text)}{_END}"


def order(number: str) -> str:
    """An order's number with its sign, as the shopper knows it from the shop's mail."""
    return ltr(f"#{number.lstrip('#')}")
