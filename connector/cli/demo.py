"""The practice shop beside the service: run both, buy something, look what came of it.

``demo run`` needs nothing but the installed packages. Its state is under ``var/demo`` (or
PERENNIAL_DEMO_DIR); DATABASE_URL and JOBS_URL are taken from the environment where they are set.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import click
import msgspec
import requests

from connector import migrations
from connector.cli import demo_world
from connector.core.keyring import KeyRing, token
from devstore.shopper import NotSold, place_order

SERVICE, WOOCOMMERCE, SHOPIFY = (f"http://127.0.0.1:{port}" for port in (8400, 8401, 8402))
ORIGINS = {"woocommerce": WOOCOMMERCE, "shopify": SHOPIFY}
START_SECONDS = 60
WAIT_SECONDS = 60


@dataclass(frozen=True, slots=True)
class World:
    """What the demo keeps between runs: its secrets, and the shops' API keys once installed."""

    secret_key: str
    shopify_client_id: str
    shopify_client_secret: str
    api_keys: dict[str, str]


@click.group()
def demo() -> None:
    """The practice shop: run it, buy in it, check what came of it."""


@demo.command()
def run() -> None:
    """Migrate, start web, worker and practice shop, install both stores, print where to look."""
    world = _world()
    environment = _environment(world)
    migrations.migrate(environment["DATABASE_URL"])
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, end)
    processes = [
        subprocess.Popen([sys.executable, "-m", *command], env=environment, start_new_session=True)  # noqa: S603 - our own programs
        for command in _commands()
    ]
    try:
        for url in (f"{SERVICE}/healthz", f"{WOOCOMMERCE}/", f"{SHOPIFY}/"):
            _wait_for(url, processes, stop)
        os.environ.update(environment)
        keys = demo_world.furnish(SERVICE, ORIGINS, world.api_keys, stop)
        _save(World(world.secret_key, world.shopify_client_id, world.shopify_client_secret, keys))
        _print_urls()
        while not stop.wait(0.5):
            _alive(processes)
    except KeyboardInterrupt:
        pass
    finally:
        _end(processes)


@demo.command()
@click.option("--platform", type=click.Choice(sorted(ORIGINS)), default="woocommerce")
@click.option("--member", help="Log in as this member, e.g. mia or noor; a guest otherwise.")
@click.option("--donate", help='An amount such as 2.00, or "round-up".')
@click.option("--items", multiple=True, metavar="SKU:QTY", help="What to buy; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def order(
    *, platform: str, member: str | None, donate: str | None, items: Sequence[str], as_json: bool
) -> None:
    """Buy something over HTTP as a browser does; prints the order's id."""
    try:
        order_id = place_order(ORIGINS[platform], member, donate, _items(items))
    except (NotSold, ValueError, requests.RequestException) as problem:
        raise click.ClickException(str(problem)) from problem
    click.echo(json.dumps({"platform": platform, "order": order_id}) if as_json else order_id)


@demo.command()
@click.option("--order", "order_id", required=True, help="The id that demo order printed.")
@click.option("--platform", type=click.Choice(sorted(ORIGINS)), default=None)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(*, order_id: str, platform: str | None, as_json: bool) -> None:
    """Wait until the service has the order; print its points, donation and what goes with it."""
    keys = _world().api_keys
    if not keys:
        raise click.ClickException("the demo is not installed yet: perennial demo run")
    platforms = [platform] if platform else sorted(keys)
    found = _until(lambda: _find(order_id, platforms, keys))
    if found is None:
        raise click.ClickException(f"order {order_id} has not arrived in {WAIT_SECONDS} s")
    if as_json:
        click.echo(json.dumps(found))
        return
    for name, value in found.items():
        click.echo(f"{name}  {json.dumps(value)}")


