"""REST v3's coupons."""

from __future__ import annotations

from flask import Response, request

from devstore.model import Change, Discount, Event, Kind, replace
from devstore.refusals import CodeTaken
from devstore.state import State
from devstore.woocommerce import coupons, listing, wire
from devstore.woocommerce.listing import fields, json_response
from devstore.woocommerce.rest import body_of, created, forced
from devstore.woocommerce.wire import Json, RestError


class Coupons:
    """``coupons``. Being used announces nothing; being deleted for good neither."""

    path = "coupons"

    def __init__(self, state: State) -> None:
        self._shop, self._origin = state.shops["woocommerce"], state.origins["woocommerce"]

    def list(self) -> Response:
        """The newest first; ``code`` matches exactly, in any letter case."""
        page, per_page = listing.page_of(request)
        found = [one for one in reversed(self._shop.promotions.all()) if one.enabled]
        if code := request.args.get("code", "").lower():
            found = [one for one in found if one.code == code]
        if search := request.args.get("search", "").lower():
            found = [one for one in found if search in (one.code or "")]
        some = found[(page - 1) * per_page : page * per_page]
        return listing.answered(request, some, len(found), self._shown, self._origin)

    def add(self) -> Response:
        body, now = body_of(), self._shop.now()
        if not str(body.get("code") or "").strip():
            code = "woocommerce_rest_empty_coupon_code"
            raise RestError(400, code, "The coupon code cannot be empty.")
        with self._shop.shelf.change():
            empty = Discount(self._shop.next_id("discount"), Kind.AMOUNT, "", now, now)
            made = self._kept(coupons.told(body, empty, self._shop.settings))
        self._tell(made, Event.CREATED)
        return created(self._shown(made), self.path, self._origin)

    def one(self, key: int) -> Response:
        return json_response(fields(request, self._shown(self._known(key))))

    def change(self, key: int) -> Response:
        with self._shop.shelf.change():
            changed = coupons.told(body_of(), self._known(key), self._shop.settings)
            kept = self._kept(replace(changed, modified_at=self._shop.now(), enabled=True))
        self._tell(kept, Event.UPDATED)
        return json_response(self._shown(kept))

    def delete(self, key: int) -> Response:
        found = self._known(key)
        if forced():
            self._shop.promotions.drop(found)
            return json_response(self._shown(found))
        if not found.enabled:
            code = "woocommerce_rest_already_trashed"
            raise RestError(410, code, "The coupon has already been deleted.")
        gone = self._shop.promotions.keep(replace(found, enabled=False))
        self._tell(gone, Event.DELETED)
        return json_response(self._shown(gone))

    def _kept(self, coupon: Discount) -> Discount:
        try:
            return self._shop.promotions.keep(coupon)
        except CodeTaken:
            code = "woocommerce_rest_coupon_code_already_exists"
            raise RestError(400, code, "The coupon code already exists") from None

    def _tell(self, coupon: Discount, event: Event) -> None:
        for listener in self._shop.listeners:
            listener(Change("coupon", coupon.id, (event,), self._shop.now()))

    def _shown(self, found: Discount) -> Json:
        return coupons.coupon(found, self._shop.settings, self._origin)

    def _known(self, key: int) -> Discount:
        found = self._shop.promotions.get(key)
        if found is None:
            raise wire.not_found("coupon")
        return found
