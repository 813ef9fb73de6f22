"""Many hands reach for the same points, the same stock and the same money at one moment."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from connector.core.errors import Conflict
from connector.rooms.rewards import service
from tests.rooms.rewards.counter import COFFEE, counter
from tests.world import NOW

THREADS = 8


def wishes(shelf, members, reward):
    """All at once; "done" or the code of the refusal for each."""

    def wish(member_id):
        def work(db):
            service.redeem(db, shelf.world.shop.id, member_id, reward.id, NOW)

        try:
            shelf.world.database.run(work)
        except Conflict as problem:
            return problem.code
        return "done"

    with ThreadPoolExecutor(THREADS) as threads:
        return sorted(threads.map(wish, members))


def test_of_fifty_wishes_on_one_balance_exactly_the_affordable_ones_succeed(database):
    shelf = counter(database, points=720)
    coffee = shelf.offer()
    told = wishes(shelf, [shelf.mia] * 50, coffee)
    assert told == ["done"] * 7 + ["insufficient_points"] * 43
    assert (shelf.left(), shelf.reward(coffee).taken) == ((20, 700), 7)
    shelf.sound()


def test_of_twenty_wishes_for_the_last_one_a_single_one_succeeds(database):
    shelf = counter(database, points=0)
    members = [shelf.world.member(str(2000 + n)) for n in range(20)]
    for member_id in members:
        shelf.world.adjust(member_id, 100)
    last = shelf.offer(replace(COFFEE, stock=1))
    assert wishes(shelf, members, last) == ["done"] + ["out_of_stock"] * 19
    cheap = shelf.offer(replace(COFFEE, points=1, budget_minor=1700))
    told = wishes(shelf, members, cheap)
    assert told.count("done") == 3
    assert (shelf.reward(last).taken, shelf.reward(cheap).spent_minor) == (1, 1500)
    shelf.sound()


def test_once_for_each_member_holds_for_many_hands(database):
    shelf = counter(database, points=5000)
    once = shelf.offer(replace(COFFEE, per_member=1))
    assert wishes(shelf, [shelf.mia] * 20, once) == ["done"] + ["per_member"] * 19
    shelf.sound()


def test_a_hand_that_cancels_and_a_worker_that_settles_agree(database):
    shelf = counter(database, points=1000)
    coffee = shelf.offer()
    ones = [shelf.redeem(coffee) for _ in range(10)]
    shelf.run()

    def cancel(one):
        try:
            with shelf.world.database.write() as db:
                service.cancel(db, shelf.world.shop.id, one.id, NOW, member_id=shelf.mia)
        except Conflict as problem:
            return problem.code
        return "done"

    def buy():
        for number, one in enumerate(ones):
            shelf.order(one, str(number))

    with ThreadPoolExecutor(4) as threads:
        bought = threads.submit(buy)
        list(threads.map(cancel, ones))
        bought.result()
    shelf.run()
    assert [shelf.state(one) for one in ones] == [("used", 0, 100)] * 10
    shelf.sound()
