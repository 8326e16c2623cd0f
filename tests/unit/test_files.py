"""What a file is, where it lies, whose it is."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app.db import Base, prepare_engine
from app.errors import Invalid, NotFound, Refused, TooLarge, UserError
from app.files import operations, queries, rules
from app.files.models import Upload
from app.files.store import Store

NOW = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)
HOUR = 3600.0


def zipped(*entries: tuple[str, bytes]) -> bytes:
    """Return a zip with these entries."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries:
            archive.writestr(name, content)
    return out.getvalue()


def office(part: str) -> bytes:
    """Return an OOXML container with this main part."""
    types = f'<Types><Override ContentType="application/vnd.openxmlformats-officedocument.{part}.main+xml"/></Types>'
    return zipped(("[Content_Types].xml", types.encode()), ("x/a.xml", b"<a/>"))


def ole(*names: str) -> bytes:
    """Return an OLE file: header, one table sector, one directory sector."""
    head = bytearray(512)
    head[:8] = bytes.fromhex("D0CF11E0A1B11AE1")
    struct.pack_into("<H", head, 30, 9)
    struct.pack_into("<II", head, 44, 1, 1)
    struct.pack_into("<II", head, 68, 0xFFFFFFFE, 0)
    struct.pack_into("<109I", head, 76, 0, *[0xFFFFFFFF] * 108)
    table = struct.pack("<128I", 0xFFFFFFFD, 0xFFFFFFFE, *[0xFFFFFFFF] * 126)
    directory = b""
    for name in ("Root Entry", *names):
        text = name.encode("utf-16-le") + b"\0\0"
        directory += text.ljust(64, b"\0") + struct.pack("<H", len(text)) + bytes(62)
    return bytes(head) + table + directory.ljust(512, b"\0")


def png(*, trailer: bytes = b"") -> bytes:
    """Return a one-pixel picture."""
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(b"\0\0")),
        (b"IEND", b""),
    ]
    body = b"".join(struct.pack(">I", len(c)) + k + c + struct.pack(">I", zlib.crc32(k + c)) for k, c in chunks)
    return b"\x89PNG\r\n\x1a\n" + body + trailer


JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0\xff\xda\x00\x02data\xff\xd9"
MAIL = "From: a@example.gov\r\nTo: b@example.gov\r\nSubject: 您好\r\n\r\n正文".encode()
SAMPLES: dict[str, bytes] = {
    "pdf": b"%PDF-1.7\n%%EOF",
    "ofd": zipped(("OFD.xml", b"<ofd/>"), ("Doc_0/Document.xml", b"<d/>")),
    "docx": office("wordprocessingml.document"),
    "xlsx": office("spreadsheetml.sheet"),
    "pptx": office("presentationml.presentation"),
    "doc": ole("WordDocument", "1Table"),
    "wps": ole("WordDocument"),
    "xls": ole("Workbook"),
    "et": ole("Workbook"),
    "ppt": ole("PowerPoint Document"),
    "dps": ole("PowerPoint Document"),
    "csv": "编号,名称\n1,甲".encode("gb18030"),
    "txt": "整改说明".encode("utf-8-sig"),
    "log": b"2026-11-20 10:00 restart\n",
    "jpg": JPG,
    "jpeg": JPG,
    "png": png(),
    "heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "zip": zipped(("截图/首页.txt", "甲".encode())),
    "rar": b"Rar!\x1a\x07\x01\x00rest",
    "eml": MAIL,
    "mp4": b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2",
}


def test_every_accepted_kind_has_a_sample() -> None:
    """The samples cover the whole list of accepted extensions."""
    assert set(SAMPLES) == set(rules.MEDIA)


@pytest.mark.parametrize("extension", SAMPLES)
def test_a_real_file_is_taken_under_its_own_name(extension: str) -> None:
    """Each accepted kind is recognised by what is inside it."""
    assert rules.check(io.BytesIO(SAMPLES[extension]), f"附件.{extension}") == rules.MEDIA[extension]


