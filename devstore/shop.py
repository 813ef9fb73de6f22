"""What can happen to a shop: each verb is one transaction, then tells the listeners."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from devstore.credit import Wallet
from devstore.model import (
    Buyer,
    Change,
    Customer,
    Event,
    Order,
    Product,
    Refund,
    RefundLine,
    Settings,
    Status,
    Terms,
    replace,
)
from devstore.promotions import Promotions
from devstore.refusals import NotPossible
from devstore.sale import Counter, Wish
from devstore.shelf import Query, Shelf

# The same wares behind two doors: whoever has both in sight must be able to tell them apart.
NAMES = {"shopify": "Acme Ceramics", "woocommerce": "Aldwater Pottery"}
PAID = frozenset({Status.PROCESSING, Status.COMPLETED})

# Which counter a kind of thing takes its id from, where it starts, and in what steps. WooCommerce
# numbers products, orders and refunds together, as posts; Shopify's ids are long and unrelated.
ID_SPACES: dict[str, dict[str, tuple[str, int, int]]] = {
    "woocommerce": {
        "product": ("post", 12, 1),
        "order": ("post", 12, 1),
        "refund": ("post", 12, 1),
        "customer": ("user", 2, 1),
        "item": ("item", 1, 1),
        "discount": ("post", 12, 1),
    },
    "shopify": {
        "product": ("product", 8_214_006_661_177, 32_768),
        "order": ("order", 5_631_004_180_537, 32_768),
        "refund": ("refund", 927_448_203_321, 32_768),
        "customer": ("customer", 7_310_552_695_865, 32_768),
        "item": ("item", 14_201_884_016_697, 32_768),
        "discount": ("discount", 1_204_993_884_217, 32_768),
        "segment": ("segment", 512_448_102_457, 32_768),
        "account": ("account", 88_120_443_961, 32_768),
        "movement": ("movement", 203_775_119_417, 32_768),
    },
}


def utc_now() -> datetime:
    """The shop's clock unless a test brings its own."""
    return datetime.now(UTC)


