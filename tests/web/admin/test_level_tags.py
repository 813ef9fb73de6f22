"""The merchant's switch: whether customers at Shopify carry their level as a tag."""

from sqlalchemy import update

from connector.shops import service as shops
from connector.shops.models import shop as shop_table
from tests.web.admin.conftest import Ada, words_of
from tests.world import World

TITLE = "What Shopify knows of members"


def test_tags_are_switched_where_there_are_tags(ada: Ada, world: World):
    assert TITLE not in words_of(ada.see("members"))
    with world.database.write() as db:
        db.execute(update(shop_table).values(platform="shopify"))
    for wanted in (True, False):
        sent = ada.send(
            "members/level-tags", "members", **({"tags_levels": "on"} if wanted else {})
        )
        assert sent.location.endswith("said=saved")
        with world.database.read() as db:
            assert shops.get(db, world.shop.id).tags_levels is wanted
        page = ada.see("members")
        assert TITLE in words_of(page)
        assert ('name="tags_levels" checked' in page) is wanted
