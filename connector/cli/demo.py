"""The practice shop beside the service: run both, buy something, look what came of it.

``demo run`` needs nothing but the installed packages. Its state is in a folder of its own;
DATABASE_URL and JOBS_URL are taken from the environment where they are set.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import click
import requests

from connector import migrations
from connector.cli import demo_world
from connector.cli.demo_place import Place
from devstore.cart import MOST_OF_ONE
from devstore.shopper import Gift, NotSold, place_order

PLATFORMS = ("shopify", "woocommerce")
START_SECONDS = 180
WAIT_SECONDS = 60
_QUANTITY = re.compile(r"[0-9]{1,3}")
_ORDER_ID = re.compile(r"[0-9]{1,18}")


@click.group()
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("var/demo"),
    envvar="PERENNIAL_DEMO_DIR",
    show_default=True,
    show_envvar=True,
    help="Where this demo keeps everything.",
)
@click.pass_context
def demo(context: click.Context, folder: Path) -> None:
    """The practice shop: run it, buy in it, check what came of it."""
    context.obj = folder


@demo.command()
@click.option(
    "--port",
    type=click.IntRange(1024, 65533),
    help="Of the service; the storefronts take the two after it. 8400, or where it was before.",
)
@click.pass_obj
def run(folder: Path, port: int | None) -> None:
    """Migrate, start web, worker and practice shop, install both stores, print where to look."""
    place = Place.open(folder, port)
    place.refuse_taken_ports()
    settings = place.settings()
    migrations.migrate(settings["DATABASE_URL"])
    stop = _stopping()
    processes = [
        subprocess.Popen(  # noqa: S603 - our own programs
            [sys.executable, "-m", *command],
            env={**os.environ, **settings},
            start_new_session=True,
        )
        for command in place.commands
    ]
    try:
        for url in (f"{place.service}/healthz", *(f"{one}/" for one in place.origins.values())):
            _wait_for(url, place, processes, stop)
        os.environ.update(settings)
        keys = demo_world.furnish(place.service, place.origins, place.kept.api_keys, stop)
        place.keeping(api_keys=keys)
        _print_urls(place)
        while not stop.wait(0.5):
            _alive(place, processes)
    except KeyboardInterrupt:
        pass
    finally:
        _end(processes)


@demo.command()
@click.pass_obj
def env(folder: Path) -> None:
    """Print the demo's settings for a shell: eval "$(perennial demo env)"."""
    for name, value in _place(folder).settings().items():
        click.echo(f"export {name}={shlex.quote(value)}")


@demo.command()
@click.option("--platform", type=click.Choice(PLATFORMS), default="woocommerce")
@click.option("--member", help="Log in as this member, e.g. mia or noor; a guest otherwise.")
@click.option("--donate", help='An amount such as 2.00, or "round-up".')
@click.option("--items", multiple=True, metavar="SKU:QTY", help="What to buy; may be repeated.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def order(
    folder: Path,
    *,
    platform: str,
    member: str | None,
    donate: str | None,
    items: Sequence[str],
    as_json: bool,
) -> None:
    """Buy something over HTTP as a browser does; prints the order's id."""
    wanted = _items(items)
    _check_gift(donate)
    origin = _place(folder).origins[platform]
    try:
        order_id = place_order(origin, member, donate, wanted)
    except requests.ConnectionError as problem:
        raise _not_running() from problem
    except (NotSold, requests.RequestException) as problem:
        raise click.ClickException(str(problem)) from problem
    click.echo(json.dumps({"platform": platform, "order": order_id}) if as_json else order_id)