@pytest.mark.parametrize("extension", SAMPLES)
def test_no_file_passes_as_something_of_another_kind(extension: str) -> None:
    """A file under a foreign extension is refused, except where both names mean the same container."""
    same = [{"jpg", "jpeg"}, {"doc", "wps"}, {"xls", "et"}, {"ppt", "dps"}, {"txt", "csv", "log"}]
    allowed = next((family for family in same if extension in family), {extension})
    allowed = allowed | {"txt", "log"} if extension == "eml" else allowed
    for other in set(SAMPLES) - allowed:
        with pytest.raises(Invalid, match="不符"):
            rules.check(io.BytesIO(SAMPLES[extension]), f"附件.{other}")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.exe", b"MZ\x90\0"),
        ("a.html", b"<html></html>"),
        ("a.svg", b"<svg/>"),
        ("a.pdf", b"MZ\x90\0\x03"),
        ("a.txt", b"MZ\x90\0\x03\0\0"),
        ("a.txt", b"\x01\x02\x03 binary"),
        ("a.pdf", b""),
        ("a.zip", SAMPLES["zip"][:-30]),
        ("a.docx", b"PK\x03\x04garbage"),
        ("a.doc", ole("WordDocument")[:600]),
        ("a.docx", ole("EncryptedPackage")),
        ("a.docx", zipped(("[Content_Types].xml", b"application/vnd.ms-word.document.macroEnabled.main+xml"))),
        ("a.doc", ole("CONTENTS")),
    ],
)
def test_what_is_not_accepted_is_refused_with_a_sentence(name: str, content: bytes) -> None:
    """Programs, pages, broken and protected files are refused; none of them raises anything else."""
    with pytest.raises(Invalid):
        rules.check(io.BytesIO(content), name)


@given(st.binary(max_size=600), st.sampled_from([b"", b"PK\x03\x04", bytes.fromhex("D0CF11E0A1B11AE1"), b"%PDF-"]))
def test_random_bytes_never_break_the_recogniser(content: bytes, head: bytes) -> None:
    """Whatever is sent, the answer is a kind or a sentence."""
    try:
        rules.recognise(io.BytesIO(head + content))
    except UserError:
        return


def lying_zip() -> bytes:
    """Return a zip whose directory says an entry is small while it holds more."""
    content = bytearray(zipped(("a.txt", b"0" * 50_000)))
    at = content.rindex(b"PK\x01\x02")
    struct.pack_into("<I", content, at + 24, 10)
    return bytes(content)


@pytest.mark.parametrize(
    "content",
    [
        zipped(("zeros.bin", bytes(20 * 1024 * 1024))),
        zipped(*[(f"{number}.txt", b"x") for number in range(1001)]),
        zipped(*[(f"{number}.bin", bytes(2 * 1024 * 1024)) for number in range(10)]),
        lying_zip(),
        zipped(("OFD.xml", bytes(5 * 1024 * 1024))),
    ],
    ids=["ratio", "entries", "total ratio", "lying size", "inside a document"],
)
def test_zip_bombs_are_refused(content: bytes) -> None:
    """Too much from too little, too many entries, and sizes that lie are refused."""
    with pytest.raises(Invalid, match="压缩包"):
        rules.check(io.BytesIO(content), "a.zip")


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("整改说明（终稿）.docx", "整改说明（终稿）.docx"),
        ("C:\\Users\\甲\\截图.png", "截图.png"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("a\u202egnp.txt", "agnp.txt"),
        ("a\r\nb.pdf", "ab.pdf"),
        ("长" * 300 + ".pdf", "长" * 177 + ".pdf"),
    ],
)
def test_a_name_keeps_its_chinese_and_loses_what_could_deceive(name: str, kept: str) -> None:
    """Folders, control and direction signs go, the rest stays."""
    assert rules.clean_name(name) == kept


@pytest.mark.parametrize("name", ["", "无扩展名", ".pdf", "\r\n", "a."])
def test_a_name_without_extension_is_refused(name: str) -> None:
    """Without an extension nobody knows what the file claims to be."""
    with pytest.raises(Invalid):
        rules.clean_name(name)


