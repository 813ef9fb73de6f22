"""The program as it is started, and the scripted shopper against both faces over HTTP."""

import html
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from woocommerce import API

from devstore.shopper import NotSold, place_order
from tests.flows.processes import free_port


@pytest.fixture(scope="module")
def origins(tmp_path_factory):
    woo, shopify = free_port(), free_port()
    command = [
        sys.executable, "-m", "devstore", "--data", str(tmp_path_factory.mktemp("devstore")),
        "--woo-port", str(woo), "--shopify-port", str(shopify),
    ]  # fmt: skip
    secrets = {
        "SHOPIFY_CLIENT_ID": "client",
        "SHOPIFY_CLIENT_SECRET": "a secret of 32 bytes and more",
    }
    program = subprocess.Popen(command, env={**os.environ, **secrets}, stdout=subprocess.PIPE)
    assert program.stdout
    told = [program.stdout.readline().decode().split() for _ in range(2)]
    yield {name: url.rstrip("/") for name, url in told}
    program.send_signal(signal.SIGTERM)
    assert program.wait(timeout=60) == 0


def order_at(origins, platform, key):
    url = f"{origins[platform]}/_devstore/orders/{key}"
    return requests.get(url, timeout=60).json()


@pytest.mark.parametrize("platform", ["woocommerce", "shopify"])
def test_a_member_buys_gives_and_gets_an_order(origins, platform):
    key = place_order(origins[platform], "mia", "2.00", {"TP-CEL": 1, "CP-EVE": 2})
    order = order_at(origins, platform, key)
    assert order["total_minor"] == 4800 + 3600 + 500 + 200
    assert order["donation"]["cause"] == "riverbank"
    assert order["buyer"]["email"] == "mia@customers.example"
    assert order["buyer"]["customer_id"]


@pytest.mark.parametrize("platform", ["woocommerce", "shopify"])
def test_a_guest_rounds_up(origins, platform):
    key = place_order(origins[platform], None, "round-up", {"TE-SEN": 1})
    order = order_at(origins, platform, key)
    assert (order["total_minor"], order["buyer"]["customer_id"]) == (2100, None)


def test_what_cannot_be_bought_is_said(origins):
    for wrong in ({"member": "nobody"}, {"items": {"NO-SUCH": 1}}, {"codes": ["NO-SUCH"]}):
        with pytest.raises(NotSold):
            place_order(origins["woocommerce"], **wrong)
    for odd in ("lots", "1.234", "1e3", "-1", "0", "NaN"):
        with pytest.raises(ValueError, match="not an amount"):
            place_order(origins["woocommerce"], donate=odd)


def test_the_two_shops_are_told_apart_by_name(origins):
    names = {"shopify": "Acme Ceramics", "woocommerce": "Aldwater Pottery"}
    for platform, name in names.items():
        page = requests.get(origins[platform], timeout=60).text
        assert name in page
        assert not [other for other in names.values() if other != name and other in page]


@pytest.fixture
def service():
    """Somebody who receives: (its address, the bodies it was sent with their topics)."""
    heard = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            heard.append((self.headers.get("X-WC-Webhook-Topic"), body))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hooks", heard
    server.shutdown()
    server.server_close()


def test_the_woocommerce_client_connects_and_hears_of_an_order(origins, service):
    url, heard = service
    store = origins["woocommerce"]
    params = {"app_name": "T", "scope": "read_write", "user_id": "1", "return_url": url}
    page = requests.get(
        f"{store}/wc-auth/v1/authorize", {**params, "callback_url": url}, timeout=60
    ).text
    (link,) = re.findall(r'class="primary" href="([^"]+)"', page)
    requests.get(store + html.unescape(link), timeout=60, allow_redirects=False)
    keys = json.loads(heard.pop()[1])
    client = API(store, keys["consumer_key"], keys["consumer_secret"], version="wc/v3", timeout=30)
    newest = client.get("orders", params={"per_page": 1, "search": "mia@customers.example"})
    assert newest.json()[0]["billing"]["email"] == "mia@customers.example"
    client.post(
        "coupons", {"code": "FIVE", "amount": "5.00", "email_restrictions": ["a@b.example"]}
    )
    key = place_order(store, email="a@b.example", codes=["five"], ref="MIA-1")
    order = client.get(f"orders/{key}").json()
    assert (order["discount_total"], order["coupon_lines"][0]["code"]) == ("5.00", "five")
    assert [m["value"] for m in order["meta_data"] if m["key"] == "_perennial_ref"] == ["MIA-1"]
    hook = {"topic": "order.created", "delivery_url": url, "secret": "s"}
    assert client.post("webhooks", hook).status_code == 201
    key = place_order(store)
    deadline = time.monotonic() + 120
    while len(heard) < 2 and time.monotonic() < deadline:
        time.sleep(0.05)
    (ping, _), (topic, body) = heard
    assert (ping, topic, json.loads(body)["id"]) == (None, "order.created", int(key))
