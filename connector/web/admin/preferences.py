"""The two questions that tell what members want."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g, request, url_for
from werkzeug.wrappers import Response

from connector.core import clock
from connector.core.errors import BadInput
from connector.core.i18n import LANGUAGES
from connector.members import preferences as verbs
from connector.members.preferences import Question
from connector.web import addresses
from connector.web.admin import door, forms, sentences
from connector.web.admin.door import blueprint
from connector.web.runtime import runtime


@blueprint.get("/<shop>/preferences")
def preferences() -> Response:
    """What is asked, and how many chose what."""
    return _page({}, {})


@blueprint.post("/<shop>/preferences")
def ask_preferences() -> Response:
    """Ask these from now on; a question without words is not asked."""
    given = request.form.to_dict()
    try:
        wanted = [one for number in verbs.QUESTIONS if (one := _question(number))]
        runtime().database.run(lambda db: verbs.ask(db, g.shop.id, wanted, clock.now()))
    except BadInput as problem:
        return _page(given, {problem.field or "": sentences.refusal(problem)})
    return door.redirected(url_for("admin.preferences", said="questions"))


def _question(number: int) -> Question | None:
    texts = _words(f"question_{number}")
    choices = {
        choice: words
        for choice in range(1, verbs.CHOICES + 1)
        if (words := _words(f"choice_{number}_{choice}"))
    }
    if not texts and not choices:
        return None
    return Question(number, texts, choices)


def _words(field: str) -> dict[str, str]:
    found = {tag: forms.line(f"{field}_{tag}") for tag in LANGUAGES}
    return {tag: text for tag, text in found.items() if text}


def _page(given: Mapping[str, str], errors: dict[str, Any]) -> Response:
    with runtime().database.read() as db:
        asked = {one.number: one for one in verbs.questions(db, g.shop.id)}
        counts = verbs.counts(db, g.shop.id)
    form = dict(given) or {
        name: text for one in asked.values() for name, text in _fields(one).items()
    }
    return door.page(
        "admin/preferences.html",
        status=422 if errors else 200,
        numbers=verbs.QUESTIONS,
        choices=range(1, verbs.CHOICES + 1),
        length=verbs.LENGTH,
        counts=counts,
        form=form,
        errors=errors,
        said=sentences.said(addresses.text("said")),
    )


def _fields(one: Question) -> dict[str, str]:
    found = {f"question_{one.number}_{tag}": text for tag, text in one.texts.items()}
    for choice, words in one.choices.items():
        found |= {f"choice_{one.number}_{choice}_{tag}": text for tag, text in words.items()}
    return found
