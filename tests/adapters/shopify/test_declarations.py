"""What we tell Shopify about ourselves: the TOML, the scopes, the documents, the schema."""

import gzip
import json
import re
import tomllib
from pathlib import Path

import pytest
import shopify as shopify_api
from click.testing import CliRunner
from graphql import build_ast_schema, parse

import adapters.shopify
from adapters.shopify import Shopify, documents, graphql_check
from adapters.shopify.normalise import TOPICS, Ignored
from adapters.shopify.scopes import SCOPES
from connector.core.commerce import Credentials, Platform, ShopClient
from connector.core.http import Http
from tests.adapters.shopify import graph, world

FOLDER = Path(adapters.shopify.__file__).parent
TOML = tomllib.loads((FOLDER / "shopify.app.toml").read_text(encoding="utf-8"))
SDL = (FOLDER / "schema.graphql").read_text(encoding="utf-8")
EXCERPT = parse(SDL)
FULL = world.SCHEMA / f"admin-{documents.API_VERSION}.graphql.gz"
full_schema_needed = pytest.mark.skipif(
    not FULL.is_file(),
    reason="the full Admin schema is not beside the repository (../shared/samples)",
)


@pytest.fixture(scope="module")
def full():
    return parse(gzip.decompress(FULL.read_bytes()).decode(), no_location=True)


def test_the_api_version_is_pinned_once():
    assert TOML["webhooks"]["api_version"] == documents.API_VERSION == "2026-10"
    assert f"Admin API {documents.API_VERSION}" in SDL
    elsewhere = [
        path.name
        for path in FOLDER.rglob("*.py")
        if documents.API_VERSION in path.read_text(encoding="utf-8")
    ]
    assert elsewhere == ["documents.py"]
    assert f"/{documents.API_VERSION}/" in graph.URL


def test_the_toml_asks_for_exactly_the_scopes_we_need():
    asked = TOML["access_scopes"]["scopes"].split(",")
    assert asked == sorted(SCOPES)
    assert TOML["access_scopes"]["optional_scopes"] == ["read_all_orders"]
    assert all(len(why.split()) >= 3 for why in SCOPES.values())


@world.needed
def test_no_scope_is_asked_for_that_no_question_and_no_topic_needs():
    needs = json.loads(
        gzip.decompress((world.SCHEMA / "admin-2026-10.scopes.json.gz").read_bytes())
    )
    types = re.findall(r"^type (\w+)", SDL, re.MULTILINE)
    of_types = {scope for name in types for scope in needs.get(name, ())}
    index = json.loads((world.FOLDER / "webhooks" / "_index.json").read_text(encoding="utf-8"))
    of_topics = {
        f"read_{name}" for topic in declared() for name in index[topic]["access_scopes"] or ()
    }
    of_proxy = {"write_app_proxy"} if "app_proxy" in TOML else set()
    # Reads are listed by type; a write scope is one for what we change of such a type.
    covered = set(SCOPES) | {scope.replace("write_", "read_", 1) for scope in SCOPES}
    read = {scope for scope in covered if scope.startswith("read_")} - {"read_app_proxy"}
    assert read <= of_types | of_topics
    assert "write_app_proxy" in of_proxy
    # And each kind of thing we read is covered by one of them.
    for name in types:
        assert not needs.get(name) or set(needs[name]) & covered, name
    for topic in declared():
        wanted = {f"read_{name}" for name in index[topic]["access_scopes"] or ()}
        assert not wanted or wanted & covered, topic


def declared(kind="topics"):
    found = [topic for entry in TOML["webhooks"]["subscriptions"] for topic in entry.get(kind, ())]
    assert len(found) == len(set(found))
    return found


def test_every_topic_we_read_is_declared_and_no_other():
    read = {
        topic
        for topic, one in TOPICS.items()
        if not isinstance(one, Ignored) and not topic.startswith("fetch/")
    }
    compliance = {"customers/data_request", "customers/redact", "shop/redact"}
    assert set(declared()) == read - compliance
    assert set(declared("compliance_topics")) == compliance