def test_a_picture_is_shown_only_when_nothing_hides_in_it() -> None:
    """A picture with a script behind its end, a wrong checksum or a missing end is not shown inline."""
    clean = rules.is_clean_picture
    assert clean(io.BytesIO(png()), "image/png")
    assert clean(io.BytesIO(JPG), "image/jpeg")
    assert not clean(io.BytesIO(png(trailer=b"<script>")), "image/png")
    assert not clean(io.BytesIO(png()[:-4] + b"\0\0\0\0"), "image/png")
    assert not clean(io.BytesIO(png()[:40]), "image/png")
    assert not clean(io.BytesIO(JPG + b"<script>"), "image/jpeg")
    assert not clean(io.BytesIO(b"\xff\xd8\xff\xe0\x00\x00"), "image/jpeg")


# --- store and rows ------------------------------------------------------------------------------------------


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Return an empty store."""
    return Store(tmp_path / "files")


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    """Open a writing session on an empty database."""
    engine = create_engine(f"sqlite:///{tmp_path / 'test.db'}")
    prepare_engine(engine)
    Base.metadata.create_all(engine)
    with Session(engine, info={"write": True}) as session:
        yield session
        session.rollback()
    engine.dispose()


def draft(
    session: Session, store: Store, *, owner: int = 1, content: bytes = b"%PDF-1.7", name: str = "a.pdf"
) -> Upload:
    """Upload a file as a draft."""
    return operations.keep(session, store, store.take(io.BytesIO(content), name), owner_id=owner, now=NOW, item_id=5)


def test_bytes_lie_under_their_digest_once(session: Session, store: Store) -> None:
    """The same content under two names is stored once and reads back; no temporary file is left."""
    one, two = draft(session, store), draft(session, store, name="乙.pdf", owner=2)
    assert one.digest == two.digest == hashlib.sha256(b"%PDF-1.7").hexdigest()
    with store.open(one.digest) as file:
        assert file.read() == b"%PDF-1.7"
    assert (two.name, two.size, two.media, two.state) == ("乙.pdf", 8, "application/pdf", "draft")
    assert list(store.incoming.iterdir()) == []


class Endless(io.RawIOBase):
    """A stream that never ends."""

    def read(self, size: int = -1) -> bytes:
        """Return as much as asked for."""
        return b"%PDF-".ljust(size, b"\0")


def test_a_file_over_the_limit_is_refused_while_it_streams(store: Store) -> None:
    """An endless upload stops at 50 MB and leaves nothing behind."""
    with pytest.raises(TooLarge):
        store.take(Endless(), "a.pdf")  # type: ignore[arg-type]
    assert list(store.incoming.iterdir()) == []


def test_a_refused_file_leaves_nothing_behind(store: Store) -> None:
    """Content that is not its extension never reaches an address."""
    with pytest.raises(Invalid):
        store.take(io.BytesIO(b"MZ"), "a.pdf")
    assert [path for path in store.folder.rglob("*") if path.is_file()] == []


def test_only_ones_own_drafts_are_bound_and_all_or_none(session: Session, store: Store) -> None:
    """A stranger's draft reads as missing and nothing is bound with it; a bound file stays as it is."""
    mine, theirs = draft(session, store), draft(session, store, owner=2)
    bind = {"owner_id": 1, "case_id": 7, "item_id": 5, "now": NOW}
    for wrong in ([mine.id, theirs.id], [mine.id, 999]):
        with pytest.raises(NotFound):
            operations.bind(session, wrong, **bind)
    assert mine.state == "draft"
    assert operations.bind(session, [mine.id], **bind, record="case:7#3") == [mine]
    assert (mine.state, mine.case_id, mine.record) == ("bound", 7, "case:7#3")
    operations.bind(session, [mine.id], owner_id=1, case_id=7, item_id=6, now=NOW)
    assert mine.item_id == 5
    with pytest.raises(NotFound):
        operations.bind(session, [mine.id], owner_id=1, case_id=8, item_id=6, now=NOW)
    assert queries.drafts(session, 2, 5) == [theirs]


