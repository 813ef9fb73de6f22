# ruff: noqa: INP001 -- a script beside what it checks, not a package
"""Check the storefront widgets with nothing but Python: in sync, small, complete, mirrorable.

Run as a script; exits 1 and names every difference. Where Node and the pinned packages are
installed, the bundle is also built again and compared byte by byte.
"""

import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DIST = HERE / "dist"
RECEIPT = DIST / "BUILD.txt"
LANGUAGES = ("en", "ar", "zh-Hant")
SOURCES = {".js", ".css", ".json"}
PAGES = {  # what each loads before anything is tapped
    "product": {
        "loader.js",
        "launcher.js",
        "kit.js",
        "page.js",
        "product.js",
        "viewed.js",
    },
    "cart or account": {"loader.js", "kit.js", "page.js", "club.js"},
}
PLACED = {"goal.js", "goal.css"}  # where one stands
TAPPED = {"panel.js", "own.js", "away.js"}  # once somebody asks for it
KIBIBYTE = 1024
LOADER_BYTES = 2 * KIBIBYTE
SCRIPT_BYTES = 15_000
STYLE_BYTES = 6 * KIBIBYTE
PLACEHOLDER = re.compile(r"\{(\w+)\}")
ASKED = re.compile(r'(?:said\((?:\w+\.)?words, |words\.text\()"(\w+)"')
QUOTED = re.compile(r'"(\w+)"')
PHYSICAL = re.compile(
    r"(?<=[{;\s`\"])(?:(?:margin|padding|border|inset|scroll-margin|scroll-padding)-)?"
    r"(?:left|right|top|bottom)(?:-(?:color|style|width|(?:left-|right-)?radius))?(?=\s*:)"
    r"|(?<=[{;\s`\"])(?:min-|max-)?(?:width|height)(?=\s*:)"
    r"|(?:text-align|float|clear)\s*:\s*(?:left|right)"
)
RECEIPT_LINE = re.compile(r"^([0-9a-f]{64})  (\S+)  \d+ bytes  \d+ gzip$", re.MULTILINE)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def source_hash() -> str:
    """The hash build.mjs writes: every file it reads, by sorted path."""
    paths = ["VENDOR.txt", "build.mjs", "package.json"]
    for folder in ("locales", "src"):
        found = [path for path in (HERE / folder).rglob("*") if path.suffix in SOURCES]
        paths += [path.relative_to(HERE).as_posix() for path in found]
    lines = [f"{sha256((HERE / path).read_bytes())}  {path}\n" for path in sorted(paths)]
    return sha256("".join(lines).encode())


def out_of_sync() -> Iterator[str]:
    """What the receipt says against what is there."""
    receipt = RECEIPT.read_text()
    if f"source  {source_hash()}\n" not in receipt:
        yield "dist is older than its sources: run node static/widgets/build.mjs"
    recorded = {name: digest for digest, name in RECEIPT_LINE.findall(receipt)}
    present = {path.name for path in DIST.iterdir()} - {RECEIPT.name}
    for name in sorted(recorded.keys() ^ present):
        yield f"dist/{name} is not in both dist and BUILD.txt"
    for name in sorted(recorded.keys() & present):
        if sha256((DIST / name).read_bytes()) != recorded[name]:
            yield f"dist/{name} is not the file BUILD.txt records"


def rebuilt() -> Iterator[str]:
    """Build again where that is possible; the hashes above hold elsewhere."""
    node = shutil.which("node")
    if node is None or not (HERE / "node_modules" / "esbuild").is_dir():
        return
    command = [node, str(HERE / "build.mjs"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- our own file
    if done.returncode:
        yield done.stderr.strip()


def too_big() -> Iterator[str]:
    """Sizes as a shopper's network sees them; JSON catalogues are data, one is loaded."""

    def weight(names: Iterable[str]) -> int:
        return sum(len(gzip.compress((DIST / name).read_bytes(), 9, mtime=0)) for name in names)

    styles = {path.name for path in DIST.glob("*.css")} - PLACED
    limits = {
        "loader.js": (weight(["loader.js"]), LOADER_BYTES),
        "all CSS": (weight(styles), STYLE_BYTES),
    }
    for page, names in PAGES.items():
        limits[f"JavaScript of a {page}"] = (weight(names), SCRIPT_BYTES)
    known = PLACED.union(TAPPED, *PAGES.values())
    for name in sorted({path.name for path in DIST.glob("*.js")} - known):
        yield f"dist/{name} is on no page"
    for what, (size, limit) in limits.items():
        if size > limit:
            yield f"{what} is {size} bytes after gzip, the limit is {limit}"


def catalogue(language: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((HERE / "locales" / f"{language}.json").read_text("utf-8"))
    return loaded


def names_in(sentence: str) -> set[str]:
    return set(PLACEHOLDER.findall(sentence))


def untranslated() -> Iterator[str]:
    """Every language says the same things, with the same placeholders."""
    english = catalogue("en")["words"]
    for language in LANGUAGES:
        words = catalogue(language)["words"]
        for key in sorted(words.keys() ^ english.keys()):
            yield f"{language}: {key} is not in both {language} and en"
        for key in sorted(words.keys() & english.keys()):
            if names_in(words[key]) != names_in(english[key]):
                yield f"{language}: {key} has other placeholders than en"


def unsaid() -> Iterator[str]:
    """Keys stand in the code as whole strings, so both sides can be compared."""
    code = "\n".join(path.read_text("utf-8") for path in (HERE / "src").rglob("*.js"))
    known = catalogue("en")["words"].keys()
    for key in sorted(set(ASKED.findall(code)) - known):
        yield f"the code says {key}, which is in no catalogue"
    for key in sorted(known - set(QUOTED.findall(code))):
        yield f"nobody says {key}"


def unmirrored() -> Iterator[str]:
    """Physical directions, which would not turn with the script."""
    for path in sorted((HERE / "src").rglob("*")):
        if path.suffix not in {".css", ".js"}:
            continue
        text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
        if path.suffix == ".js":
            text = "\n".join(re.findall(r"STYLE = `[^`]*`|replaceSync\([^)]*\)", text))
        text = re.sub(r"@media[^{]*", "", text)  # what a query asks of the screen is physical
        for found in PHYSICAL.findall(text):
            yield f"{path.relative_to(HERE)}: {found} is physical, use its logical name"


CHECKS = (out_of_sync, rebuilt, too_big, untranslated, unsaid, unmirrored)


def main() -> int:
    problems = [problem for check in CHECKS for problem in check()]
    for problem in problems:
        sys.stderr.write(f"static/widgets: {problem}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