def test_the_addresses_in_the_toml_are_the_doors_we_have():
    hooks = {entry["uri"] for entry in TOML["webhooks"]["subscriptions"]}
    assert hooks == {"https://example.com/hooks/shopify"}
    assert TOML["application_url"] == "https://example.com/app/shopify"
    assert TOML["auth"]["redirect_urls"] == ["https://example.com/install/shopify/callback"]
    assert TOML["app_proxy"] == {
        "url": "https://example.com/storefront/shopify",
        "prefix": "apps",
        "subpath": "perennial",
    }
    assert TOML["embedded"] is True


def test_every_document_fits_the_excerpt():
    assert graphql_check.problems(build_ast_schema(EXCERPT)) == []
    assert len(documents.names()) == 35


def test_a_document_that_does_not_fit_is_named(monkeypatch):
    monkeypatch.setattr(graphql_check, "names", lambda: ["shop"])
    monkeypatch.setattr(graphql_check, "document", lambda _: "query Shop { shop { nmae } }")
    (problem,) = graphql_check.problems(build_ast_schema(EXCERPT))
    assert problem.startswith("shop: Cannot query field 'nmae'")


@full_schema_needed
def test_every_document_fits_the_whole_schema_and_the_excerpt_is_part_of_it(full):
    assert graphql_check.problems(build_ast_schema(full, assume_valid_sdl=True)) == []
    assert graphql_check.differences(EXCERPT, full) == []


@full_schema_needed
def test_the_excerpt_is_what_the_documents_use(full):
    assert graphql_check.excerpt_of(full) == SDL


@full_schema_needed
def test_an_excerpt_that_is_no_part_is_found_out(full):
    changed = SDL.replace("amount: Decimal!", "amount: String!")
    changed = changed.replace("order(id: ID!): Order", "order(id: Int!): Order")
    changed = changed.replace("enum ProductStatus {", "enum ProductStatus {\n  HIDDEN")
    changed += "\ntype Invented {\n  id: ID!\n}\n"
    found = graphql_check.differences(parse(changed), full)
    assert [line.split(" is not")[0] for line in found] == [
        "MoneyInput: amount: String!",
        "MoneyV2: amount: String!",
        "ProductStatus: HIDDEN",
        "QueryRoot: order(id: Int!)",
        "Invented: id: ID!",
        "Invented: object_type_definition",
    ]


def test_the_check_is_a_command(tmp_path):
    nowhere = str(tmp_path / "no.gz")
    found = CliRunner().invoke(graphql_check.main, ["--full", nowhere])
    assert found.exit_code == 0
    assert "35 GraphQL documents checked" in found.output


def test_documents_are_whole():
    for name in documents.names():
        text = documents.document(name)
        fragments = set(re.findall(r"^fragment (\w+)", text, re.MULTILINE))
        assert fragments == set(re.findall(r"\.\.\.(\w+)", text)), name


def test_shopify_is_a_platform_and_its_client_a_shop_client():
    platform: Platform = Shopify(world.CLIENT_ID, [world.SECRET], Http())
    client: ShopClient = platform.client(Credentials(world.SHOP, "shpat_x"))
    assert platform.name == "shopify"
    assert callable(client.fetch)


def test_the_library_of_shopify_is_never_signed_in():
    # Its session is one per process: with it, one shop's token would answer for another.
    Shopify(world.CLIENT_ID, [world.SECRET], Http()).client(Credentials(world.SHOP, "shpat_x"))
    assert shopify_api.ShopifyResource.get_site() is None
    assert shopify_api.Session.secret is None
    for path in FOLDER.rglob("*.py"):
        text = path.read_text("utf-8")
        imported = re.findall(r"^(?:from|import) shopify\S*", text, re.MULTILINE)
        assert imported in ([], ["from shopify.api_access"]), path.name
