"""The app's blocks inside this shop's pages: its Liquid, rendered with what a theme knows.

The extension's files are read where they lie, as the platform reads them when they are deployed.
Without python-liquid (only developers install it) pages keep their own elements.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache
from http import HTTPStatus
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, jsonify, request, send_from_directory
from markupsafe import Markup, escape

from devstore import money

if TYPE_CHECKING:
    from liquid import BoundTemplate, Environment

HOUSE = Path(__file__).parents[2]
THEME = HOUSE / "adapters" / "shopify" / "extensions" / "perennial-theme"
WIDGETS = HOUSE / "static" / "widgets" / "dist"
ASSETS = "/cdn/extensions/perennial-theme/assets"
LOCALES = {"en": "en.default.json", "ar": "ar.json", "zh-Hant": "zh-TW.json"}
TAGS = {"en": "en", "ar": "ar", "zh-Hant": "zh-TW"}
ROUTES = {
    "root_url": "/",
    "cart_url": "/cart",
    "cart_add_url": "/cart/add/form",
    "account_login_url": "/my-account/",
    "account_register_url": "/my-account/#new",
}
YEAR_SECONDS = 31_536_000
MOST_SECTIONS = 5
_UNRENDERED = re.compile(r"\{%-? (schema|doc) -?%\}.*?\{%-? end\1 -?%\}", re.DOTALL)
_SCHEMA = re.compile(r"\{% schema %\}(.*?)\{% endschema %\}", re.DOTALL)
_STYLE = Markup('<link rel="stylesheet" href="{}">')


def theme() -> Blueprint:
    """The extension's files, as its CDN serves them."""
    bp = Blueprint("shopify theme", __name__)

    @bp.after_app_request
    def sections(response: Response) -> Response:
        """Of any page, the sections its address asks for, as JSON: the Section Rendering API."""
        wanted = [name for name in request.args.get("sections", "").split(",") if name]
        if not wanted or response.mimetype != "text/html":
            return response
        page = response.get_data(as_text=True)
        found = {name: _section(page, name) for name in wanted[:MOST_SECTIONS]}
        return _packed(jsonify(found))

    @bp.get(f"{ASSETS}/<name>")
    def asset(name: str) -> Response:
        found = _asset(name)
        if found is None:
            return abort(404)
        age = YEAR_SECONDS if "v" in request.args else 0
        return _packed(send_from_directory(found.parent, name, max_age=age))

    return bp


def _section(page: str, name: str) -> str | None:
    """Between the marks that the templates set around it."""
    start = page.find(f'<div id="shopify-section-{name}"')
    end = page.find(f"<!-- end of {name} -->")
    return page[start:end] if 0 <= start < end else None


def _asset(name: str) -> Path | None:
    places = (folder / name for folder in (WIDGETS, THEME / "assets"))
    return next((path for path in places if path.is_file()), None)


def asset_url(name: str) -> str:
    """Where an asset is, by what it holds: browsers keep it, as the platform's CDN lets them."""
    path = _asset(name)
    version = hashlib.sha256(path.read_bytes()).hexdigest()[:10] if path else "0"
    return f"{ASSETS}/{name}?v={version}"


def _packed(response: Response) -> Response:
    """As a CDN sends it, to whoever reads it."""
    reads = request.headers.get("Accept-Encoding", "")
    if response.status_code == HTTPStatus.OK and "gzip" in reads:
        response.direct_passthrough = False
        response.set_data(gzip.compress(response.get_data(), 9, mtime=0))
        response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response


def block(name: str, language: str, settings: Mapping[str, Any], **known: Any) -> Markup | None:
    """One of the app's blocks; None where Liquid cannot be rendered.

    known: what the page knows beyond the shop: ``product``, ``cart``, ``customer``, ``section``,
    ``template``; ``app_data``: what the app keeps with its installation. A cart counts in
    hundredths of a unit, whatever its currency.
    """
    if find_spec("liquid") is None or not THEME.is_dir():
        return None
    schema = _schema(name)
    unset = {one["id"]: one.get("default", "") for one in schema["settings"] if "id" in one}
    told = {
        **known,
        "block": {"settings": unset | {**settings}, "shopify_attributes": f'data-block="{name}"'},
        "routes": ROUTES,
        "request": {"locale": {"iso_code": TAGS[language]}},
        "template": {"name": known.get("template")},
        "app": {"metafields": known.get("app_data", {})},
    }
    currency = known.get("cart", {}).get("currency", {}).get("iso_code", "USD")
    html = _template(name, language, currency).render(**told)
    sheet = schema.get("stylesheet")
    style = _STYLE.format(asset_url(sheet)) if sheet and html.strip() else Markup()
    return style + Markup(html)  # noqa: S704  # the app's own HTML, as a theme prints it


@cache
def _template(name: str, language: str, currency: str) -> BoundTemplate:
    """Parsed once, as the platform does."""
    return _environment(language, currency).from_string(_source(f"blocks/{name}.liquid"))


@cache
def _environment(language: str, currency: str) -> Environment:
    from liquid import DictLoader, Environment  # noqa: PLC0415  # only developers have it

    snippets = {
        path.stem: _source(f"snippets/{path.name}") for path in (THEME / "snippets").iterdir()
    }
    environment = Environment(loader=DictLoader(snippets))
    words = json.loads((THEME / "locales" / LOCALES[language]).read_text("utf-8"))

    def translated(key: str, **values: object) -> str:
        found = words
        for part in key.split("."):
            found = found[part]
        said = str(found)
        for name, value in values.items():
            said = said.replace(f"{{{{ {name} }}}}", str(escape(value)))
        return said

    environment.filters["t"] = translated
    environment.filters["asset_url"] = asset_url
    environment.filters["money"] = lambda hundredths: money.shown(
        money.read(Decimal(int(hundredths)).scaleb(-2), currency), currency
    )
    return environment


def _source(path: str) -> str:
    return _UNRENDERED.sub("", (THEME / path).read_text("utf-8"))


def _schema(name: str) -> dict[str, Any]:
    (found,) = _SCHEMA.findall((THEME / "blocks" / f"{name}.liquid").read_text("utf-8"))
    schema: dict[str, Any] = json.loads(found)
    return schema
