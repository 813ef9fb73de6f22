"""Where the theme's elements ask: the proxy's address, which a merchant may change."""

import re

import pytest

from devstore.shopify import theme


@pytest.mark.parametrize(
    ("settings", "base"), [({}, "/apps/perennial"), ({"base": "/tools/club"}, "/tools/club")]
)
def test_the_app_embed_says_where_the_proxy_is(settings, base):
    html = theme.block("embed", "en", settings, template="index")
    assert html is not None
    assert re.findall(r'data-base="([^"]+)"', html) == [base]
