"""What people do with cases and work items. Each function takes a session and never commits."""

from app.work.operations.cases import (
    Receipt,
    complete_work_item,
    send_message,
    tick_case,
)
from app.work.operations.confirming import answer_transcription
from app.work.operations.hands import claim, release, transfer
from app.work.operations.holding import change_deadline, resume_case, suspend
from app.work.operations.moves import WayBack, jump, send_back, terminate, ways_back, withdraw
from app.work.operations.remarks import (
    comment,
    discard_draft,
    mark_opened,
    mark_read,
    progress,
    save_draft,
    urge,
)
from app.work.operations.signals import correlate, deliver_signal
from app.work.operations.signers import add_signer, remove_signer
from app.work.operations.starting import open_case, start_case
from app.work.operations.transcribing import transcribe

__all__ = [
    "Receipt",
    "WayBack",
    "add_signer",
    "answer_transcription",
    "change_deadline",
    "claim",
    "comment",
    "complete_work_item",
    "correlate",
    "deliver_signal",
    "discard_draft",
    "jump",
    "mark_opened",
    "mark_read",
    "open_case",
    "progress",
    "release",
    "remove_signer",
    "resume_case",
    "save_draft",
    "send_back",
    "send_message",
    "start_case",
    "suspend",
    "terminate",
    "tick_case",
    "transcribe",
    "transfer",
    "urge",
    "ways_back",
    "withdraw",
]