@demo.command()
@click.option("--order", "order_id", required=True, help="The id that demo order printed.")
@click.option("--platform", type=click.Choice(PLATFORMS), default=None)
@click.option("--wait", type=click.IntRange(0, 3600), default=WAIT_SECONDS, show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def check(folder: Path, *, order_id: str, platform: str | None, wait: int, as_json: bool) -> None:
    """Wait until the service has the order; print its points, donation and what goes with it."""
    if not _ORDER_ID.fullmatch(order_id):
        raise click.UsageError(f"--order: {order_id!r} is no order id; demo order prints one")
    place = _place(folder)
    keys = place.kept.api_keys
    if not keys:
        raise _not_running()
    platforms = [platform] if platform else sorted(keys)
    try:
        found = _until(lambda: _find(place, order_id, platforms), wait)
        sellers = [] if found else [name for name in platforms if _sold(place, name, order_id)]
    except requests.ConnectionError as problem:
        raise _not_running() from problem
    except requests.RequestException as problem:
        raise click.ClickException(str(problem)) from problem
    if found is None:
        said = (
            f"was sold by {sellers[0]} but" if sellers else "is unknown to the practice shop and"
        )
        raise click.ClickException(f"order {order_id} {said} has not arrived in {wait} s")
    if as_json:
        click.echo(json.dumps(found))
        return
    for name, value in found.items():
        click.echo(f"{name}  {json.dumps(value)}")


def _find(place: Place, order_id: str, platforms: Sequence[str]) -> Any:
    for platform in platforms:
        told = _api(place, platform, f"/orders/{order_id}")
        if told is None:
            continue
        products = [line["product_key"] for line in told["lines"] if line["kind"] == "goods"]
        together = _api(place, platform, f"/products/{products[0]}/recommendations") or {}
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


def _sold(place: Place, platform: str, order_id: str) -> bool:
    """Whether the practice shop itself knows the order."""
    url = f"{place.origins[platform]}/_devstore/orders/{order_id}"
    return requests.get(url, timeout=10).ok


def _api(place: Place, platform: str, path: str) -> Any:
    answer = requests.get(
        f"{place.service}/api/v1{path}",
        headers={"Authorization": f"Bearer {place.kept.api_keys[platform]}"},
        timeout=10,
    )
    if answer.status_code == requests.codes.not_found:
        return None
    answer.raise_for_status()
    return answer.json()


def _until(look: Callable[[], Any], seconds: float) -> Any:
    deadline = time.monotonic() + seconds
    while (found := look()) is None and time.monotonic() < deadline:
        time.sleep(0.25)
    return found


def _items(texts: Sequence[str]) -> Mapping[str, int] | None:
    items: dict[str, int] = {}
    for text in texts:
        sku, colon, quantity = text.partition(":")
        count = int(quantity) if _QUANTITY.fullmatch(quantity) else 0 if colon else 1
        if not sku or not 1 <= count <= MOST_OF_ONE:
            raise click.UsageError(
                f"--items: {text!r} is not SKU:QTY with a whole QTY from 1 to {MOST_OF_ONE}"
            )
        if sku in items:
            raise click.UsageError(f"--items: {sku} is named twice; name it once with its sum")
        items[sku] = count
    return items or None


def _check_gift(text: str | None) -> None:
    try:
        if text is not None:
            Gift.parse(text)
    except ValueError as problem:
        raise click.UsageError(f"--donate: {problem}") from problem


def _place(folder: Path) -> Place:
    """The demo of this folder, which has run before."""
    place = Place.find(folder)
    if place is None:
        raise click.ClickException(f"there is no demo in {folder} yet: perennial demo run")
    return place


def _not_running() -> click.ClickException:
    return click.ClickException("the demo is not running: perennial demo run")


def _stopping() -> threading.Event:
    """Set when we are to end: by Ctrl-C, by a signal, or because the terminal was closed."""
    stop = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, end)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:  # under nohup it stays ignored
        signal.signal(signal.SIGHUP, end)
    return stop


def _wait_for(
    url: str, place: Place, processes: Sequence[subprocess.Popen[bytes]], stop: threading.Event
) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not stop.is_set():
        _alive(place, processes)
        try:
            if requests.get(url, timeout=2).ok:
                return
        except requests.RequestException:
            pass
        if time.monotonic() > deadline:
            raise click.ClickException(f"{url} did not answer within {START_SECONDS} s")
        time.sleep(0.1)
    raise KeyboardInterrupt


def _alive(place: Place, processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process, command in zip(processes, place.commands, strict=True):
        if process.poll() is not None:
            raise click.ClickException(f"{' '.join(command)} ended with {process.returncode}")


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """One after the other: who calls ends before who is called, and none complains of silence."""
    web, worker, practice = processes
    for process in (worker, practice, web):
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _print_urls(place: Place) -> None:
    for name, url in (
        ("Storefront as WooCommerce", f"{place.origins['woocommerce']}/"),
        ("Storefront as Shopify", f"{place.origins['shopify']}/"),
        ("Merchant admin, signed in once", demo_world.sign_in_url()),
        ("API docs", f"{place.service}/api/v1/docs"),
    ):
        click.echo(f"{name:32}{url}")
    click.echo("Ctrl-C stops all.")
