"""Money is whole minor units; what does not fit is refused, never rounded behind one's back."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.errors import BadInput
from connector.core.money import EXPONENTS, LIMIT_MINOR, Money, exponent

currencies = st.sampled_from(sorted(EXPONENTS))
minors = st.integers(-LIMIT_MINOR, LIMIT_MINOR)


@given(minors, currencies)
def test_text_reads_back_as_the_same_money(minor, currency):
    money = Money(minor, currency)
    assert Money.parse(money.text(), currency) == money
    assert Money.read(money.text(), currency) == money
    assert money.decimal() == Decimal(money.text())


@pytest.mark.parametrize(
    ("told", "currency", "minor"),
    [
        ("19.90", "USD", 1990),
        ("19.9", "USD", 1990),
        ("-0.50", "EUR", -50),
        ("2405", "JPY", 2405),
        ("2405.00", "JPY", 2405),
        ("6.450", "KWD", 6450),
        ("0", "USD", 0),
    ],
)
def test_exact_amounts_are_parsed(told, currency, minor):
    assert Money.parse(told, currency).minor == minor


@pytest.mark.parametrize(
    "told",
    [
        "",
        " 1",
        "1 ",
        "1,00",
        "1e3",
        "0x1",
        "NaN",
        "Infinity",
        "--1",
        "+1",
        "1.",
        ".5",
        "١٢",
        "1_0",
    ],
)
def test_what_is_no_amount_is_refused(told):
    with pytest.raises(BadInput) as caught:
        Money.parse(told, "USD")
    assert caught.value.code == "amount_format"


def test_too_many_decimals_are_refused_from_people_and_rounded_from_platforms():
    with pytest.raises(BadInput, match="too many decimals"):
        Money.parse("1.005", "USD")
    assert Money.read("1.005", "USD").minor == 101
    assert Money.read("-1.005", "USD").minor == -101
    assert Money.read("0.5", "JPY").minor == 1
    assert Money.read(7, "USD").minor == 700


@pytest.mark.parametrize("told", ["10000000000000.01", "-10000000000000.01", "9" * 18])
def test_more_than_the_book_holds_is_refused(told):
    with pytest.raises(BadInput) as caught:
        Money.parse(told, "USD")
    assert caught.value.code == "amount_range"


@pytest.mark.parametrize("currency", ["", "usd", "XXX", "BTC", None])
def test_a_currency_we_do_not_know_is_refused(currency):
    with pytest.raises(BadInput) as caught:
        exponent(currency)
    assert caught.value.code == "unknown_currency"


def test_currencies_do_not_mix():
    assert Money(5, "USD") + Money(7, "USD") - Money(2, "USD") == Money(10, "USD")
    with pytest.raises(BadInput, match="do not add up"):
        Money(5, "USD") + Money(5, "EUR")
