"""Words, counts, numbers, money and dates in every language we speak.

English is the source: a message is its own key. The catalogues are ``connector/locales/*.po``,
read as they are, so nothing compiled can be out of step. Counted nouns live here, because Arabic
needs six plural forms and, for two things, two cases: a translation asks for the second one by
``{points:gen}``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from gettext import c2py
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_timedelta
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, format_percent

from connector.core.money import Money

LOCALES = Path(__file__).parents[1] / "locales"
GENITIVE = "gen"
# Named as territories, and no country's code: unions, tests, islands without one of their own.
_NO_COUNTRIES = frozenset(
    ("AC", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ")
)
NBSP = "\u00a0"
MINUS = "\u2212"
NOUNS: Mapping[str, tuple[str, str]] = {
    "point": ("{n} point", "{n} points"),
    "day": ("{n} day", "{n} days"),
    "order": ("{n} order", "{n} orders"),
    "time": ("{n} time", "{n} times"),
    "gift": ("{n} gift", "{n} gifts"),
    "entry": ("{n} entry", "{n} entries"),
    "customer": ("{n} customer", "{n} customers"),
    "product": ("{n} product", "{n} products"),
    "member": ("{n} member", "{n} members"),
    "month": ("{n} month", "{n} months"),
    "friend": ("{n} friend", "{n} friends"),
    "difference": ("{n} difference", "{n} differences"),
}
_ARABIC_INDIC = str.maketrans("0123456789%", "٠١٢٣٤٥٦٧٨٩٪")
_LATIN_ARABIC = frozenset({"ar", "ar_AE"})  # whatever CLDR counts with there
_HAN = re.compile("[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
_BEFORE = re.compile(rf"(?<={_HAN.pattern}) (\{{\w+)")
_AFTER = re.compile(rf"((\{{\w+)[^}}]*\}}) (?={_HAN.pattern})")
_TAGS = re.compile(r"<[^>]*>")
_BIDI_CONTROLS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True, slots=True)
class Count:
    """So many of a noun. ``{points}`` prints it, ``{points:gen}`` where a genitive stands."""

    language: Language
    noun: str
    n: int

    def __str__(self) -> str:
        return self.language.counted(self.noun, self.n)

    def __format__(self, case: str) -> str:
        return self.language.counted(self.noun, self.n, case)


@dataclass(frozen=True, slots=True)
class Language:
    """One language and how it writes. ``tag`` is for HTML; dates are day before month."""

    tag: str
    name: str
    babel: str
    direction: str
    dates: Mapping[str, str]
    space: str = " "  # between sentences
    digits: str = "latn"  # CLDR's name of the numerals

    def text(self, message: str, **values: object) -> str:
        """The message in this language, filled."""
        return self.pattern(message, values).format(**values)

    def pattern(self, message: str, values: Mapping[str, object]) -> str:
        """The message in this language, to be filled with these.

        Chinese sets a space before digits and letters, and none before more of its own.
        """
        said = self.translated(message)
        if self.space or not values:
            return said
        begins = {f"{{{name}" for name, one in values.items() if _HAN.match(_seen(one))}
        ends = {f"{{{name}" for name, one in values.items() if _HAN.match(_seen(one)[::-1])}
        said = _BEFORE.sub(lambda gap: gap[1] if gap[1] in begins else gap[0], said)
        return _AFTER.sub(lambda gap: gap[1] if gap[2] in ends else gap[0], said)

    def translated(self, message: str) -> str:
        """The message in this language, its braces untouched; English where none is known."""
        found = _catalog(self.tag).get(message)
        return (
            found.string if found and isinstance(found.string, str) and found.string else message
        )

    def count(self, noun: str, n: int) -> Count:
        """So many of a noun of ``NOUNS``, to be put into a message."""
        return Count(self, noun, n)

    def counted(self, noun: str, n: int, case: str = "") -> str:
        singular, plural = NOUNS[noun]
        catalog = _catalog(self.tag)
        found = catalog.get(singular, context=case or None) or catalog.get(singular)
        if found and isinstance(found.string, tuple | list) and all(found.string):
            form = found.string[c2py(catalog.plural_expr)(abs(n))]
        else:
            form = singular if abs(n) == 1 else plural
        return form.format(n=self.number(n))

    def number(self, value: int) -> str:
        return self.decimal(value)

    def decimal(self, value: int | Decimal) -> str:
        """A number with as many decimals as it has, three at most."""
        written = format_decimal(value, locale=self.babel, numbering_system=self.digits)
        return self._numerals(written)

    def signed(self, value: int) -> str:
        """With its sign, also a plus."""
        return f"+{self.number(value)}" if value > 0 else self.number(value)

    def percent(self, ratio: float | Decimal, decimals: int = 1) -> str:
        """Of one decimal unless said otherwise: 0.413 is 41.3%."""
        pattern = f"#,##0.{'0' * decimals}%" if decimals else "#,##0%"
        written = format_percent(ratio, pattern, locale=self.babel, numbering_system=self.digits)
        return self._numerals(written)

    def money(self, minor: int, currency: str, *, whole: bool = False) -> str:
        """An amount with its currency. ``whole`` drops the decimals where they do not matter."""
        amount = Money(minor, currency).decimal()
        if whole and amount == amount.to_integral_value():
            amount = amount.quantize(Decimal(1))
            text = format_currency(
                amount,
                currency,
                locale=self.babel,
                format=_whole(self.babel),
                currency_digits=False,
                numbering_system=self.digits,
            )
        else:
            text = format_currency(
                amount, currency, locale=self.babel, numbering_system=self.digits
            )
        return self._numerals(text)

    def date(self, at: date, form: str = "day") -> str:
        """A local date (or time, already in its zone) in one of the forms of ``dates``."""
        written = format_date(at, self.dates[form], locale=self.babel)
        return self._numerals(written)

    def _numerals(self, text: str) -> str:
        written = _plain(text)
        return written.translate(_ARABIC_INDIC) if self.digits == "arab" else written

    def time(self, at: datetime) -> str:
        return f"{at:%H:%M}"

    def ago(self, since: timedelta) -> str:
        """How long ago something was, e.g. "2 minutes ago"."""
        passed = max(since, timedelta(seconds=1))
        return format_timedelta(-passed, add_direction=True, locale=self.babel)

    def duration(self, length: timedelta) -> str:
        """A stretch of time, e.g. "2 hours"."""
        return format_timedelta(length, locale=self.babel)


_EUROPEAN = {
    "day": f"d{NBSP}MMMM",
    "short": f"d{NBSP}MMM",
    "long": f"d{NBSP}MMMM y",
    "brief": f"d{NBSP}MMM{NBSP}y",
    "weekday": f"EEEE d{NBSP}MMMM",
    "month": "LLL",
    "month_year": "LLLL y",
}
_CHINESE = {
    "day": "M月d日",
    "short": "M月d日",
    "long": "y年M月d日",
    "brief": "y年M月d日",
    "weekday": "M月d日 EEEE",
    "month": "LLL",
    "month_year": "y年M月",
}
LANGUAGES: Mapping[str, Language] = {
    "en": Language("en", "English", "en", "ltr", _EUROPEAN),
    "ar": Language("ar", "العربية", "ar", "rtl", _EUROPEAN | {"month": "LLLL"}),
    "zh-Hant": Language("zh-Hant", "繁體中文", "zh_Hant", "ltr", _CHINESE, space=""),
}
SOURCE = LANGUAGES["en"]


def language(tag: str | None) -> Language | None:
    """The language closest to a BCP 47 tag, or None: "ar-EG" is ar, "zh-TW" is zh-Hant."""
    stem = (tag or "").replace("_", "-").partition("-")[0].casefold()
    return {"en": SOURCE, "ar": LANGUAGES["ar"], "zh": LANGUAGES["zh-Hant"]}.get(stem)


def reader(tag: str | None) -> Language | None:
    """The same with the numerals of the place: "ar-EG" counts in Arabic-Indic ones."""
    spoken = language(tag)
    if spoken is None or spoken.tag != "ar" or tag is None:
        return spoken
    place = tag.replace("-", "_")
    try:
        digits = Locale.parse(place).default_numbering_system
    except (ValueError, UnknownLocaleError):
        return spoken
    return spoken if place in _LATIN_ARABIC else replace(spoken, digits=digits)


def without_bidi_controls(text: str) -> str:
    """The text without characters that turn the direction of what follows it."""
    return _BIDI_CONTROLS.sub("", text)


def _seen(value: object) -> str:
    """What of a value is seen: without markup and controls."""
    return without_bidi_controls(_TAGS.sub("", str(value)))


@cache
def countries() -> frozenset[str]:
    """Two letters each, as in ISO 3166, and Kosovo's XK."""
    told = (str(one) for one in Locale("en").territories)
    return frozenset(one for one in told if re.fullmatch("[A-Z]{2}", one)) - _NO_COUNTRIES


def catalog_path(tag: str) -> Path:
    return LOCALES / f"{LANGUAGES[tag].babel}.po"


@cache
def _catalog(tag: str) -> Catalog:
    if tag == SOURCE.tag:
        return Catalog(locale="en")
    with catalog_path(tag).open("rb") as file:
        return read_po(file, locale=LANGUAGES[tag].babel)


@cache
def _whole(babel: str) -> str:
    """The locale's currency pattern without decimals."""
    pattern = Locale.parse(babel).currency_formats["standard"].pattern
    return str(pattern).replace(".00", "")


def _plain(text: str) -> str:
    """Digits, sign and symbol only: whoever prints it isolates it left to right."""
    return _BIDI_CONTROLS.sub("", text).replace("-", MINUS)
