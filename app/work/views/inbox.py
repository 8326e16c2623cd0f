"""The five boxes (待办、已办、我发起、抄送、草稿), the search and the way home."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.people.rules import PRIORITIES, Viewer
from app.people.session import current_viewer
from app.web import permission
from app.web.i18n import gettext
from app.work.pages.rows import Group, Reader, Row, case_rows, copy_rows, done_rows, draft_rows, todo_rows
from app.work.pages.words import BOXES, CHIPS
from app.work.queries import boxes, casefile, transcriptions
from app.work.queries.boxes import Counts, Filters, Page
from app.work.queries.names import Name
from app.work.views.blueprint import bp, node_of, now, reader_for, reading

MAX_QUERY = 100


@dataclass(frozen=True)
class Choice:
    """One filter as a plain select: its name, its label and what is on offer."""

    name: str
    label: str
    options: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True)
class Nothing:
    """No rows: good news, or which condition to drop and how many that gives."""

    title: str
    fact: str
    link: tuple[str, str] | None
    picture: str = "search"
    clear: str | None = None


@bp.get("/")
@permission("account.self")
def home() -> ResponseReturnValue:
    """Go to what this person does first."""
    viewer = current_viewer()
    if viewer.may("work.inbox"):
        return redirect(url_for("work.inbox"))
    return redirect(url_for("work.cases") if viewer.may("work.view") else url_for("people.account"))


@bp.get("/inbox")
@permission("work.inbox")
def inbox() -> ResponseReturnValue:
    """Show one of the five boxes."""
    viewer = current_viewer()
    box = request.args.get("box", "todo")
    box = box if box in BOXES else "todo"
    filters, reader = read_filters(), reader_for(viewer)
    counts = boxes.counts(reading(), viewer, now())
    totals = _totals(viewer, box, filters, counts)
    page, groups = _fill(box, viewer, reader, filters, totals)
    shown = sum(len(group.rows) for group in groups)
    return render_template(
        "work/inbox.html",
        box=box,
        boxes=_tabs(box, counts),
        chips=_chips(filters, counts) if box == "todo" else (),
        choices=choices(reader, filters) if box != "drafts" else (),
        filters=filters,
        counts_of=counts,
        groups=groups,
        shown=shown,
        left=_left(box, page, totals, shown),
        more=_more(page, shown),
        nothing=None if groups else _nothing(viewer, box, filters, reader, counts),
        to_confirm=transcriptions.waiting_count(reading(), viewer) if box == "todo" else 0,
    )


@bp.get("/search")
@permission("work.view")
def search() -> ResponseReturnValue:
    """Jump to the case whose number was typed; else list what the words fit."""
    viewer = current_viewer()
    text = request.args.get("q", "").strip()[:MAX_QUERY]
    number = boxes.exact(reading(), viewer, text) if text else None
    if number:
        return redirect(url_for("work.case", number=number))
    page = boxes.search(reading(), viewer, text, request.args.get("after")) if text else Page(())
    rows = listed(viewer, reader_for(viewer), page.rows)
    return render_template("work/search.html", text=text, rows=rows, more=_more(page, len(rows)))


def read_filters() -> Filters:
    """Read the conditions of the address; nonsense counts as not set."""
    return Filters(
        chip=_listed("chip", CHIPS) or "all",
        slug=request.args.get("slug", "")[:MAX_QUERY],
        site=request.args.get("site", type=int),
        vendor=request.args.get("vendor", type=int),
        priority=_listed("priority", PRIORITIES),
        text=request.args.get("text", "").strip()[:MAX_QUERY],
    )


def _listed(name: str, known: Container[str]) -> str:
    value = request.args.get(name, "")
    return value if value in known else ""


def choices(reader: Reader, filters: Filters) -> list[Choice]:
    """Return the filters one may choose from; a list with fewer than two entries is left out."""
    names, locale = reader.names, reader.locale
    offers: list[tuple[str, str, dict[str, str], str]] = [
        ("slug", gettext("流程"), {key: name.say(locale) for key, name in names.processes.items()}, filters.slug),
        (
            "site",
            gettext("站点"),
            {str(key): one.say(locale) for key, one in names.sites.items()},
            _text(filters.site),
        ),
        (
            "vendor",
            gettext("外包单位"),
            {str(key): one.say(locale) for key, one in names.vendors.items()},
            _text(filters.vendor),
        ),
        ("priority", gettext("优先级"), {key: gettext(word) for key, word in PRIORITIES.items()}, filters.priority),
    ]
    return [
        Choice(name, label, tuple((value, text, value == chosen) for value, text in offered.items()))
        for name, label, offered, chosen in offers
        if len(offered) > 1
    ]


def listed(viewer: Viewer, reader: Reader, cases: Sequence[Any]) -> list[Row]:
    """Return cases as rows, with what is being done in them now."""
    steps = casefile.open_steps(reading(), viewer, [case.id for case in cases])
    return case_rows(_knowing(reader, cases), cases, steps, _limits(steps))


def _knowing(reader: Reader, cases: Sequence[Any]) -> Reader:
    """Return the reader who also knows which of these cases hold a decision recorded by a clerk and not confirmed."""
    return replace(reader, recorded=transcriptions.states_of(reading(), reader.viewer, [one.id for one in cases]))


def address(**changes: Any) -> str:
    """Return this page's address with some parameters changed; empty ones are dropped, paging begins anew."""
    kept = {name: value for name, value in request.args.items() if name not in {"after", "n"}}
    merged = {name: value for name, value in {**kept, **changes}.items() if value not in ("", None)}
    return url_for(str(request.endpoint), **merged)


