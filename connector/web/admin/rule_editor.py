"""One rule of a draft: a page with only the fields that its kind reads."""

from __future__ import annotations

from flask import g, request, url_for
from sqlalchemy import Connection
from werkzeug.wrappers import Response

from connector.core.errors import BadInput, NotFound
from connector.program.rules import Program, Rule
from connector.rooms.rewards import catalogue
from connector.rooms.tiers import programs as tiers
from connector.web import addresses
from connector.web.admin import door, drafts, rule_form, store, ways
from connector.web.admin.door import blueprint
from connector.web.admin.rule_form import RuleForm
from connector.web.admin.words import spoken
from connector.web.runtime import runtime

SUGGESTED_PRODUCTS = 30


@blueprint.get("/<shop>/program/drafts/<id:version>/rules/new")
def new_rule(version: int) -> Response:
    kind = addresses.text("kind")
    if kind not in ways.KINDS:
        raise NotFound("not_found", "no such kind of rule")
    with runtime().database.read() as db:
        draft = drafts.found(db, version)
        return _page(
            db, draft, rule_form.written(rule_form.fresh(kind), sorted(draft.rates)), is_new=True
        )


@blueprint.get("/<shop>/program/drafts/<id:version>/rules/<rule_id>")
def rule(version: int, rule_id: str) -> Response:
    with runtime().database.read() as db:
        draft = drafts.found(db, version)
        known = _known(draft, rule_id)
        return _page(db, draft, rule_form.written(known, sorted(draft.rates)))


@blueprint.post("/<shop>/program/drafts/<id:version>/rules/<rule_id>")
def save_rule(version: int, rule_id: str) -> Response:
    """Keep the rule in the draft; with ``more``, only take a name over into its goods."""
    with runtime().database.read() as db:
        draft = drafts.found(db, version)
        is_new = all(one.id != rule_id for one in draft.rules)
        known = _fresh(rule_id) if is_new else _known(draft, rule_id)
        form = rule_form.read(db, known, draft)
        if form.rule is None or "more" in request.form:
            return _page(db, draft, form, is_new=is_new)
    wanted = rule_form.put(draft, form.rule)
    try:
        runtime().database.run(lambda db: drafts.save(db, version, wanted))
    except BadInput as problem:  # of the draft itself, that was changed meanwhile
        form.errors[""] = drafts.refused(problem)
        with runtime().database.read() as db:
            return _page(db, draft, form, is_new=is_new)
    return door.redirected(f"{url_for('admin.draft', version=version, said='draft')}#rules")


@blueprint.get("/<shop>/program/products")
def product_names() -> Response:
    """Options for a product's name as it is typed, for a script."""
    typed = next((one for key, one in request.args.items() if key in _TYPED), "")
    with runtime().database.read() as db:
        found = store.products_like(db, g.shop.id, typed[:80], SUGGESTED_PRODUCTS)
    return door.page("admin/rule_products.html", products=found)


_TYPED = ("products", "products-more", "tried_product")


def _known(draft: Program, rule_id: str) -> Rule:
    found = next((one for one in draft.rules if one.id == rule_id), None)
    if found is None:
        raise NotFound("rule_not_found", "it was removed from the draft")
    return found


def _fresh(rule_id: str) -> Rule:
    """The rule that the page of a new one offered: its id says its kind."""
    kind = rule_id.rpartition("-")[0]
    if kind not in ways.KINDS:
        raise NotFound("rule_not_found", "no such kind of rule")
    return rule_form.fresh(kind, rule_id)


def _page(db: Connection, draft: Program, form: RuleForm, *, is_new: bool = False) -> Response:
    scope_keys = form.scope.get("products", [])
    return door.page(
        "admin/rule.html",
        status=422 if form.errors and request.method == "POST" else 200,
        draft=draft,
        form=form,
        errors=form.errors,
        is_new=is_new,
        title=ways.KINDS[form.kind],
        sentence=ways.sentence(form.rule, ways.names(db, g.shop.id, [draft]), g.shop.currency)
        if form.rule and not is_new
        else None,
        currencies=sorted(draft.rates, key=lambda one: (one != g.shop.currency, one)),
        gifts=_gifts(db) if form.gives_fixed else [],
        tells_consent=runtime().platforms[g.shop.platform].tells_consent,
        has_levels=tiers.current(db, g.shop.id) is not None,
        occasions=ways.OCCASIONS,
        titles=store.product_titles(db, g.shop.id, scope_keys),
        products=store.products_like(db, g.shop.id, "", SUGGESTED_PRODUCTS),
        suggestions=rule_form.suggestions(db, g.shop.id) if form.is_scoped else {},
    )


def _gifts(db: Connection) -> list[tuple[str, str]]:
    """(value, name) of the rewards a rule can give."""
    offered = catalogue.rewards(db, g.shop.id)
    return [(f"reward:{one.id}", one.offer.name(spoken())) for one in offered]
