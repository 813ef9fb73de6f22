"""What shoppers' browsers pay for us: a practice Shopify store with and without the app, by turns.

Skips with a word where there is no Chromium.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import requests

from bench import Figure, benchmark
from bench.chromium import Page, Trace, chromium, installed
from bench.databases import sqlite
from bench.house import HOST, free_port, running
from connector import orders, settings
from connector.app import create_runtime
from connector.cli import demo_world
from connector.core import clock
from connector.core.commerce import Product
from connector.core.keyring import KeyRing
from connector.rooms.giving import service as giving
from connector.rooms.recommend import showing
from connector.rooms.recommend import store as recommend
from connector.rooms.recommend.rules import Other
from connector.shops import service as shops
from connector.worker.dispatch import dispatch
from connector.worker.engine import Engine
from devstore.model import Product as Ware
from devstore.seed import fill
from devstore.shopify.reading import variant_id
from devstore.state import SHOPIFY_DOMAIN, State

RUNS, QUICK_RUNS = 9, 3
PAINT_MS = 50.0
OPENING_MS = 100.0
KIBIBYTE = 1024
LIMITS = {"product": 34, "cart": 34, "panel": 24}  # KiB of ours over the network, all in all
PANEL = "document.querySelector('perennial-panel').shadowRoot"
OPEN = f"{PANEL}.querySelector('[part=launcher]').click()"
IS_OPEN = f"{PANEL}.querySelector('dialog[open]')"
OPENING = f"""(async () => {{
  const painted = () => new Promise(requestAnimationFrame);
  const began = performance.now();
  {OPEN};
  const times = [];
  for (const shown of ["dialog[open]", "dialog[open] [aria-busy=false]"]) {{
    while (!{PANEL}.querySelector(shown)) await painted();
    await painted();
    times.push(performance.now() - began);
  }}
  return times;
}})()"""
ADD = """fetch("/cart/add.js", {method: "POST", headers: {"Content-Type": "application/json"},
  body: JSON.stringify({items: [{id: %s, quantity: 1}]})}).then(({ok}) => ok)"""
LOG_IN = """fetch("/my-account/login", {method: "POST",
  body: new URLSearchParams({email: "mia@customers.example"})}).then(({ok}) => ok)"""
OURS = ("/apps/perennial", "/cdn/extensions", "/_extensions", "/ext/shopify", "/static/widgets")


@dataclass(frozen=True, slots=True)
class Store:
    """A practice store, a product of it, and what is in the cart: its total is not whole."""

    origin: str
    slug: str
    variants: tuple[int, ...]

    @property
    def paths(self) -> Mapping[str, str]:
        return {
            "product": f"{self.origin}/products/{self.slug}",
            "cart": f"{self.origin}/cart/",
            "account": f"{self.origin}/my-account/",
        }


@benchmark("storefront")
def run(quick: bool) -> Iterator[Figure]:  # noqa: FBT001 - every benchmark is asked alike
    if installed() is None:
        yield Figure("not measured", 0, None, "there is no Chromium here")
        return
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="perennial-bench-")))
        url = stack.enter_context(sqlite())
        with_us, without = _stores(stack, folder, url)
        browser = stack.enter_context(chromium())
        pages = {one: _shopper(browser.page(), one) for one in (with_us, without)}
        yield from _weights(pages[with_us], with_us)
        rounds = QUICK_RUNS if quick else RUNS
        for place in with_us.paths:
            traces: dict[Store, list[Trace]] = {with_us: [], without: []}
            for _ in range(rounds):
                for store, page in pages.items():
                    traces[store].append(page.trace(store.paths[place]))
            yield from _differences(place, traces[with_us], traces[without])
        yield _opening(pages[with_us], with_us, rounds)


def _weights(page: Page, store: Store) -> Iterator[Figure]:
    """What of ours comes over the network, with an empty cache."""
    page.ask("Network.setCacheDisabled", cacheDisabled=True)
    for place in ("product", "cart"):
        page.go(store.paths[place])
        yield _weight(place, page)
    page.go(store.paths["product"])
    before = _bytes(page)
    page.see(OPEN)
    page.wait(IS_OPEN)
    page.rest()
    yield _weight("panel", page, before)
    page.ask("Network.setCacheDisabled", cacheDisabled=False)


def _weight(place: str, page: Page, before: int = 0) -> Figure:
    came = _bytes(page) - before
    assert came, f"nothing of ours came to {place}"
    return Figure(
        f"{place}, transferred",
        came / KIBIBYTE,
        LIMITS[place],
        "with headers and answers",
        " KiB",
        at_most=True,
    )


def _bytes(page: Page) -> int:
    return sum(page.bytes_of(one) for one in OURS)


def _differences(place: str, ours: list[Trace], plain: list[Trace]) -> Iterator[Figure]:
    """The median with us less the median without."""
    paints = [median(one.paint_ms for one in traces) for traces in (ours, plain)]
    tasks = [median(one.long_tasks for one in traces) for traces in (ours, plain)]
    shift = max(one.shift for one in ours)
    told = f"{paints[0]:.0f} ms with us, {paints[1]:.0f} ms without, medians of {len(ours)}"
    yield Figure(f"{place}, LCP", paints[0] - paints[1], PAINT_MS, told, " ms", at_most=True)
    yield Figure(f"{place}, CLS", shift, 0, "the worst of all", at_most=True)
    told = f"{tasks[0]:.0f} with us, {tasks[1]:.0f} without"
    yield Figure(f"{place}, long tasks", tasks[0] - tasks[1], 0, told, at_most=True)


def _opening(page: Page, store: Store, rounds: int) -> Figure:
    """From the tap until the sheet is painted, the files being in the cache."""
    times = []
    for _ in range(rounds):
        page.go(store.paths["product"])
        times.append(page.see(OPENING))
    opened, filled = (median(column) for column in zip(*times, strict=True))
    told = f"medians of {rounds}, what is in it after {filled:.0f} ms"
    return Figure("panel, opens warm", opened, OPENING_MS, told, " ms", at_most=True)


def _shopper(page: Page, store: Store) -> Page:
    """Mia is signed in and has something in her cart."""
    page.go(store.paths["product"])
    assert page.see(LOG_IN)
    for variant in store.variants:
        assert page.see(ADD % variant)
    return page


def _stores(stack: ExitStack, folder: Path, url: str) -> tuple[Store, Store]:
    """One with the app in it and one without, both served."""
    port, addresses = free_port(), [free_port(), free_port()]
    service = f"http://{HOST}:{port}"
    origins = [f"http://{HOST}:{one}" for one in addresses]
    environment = {
        "DATABASE_URL": url,
        "JOBS_URL": f"sqlite:///{folder / 'jobs.db'}",
        "PUBLIC_URL": service,
        "SECRET_KEYS": KeyRing.new_key(),
        "SHOPIFY_CLIENT_ID": "bench-client",
        "SHOPIFY_CLIENT_SECRET": "bench-secret",
        "SHOPIFY_CLIENT_SECRETS": "bench-secret",
        "SHOPIFY_ORIGIN": origins[0],
        "ALLOW_PRIVATE_STORES": origins[0],
    }
    stores, wares = [], []
    for number, (address, origin) in enumerate(zip(addresses, origins, strict=True)):
        data = folder / f"store-{number}"
        state = State(data, {"shopify": origin}, service)
        fill(state.shops["shopify"], with_history=False)
        wares = state.shops["shopify"].products()
        state.close()
        ports = ["--woo-port", str(free_port()), "--shopify-port", str(address)]
        told = ["-m", "devstore", "--data", str(data), "--service", service, *ports]
        stack.enter_context(running(told, environment)).wait_until_open(address, "/")
        uneven = next(one for one in wares if one.price_minor % 100)
        held = tuple(variant_id(one.id) for one in (wares[0], uneven))
        stores.append(Store(origin, wares[0].slug, held))
    command = ["-m", "connector.cli", "serve", "--port", str(port), "--workers", "1"]
    stack.enter_context(running(command, environment)).wait_until_open(port, "/healthz")
    demo_world.install_shopify(requests.Session(), origins[0])
    _furnish(environment, wares, origins[0])
    return stores[0], stores[1]


def _furnish(environment: Mapping[str, str], wares: list[Ware], origin: str) -> None:
    """The catalogue, what is bought together, and a cause."""
    told, now = settings.read(environment), clock.now()
    runtime = create_runtime(told, Engine(told.jobs_url))
    products = [
        Product(
            key=str(one.id),
            title=one.titles["en"],
            price_minor=one.price_minor,
            url=f"{origin}/products/{one.slug}",
            image_url=f"{origin}/pictures/{one.slug}.svg",
            modified_at=now,
        )
        for one in wares
    ]
    keys = [str(one.id) for one in wares]
    lists = [(key, [Other(other, 30, 900) for other in keys if other != key][:8]) for key in keys]
    with runtime.database.write() as db:
        shop = shops.find(db, "shopify", SHOPIFY_DOMAIN)
        assert shop is not None
        orders.record_products(db, shop.id, products, now)
        recommend.put(db, shop.id, lists)
        showing.rest_after(db, shop.id, 0)  # else most rounds meet a browser that rests
        giving.add_cause(db, shop.id, "Riverbank", "Clean water.", now)
    dispatch(runtime, shop.id)  # carts ask what the store was told
    runtime.database.dispose()