def _fill(
    box: str, viewer: Viewer, reader: Reader, filters: Filters, totals: Mapping[str, int]
) -> tuple[Page, list[Group]]:
    session, after = reading(), request.args.get("after")
    if box == "todo":
        page = boxes.todo(session, viewer, filters, now(), after)
        limits = casefile.limits_of(session, [item.id for item, _case in page.rows])
        knowing = _knowing(reader, [case for _item, case in page.rows])
        return page, todo_rows(knowing, page.rows, limits, totals)
    if box == "done":
        page = boxes.done(session, viewer, filters, now(), after)
        recorded = transcriptions.recorded_for(session, [item.id for item, _case in page.rows])
        return page, _one_group(done_rows(reader, page.rows, node_of, recorded))
    if box == "started":
        page = boxes.started(session, viewer, filters, after)
        return page, _one_group(listed(viewer, reader, page.rows))
    if box == "copies":
        page = boxes.copies(session, viewer, filters, after)
        steps = casefile.open_steps(session, viewer, [case.id for case, _copy in page.rows])
        knowing = _knowing(reader, [case for case, _copy in page.rows])
        return page, _one_group(copy_rows(knowing, page.rows, steps, _limits(steps)))
    page = boxes.drafts(session, viewer)
    return page, _one_group(draft_rows(reader, page.rows))


def _limits(steps: Mapping[int, Sequence[Any]]) -> Mapping[int, casefile.Limit]:
    return casefile.limits_of(reading(), [item.id for items in steps.values() for item in items])


def _one_group(rows: Sequence[Row]) -> list[Group]:
    return [Group("", len(rows), tuple(rows))] if rows else []


def _totals(viewer: Viewer, box: str, filters: Filters, counts: Counts) -> Mapping[str, int]:
    if box != "todo" or not filters.named:
        return counts.groups
    return boxes.groups(reading(), viewer, filters, now())


def _tabs(box: str, counts: Counts) -> list[tuple[str, str, Any, bool]]:
    figures: dict[str, Any] = {
        "todo": counts.todo,
        "done": counts.done,
        "started": counts.started,
        "copies": gettext("%(count)s 未读", count=counts.copies) if counts.copies else 0,
        "drafts": counts.drafts,
    }
    return [(_box(name), gettext(word), figures[name], name == box) for name, word in BOXES.items()]


