"""What people want: two questions of the merchant's own, each with up to six choices.

A choice keeps its number when its words change, and so do the answers given to it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from connector.core.errors import BadInput
from connector.core.facts import Fact, MemberChanged
from connector.core.i18n import LANGUAGES, SOURCE
from connector.members import sides

QUESTIONS = (1, 2)
CHOICES = 6
FEWEST = 2  # choices of a question that is asked
LENGTH = 120

Words = Mapping[str, str]  # by language


@dataclass(frozen=True, slots=True)
class Question:
    """One question and its choices by number, in every language the merchant wrote."""

    number: int
    texts: Words
    choices: Mapping[int, Words]


def questions(db: Connection, shop_id: int) -> list[Question]:
    """What is asked, in its sequence; nothing where the merchant asks nothing."""
    return [
        Question(row.number, row.texts, {int(one): words for one, words in row.choices.items()})
        for row in sides.questions(db, shop_id)
    ]


def ask(db: Connection, shop_id: int, wanted: Sequence[Question], now: datetime) -> None:
    """Replace the questions; answers to a choice that is gone go. BadInput names the field."""
    for one in wanted:
        _check(one)
    kept = {one.number: one for one in wanted}
    for number in QUESTIONS:
        question = kept.get(number)
        sides.drop_answers(db, shop_id, number, sorted(question.choices) if question else [])
        if question is None:
            sides.drop_question(db, shop_id, number)
            continue
        sides.put_question(
            db,
            shop_id=shop_id,
            number=number,
            texts=dict(question.texts),
            choices={str(choice): dict(words) for choice, words in question.choices.items()},
            changed_at=now,
        )


def answer(
    db: Connection, shop_id: int, member_id: int, told: Mapping[int, int | None], now: datetime
) -> list[Fact]:
    """Keep a member's choices by question; None takes one back. BadInput for what is not asked."""
    asked = {one.number: one.choices for one in questions(db, shop_id)}
    for number, choice in told.items():
        if number not in asked or (choice is not None and choice not in asked[number]):
            raise BadInput("no_such_choice", "this is not asked", field=str(number))
    for number, choice in told.items():
        sides.put_answer(db, shop_id, member_id, number, choice, now)
    return [MemberChanged(shop_id, member_id)] if told else []


def answers(db: Connection, shop_id: int, member_id: int) -> dict[int, int]:
    """A member's choices by question."""
    return sides.answers(db, shop_id, member_id)


def of_members(
    db: Connection, shop_id: int, member_ids: Sequence[int]
) -> dict[int, dict[str, str]]:
    """What these members chose, in English, by question; who chose nothing is missing."""
    asked = {one.number: one for one in questions(db, shop_id)}
    found: dict[int, dict[str, str]] = {}
    for row in sides.answers_of(db, shop_id, member_ids) if asked else ():
        question = asked[row.number]
        words = said(question.choices[row.choice], SOURCE.tag)
        found.setdefault(row.member_id, {})[said(question.texts, SOURCE.tag)] = words
    return found


def counts(db: Connection, shop_id: int) -> dict[tuple[int, int], int]:
    """How many living members chose what, by (question, choice)."""
    return sides.answer_counts(db, shop_id)


def said(words: Words, language: str) -> str:
    """The merchant's words in a language; where there are none, in English, else in any."""
    return words.get(language) or words.get(SOURCE.tag) or next(iter(words.values()), "")


def _check(one: Question) -> None:
    if one.number not in QUESTIONS:
        raise BadInput("question_number", "there are two questions", field="number")
    if not FEWEST <= len(one.choices) <= CHOICES:
        raise BadInput(
            "choices_count", f"{FEWEST} to {CHOICES} choices", field=f"choices_{one.number}"
        )
    if any(not 1 <= choice <= CHOICES for choice in one.choices):
        raise BadInput("choice_number", f"1 to {CHOICES}", field=f"choices_{one.number}")
    for words in (one.texts, *one.choices.values()):
        right = [0 < len(text.strip()) <= LENGTH for text in words.values()]
        if not right or not all(right) or not set(words) <= set(LANGUAGES):
            raise BadInput(
                "words_length",
                f"1 to {LENGTH} letters in each language",
                field=f"question_{one.number}",
            )
