"""What recommendations bring, in words: young, open, better; and what a merchant sets there."""

import re
from datetime import timedelta

import pytest

from connector.core.clock import local_date
from connector.rooms.recommend.learning import service as learning
from connector.rooms.recommend.learning import store
from connector.rooms.recommend.learning.rules import Place, side_of
from connector.rooms.recommend.learning.service import Seen
from connector.web.admin.ranges import Told, ranges
from tests.web.admin.conftest import Ada, words_of
from tests.world import NOW, World

PATH = "recommendations/lift"
BESIDE = Place("product", "together", "standard")


def sell(world: World, days: int = 30, gain: int = 400, every: int = 1) -> None:
    """Each bucket comes and buys; who is shown rows buys for ``gain`` more."""
    with world.database.write() as db:
        for bucket in range(0, 400, every):
            day = local_date(NOW - timedelta(days=bucket % days), "UTC")
            net = 2000 + bucket % 13 * 50 + (gain if bucket >= 50 else 0)
            store.add_bucket(
                db, world.shop.id, day, bucket, visits=4, orders=1, rows_shown=3, net_minor=net
            )


def test_a_new_shop_is_told_when_figures_begin(ada: Ada):
    page = words_of(ada.see(PATH))
    assert "Figures begin with the first visitor who meets a row." in page
    assert "Of every 100 visitors 5 see none" in page
    assert "Views, clicks and what goes into carts appear here" in page
    assert "No visits yet." in page


def test_little_is_told_as_little(ada: Ada, world: World):
    sell(world, every=20)
    page = words_of(ada.see(PATH))
    assert "Not enough yet: 3 of 30 orders by visitors without rows." in page


def test_a_gain_is_told_with_its_interval_and_drawn(ada: Ada, world: World):
    sell(world)
    told = ada.see(PATH)
    page = words_of(told)
    assert "Rows add revenue." in page
    assert "With 95% certainty from $" in page
    assert 'class="band"' in told
    assert "with rows 1,400 350" in page


def test_an_interval_with_zero_says_nothing(ada: Ada, world: World):
    sell(world, gain=0)
    assert "Nothing can be said yet" in words_of(ada.see(PATH))


def test_a_loss_is_told_as_one(ada: Ada, world: World):
    sell(world, gain=-900)
    assert "Visitors without rows buy more." in words_of(ada.see(PATH))


def test_places_say_what_was_clicked_and_too_many_rows_warn(ada: Ada, world: World):
    with world.database.write() as db:
        seen = [Seen(BESIDE, 10, 2, 1)]
        learning.tell(db, world.shop.id, 500, seen, NOW, is_visit=True)
    page = words_of(ada.see(PATH))
    assert "Product page · Bought together 10 2 20.0% 1 0 $0.00" in page
    alarm = "Visitors meet 10 rows a visit, more than the 4 you set."
    assert alarm in page
    assert alarm in words_of(ada.see())
    assert "Into the cart counts where shoppers allow statistics, within 7 days" in page


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"holdout_percent": "21", "rows_limit": "4"}, "Give 0 to 20 percent."),
        ({"holdout_percent": "5", "rows_limit": "0"}, "Give 1 to 50 rows."),
        ({"holdout_percent": "", "rows_limit": "4"}, "Give a whole number."),
    ],
)
def test_what_cannot_be_set_is_refused_beside_its_field(ada: Ada, form, said):
    answer = ada.send(PATH, PATH, **form)
    assert answer.status_code == 422
    assert said in words_of(answer.text)


def test_another_share_is_kept(ada: Ada, world: World):
    sent = ada.send(PATH, PATH, holdout_percent="0", rows_limit="6")
    assert sent.location.endswith("said=saved")
    with world.database.read() as db:
        made = learning.settings(db, world.shop.id)
    assert (made.holdout_percent, made.rows_limit) == (0, 6)
    assert "Everybody sees rows" in words_of(ada.see(PATH))


def test_a_share_of_tomorrow_says_so(ada: Ada, world: World):
    sell(world)
    ada.send(PATH, PATH, holdout_percent="7", rows_limit="4")
    assert "This share counts from 23 November on." in words_of(ada.see(PATH))


def test_two_rows_are_compared_until_it_is_stopped(ada: Ada):
    wanted = {"surface": "product", "a": "row:together", "b": "row:similar"}
    sent = ada.send("recommendations/trials", PATH, **wanted)
    assert sent.location.endswith("said=trial")
    page = ada.see(PATH)
    assert "A Bought together · B Similar products runs" in words_of(page)
    refused = ada.send("recommendations/trials", PATH, **wanted)
    assert "A comparison runs at this place already." in words_of(refused.text)
    for other in ("row:together", "method:count"):
        refused = ada.send("recommendations/trials", PATH, **wanted | {"b": other})
        assert "Choose two different rows" in words_of(refused.text)
    [stop] = re.findall(r'action="[^"]*/(recommendations/trials/[0-9]+/stop)"', page)
    sent = ada.send(stop, PATH)
    assert sent.location.endswith("said=trial_over")
    assert ada.send(stop, PATH).location.endswith("said=trial_over")  # pressed twice
    page = words_of(ada.see(PATH))
    assert "Similar products over Stopped before its first day" in page
    assert "Since" not in page


@pytest.mark.parametrize("winner", ["a", "b"])
def test_a_comparison_that_is_over_says_when_and_draws_its_interval(
    ada: Ada, world: World, winner: str
):
    with world.database.write() as db:
        begun = NOW - timedelta(days=31)
        one = learning.start_trial(
            db, world.shop.id, "product", "row", "together", "similar", begun
        )
        for bucket in range(50, 1000):
            gains = side_of(one.id, bucket) == winner
            net = 2000 + bucket % 13 + (500 if gains else 0)
            day = local_date(NOW - timedelta(days=1 + bucket % 30), "UTC")
            told = {"visits": 4, "orders": 1, "rows_shown": 3, "net_minor": net}
            store.add_bucket(db, world.shop.id, day, bucket, **told)
        learning.stop_trial(db, world.shop.id, one.id, NOW)
    page = ada.see(PATH)
    words = words_of(page)
    said = r"(.) brings \$12[45]\.\d\d more than .\. With 95% certainty from \$12\d\.\d\d to \$12"
    assert re.findall(said, words) == [winner.upper()]
    assert "23 October to 22 November · For 100 visits: A $" in words
    assert page.index(">A brings more<") < page.index(">B brings more<")
    ((x, width, middle),) = re.findall(
        r'<rect class="band" x="([\d.]+)%" width="([\d.]+)%".*?cx="([\d.]+)%"', page
    )
    assert 0 < float(x) < float(middle) < float(x) + float(width) < 100
    assert (float(x) > 50) is (winner == "b")


@pytest.mark.parametrize("language", ["en", "ar", "zh-Hant"])
def test_every_language_has_the_whole_page(ada: Ada, world: World, language):
    sell(world)
    assert "lang" in ada.see(PATH, lang=language)


def test_a_range_keeps_zero_in_sight_and_turns_with_the_script():
    told = [Told("2026-11-08", 300, 100, 500), Told("2026-11-15", 400, 250, 550)]
    chart = ranges(told, is_mirrored=False)
    assert chart is not None
    assert chart.rules[0] == (156.0, 0)
    assert chart.zero == 156.0
    assert chart.line.startswith("M12.0 ")
    turned = ranges(told, is_mirrored=True)
    assert turned is not None
    assert turned.last[0] == 8.0
    assert ranges(told[:1], is_mirrored=False) is None
