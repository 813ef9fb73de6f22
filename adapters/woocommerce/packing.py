"""The WordPress plugin as a zip: the same files give the same bytes, wherever and whenever.

    python -m adapters.woocommerce.packing FILE [ADDRESS]

With an address the zip knows whose it is: its ``service.php`` names it, and the merchant types
nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

SLUG = "perennial-loyalty"
PLUGIN = Path(__file__).parent / "plugin" / SLUG
STYLE = Path(__file__).parents[2] / "static" / "widgets" / "dist" / "mount.css"
SUFFIXES = {".php", ".js", ".css", ".json", ".txt", ".pot"}
_LONG_AGO = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644 << 16  # an ordinary file that its owner may change
_UNIX = 3
_SERVICE = """<?php
/**
 * Whose copy of the plugin this is.
 *
 * @package Perennial\\Loyalty
 */

defined( 'ABSPATH' ) || exit;

return '{address}';
"""


def archive(address: str | None = None) -> bytes:
    """The zip. ``address``: of the service that hands it out; None leaves it to the merchant."""
    packed = BytesIO()
    with ZipFile(packed, "w", ZIP_DEFLATED, compresslevel=9) as made:
        for name, content in sorted({**dict(_files()), **_service(address)}.items()):
            entry = ZipInfo(f"{SLUG}/{name}", _LONG_AGO)
            entry.compress_type = ZIP_DEFLATED
            entry.create_system = _UNIX
            entry.external_attr = _MODE
            made.writestr(entry, content)
    return packed.getvalue()


def _files() -> Iterator[tuple[str, bytes]]:
    for path in PLUGIN.rglob("*"):
        if path.suffix in SUFFIXES and path.is_file():
            yield path.relative_to(PLUGIN).as_posix(), path.read_bytes()
    yield f"assets/{STYLE.name}", STYLE.read_bytes()  # a page waits for no style of the service


def _service(address: str | None) -> dict[str, bytes]:
    if address is None:
        return {}
    quoted = address.replace("\\", "\\\\").replace("'", "\\'")
    return {"service.php": _SERVICE.format(address=quoted).encode()}


def main(target: str, address: str | None = None) -> None:
    path = Path(target)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(archive(address))


if __name__ == "__main__":
    main(*sys.argv[1:])
