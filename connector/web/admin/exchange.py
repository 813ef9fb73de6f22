"""Import and export: members of a file in, everything out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from flask import g, request, url_for
from msgspec import structs
from werkzeug.wrappers import Response

from connector.core import clock
from connector.core.errors import BadInput
from connector.members import exchange as files
from connector.members import lines, sheets
from connector.members.exchange import Import
from connector.members.sheets import Layout
from connector.web import addresses, takeout
from connector.web.admin import door, forms, sentences, store
from connector.web.admin.door import blueprint
from connector.web.admin.words import mark, t
from connector.web.api.exchange import MAX_FILE_BYTES, download
from connector.web.runtime import runtime

PROBLEMS = 20
_PAGE = 1000
FIELDS = {
    "customer_key": mark("Platform id"),
    "email": mark("E-mail"),
    "name": mark("Name"),
    "points": mark("Points"),
    "birthday": mark("Birthday"),
    "tier": mark("Tier"),
    "shop": mark("Store it was exported from"),
}
DAYS = {
    "ymd": mark("year, month, day"),
    "mdy": mark("month, day, year"),
    "dmy": mark("day, month, year"),
}
KEYS = {
    "known": mark("of this store, where it knows them"),
    "own": mark("of this store, all of them"),
    "other": mark("of another store: go by e-mail"),
}
WRONG = {
    "wrong_columns": mark("too few or too many cells"),
    "control_character": mark("a character that cannot be kept"),
    "text_length": mark("longer than 200 characters"),
    "email_format": mark("not an e-mail address"),
    "points_format": mark("not a whole number of points"),
    "birthday_format": mark("not a day of the year"),
    "identity_missing": mark("neither platform id nor e-mail"),
    "identity_mismatch": mark("platform id and e-mail are of two people"),
    "other_shop": mark("an account of another store, without an e-mail"),
    "duplicate_member": mark("an earlier line is about the same member"),
    "member_erased": mark("this person was erased and asked not to come back"),
    "tier_unknown": mark("the program has no tier of this name"),
    "insufficient_points": mark("the member has spent these points already"),
}
STEPS = {
    "check": mark("being checked"),
    "checked": mark("checked"),
    "take": mark("being taken over"),
    "done": mark("taken over"),
    "dropped": mark("decided against"),
}
WHAT = {
    "members": mark("Members"),
    "people": mark("Birthdays, preferences, merges and blocks"),
    "entries": mark("Points, entry by entry"),
    "lots": mark("Points that expire"),
    "awards": mark("What points were for"),
    "orders": mark("Orders"),
    "order_lines": mark("Order lines, codes and refunds"),
    "products": mark("Products"),
    "programs": mark("Programs, rewards and levels, every version"),
    "redemptions": mark("Redemptions and their codes"),
    "referrals": mark("Referrals"),
    "tiers": mark("Tier standings"),
    "giving": mark("Causes and donations"),
    "settings": mark("Settings"),
}


@blueprint.get("/<shop>/exchange")
def exchange() -> Response:
    """Files that came, and what can be taken out."""
    return _page({}, {})


@blueprint.post("/<shop>/exchange")
def bring() -> Response:
    """Keep a file, to be checked; under a name, its layout too."""
    given = {**request.form.to_dict(), "csrf": ""}
    try:
        length = request.content_length
        file = request.files.get("file")
        if file is None or not file.filename or (length or 0) > MAX_FILE_BYTES:
            raise BadInput("file_missing", "choose a file", field="file")  # noqa: TRY301
        layout = _layout()
        job_id = files.keep(
            runtime().database,
            runtime().keys,
            g.shop.id,
            file.stream,
            file.filename,
            layout,
            made_by=f"staff:{g.staff.id}",
            now=clock.now(),
        )
        if name := forms.line("layout_name"):
            _save_layout(name, job_id)
    except BadInput as problem:
        return _page(given, {problem.field or "": sentences.refusal(problem)})
    runtime().wake(g.shop.id)
    return door.redirected(url_for("admin.imported", import_id=job_id))


@blueprint.get("/<shop>/exchange/<id:import_id>")
def imported(import_id: int) -> Response:
    """One file: how far it is, what it came to, and what to decide."""
    with runtime().database.read() as db:
        job = files.get(db, g.shop.id, import_id)
        wrong = lines.problems(db, g.shop.id, import_id, 0, PROBLEMS)
    done = job.report.get("lines", 0)
    return door.page(
        "admin/import_state.html" if door.wants_part() else "admin/import.html",
        job=job,
        done=done,
        percent_done=done * 100 // job.lines if job.lines else 0,
        report=job.report,
        parts_of_file=_parts(job),
        difference=_difference(job.report),
        wrong=wrong,
        reasons=WRONG,
        fields=FIELDS,
        steps=STEPS,
    )


@blueprint.post("/<shop>/exchange/<id:import_id>")
def decide_import(import_id: int) -> Response:
    """Take what was checked, or decide against it."""

    def work(db: Any) -> None:
        verb = files.drop if "drop" in request.form else files.take
        verb(db, g.shop.id, import_id, clock.now())

    runtime().database.run(work)
    runtime().wake(g.shop.id)
    return door.redirected(url_for("admin.imported", import_id=import_id))


@blueprint.get("/<shop>/exchange/<id:import_id>/refused.csv")
def refused_lines(import_id: int) -> Response:
    """Every line that was refused, as a file."""
    shop_id, database = g.shop.id, runtime().database
    with database.read() as db:
        files.get(db, shop_id, import_id)
    words = {code: str(t(sentence)) for code, sentence in WRONG.items()}

    def pieces() -> Iterator[bytes]:
        yield "\ufeffline,column,code,reason\r\n".encode()
        after, full = 0, True
        while full:
            with database.read() as db:
                found = lines.problems(db, shop_id, import_id, after, _PAGE)
            for one in found:
                reason = words.get(one.code, one.code)
                yield f'{one.line},{one.field},{one.code},"{reason}"\r\n'.encode()
            full = len(found) == _PAGE
            after = found[-1].line if found else after

    response = Response(pieces(), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="refused-{import_id}.csv"'
    return response


@blueprint.get("/<shop>/exports/<name>")
def take_out(name: str) -> Response:
    """One kind of what the shop has, as a file."""
    return download(g.shop, name)


def _layout() -> Layout:
    """The saved one that was chosen, but for where and whose ids it is; or the columns named."""
    chosen = request.form.get("layout", "")
    place, keys = forms.line("place"), request.form.get("keys")
    if chosen:
        with runtime().database.read() as db:
            saved = lines.layout(db, g.shop.id, chosen)
        return structs.replace(saved, place=place or saved.place, keys=keys or saved.keys)
    columns = {field: forms.line(f"column_{field}") for field in FIELDS}
    named = {field: column for field, column in columns.items() if column}
    days = request.form.get("days", sheets.DAY_ORDERS[0])
    return Layout(named, days, place, keys or sheets.KEYS[0])


def _save_layout(name: str, job_id: int) -> None:
    with runtime().database.write() as db:
        layout = files.get(db, g.shop.id, job_id).layout
        lines.save_layout(db, g.shop.id, name, layout, clock.now())


@dataclass(frozen=True, slots=True)
class Part:
    """One bar of the report: from ``start`` to ``end``, in percent of the chart's width."""

    words: str
    points: int
    start: float
    end: float
    is_total: bool = False


