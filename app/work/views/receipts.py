"""My receipts (我的回执): what one completed, and what a code read out to somebody belongs to."""

from __future__ import annotations

import re

from flask import render_template, request
from flask.typing import ResponseReturnValue

from app.ledger.models import Record
from app.people.session import current_viewer
from app.web import permission
from app.web.i18n import locale
from app.work.models import Case, WorkItem
from app.work.pages.records import Line, record_line
from app.work.pages.transcribed import state_word
from app.work.pages.words import name_of, result_word
from app.work.queries import casefile, transcriptions
from app.work.views.blueprint import bp, node_of, reading, runtime
from app.work.views.inbox import address

CODE = re.compile(r"[A-Z2-9]{8}", re.ASCII)


@bp.get("/receipts")
@permission("work.view")
def receipts() -> ResponseReturnValue:
    """List one's own receipts and look a code up among the records one may see."""
    viewer, session = current_viewer(), reading()
    asked = request.args.get("code", "").strip()[:40]
    code = read_code(asked)
    found = casefile.records_with_code(session, viewer, code) if code else ()
    page = casefile.receipts_of(session, viewer, request.args.get("after"))
    recorded = transcriptions.recorded_for(session, [item.id for item, _case in page.rows])
    return render_template(
        "work/receipts.html",
        asked=asked,
        code=code,
        found=[(_line(record, case), case) for record, case in found],
        rows=[(item, case, _step(item, case), _result(item, case)) for item, case in page.rows],
        recorded={item_id: state_word(one) for item_id, one in recorded.items()},
        more=address(after=page.more) if page.more else None,
    )


def read_code(text: str) -> str | None:
    """Return the code as records keep it (`7KQ2-F4MD`), however it was typed; None when it is none."""
    plain = re.sub(r"[\s\-—–]", "", text.upper())
    return f"{plain[:4]}-{plain[4:]}" if CODE.fullmatch(plain) else None


def _line(record: Record, case: Case) -> Line:
    definition = runtime().library.bundle(reading(), case.version_id, case.called).definition
    recorded = transcriptions.transcription_of(reading(), record.item_id or 0)
    return record_line(record, definition, locale(), recorded)


def _step(item: WorkItem, case: Case) -> str:
    return name_of(node_of(case, item.node) or item, locale())


def _result(item: WorkItem, case: Case) -> str:
    return result_word(node_of(case, item.node), item.result, locale())
