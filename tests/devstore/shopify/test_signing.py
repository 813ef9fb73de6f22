import json
from pathlib import Path
from urllib.parse import parse_qsl

import pytest

from devstore.shopify.signing import proxy_signature, query_hmac, webhook_hmac

VECTORS = Path(__file__).parents[4] / "shared/samples/shopify/test-vectors.json"
pytestmark = pytest.mark.skipif(
    not VECTORS.exists(), reason="the documentation's vectors lie beside the repository"
)


@pytest.fixture
def vectors():
    return json.loads(VECTORS.read_text("utf-8"))


def test_proxied_queries_are_signed_as_documented(vectors):
    for vector in vectors["app_proxy"]:
        pairs = parse_qsl(vector["query"], keep_blank_values=True)
        assert proxy_signature(vector["secret"], pairs) == vector["signature_hex"]


def test_redirects_are_signed_as_documented(vectors):
    plain = [vector for vector in vectors["oauth_query"] if "[" not in vector["message"]]
    assert len(plain) == 3
    for vector in plain:
        params = dict(parse_qsl(vector["message"]))
        assert query_hmac(vector["secret"], params) == vector["hmac_hex"]


def test_webhook_bodies_are_signed_as_documented(vectors):
    for vector in vectors["webhook_body"]:
        signature = webhook_hmac(vector["secret"], vector["body"].encode())
        assert signature == vector["header_base64"]
