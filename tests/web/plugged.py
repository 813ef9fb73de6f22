"""A WooCommerce store with the plugin in it, as far as the wire goes."""

import base64
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

from connector.core import clock
from tests.fakes import Answer, WooStore

KNOCK = "5e" * 32
ROUTE = "/perennial/v1/"


@dataclass
class PluggedStore(WooStore):
    """``knock`` is what its plugin sent a browser with; ``offers`` what it was handed.

    ``meanwhile`` happens while it thinks about an offer.
    """

    knock: str = KNOCK
    page: str = ""  # of the plugin; "" for its own
    offers: list[dict[str, str]] = field(default_factory=list)
    told: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answer_settings: int = 200
    meanwhile: Callable[[], None] = lambda: None
    id: str = ""
    secret: bytes = b""

    def answer(self, method: str, url: str, headers: dict[str, str], body: bytes) -> Answer:
        (route,) = parse_qs(urlsplit(url).query).get("rest_route", [""])
        if not route.startswith(ROUTE):
            return super().answer(method, url, headers, body)
        if route != f"{ROUTE}pairing":
            self.told.append((route.removeprefix(ROUTE), headers, body))
            return self.answer_settings, {}
        offer = json.loads(body)
        self.meanwhile()
        if not hmac.compare_digest(offer["knock"], self.knock):
            return 403, {"code": "wrong_knock"}
        self.knock = "spent"
        self.offers.append(offer)
        self.id, self.secret = offer["public_id"], offer["plugin_secret"].encode()
        page = self.page or f"{self.origin}/wp-admin/admin.php?page=perennial"
        return 200, {"plugin": "1.0.0", "woocommerce": "10.9.2", "admin_url": page}

    def call(self, service, what, secret=None, at=None, public_id=None, sent=None, **said):
        """One signed call to the service. ``sent``: other bytes than those signed."""
        body = json.dumps(said).encode()
        timestamp = str(int((at or clock.now()).timestamp()))
        signed = f"{timestamp}.plugin.{what}.".encode() + body
        headers = {
            "Content-Type": "application/json",
            "Perennial-Timestamp": timestamp,
            "Perennial-Signature": hmac.digest(secret or self.secret, signed, "sha256").hex(),
        }
        path = f"/plugin/woocommerce/{public_id or self.id}/{what}"
        return service.http.post(path, data=body if sent is None else sent, headers=headers)

    def token(self, secret=None, **changes):
        """A sign-in of the store's admin."""
        now = int(clock.now().timestamp())
        claims = {"sub": "1", "name": "Ada", "aud": "admin", "iat": now, "exp": now + 60}
        payload = _part(json.dumps({**claims, "jti": "j1", **changes}).encode())
        return f"{payload}.{_part(hmac.digest(secret or self.secret, payload.encode(), 'sha256'))}"


def _part(raw):
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
