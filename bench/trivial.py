"""The limit of a Flask view: it looks nothing up, and answers as many bytes as it is asked for."""

from __future__ import annotations

from flask import Flask, Response

app = Flask(__name__)
_BYTES = b'{"filler":"' + b"x" * 65_536


@app.get("/<int:size>")
def answer(size: int) -> Response:
    return Response(_BYTES[: size - 2] + b'"}', mimetype="application/json")
