"""Check the plugin's PHP: it parses, and keeps WordPress's coding standard.

    python -m adapters.woocommerce.php_check

Exits 1 and names what is wrong. Where php is not installed, or phpcs or its WordPress standard
(wpcs), it says what it could not look at.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator

from adapters.woocommerce.packing import PLUGIN

SECONDS = 300
STANDARD = "WordPress"


def unparsable(php: str) -> Iterator[str]:
    """What php says of each file it cannot read."""
    for path in sorted(PLUGIN.rglob("*.php")):
        status, said = _run(php, "-l", str(path))
        if status:
            yield said


def unlike_wordpress(phpcs: str) -> Iterator[str]:
    """What phpcs says of all of them, when it knows the standard."""
    _, known = _run(phpcs, "-i")
    if STANDARD not in known.replace(",", " ").split():
        _tell(f"phpcs has no standard {STANDARD}: style is not looked at")
        return
    status, said = _run(phpcs, f"--standard={STANDARD}", "--extensions=php", "-s", str(PLUGIN))
    if status:
        yield said


def problems() -> Iterator[str]:
    """What is wrong; tools that are not here are named."""
    for tool, check in (("php", unparsable), ("phpcs", unlike_wordpress)):
        found = shutil.which(tool)
        if found is None:
            _tell(f"{tool} is not installed: the plugin's PHP is not looked at by it")
        else:
            yield from check(found)


def _run(*command: str) -> tuple[int, str]:
    done = subprocess.run(  # noqa: S603 -- tools of this machine, on our own files
        command, capture_output=True, text=True, check=False, timeout=SECONDS
    )
    return done.returncode, f"{done.stdout}{done.stderr}".strip()


def _tell(sentence: str) -> None:
    sys.stdout.write(f"check-plugin: {sentence}\n")


def main() -> int:
    found = list(problems())
    for problem in found:
        sys.stderr.write(f"{problem}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
