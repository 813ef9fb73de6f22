from datetime import timedelta
from urllib.parse import parse_qsl, urlencode

import pytest

from adapters.shopify.verify import install_query, query_params, shop_domain
from connector.core.errors import BadInput, Forbidden, Unauthenticated
from tests.adapters.shopify import world


def signed(at=world.NOW, secret=world.SECRET, **changes):
    params = {
        "code": "0907a61c0c8d55e99db179b68161bc00",
        "host": "YWRtaW4uc2hvcGlmeS5jb20vc3RvcmUvYWNtZQ",
        "shop": world.SHOP,
        "state": "single-use",
        "timestamp": str(int(at.timestamp())),
        **changes,
    }
    text = "&".join(f"{name}={value}" for name, value in sorted(params.items()))
    return params | {"hmac": world.hex_hmac(text, secret)}


@pytest.mark.parametrize("vector", world.vectors("oauth_query"))
@world.needed
def test_the_published_digests_are_reproduced(vector):
    params = dict(parse_qsl(vector["message"])) | {"hmac": vector["hmac_hex"]}
    # Their timestamps are of 2012, or missing: the signature passes, then the age is refused.
    with pytest.raises(Forbidden, match="expired"):
        install_query(params, [vector["secret"].encode()], world.NOW)


def test_a_published_array_digest_is_reproduced_from_the_query_itself():
    digest = "b93b9f82996f6f8bf9f1b7bbddec284c8fabacdc4e12dc80550b4705f3003b1e"
    params = query_params(f"ids[]=2&ids[]=1&shop=some-shop.myshopify.com&hmac={digest}")
    assert params["ids"] == '["2", "1"]'
    with pytest.raises(Forbidden, match="expired"):
        install_query(params, [b"hush"], world.NOW)


def test_a_fresh_signed_query_passes():
    install_query(signed(), world.SECRETS, world.NOW)
    install_query(signed(secret=world.OLD_SECRET), world.SECRETS, world.NOW)
    install_query(signed() | {"signature": "legacy"}, world.SECRETS, world.NOW)


@pytest.mark.parametrize(
    ("seconds", "passes"), [(90, True), (91, False), (-90, True), (-91, False)]
)
def test_a_query_lives_ninety_seconds(seconds, passes):
    params = signed(at=world.NOW - timedelta(seconds=seconds))
    if passes:
        install_query(params, world.SECRETS, world.NOW)
    else:
        with pytest.raises(Forbidden) as caught:
            install_query(params, world.SECRETS, world.NOW)
        assert (caught.value.code, caught.value.status) == ("expired", 403)


@pytest.mark.parametrize(
    "change",
    [
        {"shop": "evil.myshopify.com"},
        {"hmac": "0" * 64},
        {"hmac": "é" * 64},
        {"hmac": ""},
        {"extra": "1"},
        {"timestamp": "1e9"},
    ],
)
def test_a_changed_query_is_refused(change):
    with pytest.raises(Unauthenticated) as caught:
        install_query(signed() | change, world.SECRETS, world.NOW)
    assert caught.value.code == "bad_signature"


def test_delimiters_inside_values_cannot_move_borders():
    honest = signed(state="a&shop=evil.myshopify.com")
    with pytest.raises(Unauthenticated):
        install_query(honest, world.SECRETS, world.NOW)  # signed without escaping


def test_values_with_delimiters_pass_when_escaped_as_shopify_does():
    params = signed(state="a%26b") | {"state": "a&b"}
    install_query(params, world.SECRETS, world.NOW)


@pytest.mark.parametrize(
    "query", ["shop[]=acme.myshopify.com", "shop=a.myshopify.com&shop=b.myshopify.com"]
)
def test_two_shops_are_no_shop(query):
    with pytest.raises(BadInput) as caught:
        query_params(query)
    assert (caught.value.code, caught.value.status) == ("invalid_shop", 400)


def test_other_repeated_names_and_bad_bytes_are_refused():
    with pytest.raises(BadInput, match="invalid_query"):
        query_params("code=1&code=2")
    with pytest.raises(Unauthenticated):
        query_params("code=%ff")
    with pytest.raises(Unauthenticated):
        query_params("&".join(f"a{n}=1" for n in range(101)))


def test_a_query_is_read_as_it_was_written():
    params = signed()
    assert query_params(urlencode(params)) == params


@pytest.mark.parametrize(
    "text",
    [
        "a.myshopify.com.evil.com",
        "acme.myshopify.com\n",
        "acme.myshopify.com/",
        "-acme.myshopify.com",
        "evil.com?.myshopify.com",
        "\u212aacme.myshopify.com",  # the Kelvin sign lower-cases to a k
        "myshopify.com",
        "a" * 64 + ".myshopify.com",
        "",
        None,
        ["acme.myshopify.com"],
    ],
)
def test_what_is_no_shop_is_refused(text):
    with pytest.raises(BadInput) as caught:
        shop_domain(text)
    assert (caught.value.code, caught.value.status) == ("invalid_shop", 400)


def test_shop_domains_are_lower_cased():
    assert shop_domain("ACME.MYSHOPIFY.COM") == "acme.myshopify.com"
    assert shop_domain("a.myshopify.com") == "a.myshopify.com"
