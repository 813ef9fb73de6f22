"""Any story of orders with a code ends with the points an independent reckoning expects."""

from contextlib import suppress
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from connector.core.commerce import OrderState
from connector.core.errors import Conflict
from tests.rooms.rewards.counter import COFFEE, counter
from tests.world import goods, refund, took

PAID = ("paid", "completed")
LINES = (
    goods("a", 600, quantity=3, subtotal_minor=900),
    goods("b", 500, quantity=2, subtotal_minor=700),
)
OFF = (300, 200)
ORDER = some.tuples(
    some.sampled_from(["1", "2"]),
    some.sampled_from(["open", "paid", "paid", "completed", "cancelled", "refunded"]),
    some.integers(0, 3),
    some.integers(0, 2),
)
STEP = some.one_of(
    ORDER,
    some.sampled_from(["run", "cancel", "expire", "spend", "earn"]),
)


class Reckoning:
    """What should be spent of 97 points, by the rules in words."""

    def __init__(self):
        self.orders = {}
        self.was_used = False

    def hear(self, key, state, back_a, back_b):
        self.orders[key] = (state, back_a, back_b)
        self.was_used = self.was_used or state in PAID

    def spent(self):
        """Nothing unless an order was paid and one stands; else 97 less what came back."""
        if not self.was_used:
            return 0
        standing = [one for one in self.orders.values() if one[0] in (*PAID, "open")]
        if not standing:
            return 0
        # 500 were off: 300 over three a, 200 over two b, so each piece took 100.
        return 97 - min(97 * (a + b) // 5 for _, a, b in standing)


@given(some.lists(STEP, max_size=12))
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_points_stand_as_reckoned(database, steps):
    shelf = counter(database, points=100)
    one = shelf.redeem(shelf.offer(replace(COFFEE, points=97)))
    reckoned = Reckoning()
    for minute, step in enumerate(steps, 1):
        if isinstance(step, tuple):
            key, state, back_a, back_b = step
            reckoned.hear(*step)
            taken = (took(LINES[0], back_a), took(LINES[1], back_b))
            back = tuple(part for part in taken if part.quantity)
            shelf.order(
                one,
                key,
                state=OrderState(state),
                minute=minute,
                lines=LINES,
                refunds=(refund("r", *back),) if back else (),
            )
        else:
            wander(shelf, one, step)
        found = shelf.get(one)
        assert found.spent == reckoned.spent(), step
        if found.state in ("reserved", "issued", "parked"):
            assert found.held == 97
        else:
            assert found.held == 0
    shelf.run()
    shelf.sound()


def wander(shelf, one, step):
    """What else happens to a member meanwhile."""
    if step == "run":
        shelf.run()
    elif step == "cancel":
        with suppress(Conflict):
            shelf.cancel(one)
    elif step == "expire":
        shelf.sweep(days=91)
    elif step == "earn":
        shelf.world.adjust(shelf.mia, 10)
    elif (there := shelf.world.balance_of(shelf.mia).available) > 0:
        shelf.world.adjust(shelf.mia, -there)
