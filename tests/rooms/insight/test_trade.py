"""Who comes back, beside an oracle that reads the definitions aloud."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from connector.core.commerce import LineKind, OrderState, Refund, RefundLine
from connector.rooms import insight
from connector.rooms.insight import Period, Share, Trade
from tests.rooms.insight.acme import NOVEMBER, NOW, ZONE, Acme, Sale, day, line, order

some_sales = st.lists(
    st.builds(
        Sale,
        at=st.sampled_from(
            [datetime(2025, 10, 28, tzinfo=UTC) + timedelta(hours=5 * n) for n in range(1900)]
        ),
        who=st.sampled_from(["mia", "noor", "ada", "guest@acme.example", "g2@acme.example", None]),
        minor=st.integers(0, 10_000),
        currency=st.sampled_from(["JPY", "JPY", "JPY", "EUR", "USD"]),
        state=st.sampled_from([OrderState.PAID, OrderState.COMPLETED, *OrderState]),
        is_test=st.sampled_from([False, False, False, True]),
    ),
    max_size=40,
)


@given(some_sales)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_figures_are_the_oracles(database, sales):
    acme = Acme(database)
    acme.sold(*sales)
    for period in (NOVEMBER, Period(date(2025, 11, 1), date(2026, 12, 1))):
        figures = acme.figures(period)
        trade, other_currencies = read_aloud(sales, period)
        assert figures.trade == trade
        assert figures.other_currencies == other_currencies
    with database.read() as db:
        series = insight.monthly(db, acme.id, NOW)
    assert [month.starts_on.month for month in series.months] == [12, *range(1, 12)]
    for month in series.months:
        then = Period(month.starts_on, first_of_next(month.starts_on))
        before = Period(a_year_before(then.starts_on), a_year_before(then.ends_on))
        assert month.share == read_aloud(sales, then)[0].returning_revenue_share
        assert month.year_earlier == read_aloud(sales, before)[0].returning_revenue_share


def test_a_first_order_is_new_and_the_next_one_returns(acme):
    acme.sold(Sale(day(11, 3), "mia", 300), Sale(day(11, 9), "mia", 100))
    trade = acme.figures().trade
    assert trade == Trade(
        orders=2,
        customers=1,
        returning_customers=1,
        repeat_customers=1,
        revenue_minor=400,
        returning_minor=100,
    )
    assert trade.returning_revenue_share == Share(100, 400, 1)
    assert trade.returning_customer_rate == Share(1, 1, 1)
    assert trade.repeat_purchase_rate == Share(1, 1, 1)


def test_who_came_before_the_period_returns_but_repeats_only_within(acme):
    acme.sold(Sale(day(2, 1, 2024), "mia"), Sale(day(11, 9), "mia"), Sale(day(11, 9), "noor"))
    trade = acme.figures().trade
    assert trade.returning_customer_rate == Share(1, 2, 2)
    assert trade.repeat_purchase_rate == Share(0, 2, 2)
    assert trade.returning_revenue_share == Share(1000, 2000, 2)


@pytest.mark.parametrize("state", list(OrderState))
def test_only_orders_that_were_paid_count(acme, state):
    acme.sold(Sale(day(10, 1), "mia", state=state), Sale(day(11, 9), "mia", state=state))
    counts = state in (OrderState.PAID, OrderState.COMPLETED)
    trade = acme.figures().trade
    assert (trade.orders, trade.returning_customers) == ((1, 1) if counts else (0, 0))


def test_an_undone_first_order_makes_the_second_the_first(acme):
    acme.sold(Sale(day(10, 1), "mia", state=OrderState.CANCELLED), Sale(day(11, 9), "mia"))
    assert acme.figures().trade.returning_customers == 0


def test_a_day_is_the_shops_day(acme):
    """Tokyo is nine hours ahead: half past three in the afternoon of UTC is the next day."""
    acme.sold(
        Sale(datetime(2026, 10, 31, 14, 59, tzinfo=UTC), "out"),
        Sale(datetime(2026, 10, 31, 15, 0, tzinfo=UTC), "first"),
        Sale(datetime(2026, 11, 30, 14, 59, tzinfo=UTC), "last"),
        Sale(datetime(2026, 11, 30, 15, 0, tzinfo=UTC), "out"),
    )
    assert acme.figures().trade.customers == 2


def test_revenue_is_goods_after_refunds_and_nothing_else(acme):
    extra = [
        line("tip", LineKind.TIP, 50),
        line("card", LineKind.GIFT_CARD, 5000),
        line("river", LineKind.DONATION, 200),
        line("wrap", LineKind.FEE, 30),
    ]
    refund = Refund("r", day(11, 10), 400, 0, (RefundLine("goods", 1, 400, 0),))
    acme.hear(replace(order(Sale(day(11, 9), "mia", 1000), extra), refunds=(refund,)))
    assert acme.figures().trade.revenue_minor == 600


def test_an_order_that_names_nobody_is_revenue_and_no_customer(acme):
    acme.sold(
        Sale(day(11, 1), None, 500),
        Sale(day(11, 2), None, 500),
        Sale(day(11, 3), "mia", 1000),
        Sale(day(11, 4), "mia", 1000),
    )
    trade = acme.figures().trade
    assert (trade.nameless_orders, trade.nameless_minor) == (2, 1000)
    assert trade.returning_revenue_share == Share(1000, 3000, 1)
    assert trade.customers == 1


def test_money_of_another_currency_is_told_apart(acme):
    acme.sold(
        Sale(day(11, 1), "mia", 500, "EUR"),
        Sale(day(11, 2), "mia", 700),
        Sale(day(11, 3), "noor", 900, "USD"),
        Sale(day(11, 3), "ada", 900, "USD"),
    )
    figures = acme.figures()
    assert figures.currency == "JPY"
    assert figures.other_currencies == {"EUR": 1, "USD": 2}
    assert figures.trade.orders == 4
    assert figures.trade.returning_revenue_share == Share(700, 700, 3)


def test_two_orders_of_one_moment_have_one_first(acme):
    acme.sold(*[Sale(day(11, 1), "mia")] * 2)
    assert acme.figures().trade.returning_minor == 1000


def test_an_empty_shop_has_no_figures(acme):
    figures = acme.figures()
    assert figures.trade == Trade()
    assert figures.trade.returning_revenue_share.value is None
    assert figures.known_since is None
    assert figures.as_of == NOW


def test_the_book_says_how_far_it_reaches(acme):
    acme.sold(
        Sale(day(1, 1, 2024), "mia", is_test=True), Sale(day(3, 9, 2025)), Sale(day(11, 2, 2026))
    )
    assert acme.figures().known_since == date(2025, 3, 9)


def test_a_shop_sees_only_itself(acme):
    acme.sold(Sale(day(10, 1), "mia"), Sale(day(11, 1), "mia"))
    assert Acme(acme.database).figures().trade == Trade()


# ------------------------------------------------------------------------------------------------


def read_aloud(sales: list[Sale], period: Period) -> tuple[Trade, dict[str, int]]:
    """Definitions 1 to 4, one after the other, in plain Python."""
    counted = [s for s in sales if s.state in ("paid", "completed") and not s.is_test]
    counted.sort(key=lambda sale: sale.at)  # stable, as ids are
    seen: set[str] = set()
    within: list[tuple[Sale, bool]] = []
    for sale in counted:
        returns = sale.who in seen
        if sale.who is not None:
            seen.add(sale.who)
        if period.starts_on <= sale.at.astimezone(ZoneInfo(ZONE)).date() < period.ends_on:
            within.append((sale, returns))
    orders_of: dict[str, int] = defaultdict(int)
    for sale, _ in within:
        if sale.who is not None:
            orders_of[sale.who] += 1
    yen = [(sale, returns) for sale, returns in within if sale.currency == "JPY"]
    others = [sale.currency for sale, _ in within if sale.currency != "JPY"]
    trade = Trade(
        orders=len(within),
        customers=len(orders_of),
        returning_customers=len({sale.who for sale, returns in within if returns}),
        repeat_customers=sum(count >= 2 for count in orders_of.values()),
        revenue_minor=sum(sale.minor for sale, _ in yen),
        returning_minor=sum(sale.minor for sale, returns in yen if returns),
        nameless_orders=sum(sale.who is None for sale, _ in within),
        nameless_minor=sum(sale.minor for sale, _ in yen if sale.who is None),
    )
    return trade, {currency: others.count(currency) for currency in others}


def first_of_next(month: date) -> date:
    return (month + timedelta(days=31)).replace(day=1)


def a_year_before(month: date) -> date:
    return month.replace(year=month.year - 1)
