"""Products and collections as merchants call them: by title, by number, by the shop's own name."""

from __future__ import annotations

from flask import g
from markupsafe import Markup
from sqlalchemy import Connection

from connector.core.errors import BadInput
from connector.web.admin import sentences, store
from connector.web.admin.words import name

MOST_LETTERS = 200
_MOST_NAMED = 6  # of several that are meant


class Unclear(BadInput):
    """Several products are like what was typed. titles: of the first of them."""

    def __init__(self, titles: list[str], field: str) -> None:
        super().__init__("product_unclear", "say which of them", field=field)
        self.titles = titles


def products(db: Connection, given: str, field: str) -> list[str]:
    """Keys of the products called so, or whose number it is, or of the only one like it.

    Raises BadInput ``product_missing``, ``product_not_found``, and Unclear.
    """
    if not given:
        raise BadInput("product_missing", "say which", field=field)
    found = store.products_titled(db, g.shop.id, given) if len(given) <= MOST_LETTERS else []
    if found:
        return found
    alike = store.products_like(db, g.shop.id, given[:MOST_LETTERS], _MOST_NAMED)
    titles = list(dict.fromkeys(row.title for row in alike))
    if not titles:
        raise BadInput("product_not_found", "none is called so", field=field)
    if titles[1:]:
        raise Unclear(titles, field)
    return [row.key for row in alike]


def refusal(problem: BadInput) -> Markup:
    """The sentence beside the field; of several that may be meant with their names."""
    titles = problem.titles if isinstance(problem, Unclear) else ()
    return sentences.refusal(problem, products=Markup(" · ").join(map(name, titles)))