def test_what_is_bound_cannot_be_discarded(session: Session, store: Store) -> None:
    """A draft can be taken back by its owner alone; evidence stays for ever."""
    kept, loose = draft(session, store), draft(session, store)
    operations.bind(session, [kept.id], owner_id=1, case_id=7, item_id=5, now=NOW)
    with pytest.raises(Refused):
        operations.discard(session, kept.id, owner_id=1)
    with pytest.raises(NotFound):
        operations.discard(session, loose.id, owner_id=2)
    operations.discard(session, loose.id, owner_id=1)
    assert queries.drafts(session, 1) == []


def test_a_superseded_file_stays_readable(session: Session, store: Store) -> None:
    """A newer file marks the old one, both remain; files of other cases cannot be marked."""
    old, new, other = draft(session, store), draft(session, store, content=b"%PDF-2"), draft(session, store)
    operations.bind(session, [old.id, new.id], owner_id=1, case_id=7, item_id=5, now=NOW)
    operations.bind(session, [other.id], owner_id=1, case_id=8, item_id=6, now=NOW)
    operations.supersede(session, old.id, new.id)
    assert queries.of_case(session, 7) == [old, new]
    assert queries.of_case(session, 7, superseded=False) == [new]
    with pytest.raises(NotFound):
        operations.supersede(session, old.id, other.id)


def aged(store: Store, digest: str, hours: float, now: float) -> None:
    """Make a blob look `hours` old."""
    os.utime(store.address(digest), (now - hours * HOUR,) * 2)


def test_the_sweep_removes_old_drafts_and_blobs_nobody_names(session: Session, store: Store) -> None:
    """Drafts go after 7 days, nameless bytes after 24 hours; bound files and fresh bytes stay."""
    machine = 1_900_000_000.0
    bound = draft(session, store, content=b"%PDF-bound")
    operations.bind(session, [bound.id], owner_id=1, case_id=7, item_id=5, now=NOW)
    old, orphan, fresh = (draft(session, store, content=b"%PDF-" + text) for text in (b"old", b"orphan", b"fresh"))
    digests = {row: row.digest for row in (bound, old, orphan, fresh)}
    operations.discard(session, orphan.id, owner_id=1)
    operations.discard(session, fresh.id, owner_id=1)
    for row, hours in ((bound, 900), (old, 900), (orphan, 25), (fresh, 23)):
        aged(store, digests[row], hours, machine)
    left = store.incoming / "left-behind"
    left.write_bytes(b"x")
    os.utime(left, (machine - 30 * HOUR,) * 2)
    gone = operations.sweep(session, store, NOW + timedelta(days=6), machine_now=machine)
    assert (gone, store.address(digests[old]).exists()) == (1, True)
    gone = operations.sweep(session, store, NOW + timedelta(days=8), machine_now=machine)
    assert gone == 1
    exists = [store.address(digests[row]).exists() for row in (bound, old, orphan, fresh)]
    assert exists == [True, False, False, True]
    assert not left.exists()


def test_an_upload_of_bytes_about_to_be_swept_makes_them_fresh(session: Session, store: Store) -> None:
    """Old nameless bytes that somebody uploads again survive the next sweep."""
    row = draft(session, store)
    operations.discard(session, row.id, owner_id=1)
    aged(store, row.digest, 48, 1_900_000_000.0)
    again = draft(session, store)
    assert operations.sweep(session, store, NOW, machine_now=1_900_000_000.0) == 0
    assert store.address(again.digest).exists()


def test_a_bundle_keeps_chinese_names_and_numbers_equal_ones(session: Session, store: Store) -> None:
    """The zip carries the UTF-8 mark, every name once, every content whole."""
    rows = [draft(session, store, name="截图.pdf"), draft(session, store, name="截图.pdf", content=b"%PDF-2")]
    out = io.BytesIO()
    operations.bundle(store, rows, out)
    with zipfile.ZipFile(out) as archive:
        assert archive.namelist() == ["截图.pdf", "截图 (2).pdf"]
        assert [archive.read(name) for name in archive.namelist()] == [b"%PDF-1.7", b"%PDF-2"]
        assert all(entry.flag_bits & 0x800 for entry in archive.infolist())


def test_missing_bytes_are_told_in_a_sentence(store: Store) -> None:
    """A blob lost on disk reads as a sentence, not as a fault."""
    with pytest.raises(NotFound, match="备份"):
        store.open("ab" * 32)