def _box(name: str) -> str:
    return url_for("work.inbox", box=name if name != "todo" else None)


def _chips(filters: Filters, counts: Counts) -> list[tuple[str, str, int | None, bool]]:
    return [
        (
            address(chip=name if name != "all" else None),
            gettext(word),
            counts.chips[name] if name != "all" else None,
            filters.chip == name,
        )
        for name, word in CHIPS.items()
    ]


def _more(page: Page, shown: int) -> str | None:
    if page.more is None:
        return None
    return address(after=page.more, n=_before() + shown)


def _before() -> int:
    return max(request.args.get("n", 0, type=int), 0)


def _left(box: str, page: Page, totals: Mapping[str, int], shown: int) -> int | None:
    if box != "todo" or page.more is None:
        return None
    return max(sum(totals.values()) - _before() - shown, 1)


def _nothing(viewer: Viewer, box: str, filters: Filters, reader: Reader, counts: Counts) -> Nothing:
    if box == "todo" and filters.named:
        return _too_narrow(viewer, filters, reader)
    if filters.named:
        return Nothing(gettext("没有符合条件的"), "", (_box(box), gettext("清除全部条件")))
    if box == "todo":
        fact = gettext("已办 %(done)s 件，我发起 %(started)s 件。", done=counts.done, started=counts.started)
        return Nothing(gettext("待办都办完了"), fact, (_box("started"), gettext("看我发起的")), "done")
    words = {
        "done": gettext("还没有办过的事项"),
        "started": gettext("还没有发起过办件"),
        "copies": gettext("没有抄送给您的办件"),
        "drafts": gettext("没有草稿，写的内容都已提交"),
    }
    return Nothing(words[box], "", (_box("todo"), gettext("看待办")), "none")


def _too_narrow(viewer: Viewer, filters: Filters, reader: Reader) -> Nothing:
    """Name the conditions and say which one to drop and how many that gives."""
    gains = boxes.gains(reading(), viewer, filters, now())
    best = max(gains, key=lambda name: gains[name])
    named = condition_words(filters, reader)
    title = (
        gettext("没有符合这 %(count)s 个条件的事项", count=len(named))
        if len(named) > 1
        else gettext("没有符合条件的事项")
    )
    listed_ = gettext("，").join(f"{label} {value}".strip() for label, value in named.values())
    fact = gettext(
        "%(conditions)s。去掉“%(value)s”有 %(count)s 件。",
        conditions=listed_,
        value=named[best][1],
        count=gains[best],
    )
    link = (address(**{best: None}), gettext("去掉“%(value)s”", value=named[best][1]))
    return Nothing(title, fact, link, "search", url_for("work.inbox"))


def condition_words(filters: Filters, reader: Reader) -> dict[str, tuple[str, str]]:
    """Return each condition that is set, in words: its label and its value."""
    names, locale = reader.names, reader.locale
    words: dict[str, tuple[str, str]] = {
        "chip": ("", gettext(CHIPS[filters.chip])),
        "slug": (gettext("流程"), names.process(filters.slug, locale)),
        "site": (gettext("站点"), _named(names.sites, filters.site, locale)),
        "vendor": (gettext("外包单位"), _named(names.vendors, filters.vendor, locale)),
        "priority": (gettext("优先级"), gettext(PRIORITIES[filters.priority]) if filters.priority else ""),
        "text": (gettext("文字"), filters.text),
    }
    return {name: words.get(name, (name, "")) for name in filters.named}


def _named(names: Mapping[int, Name], key: int | None, locale: str) -> str:
    return names[key].say(locale) if key is not None and key in names else gettext("未知")


def _text(value: int | None) -> str:
    return "" if value is None else str(value)
