"""All doors of the house on one hinge: blueprints, error bodies, request ids, headers."""

from __future__ import annotations

import logging
import secrets
from pathlib import Path

from flask import Flask, Response, g, jsonify, make_response, request, send_from_directory
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from connector.core.errors import PerennialError, TooMany
from connector.runtime import Runtime
from connector.web import (
    addresses,
    admin,
    api,
    extensions,
    gifts,
    hooks,
    install,
    plugin,
    storefront,
)
from connector.web.early import Early
from connector.web.headers import HEADERS
from connector.web.runtime import EXTENSION, REQUEST_ID_BYTES, request_id

_log = logging.getLogger("perennial.web")
_STATIC = Path(__file__).parents[2] / "static"
_FOR_PEOPLE = ("/admin", "/install/", "/app/")
_FOR_MACHINES = ("install.woocommerce_keys", "plugin.call")


def open_all(runtime: Runtime) -> Flask:
    """The web application."""
    app = Flask("connector.web", static_folder=None)
    app.extensions[EXTENSION] = runtime
    app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
        app.wsgi_app, x_for=runtime.settings.proxies, x_proto=0, x_host=0
    )
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.converters["id"] = addresses.RowId
    for door in (hooks, install, plugin, storefront, extensions, gifts, admin, api):
        app.register_blueprint(door.blueprint)
    app.before_request(_begin)
    app.after_request(_finish)
    app.register_error_handler(PerennialError, _refused)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _broken)
    app.add_url_rule("/static/widgets/<path:name>", "widgets", _widget)
    app.add_url_rule("/healthz", "healthz", lambda: ("ok", 200))
    app.wsgi_app = Early(app)  # type: ignore[method-assign]
    return app


def error_body(code: str, message: str, field: str | None = None) -> dict[str, str]:
    """What every refusal looks like to a machine."""
    body = {"code": code, "message": message, "request_id": request_id()}
    if field:
        body["field"] = field
    return body


def _begin() -> None:
    g.request_id = secrets.token_hex(REQUEST_ID_BYTES)
    addresses.check()


def _finish(response: Response) -> Response:
    told = {name.lower() for name, _ in response.headers}
    for name, value in HEADERS:
        if name.lower() not in told:
            response.headers.add(name, value)
    response.headers.add("X-Request-Id", request_id())
    return response


def _refused(problem: PerennialError) -> Response:
    response = _refusal(problem)
    response.status_code = problem.status
    if isinstance(problem, TooMany):
        response.headers["Retry-After"] = str(problem.retry_after_seconds)
    return response


def _refusal(problem: PerennialError) -> Response:
    if request.path.startswith(_FOR_PEOPLE) and request.endpoint not in _FOR_MACHINES:
        return make_response(admin.error_page(problem))
    return jsonify(error_body(problem.code, problem.message, problem.field))


def _http_error(problem: HTTPException) -> Response:
    code = (problem.name or "error").lower().replace(" ", "_")
    refusal = PerennialError(code, problem.description or "", status=problem.code or 500)
    return _refused(refusal)


def _broken(problem: Exception) -> Response:
    _log.exception("unexpected error request=%s path=%s", request_id(), request.endpoint)
    del problem  # its words may hold what a log must not
    return _refused(PerennialError("internal_error", "this was our fault and has been noted"))


def _widget(name: str) -> Response:
    response = send_from_directory(_STATIC / "widgets" / "dist", name, max_age=300)
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
