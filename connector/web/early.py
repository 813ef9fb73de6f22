"""What comes in floods and goes the same way each time is answered before Flask hears of it.

Flask's own way through a request costs as much as ten of these answers (docs/decisions/0017).
Whatever is new, doubtful or wrong goes on to Flask, as if nobody had looked.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask

from connector.web import hooks, remembered
from connector.web.runtime import REQUEST_ID_BYTES

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_WAYS = {"GET": remembered.known, "POST": hooks.taken}


class Early:
    """The application for whatever has no early answer."""

    def __init__(self, app: Flask) -> None:
        self._app, self._application = app, app.wsgi_app

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        look = _WAYS.get(environ["REQUEST_METHOD"])
        answer = look and look(self._app, environ)
        if not answer:
            return self._application(environ, start_response)
        request_id = secrets.token_hex(REQUEST_ID_BYTES)
        start_response("200 OK", [*answer.headers, ("X-Request-Id", request_id)])
        return [answer.body]
