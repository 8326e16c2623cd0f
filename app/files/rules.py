"""What a file really is, judged by its container and inner parts; names; text. Never by one library's guess."""

from __future__ import annotations

import codecs
import csv
import io
import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from typing import BinaryIO

from app.errors import Invalid
from app.i18n import N_

MAX_SIZE = 50 * 1024 * 1024
MAX_NAME = 180
ZIP_ENTRIES = 1000
ZIP_RATIO = 100
ZIP_TOTAL = 500 * 1024 * 1024
ZIP_SMALL = 1024 * 1024
CHUNK = 256 * 1024

MEDIA: dict[str, str] = {
    "pdf": "application/pdf",
    "ofd": "application/ofd",
    "doc": "application/msword",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "wps": "application/wps-office.wps",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "et": "application/wps-office.et",
    "ppt": "application/vnd.ms-powerpoint",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "dps": "application/wps-office.dps",
    "csv": "text/csv",
    "txt": "text/plain",
    "log": "text/plain",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "heic": "image/heic",
    "zip": "application/zip",
    "rar": "application/vnd.rar",
    "eml": "message/rfc822",
    "mp4": "video/mp4",
}
ACCEPT = ",".join(f".{extension}" for extension in MEDIA)

# what was found inside -> the extensions that may name it
_NAMED_BY: dict[str, frozenset[str]] = {
    "jpg": frozenset({"jpg", "jpeg"}),
    "ole-word": frozenset({"doc", "wps"}),
    "ole-sheet": frozenset({"xls", "et"}),
    "ole-slides": frozenset({"ppt", "dps"}),
    "text": frozenset({"txt", "csv", "log"}),
    "mail": frozenset({"eml", "txt", "log"}),
}
_FOUND_NAMES = {"ole-word": "doc", "ole-sheet": "xls", "ole-slides": "ppt", "text": "txt", "mail": "eml"}
_OOXML_MAIN = {
    b"wordprocessingml.document.main+xml": "docx",
    b"spreadsheetml.sheet.main+xml": "xlsx",
    b"presentationml.presentation.main+xml": "pptx",
}
_HEIC = frozenset({b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1"})
_OLE_HEAD = bytes.fromhex("D0CF11E0A1B11AE1")
_MAIL_HEADER = re.compile(
    rb"(from|to|subject|date|received|return-path|message-id|mime-version|delivered-to|x-[\w-]+):", re.IGNORECASE
)


def clean_name(name: str) -> str:
    """Return the file's own name: no folders, no invisible signs that could fake another extension."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    text = "".join(sign for sign in last if unicodedata.category(sign) not in {"Cc", "Cf", "Zl", "Zp"}).strip(" .")
    stem, dot, extension = text.rpartition(".")
    if not dot or not stem:
        raise Invalid(N_("文件“%(name)s”没有扩展名，看不出是什么文件。改好名字后再传。"), name=last or name)
    return f"{stem[: MAX_NAME - len(extension)]}.{extension}"


def check(file: BinaryIO, name: str) -> str:
    """Return the media type when the content of `file` is what its extension says; refuse it otherwise."""
    extension = name.rpartition(".")[2].lower()
    if extension not in MEDIA:
        raise Invalid(
            N_("不收 .%(extension)s 文件。可以传：%(accepted)s。"), extension=extension, accepted=_accepted()
        )
    found = recognise(file)
    if not found:
        raise Invalid(N_("文件内容与扩展名不符：“%(name)s”的内容认不出来。请核对后重新选择。"), name=name)
    if extension not in _NAMED_BY.get(found, {found}):
        raise Invalid(
            N_("文件内容与扩展名不符：“%(name)s”里面是 %(found)s。请核对后重新选择。"),
            name=name,
            found=_FOUND_NAMES.get(found, found),
        )
    return MEDIA[extension]


def _accepted() -> str:
    return " ".join(extension for extension in MEDIA if extension != "jpeg")


def recognise(file: BinaryIO) -> str:
    """Return what is inside: an extension, or `ole-word`, `ole-sheet`, `ole-slides`, `text`, `mail`, or nothing."""
    file.seek(0)
    head = file.read(4096)
    if not head:
        raise Invalid(N_("文件是空的，里面没有内容。请核对后重新选择。"))
    if head.startswith(b"PK"):
        return _in_zip(file)
    if head.startswith(_OLE_HEAD):
        return _in_ole(file)
    return _by_head(head) or _in_text(file, head)


def _by_head(head: bytes) -> str:
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if head.startswith(b"\xff\xd8\xff"):
        return "jpg"
    if head.startswith(b"Rar!\x1a\x07"):
        return "rar"
    if head[4:8] == b"ftyp":
        return "heic" if head[8:12] in _HEIC else "mp4"
    return ""


# --- zip containers ----------------------------------------------------------------------------------------


def _in_zip(file: BinaryIO) -> str:
    try:
        with zipfile.ZipFile(file) as archive:
            _refuse_bomb(archive, file)
            return _zip_kind(archive)
    except (zipfile.BadZipFile, zlib.error, EOFError, UnicodeDecodeError, struct.error, ValueError) as error:
        raise Invalid(N_("压缩包打不开，可能没有传完整或已损坏。请重新打包后再传。")) from error


def _refuse_bomb(archive: zipfile.ZipFile, file: BinaryIO) -> None:
    entries = archive.infolist()
    if len(entries) > ZIP_ENTRIES:
        raise Invalid(N_("压缩包里有 %(count)s 个文件，最多收 %(most)s 个。"), count=len(entries), most=ZIP_ENTRIES)
    total = sum(entry.file_size for entry in entries)
    packed = max(file.seek(0, io.SEEK_END), 1)
    if total > ZIP_TOTAL or (total > ZIP_SMALL and total / packed > ZIP_RATIO):
        raise Invalid(N_("压缩包解开后过大，不能接收。请拆开分别上传。"))
    for entry in entries:
        _read_through(archive, entry)


def _read_through(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
    """Unpack one entry into nothing: a size or checksum that lies shows here (BadZipFile)."""
    encrypted = entry.flag_bits & 1
    if encrypted or entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        return
    with archive.open(entry) as stream:
        while stream.read(CHUNK):
            pass


def _zip_kind(archive: zipfile.ZipFile) -> str:
    names = {name.replace("\\", "/") for name in archive.namelist()}
    if "OFD.xml" in names:
        return "ofd"
    if "[Content_Types].xml" not in names:
        return "zip"
    with archive.open("[Content_Types].xml") as stream:
        types = stream.read(ZIP_SMALL)
    if b"macroEnabled" in types:
        raise Invalid(N_("文件里带有宏，不能接收。请另存为不带宏的格式后再传。"))
    return next((kind for mark, kind in _OOXML_MAIN.items() if mark in types), "zip")


# --- OLE containers (doc, xls, ppt, wps, et, dps) ------------------------------------------------------------


def _in_ole(file: BinaryIO) -> str:
    try:
        names = set(_ole_names(file))
    except (struct.error, IndexError) as error:
        raise Invalid(N_("文件打不开，可能没有传完整或已损坏。请重新保存后再传。")) from error
    if "EncryptedPackage" in names:
        raise Invalid(N_("文件加了密码，无法核对内容。去掉密码后再传。"))
    if "WordDocument" in names:
        return "ole-word"
    if names & {"Workbook", "Book"}:
        return "ole-sheet"
    return "ole-slides" if "PowerPoint Document" in names else ""


def _ole_names(file: BinaryIO) -> Iterator[str]:
    """Yield the stream names of an OLE file: follow the directory's sector chain, 128 bytes an entry."""
    file.seek(0)
    head = file.read(512)
    size = 1 << struct.unpack_from("<H", head, 30)[0]
    table = _ole_table(file, head, size)
    sector, seen = struct.unpack_from("<I", head, 48)[0], set[int]()
    while sector < len(table) and sector not in seen:
        seen.add(sector)
        block = _sector(file, sector, size)
        for offset in range(0, len(block) - 127, 128):
            length = struct.unpack_from("<H", block, offset + 64)[0]
            if 2 <= length <= 64:  # noqa: PLR2004 - a name has 1 to 31 characters and its end mark
                yield block[offset : offset + length - 2].decode("utf-16-le", "replace")
        sector = table[sector]


def _ole_table(file: BinaryIO, head: bytes, size: int) -> Sequence[int]:
    """Read the sector table named by the header's 109 entries; further ones belong to files over 6 MB."""
    table: list[int] = []
    listed = list(struct.unpack_from("<109I", head, 76))
    following, seen = struct.unpack_from("<I", head, 68)[0], set[int]()
    while following < 0xFFFFFFFA and following not in seen:  # noqa: PLR2004 - the first reserved sector number
        seen.add(following)
        more = struct.unpack(f"<{size // 4}I", _sector(file, following, size))
        listed.extend(more[:-1])
        following = more[-1]
    for sector in listed:
        if sector < 0xFFFFFFFA:  # noqa: PLR2004
            table.extend(struct.unpack(f"<{size // 4}I", _sector(file, sector, size)))
    return table


def _sector(file: BinaryIO, number: int, size: int) -> bytes:
    if size not in {512, 4096}:
        raise IndexError("no such sector size")
    file.seek((number + 1) * size)
    return file.read(size)


# --- text --------------------------------------------------------------------------------------------------


def _in_text(file: BinaryIO, head: bytes) -> str:
    encoding = _encoding_of(head)
    if encoding is None or not any(_reads_as(file, name) for name in encoding):
        return ""
    return "mail" if _is_mail(head) else "text"


def _encoding_of(head: bytes) -> tuple[str, ...] | None:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return ("utf-16",)
    return None if b"\0" in head else ("utf-8-sig", "gb18030")


def _reads_as(file: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    file.seek(0)
    try:
        while block := file.read(CHUNK):
            if re.search(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]", decoder.decode(block)):
                return False
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True


def _is_mail(head: bytes) -> bool:
    lines = head.splitlines()[:12]
    headers = [line for line in lines if _MAIL_HEADER.match(line)]
    return bool(lines and _MAIL_HEADER.match(lines[0])) and len(headers) > 1


def decode_text(content: bytes) -> str:
    """Decode what Chinese office machines write: UTF-8 with or without mark, UTF-16 with mark, GB18030."""
    for encoding in _encoding_of(content[:4096]) or ():
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid(N_("这个文件不是文本，读不出来。请另存为 CSV（UTF-8 或 GBK）后再传。"))


def read_csv(content: bytes) -> list[list[str]]:
    """Return the rows of a CSV file, cells trimmed, empty rows left out; comma, semicolon or tab."""
    text = decode_text(content)
    first = text.partition("\n")[0]
    mark = max(",;\t", key=first.count)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=mark))
    except csv.Error as error:
        raise Invalid(N_("表格读到一半读不下去了。请另存为 CSV 后再传。")) from error
    return [cells for row in rows if any(cells := [cell.strip() for cell in row])]


# --- pictures that may be shown inline ------------------------------------------------------------------------


def is_clean_picture(file: BinaryIO, media: str) -> bool:
    """Look again at a picture before a browser may show it: whole, well-formed, nothing behind its end."""
    file.seek(0)
    content = file.read(MAX_SIZE)
    return _is_clean_png(content) if media == "image/png" else _is_clean_jpeg(content)


def _is_clean_png(content: bytes) -> bool:
    place = 8
    while place + 12 <= len(content):
        length = int.from_bytes(content[place : place + 4], "big")
        kind = content[place + 4 : place + 8]
        end = place + 12 + length
        if end > len(content):
            return False
        checksum = int.from_bytes(content[end - 4 : end], "big")
        if zlib.crc32(content[place + 4 : end - 4]) != checksum or (place == 8) is not (kind == b"IHDR"):  # noqa: PLR2004
            return False
        if kind == b"IEND":
            return end == len(content)
        place = end
    return False


def _is_clean_jpeg(content: bytes) -> bool:
    """Walk the segments up to the picture data; the file must end with the end mark."""
    place = 2
    while place + 4 <= len(content) and content[place] == 0xFF:  # noqa: PLR2004
        if content[place + 1] == 0xDA:  # noqa: PLR2004 - start of scan
            return content.rstrip(b"\0").endswith(b"\xff\xd9")
        place += 2 + int.from_bytes(content[place + 2 : place + 4], "big")
    return False
