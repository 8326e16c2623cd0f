"""Serve the pages with waitress, run the drains beside them or in a process of their own."""

from __future__ import annotations

import fcntl
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import waitress
from flask import Flask

from app.config import Settings
from app.db import WAKE
from app.errors import SettingError
from app.postgres import Listener
from app.runner.background import Background
from app.runner.drains import NAMES, groups
from app.runner.guard import Guard
from app.web import wrap_static

THREADS = 8
LONGEST_BODY = 64 * 1024 * 1024


def serve(
    app: Flask,
    host: str,
    port: int,
    *,
    say: Callable[[str], Any],
    listener: socket.socket | None = None,
    drains: bool = True,
) -> None:
    """Serve until SIGTERM or Ctrl-C, then finish what is running and return.

    `listener` is what `bind` gave; without it the address is taken now.
    """
    keep_to_one_core()
    wrap_static(app)
    listener = listener or bind(host, port)
    try:
        server = waitress.create_server(
            app, sockets=[listener], threads=THREADS, max_request_body_size=LONGEST_BODY, ident="guanjia"
        )
    except OSError as error:
        raise _taken(host, port, error) from error
    settle_memory()
    with draining(app, NAMES) if drains else nullcontext():
        say(f"Guanjia 管家 on http://{host}:{port} (stop with Ctrl-C)")
        try:
            server.run()  # SystemExit and KeyboardInterrupt end it; running requests get five seconds
        finally:
            server.close()


def work(app: Flask, names: Collection[str], *, say: Callable[[str], Any]) -> None:
    """Run the named drains until SIGTERM or Ctrl-C, then let the running transaction end and return."""
    with draining(app, names):
        say(f"Guanjia 管家 works on {', '.join(names)} (stop with Ctrl-C)")
        try:
            while True:
                signal.pause()
        except KeyboardInterrupt:
            return


@contextmanager
def draining(app: Flask, names: Collection[str]) -> Iterator[Background]:
    """Run drains in threads of this process; on PostgreSQL other processes may wake them."""
    settings: Settings = app.extensions["guanjia.settings"]
    background = Background(app, groups(app, names), Guard().held)
    app.extensions[WAKE] = background.hint
    ear = None if settings.is_sqlite else Listener(settings.database_url, background.hint)
    background.start()
    if ear:
        ear.start()
    try:
        yield background
    finally:
        del app.extensions[WAKE]
        if ear:
            ear.stop()
        background.stop()


def keep_to_one_core() -> None:
    """Keep the threads made from now on together on one core.

    Only one of them runs Python at a time; on two cores they take its working set away from each other. One process
    with four clients completes a third more steps this way (docs/decisions/0008).
    """
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[os.getpid() % len(cores)]})


def settle_memory() -> None:
    """Take what was loaded at the start out of the garbage collector's rounds."""
    gc.collect()
    gc.freeze()


def bind(host: str, port: int) -> socket.socket:
    """Take the address before the long work of a first start; raise SettingError when it is not to be had."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
    except OSError as error:
        raise _taken(host, port, error) from error
    return listener


@contextmanager
def ending_on_sigterm() -> Iterator[None]:
    """Let SIGTERM end the program as Ctrl-C does, with exit code 0."""
    before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def only_server(database: Path | None) -> Iterator[None]:
    """Hold a SQLite database for this process; raise SettingError when another process serves it.

    Writers are queued by a lock in the process, so a second process would wait at the database instead.
    """
    if database is None:
        yield
        return
    descriptor = _locked(database)
    try:
        yield
    finally:
        os.close(descriptor)


def _locked(database: Path) -> int:
    path = database.with_name(f"{database.name}.lock")
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise SettingError(f"{path} cannot be written: {error.strerror}.") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise SettingError(f"{database} is served by another process already; SQLite takes only one.") from error
    return descriptor


def _taken(host: str, port: int, error: OSError) -> SettingError:
    return SettingError(f"{host} port {port} cannot be opened: {error.strerror}. Choose another with --port.")
