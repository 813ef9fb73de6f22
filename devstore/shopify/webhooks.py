"""Webhooks: written down the moment something happens, signed and sent until somebody answers."""

from __future__ import annotations

import json
import random
import threading
import uuid
from datetime import datetime, timedelta

import requests
from msgspec import Struct

from devstore import faults
from devstore.model import replace
from devstore.shop import Shop
from devstore.shopify.payloads import Json
from devstore.shopify.registration import API_VERSION, Registration
from devstore.shopify.signing import webhook_hmac

QUEUE = "shopify webhooks"
RETRIES = 8
FIRST_WAIT_SECONDS = 1.0  # doubles; the real shop takes four hours for all eight
CONNECT_SECONDS, TOTAL_SECONDS = 1.0, 5.0


class Parcel(Struct, frozen=True):
    """One delivery, whole: a retry sends the very same bytes under the same ids."""

    place: int
    webhook_id: str
    event_id: str
    topic: str
    body: bytes
    triggered_at: datetime
    due_at: datetime
    attempts: int = 0


class Webhooks:
    """The queue of one shop. Nothing is queued that the app did not declare."""

    def __init__(self, shop: Shop, domain: str, app: Registration) -> None:
        self._shop = shop
        self._domain = domain
        self._app = app
        self._rng = random.Random()
        self._sending = threading.Lock()

    def queue(self, *messages: tuple[str, Json]) -> None:
        """Write down what one action caused: (topic, body) each, sharing an event id."""
        now, event_id = self._shop.now(), str(uuid.uuid4())
        wait = timedelta(seconds=faults.current(self._shop).delay_seconds)
        with self._shop.shelf.change():
            for topic, body in messages:
                if topic not in self._app.topics:
                    continue
                place = self._shop.shelf.next_id(QUEUE, 1)
                raw = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
                self._keep(Parcel(place, str(uuid.uuid4()), event_id, topic, raw, now, now + wait))

    def tick(self, *, everything: bool) -> int:
        """Send what is due; one caller at a time, so nothing is sent twice by accident."""
        with self._sending:
            now, shelf = self._shop.now(), self._shop.shelf
            due = [
                parcel
                for key, parcel in shelf.all(QUEUE, Parcel).items()
                if (everything or parcel.due_at <= now) and shelf.discard(QUEUE, key)
            ]
            switches = faults.current(self._shop)
            for parcel, goes in faults.disturbed(switches, due, self._rng):
                if goes and not self._is_answered(parcel):
                    self._try_later(parcel)
            return len(due)

    def waiting(self) -> list[Parcel]:
        """What has not been answered yet, in the order it happened."""
        return list(self._shop.shelf.all(QUEUE, Parcel).values())

    def headers(self, parcel: Parcel) -> dict[str, str]:
        """As documented; the signature covers the body and nothing else."""
        # The shop's clock counts whole seconds: the place in the queue stands for the rest.
        moment = parcel.triggered_at.strftime("%Y-%m-%dT%H:%M:%S")
        return {
            "Content-Type": "application/json",
            "User-Agent": "Shopify-Captain-Hook",
            "X-Shopify-Topic": parcel.topic,
            "X-Shopify-Hmac-Sha256": webhook_hmac(self._app.client_secret, parcel.body),
            "X-Shopify-Shop-Domain": self._domain,
            "X-Shopify-API-Version": API_VERSION,
            "X-Shopify-Webhook-Id": parcel.webhook_id,
            "X-Shopify-Event-Id": parcel.event_id,
            "X-Shopify-Triggered-At": f"{moment}.{parcel.place % 1_000_000_000:09d}Z",
        }

    def _is_answered(self, parcel: Parcel) -> bool:
        """Only 2xx counts, and only within five seconds."""
        try:
            answer = requests.post(
                self._app.webhook_url,
                data=parcel.body,
                headers=self.headers(parcel),
                timeout=(CONNECT_SECONDS, TOTAL_SECONDS),
                allow_redirects=False,
            )
        except requests.RequestException:
            return False
        return 200 <= answer.status_code < 300

    def _try_later(self, parcel: Parcel) -> None:
        if parcel.attempts >= RETRIES:
            return
        wait = timedelta(seconds=FIRST_WAIT_SECONDS * 2**parcel.attempts)
        due_at = self._shop.now() + wait
        self._keep(replace(parcel, attempts=parcel.attempts + 1, due_at=due_at))

    def _keep(self, parcel: Parcel) -> None:
        self._shop.shelf.put(QUEUE, f"{parcel.place:012d}", parcel)
