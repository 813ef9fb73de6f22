"""A real browser, asked over its own protocol: pages, what is on them, and its trace of them."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import select
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
PATIENCE_SECONDS = 180
QUIET_SECONDS = 0.4
LONG_TASK_US = 50_000
TRACED = (
    "__metadata",
    "blink.user_timing",
    "devtools.timeline",
    "disabled-by-default-devtools.timeline",
    "loading",
)
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Trace:
    """What the browser's own tracing saw of one page: its largest paint, shifts, long tasks."""

    paint_ms: float
    shift: float
    long_tasks: int


def installed() -> str | None:
    """Where the browser is; None where there is none."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser with a fresh profile, ended by its process id."""
    program = installed()
    assert program is not None
    with tempfile.TemporaryDirectory(prefix="perennial-", ignore_cleanup_errors=True) as profile:
        told, ours = os.pipe()
        theirs, heard = os.pipe()
        child = [fcntl.fcntl(one, fcntl.F_DUPFD, 20) for one in (told, heard)]
        out = os.open(os.devnull, os.O_WRONLY)
        actions = [
            (os.POSIX_SPAWN_DUP2, fd, place) for fd, place in zip(child, (3, 4), strict=True)
        ]
        quiet = [(os.POSIX_SPAWN_DUP2, out, place) for place in (1, 2)]
        flags = [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"]
        pid = os.posix_spawn(program, flags, os.environ, file_actions=[*actions, *quiet])
        for one in (told, heard, out, *child):
            os.close(one)
        try:
            yield Browser(theirs, ours)
        finally:
            os.kill(pid, signal.SIGTERM)
            os.waitpid(pid, 0)
            os.close(theirs)
            os.close(ours)


class Browser:
    """What is said to it and what it says, in JSON parted by zero bytes."""

    def __init__(self, heard: int, told: int) -> None:
        self._heard, self._told = heard, told
        self._left, self._number = b"", 0
        self.events: list[Json] = []

    def page(self, width: int = 1280, height: int = 900) -> Page:
        """A new page in a browser without cookies."""
        context = self.ask("Target.createBrowserContext")["browserContextId"]
        told = {"url": "about:blank", "browserContextId": context}
        target = self.ask("Target.createTarget", told)["targetId"]
        attached = self.ask("Target.attachToTarget", {"targetId": target, "flatten": True})
        return Page(self, attached["sessionId"], width, height)

    def ask(self, method: str, params: Json | None = None, session: str | None = None) -> Json:
        self._number += 1
        number = self._number
        message: Json = {"id": number, "method": method, "params": params or {}}
        if session:
            message["sessionId"] = session
        told = json.dumps(message).encode() + b"\0"
        while told:
            told = told[os.write(self._told, told) :]
        until = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < until:
            for one in self.hear(1):
                if one.get("id") == number:
                    if "error" in one:
                        raise RuntimeError(f"{method}: {one['error']['message']}")
                    result: Json = one["result"]
                    return result
        raise TimeoutError(method)

    def hear(self, seconds: float) -> list[Json]:
        """What comes within so many seconds; events are kept, too."""
        if not select.select([self._heard], [], [], seconds)[0]:
            return []
        *whole, self._left = (self._left + os.read(self._heard, 1 << 20)).split(b"\0")
        found: list[Json] = [json.loads(one) for one in whole]
        self.events += [one for one in found if "method" in one]
        return found


class Page:
    """One page, or one frame inside it that has a process of its own."""

    def __init__(self, browser: Browser, session: str, width: int, height: int) -> None:
        self._browser, self._session = browser, session
        self._size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        for domain in ("Page", "Runtime", "Network"):
            self.ask(f"{domain}.enable")
        if width:
            self.ask("Emulation.setDeviceMetricsOverride", **self._size)
            self.ask("Page.setBypassCSP", enabled=True)
            frames = {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": True}
            self.ask("Target.setAutoAttach", **frames)

    def ask(self, method: str, **params: Any) -> Json:
        return self._browser.ask(method, params, self._session)

    def go(self, url: str) -> None:
        """Until it is loaded and nothing more comes over the network."""
        self._browser.events.clear()
        self.ask("Page.navigate", url=url)
        self.rest()

    def leave(self, expression: str) -> None:
        """Do what leads to another page, and wait there."""
        self._browser.events.clear()
        self.see(expression)
        self.rest()

    def trace(self, url: str) -> Trace:
        """Go there, and what the browser's tracing says of it."""
        categories = {"includedCategories": list(TRACED), "excludedCategories": ["*"]}
        self.ask("Tracing.start", transferMode="ReportEvents", traceConfig=categories)
        self.go(url)
        self.ask("Tracing.end")
        while not self.events("Tracing.tracingComplete"):
            self._browser.hear(1)
        told = [one["params"]["value"] for one in self.events("Tracing.dataCollected")]
        return _read(url, [event for part in told for event in part])

    def rest(self) -> None:
        """Until it is loaded and nothing more comes over the network."""
        until = time.monotonic() + PATIENCE_SECONDS
        still = time.monotonic()
        while time.monotonic() < until:
            if any(one["method"].startswith("Network.") for one in self._browser.hear(0.1)):
                still = time.monotonic()
            is_loaded = any(one["method"] == "Page.loadEventFired" for one in self.events())
            if is_loaded and time.monotonic() - still > QUIET_SECONDS:
                return
        raise TimeoutError("the page never came to rest")

    def events(self, method: str | None = None) -> list[Json]:
        """What it told since it went where it is."""
        mine = [one for one in self._browser.events if one.get("sessionId") == self._session]
        return [one for one in mine if method in (None, one["method"])]

    def see(self, expression: str) -> Any:
        """The value of JavaScript on it, waited for."""
        told = self.ask(
            "Runtime.evaluate",
            expression=expression,
            awaitPromise=True,
            returnByValue=True,
            userGesture=True,
        )
        if "exceptionDetails" in told:
            raise RuntimeError(json.dumps(told["exceptionDetails"])[:2000])
        return told["result"].get("value")

    def wait(self, expression: str) -> None:
        """Until it is true."""
        until = time.monotonic() + PATIENCE_SECONDS / 3
        while time.monotonic() < until:
            with contextlib.suppress(RuntimeError):
                if self.see(f"Boolean({expression})"):
                    return
            self._browser.hear(0.1)
        raise TimeoutError(expression)

    def frames(self) -> list[Page]:
        """The sandboxes inside it."""
        found = [one["params"] for one in self.events("Target.attachedToTarget")]
        gone = {one["params"]["sessionId"] for one in self.events("Target.detachedFromTarget")}
        return [
            Page(self._browser, one["sessionId"], 0, 0)
            for one in found
            if one["targetInfo"]["type"] == "iframe" and one["sessionId"] not in gone
        ]

    def picture(self, path: Path) -> None:
        """All of it, as a PNG."""
        told = self.ask("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(told["data"]))

    def bytes_of(self, is_ours: str) -> int:
        """What came over the network from addresses that have this in them, headers included."""
        asked = {
            one["params"]["requestId"]: one["params"]["request"]["url"]
            for one in self.events("Network.requestWillBeSent")
        }
        return sum(
            int(one["params"]["encodedDataLength"])
            for one in self.events("Network.loadingFinished")
            if is_ours in asked.get(one["params"]["requestId"], "")
        )


def _read(url: str, events: list[Json]) -> Trace:
    """Of the main frame of the page's own process."""
    starts = [one for one in events if one["name"] == "navigationStart"]
    began = [one for one in starts if one["args"]["data"]["documentLoaderURL"] == url][-1]
    mine = [one for one in events if one["pid"] == began["pid"]]
    paints = [one["ts"] for one in mine if one["name"] == "largestContentfulPaint::Candidate"]
    shifts = [one["args"]["data"] for one in mine if one["name"] == "LayoutShift"]
    main = {
        one["tid"]
        for one in mine
        if one["name"] == "thread_name" and one["args"]["name"] == "CrRendererMain"
    }
    tasks = [one for one in mine if one["name"] == "RunTask" and one["tid"] in main]
    return Trace(
        (max(paints) - began["ts"]) / 1_000,
        sum(one["score"] for one in shifts if not one["had_recent_input"]),
        sum(one["ts"] >= began["ts"] and one.get("dur", 0) > LONG_TASK_US for one in tasks),
    )
