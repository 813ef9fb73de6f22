"""The shopper's own days of the year, and what she prefers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

from connector.core import noticed
from connector.core.errors import NotFound, Unauthenticated
from connector.members import occasions, preferences
from connector.orders import claiming
from connector.program import rules
from connector.program import service as program
from connector.web.runtime import runtime
from connector.web.storefront.asker import Asker, Visitor


class PreferenceWish(msgspec.Struct, forbid_unknown_fields=True):
    """The choice to each question; what is left out stays, None takes it back."""

    question_1: int | msgspec.UnsetType | None = msgspec.UNSET
    question_2: int | msgspec.UnsetType | None = msgspec.UNSET


class Join(msgspec.Struct, forbid_unknown_fields=True):
    """Nothing to say but yes."""


def join(db: Connection, visitor: Visitor, _wish: Join, now: datetime) -> dict[str, Any]:
    """An account that the shop knows becomes a member; who is one is told so."""
    if isinstance(visitor, Asker):
        return {"joined": True}
    if visitor.customer_key is None:
        raise Unauthenticated("sign_in_needed", "sign in at the store first")
    shop_id, members = visitor.shop.id, runtime().members
    waiting = members.waiting(db, shop_id, visitor.customer_key)
    if waiting is None:
        raise NotFound("member_not_found", "we have not heard of this account yet")
    noticed.notice(db, claiming.join(db, shop_id, members, waiting, now), now)
    return {"joined": True}


def part(db: Connection, asker: Asker, now: datetime) -> dict[str, Any]:
    """``occasions``: days the programme asks for; ``preferences``: questions of the merchant."""
    shop_id, member_id = asker.shop.id, asker.member_id
    known = {one.name: one for one in occasions.of_member(db, shop_id, member_id)}
    answers = preferences.answers(db, shop_id, member_id)
    tag = asker.language.tag
    return {
        "occasions": [
            {
                "name": name,
                "month_day": known[name].month_day if name in known else None,
                "counts_from": known[name].counts_from if name in known else None,
                "greet": name in known and known[name].greet_at is not None,
            }
            for name in asked(db, shop_id, now)
        ],
        "preferences": [
            {
                "number": one.number,
                "text": preferences.said(one.texts, tag),
                "choices": [
                    {"number": number, "text": preferences.said(words, tag)}
                    for number, words in sorted(one.choices.items())
                ],
                "answer": answers.get(one.number),
            }
            for one in preferences.questions(db, shop_id)
        ],
    }


def asked(db: Connection, shop_id: int, now: datetime) -> Sequence[str]:
    """The occasions that rules of the programme in force give something for."""
    found = program.newest(db, shop_id).rules
    names = [one.occasion for one in found if one.kind == rules.OCCASION and one.is_open(now)]
    return list(dict.fromkeys(names))


def answer(db: Connection, asker: Asker, wanted: PreferenceWish, now: datetime) -> dict[str, Any]:
    """Keep what she prefers."""
    told = {
        number: choice
        for number, choice in ((1, wanted.question_1), (2, wanted.question_2))
        if not isinstance(choice, msgspec.UnsetType)
    }
    shop_id, member_id = asker.shop.id, asker.member_id
    noticed.notice(db, preferences.answer(db, shop_id, member_id, told, now), now)
    found = preferences.answers(db, shop_id, member_id)
    return {"answers": {str(number): choice for number, choice in sorted(found.items())}}
