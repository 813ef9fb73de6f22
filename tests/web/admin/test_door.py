"""Who gets in, what a form must prove, and how every page leaves."""

import re

from flask import Flask
from flask.testing import FlaskClient

from connector.core.db import Database
from connector.shops import service as shops
from tests.web.admin.conftest import HOME, Ada, signed_in, words_of
from tests.world import NOW, World, acme

PAGES = ["", "members", "orders", "program", "giving", "recommendations", "stores"]


def link(world: World) -> str:
    with world.database.write() as db:
        return shops.sign_in_link(db, world.shop.business_id, NOW)


def test_a_link_signs_in_once(visitor: FlaskClient, world: World):
    token = link(world)
    first = visitor.get(f"/admin/signin/{token}", base_url=HOME)
    assert (first.status_code, first.location) == (303, "/admin/")
    assert visitor.get("/admin/", base_url=HOME).location == f"/admin/{world.shop.public_id}/"
    again = visitor.get(f"/admin/signin/{token}", base_url=HOME)
    assert again.status_code == 401
    assert "link_spent" in again.text


def test_the_session_is_out_of_reach_of_scripts_and_other_sites(
    visitor: FlaskClient, world: World
):
    cookie = visitor.get(f"/admin/signin/{link(world)}", base_url=HOME).headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Max-Age=1209600" in cookie


def test_without_a_session_every_page_says_how_to_get_in(visitor: FlaskClient, world: World):
    for page in PAGES:
        answer = visitor.get(f"/admin/{world.shop.public_id}/{page}", base_url=HOME)
        assert answer.status_code == 401, page
        assert "Sign in with a link that works once" in answer.text
        assert "Acme" not in answer.text


def test_another_merchants_shop_is_not_there(ada: Ada, database: Database):
    other = acme(database, key="https://rival.example")
    for page in PAGES:
        answer = ada.ask(f"/admin/{other.shop.public_id}/{page}")
        assert answer.status_code == 404, page
        assert "rival.example" not in answer.text


def test_another_shops_member_and_order_are_not_there(ada: Ada, database: Database):
    other = acme(database, key="https://rival.example")
    member = other.member("7")
    assert ada.ask(f"members/{member}").status_code == 404
    assert ada.ask(f"orders/{member}").status_code == 404


def test_signing_out_ends_the_session(ada: Ada):
    page = ada.see("")
    token = re.search(r'name="csrf" value="(\w+)"', page)
    assert token
    answer = ada.client.post(
        "/admin/signout", base_url=HOME, data={"csrf": token[1]}, headers={"Origin": HOME}
    )
    assert answer.status_code == 303
    assert ada.ask("").status_code == 401


def test_a_form_needs_this_sessions_token(ada: Ada):
    path = f"/admin/{ada.shop}/giving/causes"
    form = {"name": "Night School", "story": ""}
    for token in ("", "0" * 40, "é"):
        answer = ada.client.post(
            path, base_url=HOME, data={**form, "csrf": token}, headers={"Origin": HOME}
        )
        assert answer.status_code == 403
        assert "csrf" in answer.text
    assert "Night School" not in ada.see("giving")


def test_a_form_must_come_from_our_own_pages(ada: Ada):
    for origin in ("https://evil.example", "null", "", f"{HOME}.evil.example"):
        answer = ada.send("giving/causes", "giving", origin=origin, name="Night School", story="")
        assert answer.status_code == 403, origin
    assert "Night School" not in ada.see("giving")


def test_a_token_of_another_session_opens_nothing(ada: Ada, app: Flask, world: World):
    other = Ada(signed_in(app, world), ada.shop)
    token = re.search(r'name="csrf" value="(\w+)"', other.see(""))
    assert token
    answer = ada.client.post(
        f"/admin/{ada.shop}/replay",
        base_url=HOME,
        data={"csrf": token[1]},
        headers={"Origin": HOME},
    )
    assert answer.status_code == 403


def test_a_request_to_another_host_is_refused(ada: Ada):
    answer = ada.client.get(f"/admin/{ada.shop}/", base_url="http://evil.example")
    assert answer.status_code == 400
    assert "bad_host" in answer.text
    assert "evil.example" not in answer.text


def test_every_page_runs_only_our_own_scripts_in_no_frame(ada: Ada):
    for page in [*PAGES, "nowhere"]:
        answer = ada.ask(page)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        nonce = re.search(r"script-src 'nonce-([\w-]+)'", policy)
        assert nonce
        for script in re.findall(r"<script\b[^>]*>", answer.text):
            assert f'nonce="{nonce[1]}"' in script
        assert not re.search(r"\sstyle=|\son[a-z]+=", answer.text), page


def test_a_nonce_serves_one_page(ada: Ada):
    first, second = (ada.ask("").headers["Content-Security-Policy"] for _ in range(2))
    assert first != second


def test_only_shopify_may_frame_a_shopify_shop(app: Flask, database: Database):
    world = acme(database, platform="shopify", key="acme.myshopify.com")
    ada = Ada(signed_in(app, world), world.shop.public_id)
    policy = ada.ask("").headers["Content-Security-Policy"]
    assert "frame-ancestors https://acme.myshopify.com https://admin.shopify.com;" in policy


def test_a_page_is_light(ada: Ada):
    for page in PAGES:
        answer = ada.ask(page)
        bytes_sent = len(answer.data)
        for asset in set(re.findall(r'(?:href|src)="(/admin/static/[^"]+)"', answer.text)):
            found = ada.ask(asset)
            assert found.status_code == 200
            assert "immutable" in found.headers["Cache-Control"]
            bytes_sent += len(found.data)
        assert bytes_sent < 120 * 1024, page


def test_the_language_is_asked_for_then_remembered_then_the_browsers(ada: Ada):
    def shown(**headers: str) -> str:
        answer = ada.client.get(f"/admin/{ada.shop}/", base_url=HOME, headers=headers)
        tag = re.search(r'<html lang="([\w-]+)" dir="(\w+)"', answer.text)
        assert tag
        return f"{tag[1]} {tag[2]}"

    assert shown() == "en ltr"
    assert shown(**{"Accept-Language": "fr, zh-TW;q=0.9, en;q=0.8"}) == "zh-Hant ltr"
    assert 'lang="ar" dir="rtl"' in ada.see("", lang="ar")
    assert shown(**{"Accept-Language": "en"}) == "ar rtl"


def test_the_language_can_be_changed_on_the_answer_to_a_form(ada: Ada):
    answer = ada.send("giving/causes", "giving", name="", story="")
    assert answer.status_code == 422
    assert f'href="/admin/{ada.shop}/giving?lang=ar"' in answer.text


def test_no_page_speaks_english_in_another_language(ada: Ada):
    ours = set(
        re.findall(
            r"\w+",
            "Perennial WooCommerce WordPress Shopify App Store Acme Riverbank Clean water English"
            " https acme example Europe Berlin API CSV REST Webhook webhook USD EUR US",
        )
    )
    for language in ("ar", "zh-Hant"):
        for page in PAGES:
            spoken = words_of(ada.see(page, lang=language))
            foreign = set(re.findall(r"[A-Za-z]{2,}", spoken)) - ours
            assert not foreign, (page, language)
