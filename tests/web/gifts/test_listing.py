"""Who gave most: only where the merchant wants a list, and only who wants to be on it."""

import pytest

from connector.core import clock
from connector.core.errors import BadInput
from connector.members import blocking
from connector.rooms.giving.givers import listing
from tests.web.admin.conftest import HOME, words_of
from tests.web.gifts.conftest import plain, rounded
from tests.world import MIA, NOOR, NOW, refund, took


@pytest.fixture
def names(world, trees, visitor):
    """What of the public page comes after its list's heading; None without one."""

    def see():
        answer = visitor.get(f"/impact/{world.shop.public_id}/trees", base_url=HOME)
        page = plain(words_of(answer.text))
        _, heading, rest = page.partition("Who gave most ")
        return rest.partition(" Only members")[0] if heading else None

    return see


@pytest.fixture
def listed(world, trees, ada):
    """The merchant lists givers; Mia gave 0.80 and is Kit, Noor gave 0.40 and is not listed."""
    world.tell(rounded("1"), rounded("2"), rounded("3", customer_key=NOOR))
    where = f"giving/campaigns/{trees.id}"
    assert ada.send(f"{where}/givers", where, on="yes").status_code == 303
    enter(world, MIA, "Kit")


def enter(world, key, name):
    member_id = world.member(key)
    with world.database.write() as db:
        listing.enter(db, world.shop.id, member_id, name)


def leave(world, key):
    member_id = world.member(key)
    with world.database.write() as db:
        listing.leave(db, world.shop.id, member_id)


def test_nobody_is_listed_unless_both_want_it(world, trees, names, ada):
    world.tell(rounded("1"))
    enter(world, MIA, "Kit")
    assert names() is None, "the merchant does not"
    where = f"giving/campaigns/{trees.id}"
    ada.send(f"{where}/givers", where, on="yes")
    leave(world, MIA)
    assert names() is None, "Mia does not"


def test_the_listed_are_ordered_by_what_nobody_can_take_back(world, listed, names):
    assert names() == "Kit $0.80"
    enter(world, NOOR, "  Noor\u202e  of the  river ")
    assert names() == "Kit $0.80 Noor of the river $0.40"
    line = rounded("9").lines[1]
    world.tell(
        rounded("4", customer_key=NOOR),
        rounded("5", customer_key=NOOR),
        rounded("2", refunds=(refund("r", took(line, 1)),), minute=5),
    )
    assert names() == "Noor of the river $1.20 Kit $0.40"


def test_who_leaves_is_gone_at_once_and_no_copy_is_kept(world, listed, names, visitor):
    answer = visitor.get(f"/impact/{world.shop.public_id}/trees", base_url=HOME)
    assert answer.headers["Cache-Control"] == "no-cache"
    leave(world, MIA)
    assert names() is None


def test_who_is_blocked_or_erased_is_not_listed(world, listed, names):
    mia = world.member()
    with world.database.write() as db:
        blocking.block(db, world.shop.id, mia, "Fraud.", NOW, "staff:1")
    assert names() is None
    with world.database.write() as db:
        blocking.unblock(db, world.shop.id, mia, NOW, "staff:1")
    assert names() == "Kit $0.80"
    world.erase(mia)
    assert names() is None
    with world.database.read() as db:
        assert listing.listed_as(db, world.shop.id, mia) is None


def test_the_merchant_ends_the_list(world, listed, names, trees, ada):
    where = f"giving/campaigns/{trees.id}"
    ada.send(f"{where}/givers", where)
    assert names() is None
    assert clock.now() == NOW


@pytest.mark.parametrize(
    "name", ["", "   ", "x" * 31, "a@b.example", "see //x", "www.x", "0301234567", "a\x07b"]
)
def test_a_name_is_short_and_no_address(world, name):
    with pytest.raises(BadInput, match="listed_name"):
        enter(world, MIA, name)


def test_a_name_is_shown_as_text(world, listed, visitor):
    enter(world, MIA, "<b>&{{x}}")
    page = visitor.get(f"/impact/{world.shop.public_id}/trees", base_url=HOME).text
    assert "<bdi>&lt;b&gt;&amp;{{x}}</bdi>" in page


def test_the_panel_offers_it_where_a_goal_lists_givers(world, trees, panel, ada):
    world.tell(rounded("1"))
    titles = [plain(one.title) for one in panel().items]
    assert "Who gave most" not in titles
    where = f"giving/campaigns/{trees.id}"
    ada.send(f"{where}/givers", where, on="yes")
    (form,) = panel().items[1].acts
    assert (form.name, form.fields[0].name) == ("list_giver", "name")
    enter(world, MIA, "Kit")
    shown = panel().items[1]
    assert plain(shown.lines[0]) == "You are shown as “Kit”."
    assert shown.acts[0].name == "unlist_giver"
