"""Structured logs: one JSON object a line on stderr, one line for each request, its id on every line of it."""

from __future__ import annotations

import logging
import secrets
import sys
import time
from collections.abc import Callable, MutableMapping
from typing import Any

import structlog
from flask import Flask, Response, g, request
from structlog.stdlib import ProcessorFormatter
from structlog.tracebacks import ExceptionDictTransformer
from structlog.typing import Processor

SHARED: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    # without the local variables: they hold passwords and what people typed
    structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
)
RENDER = structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
# asked every few seconds by whoever watches the machine
QUIET = frozenset({"web.healthz", "web.readyz"})

log = structlog.get_logger("guanjia.request")


def configure_logs(level: str) -> None:
    """Set the level and the JSON form of all log lines, those of the libraries included."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*SHARED, RENDER],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=_on_stderr,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    if not any(isinstance(handler, _Libraries) for handler in root.handlers):
        root.addHandler(_Libraries())
    root.setLevel(max(number, logging.WARNING))


def log_requests(app: Flask, who: Callable[[], int | None]) -> None:
    """Write one line for each request: no query, no body, nothing that was typed. `who()` returns the user's id."""

    @app.before_request
    def _begin() -> None:
        g.gj_began = time.perf_counter()
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=secrets.token_hex(6))

    @app.after_request
    def _end(response: Response) -> Response:
        say = log.debug if request.endpoint in QUIET else log.info
        ms = round((time.perf_counter() - g.get("gj_began", time.perf_counter())) * 1000, 1)
        say("request", method=request.method, path=request.path, status=response.status_code, ms=ms, user=who())
        return response


class _Libraries(logging.Handler):
    """Writes what libraries log in the same form."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(
            ProcessorFormatter(
                processors=[_named, ProcessorFormatter.remove_processors_meta, RENDER],
                foreign_pre_chain=SHARED,
            )
        )

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line."""
        sys.stderr.write(f"{self.format(record)}\n")


def _named(_logger: object, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {"logger": event["_record"].name, **event}


def _on_stderr(*_args: object) -> structlog.WriteLogger:
    # looked up for each line: the stream of yesterday may be closed
    return structlog.WriteLogger(sys.stderr)
