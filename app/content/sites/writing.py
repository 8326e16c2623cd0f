"""Files of a site on disk: written whole or not at all, and only when they read differently.

One writer at a time has a site's folder; a killed one leaves the old file or the new one, and what it left behind is
written over by the next.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from app.content.sites.facts import Page, WrittenFile

BLOCK = 256 * 1024


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a site's folder against every other writer, in this process or another."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder.with_name(f".{folder.name}.lock")
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def write_pages(folder: Path, pages: Iterable[Page]) -> list[WrittenFile]:
    """Write the pages that differ from what lies there; the caller holds the folder. Return all of them."""
    return [_written(folder, page) for page in pages]


def _written(folder: Path, page: Page) -> WrittenFile:
    if page.data is None:
        return WrittenFile(page.path, "", page.article_id, remove_page(folder, page.path))
    changed = write_page(folder, page.path, page.data)
    return WrittenFile(page.path, hashlib.sha256(page.data).hexdigest(), page.article_id, changed)


def write_page(folder: Path, path: str, data: bytes) -> bool:
    """Put these bytes at `path`; False when they lie there already."""
    target = inside(folder, path)
    with contextlib.suppress(FileNotFoundError):
        if target.stat().st_size == len(data) and target.read_bytes() == data:
            return False
    with _replacing(target) as file:
        file.write(data)
    return True


def copy_file(folder: Path, path: str, source: BinaryIO) -> bool:
    """Copy a picture or attachment to its place, once: its name follows from its bytes."""
    target = inside(folder, path)
    if target.exists():
        return False
    with _replacing(target) as file:
        shutil.copyfileobj(source, file, BLOCK)
    return True


def remove_page(folder: Path, path: str) -> bool:
    """Take a file away; False when it is not there."""
    target = inside(folder, path)
    try:
        target.unlink()
    except FileNotFoundError:
        return False
    _sync(target.parent)
    return True


def is_there(folder: Path, path: str) -> bool:
    """Say whether a site has this file."""
    return inside(folder, path).exists()


def inside(folder: Path, path: str) -> Path:
    """Return where a file of a site lies; raise ValueError for a path that leads out of its folder."""
    parts = path.split("/")
    if any(part in {"", ".", ".."} or part.startswith(".") or "\\" in part or "\0" in part for part in parts):
        raise ValueError(path)
    return folder.joinpath(*parts)


@contextmanager
def _replacing(target: Path) -> Iterator[BinaryIO]:
    """Yield a file that takes the place of `target` when the block ends, durably."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.part")
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    part.replace(target)
    _sync(target.parent)


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