def _parts(job: Import) -> list[Part]:
    """Where the points of a file are: parts one after the other, up to the whole."""
    booked = mark("booked now") if job.step in ("take", "done") else mark("to be booked")
    names = {
        "points_before": mark("booked from earlier files"),
        "points_booked": booked,
        "points_refused": mark("of refused lines"),
    }
    sums = list(accumulate((job.report.get(one, 0) for one in names), initial=0))
    whole = job.report.get("points_in_file", 0)
    width = max(*sums, whole, 1)
    at = [round(100 * one / width, 2) for one in sums]
    found = [
        Part(words, after - before, start, end)
        for words, before, after, start, end in zip(
            names.values(), sums, sums[1:], at, at[1:], strict=False
        )
    ]
    total = round(100 * whole / width, 2)
    return [*found, Part(mark("Points in the file"), whole, 0, total, is_total=True)]


def _difference(report: dict[str, int]) -> int:
    """Points of the file that are neither booked, nor were before, nor refused: none."""
    parts = ("points_booked", "points_before", "points_refused")
    return report.get("points_in_file", 0) - sum(report.get(part, 0) for part in parts)


def _page(given: dict[str, str], errors: dict[str, Any]) -> Response:
    with runtime().database.read() as db:
        found = files.newest(db, g.shop.id)
        saved = lines.layouts(db, g.shop.id)
        makers = store.makers(db, g.shop)
    return door.page(
        "admin/exchange.html",
        status=422 if errors else 200,
        imports=found,
        layouts=saved,
        presets=sheets.PRESETS,
        makers=makers,
        steps=STEPS,
        fields=FIELDS,
        days=DAYS,
        keys=KEYS,
        exports={what: WHAT[what] for what in takeout.EXPORTS},
        most_lines=sheets.MOST_LINES,
        form=given,
        errors=errors,
        said=sentences.said(addresses.text("said")),
    )
