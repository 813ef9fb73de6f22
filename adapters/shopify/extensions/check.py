# ruff: noqa: INP001 -- a script beside what it checks, not a package
"""Check the Shopify extensions: in sync, small, complete; with Node also linted, typed and built.

Run as a script; exits 1 and names every difference. Without Node, or before ``npm ci`` in this
folder, it says what it could not do, and what the receipt records has to do.
"""

import gzip
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
DIST = HERE / "dist"
RECEIPT = DIST / "BUILD.txt"
THEME = HERE / "perennial-theme"
WIDGETS = HERE.parents[2] / "static" / "widgets" / "dist"
OF_CARTS = ("kit.js", "page.js")
LANGUAGES = ("ar", "zh-TW")
BUNDLE_BYTES = 64 * 1024
LIQUID_BYTES = 100 * 1024
SCRIPT_BYTES = 10 * 1024
CART_BYTES = 15_000  # after gzip, before anything is tapped
NAME_CHARS = 25
SETTINGS = 25
PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
SAID = re.compile(r"(?:\bt|i18n\.translate)\((?:\w+\.rounds \? )?\"(\w+)\"(?: : \"(\w+)\")?")
SET_SAID = re.compile(r"setSaid\(\"(\w+)\"\)|\? \"(\w+)\"|: \"(\w+)\"")
SCHEMA = re.compile(r"\{% schema %\}(.*?)\{% endschema %\}", re.DOTALL)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
PLAIN = re.compile(r"<([a-z][a-z0-9]*)(?=[\s/>])")
RECEIPT_LINE = re.compile(r"^([0-9a-f]{64})  (\S+)  (\d+) bytes  \d+ gzip$", re.MULTILINE)


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def ui_extensions() -> list[Path]:
    return sorted(path for path in HERE.glob("perennial-*") if path != THEME)


def source_hash() -> str:
    """The hash build.mjs writes: every file the bundles are made of, by sorted path."""
    paths = ["build.mjs", "package.json"]
    for folder in (HERE / "shared", *ui_extensions()):
        found = [path for path in folder.rglob("*") if path.suffix in {".js", ".jsx"}]
        paths += [path.relative_to(HERE).as_posix() for path in found]
    lines = [f"{sha256((HERE / path).read_bytes())}  {path}\n" for path in sorted(paths)]
    return sha256("".join(lines).encode())


def out_of_sync() -> Iterator[str]:
    """What the receipt says against what is there."""
    receipt = RECEIPT.read_text()
    if f"source  {source_hash()}\n" not in receipt:
        yield "dist is older than its sources: run node adapters/shopify/extensions/build.mjs"
    recorded = {name: digest for digest, name, _ in RECEIPT_LINE.findall(receipt)}
    present = {path.name for path in DIST.iterdir()} - {RECEIPT.name}
    for name in sorted(recorded.keys() ^ present):
        yield f"dist/{name} is not in both dist and BUILD.txt"
    for name in sorted(recorded.keys() & present):
        if sha256((DIST / name).read_bytes()) != recorded[name]:
            yield f"dist/{name} is not the file BUILD.txt records"


def too_big() -> Iterator[str]:
    """Shopify's limits, on what is not even compressed."""
    for path in sorted(DIST.glob("*.js")):
        if path.stat().st_size > BUNDLE_BYTES:
            yield f"dist/{path.name} is larger than {BUNDLE_BYTES} bytes"
    liquid = sum(path.stat().st_size for path in THEME.rglob("*.liquid"))
    if liquid > LIQUID_BYTES:
        yield f"the theme's Liquid is {liquid} bytes, the limit is {LIQUID_BYTES}"
    own = sum((folder / name).stat().st_size for folder, name in first_scripts())
    if own > SCRIPT_BYTES:
        yield f"what a theme's page loads by itself is {own} bytes, the limit is {SCRIPT_BYTES}"
    with_gift = [*first_scripts(), *((WIDGETS, name) for name in OF_CARTS)]
    cart = sum(len(gzip.compress((folder / name).read_bytes(), 9)) for folder, name in with_gift)
    if cart > CART_BYTES:
        yield f"a cart's JavaScript is {cart} bytes after gzip, the limit is {CART_BYTES}"


def first_scripts() -> list[tuple[Path, str]]:
    """The scripts that blocks name."""
    return [(WIDGETS, "loader.js"), (THEME / "assets", "giving.js")]


def catalogue(path: Path) -> dict[str, str]:
    """A language's sentences, by their dotted keys."""
    found: dict[str, str] = {}

    def walk(value: Any, place: str) -> None:
        if isinstance(value, str):
            found[place] = value
            return
        for key, one in value.items():
            walk(one, f"{place}.{key}" if place else key)

    walk(json.loads(path.read_text("utf-8")), "")
    return found


