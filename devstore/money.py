"""Amounts as text and back, in integers and decimals only."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

DECIMALS = {"USD": 2, "EUR": 2, "GBP": 2, "TWD": 2, "AED": 2, "JPY": 0, "KWD": 3}
SYMBOLS = {
    "USD": "$",
    "EUR": "€",
    "GBP": "£",
    "TWD": "NT$",
    "AED": "د.إ",
    "JPY": "¥",
    "KWD": "د.ك",
}


def major(minor: int, currency: str) -> Decimal:
    """The amount in whole units, exact."""
    return Decimal(minor).scaleb(-DECIMALS[currency])


def text(minor: int, currency: str, decimals: int | None = None) -> str:
    """As platforms write it, with ``decimals`` places or the currency's own: 19.90."""
    places = DECIMALS[currency] if decimals is None else decimals
    return f"{major(minor, currency):.{places}f}"


def read(written: object, currency: str) -> int:
    """Minor units of a decimal string or JSON number; ValueError for anything else."""
    try:
        scaled = Decimal(str(written)).scaleb(DECIMALS[currency])
    except InvalidOperation:
        raise ValueError(f"{written!r} is not an amount") from None
    if not scaled.is_finite() or abs(scaled) > 10**12:
        raise ValueError(f"{written!r} is not an amount")
    return int(scaled.to_integral_value())


def shown(minor: int, currency: str) -> str:
    """As a shopper reads it: $1,234.50."""
    amount = f"{abs(major(minor, currency)):,.{DECIMALS[currency]}f}"
    return f"{'−' if minor < 0 else ''}{SYMBOLS[currency]}{amount}"
