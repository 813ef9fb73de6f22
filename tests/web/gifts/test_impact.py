"""The page and the picture of a campaign: verified figures for everybody, and nobody's name."""

import struct
import zlib

import pytest

from connector.core.commerce import OrderState
from connector.core.i18n import LANGUAGES
from connector.rooms.giving import programmes, remitting
from connector.rooms.giving.rules import InKind
from connector.web.gifts import card, impact
from connector.web.gifts.door import CALLS_A_MINUTE
from tests.rooms.giving.offers import papered, publish
from tests.rooms.giving.test_remitting import lock, send
from tests.web.admin.conftest import HOME, words_of
from tests.web.gifts.conftest import plain, rounded
from tests.world import NOW, goods, order


@pytest.fixture
def see(visitor, world):
    def ask(path="trees", **query):
        where = f"/impact/{world.shop.public_id}/{path}"
        return visitor.get(where, base_url=HOME, query_string=query)

    return ask


def test_paid_on_its_way_and_promised_are_told_apart(world, trees, see):
    world.tell(rounded("1"))
    batch = lock(world)
    send(world, batch)
    with world.database.write() as db:
        remitting.receipt(db, world.shop.id, batch.id, "2026/7", NOW)
    world.tell(rounded("4"))
    send(world, lock(world))  # which the cause has not confirmed yet
    world.tell(rounded("2"), rounded("3", state=OrderState.OPEN, paid_at=None))
    page = plain(words_of(see().text))
    assert "Trees For the river. $1.20 of $10 together" in page
    assert "Sent to causes $0.80 Payments: 2, confirmed by a receipt of the cause: 1" in page
    assert "Confirmed and on its way $0.40" in page
    assert "Promised besides $0.40" in page
    assert "Where it was sent Riverbank Registered as 1048 DE $0.80" in page
    assert "Said." in page, "what its programmes promise"


def test_pieces_count_what_nothing_can_take_back(world, trees, see):
    tree = {"en": "a tree", "ar": "شجرة"}
    publish(world, InKind(100, tree), papered(world, "Woods"), campaign_id=trees.id)
    world.tell(*(order(str(n), goods("g", 500)) for n in range(3)))
    world.tell(order("9", goods("g", 500), state=OrderState.OPEN, paid_at=None))
    assert "What that is a tree, 3 times" in plain(words_of(see().text))
    assert "شجرة، 3 مرات" in plain(words_of(see(lang="ar").text))


def test_it_can_be_shared_in_each_language(world, trees, see):
    for tag, spoken in LANGUAGES.items():
        page = see(lang=tag).text
        here = f"{HOME}/impact/{world.shop.public_id}/trees"
        assert f'<html lang="{tag}" dir="{spoken.direction}">' in page
        assert f'<link rel="canonical" href="{here}?lang={tag}">' in page
        assert f'<meta property="og:title" content="{trees.names[tag]}">' in page
        assert f'<meta property="og:image" content="{here}/card.png?lang={tag}">' in page
        assert "<script" not in page


def test_its_answer_may_be_kept_a_minute_and_asked_for_again(trees, see, visitor, world):
    answer = see()
    assert answer.headers["Cache-Control"].startswith("public, max-age=60")
    assert "Set-Cookie" not in answer.headers
    again = visitor.get(
        f"/impact/{world.shop.public_id}/trees",
        base_url=HOME,
        headers={"If-None-Match": answer.headers["ETag"]},
    )
    assert (again.status_code, again.data) == (304, b"")


def test_goal_blocks_and_the_merchant_lead_to_it(world, trees, ada, visitor):
    here = f"{HOME}/impact/{world.shop.public_id}/trees?lang="
    asked = f"/storefront/woocommerce/{world.shop.public_id}/goals?lang=ar"
    (one,) = visitor.get(asked, base_url=HOME).get_json()["campaigns"]
    assert (one["url"], one["more"]) == (f"{here}ar", "اطّلع على ما تحقق")
    assert f'href="{here}en"' in ada.see(f"giving/campaigns/{trees.id}")


def test_goals_that_are_over_come_last(world, trees, visitor):
    wanted = programmes.Campaign(0, "", {"en": "Boats"}, {}, "USD", 1000)
    with world.database.write() as db:
        programmes.add_campaign(db, world.shop.id, wanted, NOW)
        programmes.close_campaign(db, world.shop.id, "boats", NOW)
    asked = f"/storefront/woocommerce/{world.shop.public_id}/goals"
    told = visitor.get(asked, base_url=HOME).get_json()["campaigns"]
    assert [(one["key"], one["state"]) for one in told] == [("trees", "open"), ("boats", "ended")]


def test_what_is_not_there_says_so_to_a_person(world, trees, see, visitor):
    for lang, said in (
        ("en", "There is nothing here."),
        ("ar", "لا شيء هنا."),
        ("zh-TW", "這裡沒有內容"),
    ):
        answer = see("gone", lang=lang)
        assert answer.status_code == 404
        assert said in words_of(answer.text)
    assert see("gone/card.png").status_code == 404
    assert visitor.get("/impact/nobody/trees", base_url=HOME).status_code == 404


def test_who_tries_many_addresses_is_asked_to_wait(trees, see):
    for number in range(CALLS_A_MINUTE):
        see(f"x{number}")
    answer = see("one-more")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "60")


def pixels(png):
    """(wide, rows) of one of our pictures, which are one chunk of unfiltered RGB."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    wide, tall = struct.unpack(">II", png[16:24])
    size = struct.unpack(">I", png[33:37])[0]
    raw = zlib.decompress(png[41 : 41 + size])
    step = 1 + 3 * wide
    return wide, [raw[n * step + 1 : (n + 1) * step] for n in range(tall)]


def test_the_picture_is_as_long_as_the_figures_and_mirrored_in_arabic(world, trees, see):
    world.tell(*(rounded(str(number)) for number in range(13)))  # 5.20 of 10
    answer = see("trees/card.png")
    assert answer.content_type == "image/png"
    wide, rows = pixels(answer.data)
    assert (wide, len(rows)) == (1200, 630)

    def at(line, x):
        return tuple(line[3 * x : 3 * x + 3])

    stem = rows[card.STEM_AT]
    assert at(stem, 300) == card.SOFT, "on its way"
    assert at(stem, 900) == card.LINE
    _, mirrored = pixels(see("trees/card.png", lang="ar").data)
    assert at(mirrored[card.STEM_AT], 899) == card.SOFT
    assert at(mirrored[card.STEM_AT], 299) == card.LINE
    send(world, lock(world))
    _, paid = pixels(card.card(52, 52, is_mirrored=False))
    assert at(paid[card.STEM_AT], 300) == card.LEAF


def test_every_figure_can_be_drawn():
    for number in (0, 12, 34, 56, 78, 99, 100):
        assert len(card.card(0, number, is_mirrored=False)) > 1000


def test_a_goal_is_met_only_by_what_nobody_can_take_back(app, world, trees):
    world.tell(*(rounded(str(n)) for n in range(25)))
    with app.app_context(), world.database.read() as db:
        one = impact.impact(db, world.shop, "trees")
    assert (one.state, one.percents) == ("met", (0, 100))
