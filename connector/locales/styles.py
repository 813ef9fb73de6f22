"""Style sheets of the service's own pages: logical directions only, so that Arabic mirrors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

HOUSE = Path(__file__).parents[2]
_PHYSICAL = re.compile(
    r"(?<=[{;\s\"])(?:(?:margin|padding|border|inset|scroll-margin|scroll-padding)-)?"
    r"(?:left|right|top|bottom)(?:-(?:color|style|width|(?:left-|right-)?radius))?(?=\s*:)"
    r"|(?<=[{;\s\"])(?:min-|max-)?(?:width|height)(?=\s*:)"
    r"|(?:text-align|float|clear)\s*:\s*(?:left|right)"
)
_STYLED = re.compile(r"\sstyle=|<style\b")


def problems() -> Iterator[str]:
    """Physical directions and sizes in the admin's styles; styles inside its templates."""
    for path in sorted((HOUSE / "static" / "admin").glob("*.css")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for found in _PHYSICAL.finditer(line):
                yield f"{path.relative_to(HOUSE)}:{number}: {found[0]}: use a logical property"
    pages = HOUSE / "connector" / "web" / "templates"
    for path in sorted([*pages.glob("admin/*.html"), *pages.glob("install/*.html")]):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if _STYLED.search(line):
                where = f"{path.relative_to(HOUSE)}:{number}"
                yield f"{where}: a page may carry no style of its own; see static/admin/admin.css"