def _find(order_id: str, platforms: Sequence[str], keys: Mapping[str, str]) -> Any:
    for platform in platforms:
        told = _api(keys[platform], f"/orders/{order_id}")
        if told is None:
            continue
        products = [line["product_key"] for line in told["lines"] if line["kind"] == "goods"]
        together = _api(keys[platform], f"/products/{products[0]}/recommendations") or {}
        return {
            "platform": platform,
            "order": told["key"],
            "state": told["state"],
            "points": {"pending": told["pending"], "available": told["available"]},
            "available_on": told["available_on"],
            "donations": told["donations"],
            "recommendations": together.get("items", []),
        }
    return None


def _api(key: str, path: str) -> Any:
    answer = requests.get(
        f"{SERVICE}/api/v1{path}", headers={"Authorization": f"Bearer {key}"}, timeout=10
    )
    if answer.status_code == requests.codes.not_found:
        return None
    answer.raise_for_status()
    return answer.json()


def _until(look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + WAIT_SECONDS
    while (found := look()) is None and time.monotonic() < deadline:
        time.sleep(0.25)
    return found


def _items(texts: Sequence[str]) -> dict[str, int] | None:
    items = {}
    for text in texts:
        sku, _, quantity = text.partition(":")
        if not sku or not (quantity or "1").isdecimal():
            raise click.UsageError(f"{text!r} is not SKU:QTY")
        items[sku] = int(quantity or 1)
    return items or None


def _directory() -> Path:
    return Path(os.environ.get("PERENNIAL_DEMO_DIR", "var/demo")).absolute()


def _world() -> World:
    """The kept world, or a new one with fresh secrets."""
    path = _directory() / "world.json"
    if path.exists():
        return msgspec.json.decode(path.read_bytes(), type=World)
    world = World(KeyRing.new_key(), token(16), token(32), {})
    _save(world)
    return world


def _save(world: World) -> None:
    path = _directory() / "world.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(msgspec.json.encode(asdict(world)))


def _environment(world: World) -> dict[str, str]:
    here = _directory()
    return {
        "DATABASE_URL": f"sqlite:///{here}/perennial.db",
        "JOBS_URL": f"sqlite:///{here}/jobs.db",
        **os.environ,
        "PUBLIC_URL": SERVICE,
        "SECRET_KEYS": world.secret_key,
        "SHOPIFY_CLIENT_ID": world.shopify_client_id,
        "SHOPIFY_CLIENT_SECRET": world.shopify_client_secret,
        "SHOPIFY_CLIENT_SECRETS": world.shopify_client_secret,
        "SHOPIFY_ORIGIN": SHOPIFY,
        "ALLOW_PRIVATE_STORES": f"{WOOCOMMERCE},{SHOPIFY}",
    }


def _commands() -> Sequence[Sequence[str]]:
    shop = ("devstore", "--data", str(_directory() / "devstore"), "--service", SERVICE)
    return (("connector.cli", "serve"), ("connector.cli", "worker"), shop)


def _wait_for(
    url: str, processes: Sequence[subprocess.Popen[bytes]], stop: threading.Event
) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not stop.is_set():
        _alive(processes)
        try:
            if requests.get(url, timeout=2).ok:
                return
        except requests.RequestException:
            pass
        if time.monotonic() > deadline:
            raise click.ClickException(f"{url} did not answer within {START_SECONDS} s")
        time.sleep(0.1)
    raise KeyboardInterrupt


def _alive(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process, command in zip(processes, _commands(), strict=True):
        if process.poll() is not None:
            raise click.ClickException(f"{' '.join(command)} ended with {process.returncode}")


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()


def _print_urls() -> None:
    for name, url in (
        ("Storefront as WooCommerce", f"{WOOCOMMERCE}/"),
        ("Storefront as Shopify", f"{SHOPIFY}/"),
        ("Merchant admin, signed in once", demo_world.sign_in_url()),
        ("API docs", f"{SERVICE}/api/v1/docs"),
    ):
        click.echo(f"{name:32}{url}")
    click.echo("Ctrl-C stops all.")
