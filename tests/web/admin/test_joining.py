"""The merchant's switch: members by buying, or once they joined."""

from connector.shops import service as shops
from tests.web.admin.conftest import Ada, words_of
from tests.world import MIA, World, goods, order


def test_the_switch_is_set_and_who_waits_is_shown_and_let_in(ada: Ada, world: World):
    assert "from its first order on" in words_of(ada.see("members"))
    sent = ada.send("members/joining", "members", joins="first")
    assert sent.location.endswith("said=saved")
    with world.database.read() as db:
        assert shops.get(db, world.shop.id).joins_first
    assert "Customer accounts are members once they joined." in words_of(ada.see("members"))
    world.tell(order("1", goods("a", 5_000)))
    assert "not joined" in words_of(ada.see("members"))
    with world.database.read() as db:
        waiting = world.members.waiting(db, world.shop.id, MIA)
    page = words_of(ada.see(f"members/{waiting}"))
    assert "An account that has not joined; what it earns is kept for it" in page
    sent = ada.send(f"members/{waiting}/join", f"members/{waiting}")
    assert sent.location.endswith("said=joined")
    page = words_of(ada.see(f"members/{waiting}"))
    assert "not joined" not in page
    assert "Make them a member" not in page
