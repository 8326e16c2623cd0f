"""What people do with cases and work items. Each function takes a session and never commits."""

from app.work.operations.cases import (
    Receipt,
    complete_work_item,
    send_message,
    tick_case,
)
from app.work.operations.hands import claim, release, transfer
from app.work.operations.remarks import (
    comment,
    discard_draft,
    mark_opened,
    mark_read,
    progress,
    save_draft,
    urge,
)
from app.work.operations.starting import open_case, start_case

__all__ = [
    "Receipt",
    "claim",
    "comment",
    "complete_work_item",
    "discard_draft",
    "mark_opened",
    "mark_read",
    "open_case",
    "progress",
    "release",
    "save_draft",
    "send_message",
    "start_case",
    "tick_case",
    "transfer",
    "urge",
]
