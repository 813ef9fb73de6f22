"""Every setting, read once at start. A missing or bad one stops the boot, and all are listed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from connector.core.errors import PerennialError
from connector.core.keyring import KeyRing


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says. README documents each one."""

    database_url: str
    jobs_url: str
    public_url: str
    secret_keys: tuple[str, ...]
    shopify_client_id: str = ""
    shopify_client_secrets: tuple[str, ...] = ()
    shopify_origin: str = "https://{shop}"
    allow_private_stores: tuple[str, ...] = ()
    web_threads: int = 16
    proxies: int = 0

    @property
    def secure(self) -> bool:
        """True when the service is reached over https: cookies are then host-locked."""
        return self.public_url.startswith("https://")


def read(environment: Mapping[str, str]) -> Settings:
    """Settings from environment variables; PerennialError ``settings`` names all problems."""
    problems: list[str] = []
    public_url = environment.get("PUBLIC_URL", "").rstrip("/")
    if urlsplit(public_url).scheme not in ("http", "https") or not urlsplit(public_url).hostname:
        problems.append("PUBLIC_URL must be the http(s) address shops and shoppers reach us at")
    keys = _list(environment, "SECRET_KEYS")
    try:
        KeyRing(keys)
    except (PerennialError, ValueError):
        problems.append(
            "SECRET_KEYS must list 32-byte url-safe base64 keys (perennial key makes one)"
        )
    private = _list(environment, "ALLOW_PRIVATE_STORES")
    if private and not problems and not _is_loopback(public_url):
        problems.append("ALLOW_PRIVATE_STORES is for development: PUBLIC_URL must be loopback")
    client_id = environment.get("SHOPIFY_CLIENT_ID", "")
    client_secrets = _list(environment, "SHOPIFY_CLIENT_SECRETS")
    if bool(client_id) != bool(client_secrets):
        problems.append("SHOPIFY_CLIENT_ID and SHOPIFY_CLIENT_SECRETS go together")
    threads = environment.get("WEB_THREADS", "16")
    if not threads.isdecimal() or not 1 <= int(threads) <= 64:  # noqa: PLR2004 - said in the message
        problems.append("WEB_THREADS must be 1 to 64")
    proxies = environment.get("PROXIES", "0")
    if not proxies.isdecimal() or int(proxies) > 9:  # noqa: PLR2004 - said in the message
        problems.append("PROXIES must be 0 to 9")
    if problems:
        raise PerennialError("settings", "; ".join(problems))
    return Settings(
        database_url=environment.get("DATABASE_URL", "sqlite:///var/perennial.db"),
        jobs_url=environment.get("JOBS_URL", "sqlite:///var/jobs.db"),
        public_url=public_url,
        secret_keys=keys,
        shopify_client_id=client_id,
        shopify_client_secrets=client_secrets,
        shopify_origin=environment.get("SHOPIFY_ORIGIN", "https://{shop}"),
        allow_private_stores=private,
        web_threads=int(threads),
        proxies=int(proxies),
    )


def _list(environment: Mapping[str, str], name: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in environment.get(name, "").split(",") if part.strip())


def _is_loopback(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
