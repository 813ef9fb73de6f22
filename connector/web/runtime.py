"""How a request reaches the process's parts."""

from __future__ import annotations

from typing import cast

from flask import current_app, g

from connector.runtime import Runtime

EXTENSION = "perennial"
REQUEST_ID_BYTES = 8


def runtime() -> Runtime:
    """The parts this application was made with."""
    return cast("Runtime", current_app.extensions[EXTENSION])


def request_id() -> str:
    """This request's id: in the answer's header, in error bodies and in the log."""
    return cast("str", g.request_id)
