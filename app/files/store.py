"""The content-addressed store: `<folder>/ab/cdef…`. Nothing here knows rows or people."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from app.errors import NotFound, TooLarge
from app.files import rules
from app.i18n import N_


@dataclass(frozen=True)
class Taken:
    """A file that was received and checked but is not yet anybody's: keep it or discard it."""

    path: Path
    name: str
    size: int
    digest: str
    media: str

    def discard(self) -> None:
        """Remove the temporary file; harmless after it was placed."""
        self.path.unlink(missing_ok=True)


class Store:
    """Blobs under their SHA-256, written once, never changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.incoming = folder / "incoming"
        self.incoming.mkdir(parents=True, exist_ok=True)

    def take(self, stream: BinaryIO, name: str) -> Taken:
        """Stream a file to disk while hashing, check what it is, force it to the medium."""
        name = rules.clean_name(name)
        descriptor, path = tempfile.mkstemp(dir=self.incoming)
        try:
            with os.fdopen(descriptor, "w+b") as file:
                digest, size = _copy(stream, file)
                media = rules.check(file, name)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            Path(path).unlink(missing_ok=True)
            raise
        return Taken(Path(path), name, size, digest, media)

    def place(self, taken: Taken) -> None:
        """Move a taken file to its address, durably. The caller holds the store's lock."""
        target = self.address(taken.digest)
        target.parent.mkdir(exist_ok=True)
        taken.path.replace(target)
        _sync_folder(target.parent)
        _sync_folder(self.folder)

    def address(self, digest: str) -> Path:
        """Return where the bytes with this digest lie."""
        return self.folder / digest[:2] / digest[2:]

    def open(self, digest: str) -> BinaryIO:
        """Open the bytes for reading."""
        try:
            return self.address(digest).open("rb")
        except FileNotFoundError as error:
            raise NotFound(N_("文件的内容不在库里了，请联系系统管理员从备份恢复。")) from error

    def old_blobs(self, before: float) -> Iterator[str]:
        """Yield the digests of blobs untouched since `before` (seconds since the epoch)."""
        for folder in sorted(self.folder.iterdir()):
            if not re.fullmatch(r"[0-9a-f]{2}", folder.name):
                continue
            for path in sorted(folder.iterdir()):
                if path.stat().st_mtime < before:
                    yield folder.name + path.name

    def is_old(self, digest: str, before: float) -> bool:
        """Say whether the blob still is untouched since `before`."""
        with contextlib.suppress(FileNotFoundError):
            return self.address(digest).stat().st_mtime < before
        return False

    def remove(self, digest: str) -> None:
        """Delete a blob. The caller holds the store's lock and found no row that names it."""
        self.address(digest).unlink(missing_ok=True)

    def clear_incoming(self, before: float) -> None:
        """Delete what a broken upload left behind."""
        for path in self.incoming.iterdir():
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()


def _copy(stream: BinaryIO, file: BinaryIO) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while block := stream.read(rules.CHUNK):
        size += len(block)
        if size > rules.MAX_SIZE:
            raise TooLarge
        digest.update(block)
        file.write(block)
    return digest.hexdigest(), size


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
