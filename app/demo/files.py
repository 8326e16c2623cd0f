"""Small real files for the demo, made here: pictures of pages, tables, logs."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence

Colour = tuple[int, int, int]
WIDTH, HEIGHT = 320, 200
WHITE: Colour = (255, 255, 255)
PAPER: Colour = (243, 245, 247)
BAR: Colour = (16, 91, 120)
TEXT: Colour = (196, 203, 210)
WRONG: Colour = (176, 36, 24)
RIGHT: Colour = (28, 122, 76)


def page_picture(seed: int, *, good: bool) -> bytes:
    """Return a picture (PNG) of a page's layout: with a fault marked in red, or put right."""
    rows = [bytearray(bytes(PAPER) * WIDTH) for _ in range(HEIGHT)]
    _fill(rows, (0, 0, WIDTH, 26), BAR)
    _fill(rows, (12, 36, 300, 60), WHITE)
    for line in range(5):
        length = 120 + (seed * 37 + line * 53) % 150
        _fill(rows, (12, 106 + line * 17, length, 8), TEXT)
    _fill(rows, (12 + (0 if good else 38), 44, 120 + seed % 60, 40), RIGHT if good else WRONG)
    return _png(rows)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a table (CSV) that spreadsheets open without garbled signs."""
    lines = [",".join(head), *(",".join(row) for row in rows)]
    return "\n".join(lines).encode("utf-8-sig")


def text(lines: Iterable[str]) -> bytes:
    """Return a plain text file."""
    return ("\n".join(lines) + "\n").encode()


def _fill(rows: list[bytearray], box: tuple[int, int, int, int], colour: Colour) -> None:
    left, top, width, height = box
    right = min(left + width, WIDTH)
    for row in rows[top : top + height]:
        row[3 * left : 3 * right] = bytes(colour) * (right - left)


def _png(rows: list[bytearray]) -> bytes:
    raw = b"".join(b"\0" + bytes(row) for row in rows)
    head = struct.pack(">IIBBBBB", WIDTH, HEIGHT, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", head) + _chunk(b"IDAT", zlib.compress(raw, 9)) + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
