"""Where a demo lives: its folder, its three addresses, and what it keeps between runs."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

import click
import msgspec

from connector.cli.process import PORT
from connector.core.keyring import KeyRing, token

HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Kept:
    """Its secrets, the first of its three ports, and the shops' API keys once installed."""

    secret_key: str
    shopify_client_id: str
    shopify_client_secret: str
    api_keys: dict[str, str]
    port: int = PORT


@dataclass(frozen=True, slots=True)
class Place:
    """One demo. ``folder`` may be moved; the addresses stay, because the shops know them."""

    folder: Path
    kept: Kept

    @classmethod
    def find(cls, folder: Path) -> Self | None:
        """The demo of this folder, if it ever ran there."""
        path = folder / "world.json"
        if not path.exists():
            return None
        return cls(folder.absolute(), msgspec.json.decode(path.read_bytes(), type=Kept))

    @classmethod
    def open(cls, folder: Path, port: int | None) -> Self:
        """The demo of this folder, or a new one with fresh secrets; refuses another port."""
        here = cls.find(folder)
        if here is None:
            kept = Kept(KeyRing.new_key(), token(16), token(32), {}, port or PORT)
            return cls(folder.absolute(), kept).keeping()
        if port not in (None, here.kept.port):
            raise click.UsageError(
                f"the demo in {folder} lives at port {here.kept.port}; use another --folder"
            )
        return here

    def keeping(self, **changes: object) -> Self:
        """The same place with other things kept, written down."""
        kept = replace(self.kept, **changes)  # type: ignore[arg-type]
        path = self.folder / "world.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_bytes(msgspec.json.encode(asdict(kept)))
        return replace(self, kept=kept)

    @property
    def service(self) -> str:
        return f"http://{HOST}:{self.kept.port}"

    @property
    def origins(self) -> dict[str, str]:
        """The storefronts by platform, at the two ports after the service's."""
        first = self.kept.port + 1
        return {
            name: f"http://{HOST}:{first + n}" for n, name in enumerate(("woocommerce", "shopify"))
        }

    @property
    def commands(self) -> list[list[str]]:
        """The programs of a demo: web, worker and the practice shop."""
        port = self.kept.port
        ports = ["--woo-port", str(port + 1), "--shopify-port", str(port + 2)]
        shop = ["devstore", "--data", str(self.folder / "devstore"), "--service", self.service]
        return [
            ["connector.cli", "serve", "--port", str(port)],
            ["connector.cli", "worker"],
            [*shop, *ports],
        ]

    def settings(self, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
        """What its programs find in their environment; the databases may be named there."""
        databases = {
            "DATABASE_URL": f"sqlite:///{self.folder}/perennial.db",
            "JOBS_URL": f"sqlite:///{self.folder}/jobs.db",
        }
        return {
            **{name: environment.get(name) or url for name, url in databases.items()},
            "PUBLIC_URL": self.service,
            "SECRET_KEYS": self.kept.secret_key,
            "SHOPIFY_CLIENT_ID": self.kept.shopify_client_id,
            "SHOPIFY_CLIENT_SECRET": self.kept.shopify_client_secret,
            "SHOPIFY_CLIENT_SECRETS": self.kept.shopify_client_secret,
            "SHOPIFY_ORIGIN": self.origins["shopify"],
            "ALLOW_PRIVATE_STORES": ",".join(self.origins.values()),
        }

    def refuse_taken_ports(self) -> None:
        """ClickException when somebody else, or this demo already, listens there."""
        for port in range(self.kept.port, self.kept.port + 3):
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    probe.bind((HOST, port))
                except OSError as problem:
                    raise click.ClickException(
                        f"port {port} is taken: is the demo running already? A second one"
                        " needs a --folder and a --port of its own"
                    ) from problem
