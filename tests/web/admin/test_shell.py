"""The rail shows the pages there are, and where one is."""

import re
from pathlib import Path

from flask import Flask

from connector.web import admin
from tests.web.admin.conftest import Ada

TEMPLATES = Path(admin.__file__).parents[1] / "templates" / "admin"
ICON = re.compile(r'<path d="([^"]*)"/>')


def rail(page: str) -> str:
    found = re.search(r'<nav class="nav".*?</nav>', page, re.DOTALL)
    assert found
    return found[0]


def links(page: str) -> list[tuple[str, str]]:
    """Where each link leads, and what it says of itself: page, true or nothing."""
    found = re.findall(r'<a (?:class="sub" )?href="([^"]+)"([^>]*)>', rail(page))
    return [(href, re.sub(r'.*aria-current="(\w+)".*', r"\1", said)) for href, said in found]


def below(ada: Ada, *pages: str) -> list[str]:
    return [f"/admin/{ada.shop}{page and '/'}{page}" for page in pages]


def test_every_entry_opens_its_page_and_says_that_it_is_there(ada: Ada):
    home = links(ada.see())
    assert [said for _, said in home] == ["page"] + [""] * (len(home) - 1)
    for href, _ in home:
        page = ada.ask(href)
        assert page.status_code == 200
        assert (href, "page") in links(page.text)
    assert all(ICON.findall(rail(ada.see())))


def test_the_head_names_the_shop_and_not_the_business_of_its_owner(ada: Ada):
    page = ada.see()
    head = re.search(r'<a class="brand".*?</a>', page, re.DOTALL)
    assert head
    assert "Acme" in head[0]
    assert "Signed in as the owner" in page


def test_an_entry_is_shown_when_there_is_such_a_page(app: Flask, ada: Ada):
    (giving,) = below(ada, "giving")
    assert giving in dict(links(ada.see()))
    del app.view_functions["admin.giving"]
    assert giving not in dict(links(ada.see()))


def test_children_are_shown_inside_their_place_only(app: Flask, ada: Ada):
    members, orders, order = below(ada, "members", "orders", "orders/1")
    assert orders not in dict(links(ada.see()))
    assert [one for one in links(ada.see("members")) if one[1]] == [(members, "page")] * 2
    assert dict(links(ada.see("orders")))[orders] == "page"
    assert links(ada.see("orders"))[1:].count((members, "true")) == 1
    assert order not in dict(links(ada.see("orders")))
    for child in ("orders", "preferences", "exchange"):
        del app.view_functions[f"admin.{child}"]
    assert [href for href, _ in links(ada.see("members"))].count(members) == 1


def test_what_is_said_of_a_field_leads_to_it():
    named = re.compile(r'parts\.(?:marked|wrong)\(errors, "(\w+)"\)')
    for template in TEMPLATES.glob("*.html"):
        page = template.read_text(encoding="utf-8")
        missing = {field for field in named.findall(page) if f'id="{field}"' not in page}
        assert missing == set(), template.name
