"""Webhooks: prove who sent it, keep the bytes, answer. The worker does the rest."""

from __future__ import annotations

import logging
from io import BytesIO
from typing import TYPE_CHECKING, cast

from flask import Blueprint, Flask, current_app, request
from flask.blueprints import BlueprintSetupState

from connector.core import clock
from connector.core.commerce import PING, Platform
from connector.core.errors import BadInput, NotFound, PerennialError
from connector.core.inbox import Received
from connector.runtime import Runtime
from connector.shops import service as shops
from connector.web.headers import HEADERS, Payload
from connector.web.memory import Memory
from connector.web.runtime import EXTENSION, runtime

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

MAX_BODY_BYTES = 1_048_576
REMEMBERED = 10_000
blueprint = Blueprint("hooks", __name__, url_prefix="/hooks")
_log = logging.getLogger("perennial.hooks")
_EXTENSION = "perennial_hooks"
_TAKEN = Payload(b"", (("Content-Length", "0"), *HEADERS))


@blueprint.record_once
def _remember(state: BlueprintSetupState) -> None:
    state.app.extensions[_EXTENSION] = Memory[str, tuple[int, bytes]](REMEMBERED)


def _memory(app: Flask) -> Memory[str, tuple[int, bytes]]:
    """Which shop a path or a key belongs to, and its secret."""
    return cast("Memory[str, tuple[int, bytes]]", app.extensions[_EXTENSION])


@blueprint.post("/<platform_name>/<hook_path>")
def receive_by_path(platform_name: str, hook_path: str) -> tuple[str, int]:
    """A delivery to a shop's own secret path, signed with that shop's own secret."""
    platform = _platform(platform_name, signs_shop=True)
    found = _shop_of_path(platform_name, hook_path)
    if found is None:
        raise NotFound("hook_not_found", "no shop delivers here")
    shop_id, secret = found
    return _keep(platform, shop_id, [secret])


@blueprint.post("/<platform_name>")
def receive(platform_name: str) -> tuple[str, int]:
    """A delivery signed with the app's secret; the shop is only named, not proven."""
    platform = _platform(platform_name, signs_shop=False)
    secrets = [secret.encode() for secret in runtime().settings.shopify_client_secrets]
    return _keep(platform, None, secrets)


def taken(app: Flask, environ: WSGIEnvironment) -> Payload | None:
    """The answer to a good delivery to a shop's own path that we know from a moment ago.

    None for every other, which goes Flask's way from the beginning and hears there what is wrong.
    """
    path, length = environ["PATH_INFO"], environ.get("CONTENT_LENGTH", "")
    shop_id, secret = _memory(app).get(path) or (0, b"")
    if not secret or "HTTP_CONTENT_ENCODING" in environ or not length.isdecimal():
        return None
    if int(length) > MAX_BODY_BYTES:
        return None
    body = environ["wsgi.input"].read(int(length))
    environ["wsgi.input"] = BytesIO(body)
    parts: Runtime = app.extensions[EXTENSION]
    try:
        platform = parts.platforms[path.split("/")[2]]
        delivery = platform.read_delivery(_headers(environ), body, [secret])
        if delivery.topic == PING or delivery.flag:
            return None
        parts.keeper.keep(Received(shop_id, "hook", delivery, clock.now()))
    except Exception:  # noqa: BLE001 - Flask's way tries again, says it and notes it
        return None
    parts.wake(shop_id)
    return _TAKEN


def _keep(platform: Platform, shop_id: int | None, secrets: list[bytes]) -> tuple[str, int]:
    delivery = platform.read_delivery(_headers(request.environ), _body(), secrets)
    if delivery.topic == PING:
        return "", 200
    if shop_id is None:
        shop_id = _shop_of_key(platform.name, delivery.shop_key or "")
    if shop_id is None:
        _log.info(
            "ignored platform=%s topic=%s reason=unknown_shop", platform.name, delivery.topic
        )
        return "", 200
    if delivery.flag:
        _log.warning("flagged shop=%d flag=%s", shop_id, delivery.flag)
    runtime().keeper.keep(Received(shop_id, "hook", delivery, clock.now()))
    runtime().wake(shop_id)
    return "", 200


def _headers(environ: WSGIEnvironment) -> dict[str, str]:
    """Header values by name. Names have no case; the server writes them in capitals."""
    return {
        name[5:].replace("_", "-"): value
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }


def _body() -> bytes:
    if request.headers.get("Content-Encoding"):
        raise BadInput("content_encoding", "send it as it is", status=415)
    length = request.content_length
    if length is None or length > MAX_BODY_BYTES:
        raise PerennialError("too_large", f"at most {MAX_BODY_BYTES} bytes", status=413)
    return request.get_data()


def _platform(name: str, *, signs_shop: bool) -> Platform:
    platform = runtime().platforms.get(name)
    if platform is None or platform.signs_shop is not signs_shop:
        raise NotFound("hook_not_found", "no such door")
    return platform


def _shop_of_path(platform: str, hook_path: str) -> tuple[int, bytes] | None:
    memory, path = _memory(current_app), f"{blueprint.url_prefix}/{platform}/{hook_path}"
    found = memory.get(path)
    if found is None:
        with runtime().database.read() as db:
            shop = shops.by_hook_path(db, hook_path)
            if shop is None or shop.platform != platform:
                return None
            secret = shops.secret(db, runtime().keys, shop.id, "hook_secret")
        found = (shop.id, secret or b"")
        memory.put(path, found)
    return found if found[1] else None


def _shop_of_key(platform: str, key: str) -> int | None:
    memory, named = _memory(current_app), f"{platform} {key}"
    found = memory.get(named)
    if found is None:
        with runtime().database.read() as db:
            shop = shops.find(db, platform, key)
        if shop is None:
            return None
        found = (shop.id, b"")
        memory.put(named, found)
    return found[0]