class Shop:
    """One shop on one platform. ``now`` is a clock, so that tests own the time."""

    def __init__(self, platform: str, path: Path, now: Callable[[], datetime] = utc_now) -> None:
        self.platform = platform
        self.shelf = Shelf(path)
        self.listeners: list[Callable[[Change], None]] = []
        self._clock = now
        self.promotions = Promotions(self.shelf, self.now, by_pieces=platform == "woocommerce")
        self.wallet = Wallet(self.shelf, self.now, self.next_id)

    def now(self) -> datetime:
        """The present in whole seconds: platforms stamp no finer."""
        return self._clock().replace(microsecond=0)

    @property
    def settings(self) -> Settings:
        return self.shelf.take("shop", "settings", Settings) or Settings(NAMES[self.platform])

    def next_id(self, kind: str) -> int:
        counter, start, step = ID_SPACES[self.platform][kind]
        return self.shelf.next_id(counter, start, step)

    # ------------------------------------------------------------------------------- reading

    def order(self, order_id: int) -> Order:
        order = self.shelf.get(Order, order_id)
        if order is None:
            raise LookupError(f"no order {order_id}")
        return order

    def products(self) -> list[Product]:
        """What a shopper may buy, in the catalogue's order."""
        found, _ = self.shelf.find(Product, Query(sort="id", limit=1000))
        return [product for product in found if product.published]

    def orders_of(self, customer_id: int) -> list[Order]:
        """A customer's orders, the newest first."""
        found, _ = self.shelf.find(Order, Query(customer_id=customer_id, descending=True))
        return found

    # ----------------------------------------------------------------------------- customers

    def add_customer(
        self, email: str, first_name: str, last_name: str, locale: str = "en"
    ) -> Customer:
        """Open an account. NotPossible if the e-mail has one."""
        email = email.strip().lower()
        with self.shelf.change():
            if self.shelf.get(Customer, email):
                raise NotPossible("An account is already registered with that e-mail address.")
            now = self.now()
            customer = Customer(
                self.next_id("customer"), email, first_name, last_name, locale, now, now
            )
            self.shelf.keep(customer)
        self._tell("customer", customer.id, now, Event.CREATED)
        return customer

    def change_customer(self, customer: Customer) -> Customer:
        """Keep a customer whose fields were changed."""
        customer = replace(customer, modified_at=self.now())
        with self.shelf.change():
            before = self.shelf.get(Customer, customer.id)
            self.shelf.keep(customer)
        at = customer.modified_at
        self._tell("customer", customer.id, at, Event.UPDATED, before=before)
        return customer

    def tag(self, customer_id: int, add: Iterable[str], remove: Iterable[str] = ()) -> Customer:
        """Change a customer's tags; nobody is told when nothing changes."""
        found = self.shelf.get(Customer, customer_id)
        if found is None:
            raise LookupError(f"no customer {customer_id}")
        tags = changed_tags(found.tags, add, remove)
        return found if tags == found.tags else self.change_customer(replace(found, tags=tags))

    def delete_customer(self, customer_id: int) -> None:
        with self.shelf.change():
            self.shelf.drop(Customer, customer_id)
        self._tell("customer", customer_id, self.now(), Event.DELETED)

    # ------------------------------------------------------------------------------ products

    def change_product(self, product: Product) -> Product:
        """Keep a product whose fields were changed."""
        product = replace(product, modified_at=self.now())
        with self.shelf.change():
            self.shelf.keep(product)
        self._tell("product", product.id, product.modified_at, Event.UPDATED)
        return product

    def delete_product(self, product_id: int) -> None:
        with self.shelf.change():
            self.shelf.drop(Product, product_id)
        self._tell("product", product_id, self.now(), Event.DELETED)

    # -------------------------------------------------------------------------------- orders

    def place_order(
        self,
        buyer: Buyer,
        items: Mapping[str, int],
        donation: tuple[int, str] | None = None,
        payment: str = "card",
        via: str = "store-api",
        terms: Terms = Terms(),  # noqa: B008  # frozen
    ) -> Order:
        """Sell ``items`` (quantity by sku). ``donation`` is (minor units, cause key).

        A card is paid at once; bank transfer waits on hold; cash on delivery is processed unpaid.
        Raises CodeRefused for a code this buyer cannot have, NotPossible for the rest.
        """
        now = self.now()
        with self.shelf.change():
            counter = Counter(self.shelf, self.promotions, self.wallet, self.next_id)
            wish = Wish(items, donation, payment, via, terms)
            order = counter.sell(wish, buyer, self.settings, now)
            self.shelf.keep(order)
            self._mark_paying(order)
        events = (Event.CREATED, Event.PAID) if order.paid_at else (Event.CREATED,)
        self._tell("order", order.id, now, *events)
        return order

    def set_status(self, order_id: int, status: Status) -> Order:
        """Move an order. Paid is stamped once, at the first paid state (cash: at completed)."""
        if status is Status.TRASH:
            return self.trash(order_id)
        if status is Status.REFUNDED:
            return self._refund_rest(order_id)
        if self.order(order_id).status is status:
            return self._touch(order_id)
        now = self.now()
        with self.shelf.change():
            before = self.order(order_id)
            settles = status is Status.COMPLETED or (
                status is Status.PROCESSING and before.payment != "cod"
            )
            order = replace(
                before,
                status=status,
                modified_at=now,
                paid_at=before.paid_at or (now if settles else None),
                completed_at=now if status is Status.COMPLETED else before.completed_at,
                cancelled_at=now if status is Status.CANCELLED else before.cancelled_at,
            )
            self.shelf.keep(order)
            self._recount(before, order)
            self._mark_paying(order)
        events = [Event.RESTORED if before.status is Status.TRASH else Event.UPDATED]
        if order.paid_at and not before.paid_at:
            events.append(Event.PAID)
        if status is Status.COMPLETED:
            events.append(Event.COMPLETED)
        if status in {Status.CANCELLED, Status.FAILED}:
            events.append(Event.CANCELLED)
        self._tell("order", order_id, now, *events)
        return order

    def tag_order(self, order_id: int, add: Iterable[str], remove: Iterable[str] = ()) -> Order:
        """Change an order's tags; nobody is told when nothing changes."""
        order = self.order(order_id)
        tags = changed_tags(order.tags, add, remove)
        if tags == order.tags:
            return order
        with self.shelf.change():
            self.shelf.keep(replace(order, tags=tags))
        return self._touch(order_id)

    def refund(
        self,
        order_id: int,
        quantities: Mapping[int, int] | None = None,
        amounts: Mapping[int, int] | None = None,
        amount_minor: int | None = None,
        shipping_minor: int = 0,
        reason: str = "",
    ) -> Refund:
        """Give money back, by line or by ``amount_minor`` alone.

        quantities: how many of a line id; their money is their share of the line unless
        amounts: minor units by line id, says otherwise. A donation's line takes quantity 0.
        NotPossible beyond what the order still holds.
        When nothing is left the order becomes ``refunded``.
        """
        now = self.now()
        with self.shelf.change():
            order = self.order(order_id)
            lines = self._refund_lines(order, quantities or {}, amounts or {})
            told = sum(line.amount_minor for line in lines) + shipping_minor
            whole = told if amount_minor is None else amount_minor
            if not 0 < whole <= order.total_minor - order.refunded_minor or whole < told:
                raise NotPossible("Invalid refund amount.")
            back = self._credited(order, whole)
            refund = Refund(
                self.next_id("refund"), now, whole, reason, lines, shipping_minor, back
            )
            order = replace(order, refunds=(*order.refunds, refund), modified_at=now)
            if order.refunded_minor == order.total_minor:
                order = replace(order, status=Status.REFUNDED)
            self.shelf.keep(order)
        self._tell("order", order_id, now, Event.UPDATED, Event.REFUNDED, refund_id=refund.id)
        return refund

    def take_back_refund(self, order_id: int, refund_id: int) -> Order:
        """Delete a refund: nobody is told, and the status stays what the refund made it."""
        with self.shelf.change():
            order = self.order(order_id)
            kept = tuple(refund for refund in order.refunds if refund.id != refund_id)
            order = replace(order, refunds=kept, modified_at=self.now())
            self.shelf.keep(order)
        return order

    def cancel(self, order_id: int) -> Order:
        return self.set_status(order_id, Status.CANCELLED)

    def trash(self, order_id: int) -> Order:
        now = self.now()
        with self.shelf.change():
            order = self.order(order_id)
            order = replace(order, status=Status.TRASH, before_trash=order.status, modified_at=now)
            self.shelf.keep(order)
        self._tell("order", order_id, now, Event.DELETED)
        return order

    def restore(self, order_id: int) -> Order:
        """Out of the trash, as it was when it got there."""
        now = self.now()
        with self.shelf.change():
            order = self.order(order_id)
            if order.status is not Status.TRASH:
                raise NotPossible(f"order {order_id} is not in the trash")
            status = order.before_trash or Status.PENDING
            order = replace(order, status=status, before_trash=None, modified_at=now)
            self.shelf.keep(order)
        self._tell("order", order_id, now, Event.UNTRASHED)
        return order

    def erase(self, order_id: int) -> None:
        """Delete for good, past the trash."""
        with self.shelf.change():
            self.order(order_id)
            self.shelf.drop(Order, order_id)
        self._tell("order", order_id, self.now(), Event.ERASED)

    # ------------------------------------------------------------------------------- inside

    def _credited(self, order: Order, amount_minor: int) -> int:
        """What of a refund goes back to the store credit that had paid: as much as can."""
        before = sum(refund.credit_minor for refund in order.refunds)
        back = min(amount_minor, order.credit_minor - before)
        owner = order.buyer.customer_id
        if back <= 0 or owner is None:
            return 0
        self.wallet.give(owner, order.currency, back, "ORDER_REFUND")
        return back

    def _recount(self, before: Order, after: Order) -> None:
        """Only WooCommerce: a cancelled order gives its codes back, till it is taken up again."""
        was, is_now = (one.status is Status.CANCELLED for one in (before, after))
        if self.platform == "woocommerce" and was is not is_now:
            self.promotions.count(after.taken, after.buyer, back=is_now)

    def _refund_lines(
        self, order: Order, quantities: Mapping[int, int], amounts: Mapping[int, int]
    ) -> tuple[RefundLine, ...]:
        goods = {line.id: line for line in order.lines}
        known = {*goods, order.donation.line_id} if order.donation else set(goods)
        lines = []
        for line_id in dict.fromkeys([*quantities, *amounts]):
            if line_id not in known:
                raise NotPossible(f"Order {order.id} has no line {line_id}.")
            quantity = quantities.get(line_id, 0)
            line = goods.get(line_id)
            if not 0 <= quantity <= (line.quantity if line else 0):
                raise NotPossible(f"Line {line_id} has no {quantity} to refund.")
            share = line.total_minor * quantity // line.quantity if line else order.donation_minor
            lines.append(
                RefundLine(self.next_id("item"), line_id, quantity, amounts.get(line_id, share))
            )
        return tuple(lines)

    def _touch(self, order_id: int) -> Order:
        """Saved without a change: still a write, and announced as one."""
        with self.shelf.change():
            order = replace(self.order(order_id), modified_at=self.now())
            self.shelf.keep(order)
        self._tell("order", order.id, order.modified_at, Event.UPDATED)
        return order

    def _refund_rest(self, order_id: int) -> Order:
        order = self.order(order_id)
        if order.status is Status.REFUNDED:
            return self._touch(order_id)
        rest = order.total_minor - order.refunded_minor
        if rest > 0:
            self.refund(order_id, amount_minor=rest, reason="Order fully refunded.")
        return self.order(order_id)

    def _mark_paying(self, order: Order) -> None:
        if order.buyer.customer_id is None or not order.paid_at:
            return
        customer = self.shelf.get(Customer, order.buyer.customer_id)
        if customer:
            self.shelf.keep(replace(customer, has_paid=True, modified_at=order.modified_at))

    def _tell(
        self,
        resource: str,
        thing_id: int,
        at: datetime,
        *events: Event,
        refund_id: int | None = None,
        before: Customer | None = None,
    ) -> None:
        change = Change(resource, thing_id, events, at, refund_id, before)
        for listener in self.listeners:
            listener(change)


def changed_tags(
    tags: Iterable[str], add: Iterable[str], remove: Iterable[str]
) -> tuple[str, ...]:
    """In any letter case the same tag, the first spelling kept; sorted."""
    known = {tag.lower(): tag for tag in [*reversed([*tags, *(one.strip() for one in add)])]}
    for tag in remove:
        known.pop(tag.strip().lower(), None)
    return tuple(sorted(tag for tag in known.values() if tag))
