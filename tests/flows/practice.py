"""The practice world in its own programs: both faces, web and workers, on free ports."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import requests
from sqlalchemy import update

from connector.cli import demo_world
from connector.core import clock
from connector.core.db import Database
from connector.orders import imports
from connector.rooms.giving import service as giving
from connector.shops import service as shops
from connector.shops.models import shop as shop_table
from connector.shops.service import Shop
from devstore.shopper import place_order
from tests.flows import oracle
from tests.flows.processes import Programs, free_port, wait_for
from tests.flows.service import Service, make_service

PATIENCE_SECONDS = 240
FACES = ("woocommerce", "shopify")
T = TypeVar("T")


@dataclass
class Face:
    """One store of the practice world, its shop in the service, and what was bought there."""

    origin: str
    shop: Shop
    key: str
    service_url: str
    bought: list[int] = field(default_factory=list)
    last_seen: dict[int, Any] = field(default_factory=dict)

    def buy(self, *arguments: Any, **more: Any) -> int:
        order = int(place_order(self.origin, *arguments, **more))
        self.bought.append(order)
        return order

    def control(self, path: str, method: str = "POST", **body: Any) -> Any:
        """What a merchant does, or the weather."""
        answer = requests.request(method, f"{self.origin}/_devstore{path}", json=body, timeout=30)
        assert answer.ok, f"{method} {path}: {answer.text}"
        return answer.json() if answer.content else None

    def api(self, path: str, **query: Any) -> Any:
        """The public API's answer; None where it knows nothing."""
        headers = {"Authorization": f"Bearer {self.key}"}
        url = f"{self.service_url}/api/v1{path}"
        answer = requests.get(url, params=query, headers=headers, timeout=30)
        if answer.status_code == requests.codes.not_found:
            return None
        assert answer.ok, f"{path}: {answer.text}"
        return answer.json()

    def sales(self) -> list[oracle.Sale]:
        """Every order bought here as the store has it now; an erased one as it was, undone."""
        return [self._sale(order) for order in self.bought]

    def _sale(self, order: int) -> oracle.Sale:
        answer = requests.get(f"{self.origin}/_devstore/orders/{order}", timeout=30)
        if answer.ok:
            self.last_seen[order] = answer.json()
        else:
            self.last_seen[order] = {**self.last_seen[order], "status": "trash"}
        return sale_of(self.last_seen[order])

    def differences(self) -> list[str]:
        """Where the public API says otherwise than the oracle."""
        right = oracle.expect(self.sales(), clock.now())
        found = []
        for key, order in right.orders.items():
            told = self.api(f"/orders/{key}")
            if told is None or (told["state"], told["total"]["minor"]) != order:
                found.append(f"order {key}: {told}, not {order}")
        for who, points in right.members.items():
            by = "email" if "@" in who else "customer_key"
            members = (self.api("/members", **{by: who}) or {}).get("members", [])
            if [(one["available"], one["pending"]) for one in members] != [points]:
                found.append(f"member {who}: {members}, not {points}")
        for (key, _), (given, pledged, due) in right.gifts.items():
            gifts = (self.api(f"/orders/{key}") or {}).get("donations", [])
            stands = [(one["given"]["minor"], one["pledged"], one["due"]) for one in gifts]
            sums = [(gave, a["minor"] + b["minor"]) for gave, a, b in stands]
            if sums != [(given, pledged + due)]:
                found.append(f"gift of {key}: {sums}, not {given}, {pledged + due}")
        return found


def sale_of(order: Any) -> oracle.Sale:
    """An order of the practice shop, before any platform has a word for it."""
    lines = [
        oracle.Line(str(one["id"]), one["quantity"], one["total_minor"]) for one in order["lines"]
    ]
    gift = order["donation"]
    if gift:
        line = oracle.Line(str(gift["line_id"]), 1, gift["amount_minor"], is_gift=True)
        lines.append(line)
    refunds = []
    for told in order["refunds"]:
        taken = {
            str(one["line_id"]): (one["quantity"], one["amount_minor"], 0) for one in told["lines"]
        }
        rest = told["amount_minor"] - told["shipping_minor"]
        rest -= sum(one["amount_minor"] for one in told["lines"])
        refunds.append(oracle.Refund(taken, rest))
    state = oracle.WOO_STATES[order["status"]]
    buyer = str(order["buyer"]["customer_id"] or order["buyer"]["email"])
    paid_at = oracle.moment(order["paid_at"])
    if state == "paid" and paid_at is None:
        state = "open"
    total = order["total_minor"]
    key = str(order["id"])
    return oracle.Sale(key, state, order["currency"], total, buyer, paid_at, lines, refunds)


class Practice:
    """Starts everything, installs both stores over HTTP and waits for their history."""

    def __init__(
        self, database: Database, programs: Callable[..., Programs], folder: Path, workers: int
    ) -> None:
        ports = {name: free_port() for name in FACES}
        origins = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
        self._programs = programs(
            SHOPIFY_ORIGIN=origins["shopify"], ALLOW_PRIVATE_STORES=",".join(origins.values())
        )
        url = self._programs.url
        store = self._programs.start(
            "devstore",
            *("--data", str(folder / "devstore"), "--service", url),
            *("--woo-port", str(ports["woocommerce"]), "--shopify-port", str(ports["shopify"])),
        )
        web = self._programs.web()
        for address in origins.values():
            wait_for(address, store)
        wait_for(f"{url}/healthz", web)
        browser = requests.Session()
        demo_world.install_shopify(browser, origins["shopify"])
        demo_world.install_woocommerce(browser, url, origins["woocommerce"])
        self.service: Service = make_service(database, private=tuple(origins.values()))
        self.faces = {name: self._face(name, origin, url) for name, origin in origins.items()}
        for _ in range(workers):  # from here on: a past that gave makes the cause by itself
            self._programs.worker()
        until(self._history_is_read)

    def _face(self, platform: str, origin: str, url: str) -> Face:
        with self.service.database.write() as db:
            (shop,) = [one for one in shops.everywhere(db) if one.platform == platform]
            giving.add_cause(db, shop.id, "Riverbank", "Clean water.", clock.now())
        return Face(origin, shop, self.service.api_key(shop), url)

    def _history_is_read(self) -> bool:
        with self.service.database.read() as db:
            jobs = [job for face in self.all for job in imports.newest(db, face.shop.id)]
            rounds = [shops.get(db, face.shop.id).reconciled_at for face in self.all]
        assert not [job.code for job in jobs if job.code], jobs
        return all(job.finished_at for job in jobs) and all(rounds)

    @property
    def all(self) -> Sequence[Face]:
        return list(self.faces.values())

    def a_quarter_of_an_hour_later(self) -> None:
        """Both shops' rounds are due. They read what changed before the second they begin in."""
        time.sleep(1)
        with self.service.database.write() as db:
            db.execute(update(shop_table).values(reconcile_due_at=clock.now()))

    def agrees(self) -> None:
        """Wait until the service says of every order what the oracle says."""
        try:
            until(lambda: not any(face.differences() for face in self.all))
        except TimeoutError:
            raise AssertionError([face.differences() for face in self.all]) from None
        assert [self.service.audit(face.shop) for face in self.all] == [[], []]


def until(look: Callable[[], T]) -> T:
    """What ``look`` finds, as soon as it finds something."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := look()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {PATIENCE_SECONDS} s")
        time.sleep(0.25)
    return found