def untranslated() -> Iterator[str]:
    """Every language says the same things, with the same placeholders."""
    for folder in (*ui_extensions(), THEME):
        for english_path in sorted((folder / "locales").glob("en.default*.json")):
            english = catalogue(english_path)
            for language in LANGUAGES:
                name = english_path.name.replace("en.default", language)
                words = catalogue(folder / "locales" / name)
                where = f"{folder.name}/locales/{name}"
                for key in sorted(words.keys() ^ english.keys()):
                    yield f"{where}: {key} is not in both {language} and en"
                for key in sorted(words.keys() & english.keys()):
                    both = (PLACEHOLDER.findall(text[key]) for text in (words, english))
                    if len({frozenset(one) for one in both}) > 1:
                        yield f"{where}: {key} has other placeholders than en"


def unsaid() -> Iterator[str]:
    """Keys stand in the code as whole strings, so both sides can be compared."""
    shared = {path.name: path.read_text("utf-8") for path in (HERE / "shared").iterdir()}
    for folder in ui_extensions():
        code = "\n".join(path.read_text("utf-8") for path in (folder / "src").glob("*.jsx"))
        code += "".join(text for name, text in shared.items() if f"shared/{name}" in code)
        known = catalogue(folder / "locales" / "en.default.json")
        asked = {key for found in SAID.findall(code) for key in found if key}
        said = {key for found in SET_SAID.findall(code) for key in found if key}
        for key in sorted(asked - known.keys()):
            yield f"{folder.name}: the code says {key}, which is in no catalogue"
        for key in sorted(known.keys() - asked - said):
            yield f"{folder.name}: nobody says {key}"


def not_shopifys() -> Iterator[str]:
    """In its sandbox Shopify draws its own elements, and nothing of HTML."""
    for folder in (HERE / "shared", *ui_extensions()):
        for path in sorted(folder.rglob("*.jsx")):
            for name in PLAIN.findall(COMMENT.sub("", path.read_text("utf-8"))):
                yield f"{path.relative_to(folder.parent)}: <{name}> is no element of Shopify's"


def unplaceable() -> Iterator[str]:
    """What theme-check does not look at: targets, names and how many settings a block has."""
    words = catalogue(THEME / "locales" / "en.default.schema.json")
    for path in sorted((THEME / "blocks").glob("*.liquid")):
        schema = json.loads(SCHEMA.findall(path.read_text("utf-8"))[0])
        if schema["target"] not in {"section", "body"}:
            yield f"{path.name}: {schema['target']} is no place in a theme"
        if len(words[schema["name"].removeprefix("t:")]) > NAME_CHARS:
            yield f"{path.name}: its name is longer than {NAME_CHARS} characters"
        if len(schema["settings"]) > SETTINGS:
            yield f"{path.name}: more than {SETTINGS} settings"
    for folder in ui_extensions():
        told = tomllib.loads((folder / "shopify.extension.toml").read_text("utf-8"))
        for extension in told["extensions"]:
            for one in extension["targeting"]:
                if not (folder / one["module"]).is_file():
                    yield f"{folder.name}: {one['module']} for {one['target']} is not there"


def lock_names_a_host() -> Iterator[str]:
    if "://" in (HERE / "package-lock.json").read_text("utf-8"):
        yield "package-lock.json names a host: run npm run lock"


def copy_widgets() -> None:
    """Put the elements beside the blocks, as they are deployed."""
    for path in WIDGETS.iterdir():
        if path.suffix in {".js", ".css", ".json"}:
            shutil.copyfile(path, THEME / "assets" / path.name)


def checked_by_node() -> Iterator[str]:
    """Lint the theme, check the types, build again; say so where that cannot be done."""
    node = shutil.which("node")
    if node is None or not (HERE / "node_modules" / "@shopify" / "theme-check-node").is_dir():
        why = "Node is not installed" if node is None else f"run npm ci in {HERE}"
        sys.stdout.write(f"shopify extensions: not linted, typed or built again: {why}\n")
        return
    command = [node, str(HERE / "build.mjs"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 -- our own file
    if done.returncode:
        yield done.stderr.strip()


CHECKS = (
    out_of_sync,
    too_big,
    untranslated,
    unsaid,
    not_shopifys,
    unplaceable,
    lock_names_a_host,
)


def main() -> int:
    copy_widgets()
    problems = [problem for check in (*CHECKS, checked_by_node) for problem in check()]
    for problem in problems:
        sys.stderr.write(f"adapters/shopify/extensions: {problem}\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
