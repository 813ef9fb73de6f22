"""Furnish the practice world over its own doors: install both stores, let history earn, a cause.

Everything a merchant would click is done over HTTP as a browser does it; what the plugin's pairing
will deliver one day (the widget secret) is put into the practice shop by its control door.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

import click
import requests
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sqlalchemy import Connection

from connector.cli import demo_offers
from connector.cli.process import runtime
from connector.core import clock
from connector.orders import imports
from connector.rooms.giving import service as giving
from connector.rooms.recommend import service as recommend
from connector.runtime import Runtime
from connector.shops import api_keys
from connector.shops import service as shops
from connector.shops.service import Shop

TIMEOUT_SECONDS = 60
CAUSE = "riverbank"  # as orders of the practice shops name it
STORY = "Clean water and shade along the river, planted by neighbours."
_APPROVE = re.compile(r'href="(/wc-auth/v1/access_granted/[^"]+)"')
_FORM = re.compile(r'name="csrf" value="([0-9a-f]+)"')
_STATE = re.compile(r'name="state" value="([0-9a-f]+)"')


def furnish(
    service: str, origins: Mapping[str, str], keys: dict[str, str], stop: threading.Event
) -> dict[str, str]:
    """Install what is not installed yet; returns the API key of each platform's shop."""
    parts = runtime()
    browser = requests.Session()
    if "shopify" not in keys:
        install_shopify(browser, origins["shopify"])
    if "woocommerce" not in keys:
        install_woocommerce(browser, service, origins["woocommerce"])
    found = dict(keys)
    with parts.database.read() as db:
        living = [shop for shop in shops.everywhere(db) if shop.is_live]
    for shop in living:
        if shop.platform not in found:
            found[shop.platform] = _open(parts, shop)
        _pair(parts, shop, service, origins[shop.platform])
    _watch_imports(parts, living, stop)
    return found


def install_shopify(browser: requests.Session, origin: str) -> None:
    """Open the app in the practice admin and approve its grant screen."""
    page = f"{origin}/admin/apps/perennial"
    browser.get(page, timeout=TIMEOUT_SECONDS)
    _checked(browser.post(f"{page}/install", timeout=TIMEOUT_SECONDS))


def install_woocommerce(browser: requests.Session, service: str, store: str) -> None:
    """Connect a store from our side: its key grant, approve, and our one explicit confirm."""
    begin = f"{service}/install/woocommerce"
    page = _checked(browser.get(begin, timeout=TIMEOUT_SECONDS))
    consent = _checked(
        browser.post(
            begin,
            data={"csrf": _found(_FORM, page.text), "store": store},
            headers={"Origin": service},
            timeout=TIMEOUT_SECONDS,
        )
    )
    approve = _found(_APPROVE, consent.text).replace("&amp;", "&")
    back = _checked(browser.get(f"{store}{approve}", timeout=TIMEOUT_SECONDS))
    _checked(
        browser.post(
            f"{service}/install/woocommerce/confirm",
            data={"state": _found(_STATE, back.text)},
            timeout=TIMEOUT_SECONDS,
        )
    )


def sign_in_url() -> str:
    """A fresh one-time link to the admin."""
    parts = runtime()
    with parts.database.write() as db:
        first = next(shop for shop in shops.everywhere(db) if shop.is_live)
        link = shops.sign_in_link(db, first.business_id, clock.now())
    return f"{parts.settings.public_url}/admin/signin/{link}"


def _open(parts: Runtime, shop: Shop) -> str:
    """Open a new practice shop: a cause to give to, and all it promises; history earns."""
    now = clock.now()
    with parts.database.write() as db:
        cause = _riverbank(db, shop.id, now)
        demo_offers.promise(db, shop, cause, now)
        imports.begin(db, shop.id, ("points",), now)
        return api_keys.new(db, shop.id, "practice shop", now)


def _riverbank(db: Connection, shop_id: int, now: datetime) -> giving.Cause:
    """The cause to give to; past gifts make one of its name where the worker was quicker."""
    found = next((one for one in giving.causes(db, shop_id) if one.key == CAUSE), None)
    if found is None:
        return giving.add_cause(db, shop_id, "Riverbank", STORY, now)
    wanted = replace(found, name="Riverbank", story=STORY, is_offered=True)
    giving.change_cause(db, shop_id, wanted, now)
    return giving.make_default(db, shop_id, found.id, now)


def _pair(parts: Runtime, shop: Shop, service: str, origin: str) -> None:
    with parts.database.read() as db:
        secret = shops.secret(db, parts.keys, shop.id, "widget_secret") or b""
    told = {"secret": secret.decode(), "public_id": shop.public_id, "service": service}
    _checked(requests.put(f"{origin}/_devstore/pairing", json=told, timeout=TIMEOUT_SECONDS))


def _watch_imports(parts: Runtime, living: list[Shop], stop: threading.Event) -> None:
    """Show how far the history imports are, until they have ended."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bars = {shop.id: progress.add_task(f"History of {shop.platform}") for shop in living}
        while not stop.is_set():
            running = 0
            with parts.database.read() as db:
                for shop in living:
                    jobs = imports.newest(db, shop.id)
                    done = sum(job.done for job in jobs)
                    progress.update(
                        bars[shop.id],
                        completed=done,
                        total=sum(job.total or job.done for job in jobs) or None,
                    )
                    running += sum(job.finished_at is None and job.code is None for job in jobs)
                running += len(recommend.build_due(db, clock.now()))
            if not running:
                return
            time.sleep(0.3)


def _checked(answer: requests.Response) -> requests.Response:
    if not answer.ok:
        raise click.ClickException(f"{answer.url} answered {answer.status_code}")
    return answer


def _found(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    if match is None:
        raise click.ClickException("the page has no way on")
    return match.group(1)
