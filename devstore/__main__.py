"""``python -m devstore``: both faces on loopback, and their webhooks in the background."""

from __future__ import annotations

import argparse
import logging
import signal
import threading
from pathlib import Path
from types import FrameType

from werkzeug.serving import make_server

from devstore.app import create_shopify, create_woocommerce, keep_ticking
from devstore.state import State


def main() -> None:
    """Serve until interrupted. Every request has a thread, so a ping finds us in mid-answer."""
    flags = _flags()
    logging.getLogger("werkzeug").setLevel(logging.WARNING)
    state = State(
        flags.data,
        {
            "woocommerce": f"http://127.0.0.1:{flags.woo_port}",
            "shopify": f"http://127.0.0.1:{flags.shopify_port}",
        },
        flags.service,
    )
    apps = (
        (create_woocommerce(state), flags.woo_port),
        (create_shopify(state), flags.shopify_port),
    )
    servers = [make_server("127.0.0.1", port, app, threaded=True) for app, port in apps]
    stop = threading.Event()

    def asked(_signal: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, asked)
    signal.signal(signal.SIGINT, asked)
    tickers = []
    for server, (app, port) in zip(servers, apps, strict=True):
        threading.Thread(target=server.serve_forever, daemon=True).start()
        tickers.append(keep_ticking(app, stop))
        _say(f"{app.extensions['devstore'].name}  http://127.0.0.1:{port}/")
    stop.wait()
    for server in servers:
        server.shutdown()
    for ticker in tickers:
        ticker.join()
    state.close()


def _flags() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="devstore", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("var/devstore"), help="state directory")
    parser.add_argument("--woo-port", type=int, default=8401)
    parser.add_argument("--shopify-port", type=int, default=8402)
    parser.add_argument("--service", default="http://127.0.0.1:8400", help="origin of the service")
    return parser.parse_args()


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201  # a program's own output


if __name__ == "__main__":
    main()
