"""Pictures of the wares, drawn: a shape, a glaze, a soft light from the upper left."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from devstore.model import Product


@dataclass(frozen=True, slots=True)
class Glaze:
    """``body`` in the light, ``shade`` away from it, ``gleam`` on it, ``inside``, ``ground``."""

    body: str
    shade: str
    gleam: str
    inside: str
    ground: str


GLAZES: dict[str, Glaze] = {
    "celadon": Glaze("#86a797", "#64877a", "#c3d8cc", "#5b7d70", "#e9ece6"),
    "tenmoku": Glaze("#4b3a33", "#2c211d", "#a5765a", "#241a17", "#ece7e1"),
    "rust": Glaze("#b06c61", "#86463f", "#d9a197", "#743a34", "#f3e4e0"),
    "porcelain": Glaze("#f3f3ef", "#cfd2cf", "#ffffff", "#dadcd7", "#e2e6ea"),
    "sand": Glaze("#d3c3ad", "#ad9a81", "#efe5d6", "#8d6b4e", "#f1ece3"),
    "oat": Glaze("#e2d8c8", "#bcae99", "#f6f0e6", "#a39078", "#e8e9e2"),
    "bamboo": Glaze("#dcc690", "#b59a5c", "#efe2bb", "#a88c4f", "#eceade"),
    "moss": Glaze("#71805a", "#505d3e", "#aebb94", "#434e34", "#ebede3"),
    "walnut": Glaze("#a87f5c", "#7d5b3f", "#c9a684", "#946d4c", "#efe7de"),
    "cherry": Glaze("#b5774f", "#8c5736", "#d9a27c", "#7a4a2d", "#f3e9e1"),
    "cobalt": Glaze("#e9edf1", "#c3ccd6", "#ffffff", "#2f4f86", "#e3e8ef"),
    "slate": Glaze("#56677c", "#3c4a5b", "#8799ad", "#3c4a5b", "#e5e9ed"),
    "matcha": Glaze("#93a65c", "#6d7f3e", "#c4d296", "#5f7036", "#edf0e2"),
    "jasmine": Glaze("#f1ead2", "#bfae7c", "#fbf8ec", "#c9b98a", "#e9eee6"),
    "pollen": Glaze("#dcab48", "#b28429", "#f1d390", "#9a7122", "#f5eddc"),
}


def _shadow(width: int, y: int) -> str:
    return f'<ellipse cx="120" cy="{y}" rx="{width}" ry="13" fill="#1b2420" opacity=".09"/>'


def _gleam(path: str, width: float = 4) -> str:
    return (
        f'<path d="{path}" fill="none" stroke="url(#gleam)" stroke-width="{width}"'
        ' stroke-linecap="round"/>'
    )


def _rim(y: float, rx: float, ry: float) -> str:
    """An opening seen from a little above: the lip, then the dark inside it."""
    return (
        f'<ellipse cx="120" cy="{y}" rx="{rx}" ry="{ry}" fill="url(#lip)"/>'
        f'<ellipse cx="120" cy="{y + 0.8}" rx="{rx - 4.5}" ry="{ry - 2.6}" fill="url(#inside)"/>'
    )


def teapot(glaze: Glaze) -> str:
    return (
        _shadow(86, 172)
        + '<path d="M74 96c-32-14-52 5-49 30 3 21 22 31 56 26" fill="none" stroke="url(#body)"'
        ' stroke-width="10" stroke-linecap="round"/>'
        '<path d="M174 112c19-3 27-17 37-32 4-6 13-3 12 5-4 27-20 51-51 58z" fill="url(#body)"/>'
        '<path d="M62 116c0-27 26-41 58-41s58 14 58 41c0 35-20 58-58 58s-58-23-58-58z"'
        ' fill="url(#body)"/>'
        f'<path d="M67 102c14-9 92-9 106 0" stroke="{glaze.shade}" stroke-width="2.6"'
        ' fill="none" opacity=".8"/>'
        '<path d="M90 78c6-14 54-14 60 0-8 5-52 5-60 0z" fill="url(#lid)"/>'
        '<circle cx="120" cy="61" r="7.5" fill="url(#lid)"/>' + _gleam("M82 98c7-9 17-13 29-14")
    )


def kyusu(glaze: Glaze) -> str:
    return (
        _shadow(84, 166) + '<path d="M150 116l62-20c6-2 11 5 6 10l-56 34z" fill="url(#body)"/>'
        f'<ellipse cx="214" cy="101" rx="5" ry="7" fill="{glaze.inside}" opacity=".55"/>'
        '<path d="M70 112c-13-1-20-11-29-20-5-5-12 0-9 7 8 18 22 31 42 32z" fill="url(#body)"/>'
        '<path d="M60 118c0-22 25-34 55-34s55 12 55 34c0 31-19 50-55 50s-55-19-55-50z"'
        ' fill="url(#body)"/>'
        '<path d="M82 90c8-10 58-10 66 0-9 6-57 6-66 0z" fill="url(#lid)"/>'
        '<rect x="109" y="73" width="12" height="9" rx="4" fill="url(#lid)"/>'
        + _gleam("M76 108c5-8 13-12 23-14")
    )


def gaiwan(glaze: Glaze) -> str:
    return (
        _shadow(80, 176) + f'<ellipse cx="120" cy="166" rx="70" ry="15" fill="{glaze.shade}"/>'
        '<ellipse cx="120" cy="162" rx="70" ry="15" fill="url(#lip)"/>'
        '<path d="M66 96c4 36 20 62 36 66h36c16-4 32-30 36-66z" fill="url(#body)"/>'
        '<ellipse cx="120" cy="96" rx="54" ry="11" fill="url(#inside)"/>'
        '<path d="M76 94c6-20 82-20 88 0-16 9-72 9-88 0z" fill="url(#lid)"/>'
        '<path d="M110 73h20l3 8h-26z" fill="url(#lid)"/>' + _gleam("M80 110c3 16 8 28 15 38")
    )


def cup(glaze: Glaze) -> str:
    del glaze
    return (
        _shadow(66, 168)
        + '<path d="M74 90c1 46 10 78 46 78s45-32 46-78z" fill="url(#body)"/>'
        + _rim(90, 46, 12)
        + _gleam("M86 110c1 18 5 31 12 41")
    )


def tallcup(glaze: Glaze) -> str:
    return (
        _shadow(58, 180) + '<path d="M78 68l9 104c1 9 65 9 66 0l9-104z" fill="url(#body)"/>'
        f'<path d="M86 164l1 8c1 9 65 9 66 0l1-8c-8 8-60 8-68 0z" fill="{glaze.shade}"/>'
        + _rim(68, 42, 11)
        + _gleam("M91 90l6 58")
    )


def pair(glaze: Glaze) -> str:
    del glaze
    one = (
        '<path d="M82 104c2 34 10 52 38 52s36-18 38-52z" fill="url(#body)"/>'
        + _rim(104, 38, 10)
        + _gleam("M93 120c2 11 6 19 12 25", 3.4)
    )
    return (
        f'<g transform="translate(52 -3) scale(.94)">{_shadow(52, 155)}{one}</g>'
        f'<g transform="translate(-42 14)">{_shadow(52, 155)}{one}</g>'
    )


def pitcher(glaze: Glaze) -> str:
    return (
        _shadow(66, 174)
        + '<path d="M160 100c26-6 34 8 30 24-4 17-20 25-38 26" fill="none" stroke="url(#body)"'
        ' stroke-width="8" stroke-linecap="round"/>'
        '<path d="M66 78l12 10c2 20-4 34-4 52 0 24 18 34 46 34s46-10 46-34c0-18-6-32-2-58z"'
        ' fill="url(#body)"/>'
        '<path d="M64 77c20-9 92-10 102 4-8 11-70 12-84 8-7-2-12-7-18-12z" fill="url(#lip)"/>'
        f'<path d="M78 79c22-6 74-6 81 3-10 6-58 7-70 4z" fill="{glaze.inside}"/>'
        + _gleam("M88 108c-2 12-4 20-3 30")
    )


def whisk(glaze: Glaze) -> str:
    tines = "".join(
        f'<path d="M{104 + step * 3.2:.1f} 112 Q{84 + step * 7.2:.1f} 152'
        f' {100 + step * 4:.1f} 178" fill="none" stroke="{glaze.body}" stroke-width="2.2"'
        ' stroke-linecap="round"/>'
        for step in range(11)
    )
    dark = "".join(
        f'<path d="M{105 + step * 4.2:.1f} 112 Q{96 + step * 6:.1f} 150 {112 + step * 2:.1f} 172"'
        f' fill="none" stroke="{glaze.shade}" stroke-width="1.4" opacity=".8"/>'
        for step in range(8)
    )
    return (
        _shadow(58, 180)
        + dark
        + tines
        + '<path d="M102 52c0-6 36-6 36 0l-2 62c-6 4-26 4-32 0z" fill="url(#body)"/>'
        + f'<path d="M103 104c8 4 26 4 34 0v9c-8 4-26 4-34 0z" fill="{glaze.inside}"/>'
        + '<ellipse cx="120" cy="52" rx="18" ry="4.6" fill="url(#lip)"/>'
        + _gleam("M109 62l1 36", 3)
    )


def deepbowl(glaze: Glaze) -> str:
    return (
        _shadow(82, 174) + f'<path d="M96 164h48l5 12H91z" fill="{glaze.shade}"/>'
        '<path d="M52 88c2 50 22 80 68 80s66-30 68-80z" fill="url(#body)"/>'
        + _rim(88, 68, 17)
        + '<ellipse cx="120" cy="93" rx="44" ry="8" fill="#9db35a" opacity=".85"/>'
        + _gleam("M68 112c4 18 11 31 23 41")
    )


def bowl(glaze: Glaze) -> str:
    stripes = (
        f'<path d="M57 116c18 12 108 12 126 0M64 130c20 11 92 11 112 0" stroke="{glaze.inside}"'
        ' stroke-width="3" fill="none" opacity=".8"/>'
        if glaze is GLAZES["cobalt"]
        else ""
    )
    return (
        _shadow(82, 172) + f'<path d="M98 160h44l5 12H93z" fill="{glaze.shade}"/>'
        '<path d="M50 98h140c0 40-28 66-70 66S50 138 50 98z" fill="url(#body)"/>'
        + stripes
        + _rim(98, 70, 16)
        + _gleam("M66 116c5 17 13 28 25 36")
    )


def plate(glaze: Glaze) -> str:
    return (
        _shadow(96, 150) + f'<ellipse cx="120" cy="134" rx="94" ry="27" fill="{glaze.shade}"/>'
        '<ellipse cx="120" cy="127" rx="94" ry="27" fill="url(#lip)"/>'
        f'<ellipse cx="120" cy="128" rx="66" ry="17" fill="{glaze.shade}" opacity=".5"/>'
        '<ellipse cx="120" cy="129.500" rx="65" ry="16.500" fill="url(#body)"/>'
        + _gleam("M46 122c14-11 36-15 58-16", 3)
    )


def vase(glaze: Glaze) -> str:
    return (
        _shadow(56, 186)
        + '<path d="M121 76c-2-24 6-34 2-56" stroke="#6f7f5e" stroke-width="2.600" fill="none"'
        ' stroke-linecap="round"/>'
        '<path d="M122 48c10-3 18-10 20-20-11 1-18 8-20 20zM122 62c-9-2-16-8-19-17 11 0 17 6 19'
        ' 17z" fill="#7d8f69"/><circle cx="123" cy="19" r="6" fill="#d9a0b8"/>'
        '<path d="M108 74c2 24-34 36-34 74 0 26 18 36 46 36s46-10 46-36c0-38-36-50-34-74z"'
        ' fill="url(#body)"/>'
        f'<path d="M77 140c22 11 64 11 86 0" stroke="{glaze.inside}" stroke-width="4"'
        ' fill="none"/>'
        f'<path d="M79 152c22 10 60 10 82 0" stroke="{glaze.inside}" stroke-width="1.600"'
        ' fill="none"/>'
        f'<ellipse cx="120" cy="74" rx="12" ry="3.600" fill="{glaze.inside}"/>'
        + _gleam("M98 112c-7 9-11 18-12 28")
    )


def jar(glaze: Glaze) -> str:
    return (
        _shadow(66, 178) + '<path d="M70 96c-4 52 6 80 50 80s54-28 50-80z" fill="url(#body)"/>'
        f'<path d="M70 98c12 9 88 9 100 0v7c-12 9-88 9-100 0z" fill="{glaze.shade}"/>'
        '<path d="M66 94c0-24 108-24 108 0-14 11-94 11-108 0z" fill="url(#lid)"/>'
        '<ellipse cx="120" cy="70" rx="13" ry="7" fill="url(#lid)"/>'
        + _gleam("M82 120c0 16 3 27 9 37")
    )


def tray(glaze: Glaze) -> str:
    return (
        _shadow(98, 152) + f'<ellipse cx="120" cy="136" rx="96" ry="27" fill="{glaze.shade}"/>'
        '<ellipse cx="120" cy="127" rx="96" ry="27" fill="url(#lip)"/>'
        '<ellipse cx="120" cy="128" rx="84" ry="21" fill="url(#inside)"/>'
        f'<path d="M54 124c30-8 96-9 132-1M48 132c40 7 108 7 144-1M70 139c28 5 72 5 100 0"'
        f' stroke="{glaze.gleam}" stroke-width="1.400" fill="none" opacity=".55"/>'
    )


def scoop(glaze: Glaze) -> str:
    return (
        _shadow(88, 158) + '<path d="M128 128l76-46c8-5 15 4 8 11l-66 56z" fill="url(#body)"/>'
        '<path d="M28 128c0-22 40-34 82-28 28 4 44 16 40 30-5 17-36 26-68 26-34 0-54-10-54-28z"'
        ' fill="url(#body)"/>'
        f'<path d="M38 127c2-15 36-23 70-19 24 3 36 11 33 20-4 12-30 18-56 18-29 0-48-7-47-19z"'
        f' fill="{glaze.inside}"/>'
        '<path d="M58 130c4-12 54-15 68-4-6 12-58 15-68 4z" fill="#6c7a4a"/>'
        '<path d="M66 126l12-6 10 5 12-6 12 7" stroke="#8d9c62" stroke-width="3" fill="none"/>'
        + _gleam("M160 118l36-24", 3)
    )


def tin(glaze: Glaze) -> str:
    leaf = (
        f'<path d="M120 142v-14M120 132c-8 0-12-4-12-11 8 0 12 4 12 11zM120 128c0-7 4-11 12-11 0 7'
        f'-4 11-12 11z" stroke="{glaze.shade}" stroke-width="1.800" fill="none"/>'
    )
    return (
        _shadow(64, 180) + '<path d="M76 84v88c0 12 88 12 88 0V84z" fill="url(#body)"/>'
        '<path d="M92 110c18 4 38 4 56 0v42c-18 4-38 4-56 0z" fill="#f4efe6"/>' + leaf + "<g>"
        '<path d="M72 68v22c0 12 96 12 96 0V68z" fill="url(#lid)"/>'
        f'<path d="M72 90c0 12 96 12 96 0v3c0 12-96 12-96 0z" fill="{glaze.shade}" opacity=".6"/>'
        '<ellipse cx="120" cy="68" rx="48" ry="11" fill="url(#lip)"/></g>'
        + _gleam("M85 104v54", 3.4)
    )


SHAPES: dict[str, Callable[[Glaze], str]] = {
    shape.__name__: shape
    for shape in (
        teapot, kyusu, gaiwan, cup, tallcup, pair, pitcher, whisk, deepbowl, bowl, plate, vase,
        jar, tray, scoop, tin,
    )
}  # fmt: skip


@lru_cache(maxsize=128)
def drawing(shape: str, glaze_name: str, title: str) -> str:
    """One picture as a complete SVG document, square, readable at 80 px and at 600."""
    glaze = GLAZES[glaze_name]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 240" width="800" height="800"'
        f' role="img"><title>{title}</title><defs>'
        + _gradient("body", glaze.body, glaze.shade, "0.15 0.1 1 0.9")
        + _gradient("lid", glaze.body, glaze.shade, "0 0 0.9 1.4")
        + _gradient("lip", glaze.gleam, glaze.body, "0 0 1 0.6")
        + _gradient("inside", glaze.inside, glaze.shade, "0 0 1 1")
        + '<linearGradient id="gleam" x1="0" y1="0" x2="0" y2="1">'
        f'<stop offset="0" stop-color="{glaze.gleam}"/>'
        f'<stop offset="1" stop-color="{glaze.gleam}" stop-opacity=".25"/></linearGradient>'
        '<radialGradient id="ground" cx=".38" cy=".3" r=".95">'
        f'<stop offset="0" stop-color="{glaze.ground}"/>'
        f'<stop offset="1" stop-color="{glaze.ground}" stop-opacity=".78"/></radialGradient>'
        '</defs><rect width="240" height="240" fill="#fff"/>'
        '<rect width="240" height="240" fill="url(#ground)"/>' + SHAPES[shape](glaze) + "</svg>"
    )


def picture(product: Product) -> str:
    return drawing(product.shape, product.glaze, product.titles["en"])


def _gradient(name: str, light: str, dark: str, line: str) -> str:
    x1, y1, x2, y2 = line.split()
    return (
        f'<linearGradient id="{name}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}">'
        f'<stop offset=".25" stop-color="{light}"/><stop offset="1" stop-color="{dark}"/>'
        "</linearGradient>"
    )
