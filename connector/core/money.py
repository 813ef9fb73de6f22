"""Money in integer minor units. No float comes near it.

Exponents are ISO 4217's: 2 unless listed. Refuses codes it does not know, because an
unknown exponent would be a wrong amount.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from connector.core.errors import BadInput

LIMIT_MINOR = 10**15
_NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
_TWO_DECIMALS = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BTN BWP BYN BZD"
    " CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD"
    " GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD"
    " MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP"
    " PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS"
    " TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD YER ZAR ZMW ZWG"
)
_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
EXPONENTS = {
    **dict.fromkeys(_NO_DECIMALS.split(), 0),
    **dict.fromkeys(_TWO_DECIMALS.split(), 2),
    **dict.fromkeys(_THREE_DECIMALS.split(), 3),
}
_DECIMAL_TEXT = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?", re.ASCII)


def exponent(currency: str) -> int:
    """Decimals of an ISO 4217 code; BadInput ``unknown_currency`` for one we do not list."""
    try:
        return EXPONENTS[currency]
    except (KeyError, TypeError):
        raise BadInput("unknown_currency", f"{currency!r} is not a currency we know") from None


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in one currency: ``minor`` units, e.g. cents."""

    minor: int
    currency: str

    @classmethod
    def parse(cls, text: str, currency: str) -> Money:
        """From a decimal string that fits the currency exactly; ``amount_format`` otherwise."""
        money = _scaled(text, currency)
        if money != money.to_integral_value():
            raise BadInput("amount_format", f"{text!r} has too many decimals for {currency}")
        return cls(int(money), currency)

    @classmethod
    def read(cls, text: str | int, currency: str) -> Money:
        """From a platform's decimal string, rounded half up to the currency's own minor unit.

        WooCommerce prints with the shop's decimals, not the currency's, so "2405.00" JPY is real.
        """
        return cls(int(_scaled(str(text), currency).to_integral_value(ROUND_HALF_UP)), currency)

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def decimal(self) -> Decimal:
        """The amount in major units, exact."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    def text(self) -> str:
        """As platforms write it: "19.90", "2405", "6.450"."""
        return f"{self.decimal():.{exponent(self.currency)}f}"

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise BadInput(
                "mixed_currencies", f"{self.currency} and {other.currency} do not add up"
            )
        return other.minor


def _scaled(text: str, currency: str) -> Decimal:
    digits = exponent(currency)
    if not _DECIMAL_TEXT.fullmatch(text):
        raise BadInput("amount_format", f"{text!r} is not a decimal amount")
    scaled = Decimal(text).scaleb(digits)
    if abs(scaled) > LIMIT_MINOR:
        raise BadInput("amount_range", f"{text} {currency} is beyond what the book holds")
    return scaled


def spread(total: int, weights: Sequence[int]) -> list[int]:
    """Split ``total`` >= 0 over ``weights`` >= 0 by largest remainder: the parts sum to ``total``.

    All weights 0 gives all zeros. Equal remainders go to the earlier part.
    """
    whole = sum(weights)
    if whole <= 0:
        return [0] * len(weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: -(total * weights[i] % whole))
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return parts
