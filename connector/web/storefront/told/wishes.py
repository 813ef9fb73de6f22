"""What she prefers: the merchant's two questions, in one form."""

from __future__ import annotations

from sqlalchemy import Connection

from connector.members import preferences
from connector.members.preferences import Question
from connector.web.storefront.asker import Asker
from connector.web.storefront.told.blocks import Act, Block, Field
from connector.web.tongue import Tongue, own


def wishes(db: Connection, asker: Asker, say: Tongue) -> Block | None:
    """What the merchant asks, in one form; she may leave any question open."""
    questions = preferences.questions(db, asker.shop.id)
    if not questions:
        return None
    given = preferences.answers(db, asker.shop.id, asker.member_id)
    form = Act(
        say.t("Save"),
        name="preferences",
        done=say.t("Saved. Thank you."),
        fields=tuple(_field(one, given.get(one.number), say) for one in questions),
    )
    return Block(say.t("What you like"), id="wishes", acts=(form,))


def _field(question: Question, given: int | None, say: Tongue) -> Field:
    tag = say.language.tag
    options = (
        (None, say.t("No answer")),
        *(
            (number, own(preferences.said(words, tag)))
            for number, words in sorted(question.choices.items())
        ),
    )
    label = own(preferences.said(question.texts, tag))
    return Field(f"question_{question.number}", label, options=options, value=given)
