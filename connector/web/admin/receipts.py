"""A member's receipts of gifts, as the merchant sees them: the member's own page."""

from __future__ import annotations

from flask import g
from werkzeug.wrappers import Response

from connector.web.admin.door import blueprint
from connector.web.gifts import door as gifts
from connector.web.gifts import receipts
from connector.web.runtime import runtime


@blueprint.get("/<shop>/members/<id:member_id>/receipts/<year>/<currency>")
def member_receipt(member_id: int, year: str, currency: str) -> Response:
    """What a member gave in a year, to be printed for them."""
    with runtime().database.read() as db:
        told = receipts.receipt(db, g.shop, member_id, year, currency)
    return gifts.receipt_page(told)
