"""Uploaded files read into one process: its diagram, its tables and forms, alone or out of a zip."""

from __future__ import annotations

import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

from app.errors import Invalid
from app.i18n import N_
from app.processes.deployments import Package, form_id, pack
from app.processes.source import Source
from app.studio.operations.texts import require_readable

MOST_FILES, LARGEST = 200, 20_000_000
ENDINGS = (".bpmn20.xml", ".bpmn", ".xml", ".dmn", ".form")
NAMESPACE = b"http://www.omg.org/spec/BPMN/20100524/MODEL"
WRONG_KIND = N_("“%(name)s”不能导入：只收 .bpmn、.xml、.dmn、.form 文件，或者装着它们的 .zip。")
TOO_LARGE = N_("压缩包太大：最多 %(files)s 个文件、解开后 %(size)s MB。")
BROKEN_ZIP = N_("“%(name)s”打不开，不是完整的压缩包，或者加了密码。")
SEVERAL = N_("一次导入一个流程。这里有 %(count)s 张流程图：%(names)s。")
SAME_NAME = N_("有两个内容不同的文件都叫“%(name)s”。改掉一个的名字再导入。")
SAME_FORM = N_("有两张表单的 id 都是“%(name)s”。改掉一个再导入。")
UNREADABLE = N_("“%(name)s”的文字编码读不出来。用 UTF-8 另存一次再导入。")
# what the zip library raises: RuntimeError for a password, or one of its kind for a packing it does not know
BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, OSError)
_ENCODING = re.compile(rb"""^\s*<\?xml[^>]*?encoding=["']([A-Za-z0-9._-]+)["']""")


@dataclass(frozen=True)
class Upload:
    """One uploaded file."""

    name: str
    content: bytes


def read_uploads(uploads: Sequence[Upload]) -> tuple[Source, str]:
    """Return the source that the files make, named by the file of its diagram, and that file.

    Raise Invalid with the sentence for whatever cannot be taken in.
    """
    package = _packed(_collected(_unpacked(uploads)))
    if len(package.diagrams) > 1:
        raise Invalid(SEVERAL, count=len(package.diagrams), names="、".join(sorted(package.diagrams)[:5]))
    ((file, content),) = package.diagrams.items()
    diagram = _text(file, content)
    require_readable("bpmn", diagram)
    tables = {PurePosixPath(one).stem: _text(one, text).encode() for one, text in package.tables.items()}
    for text in tables.values():
        require_readable("table", text.decode())
    return Source(PurePosixPath(file).stem, diagram.encode(), tables, _forms(package)), file


def _forms(package: Package) -> dict[str, str]:
    """Return the forms by the names under which a diagram asks for them."""
    found: dict[str, str] = {}
    for file, content in package.forms.items():
        text = _text(file, content)
        name = form_id(file, text.encode())
        if name in found:
            raise Invalid(SAME_FORM, name=name[:100])
        found[name] = text
    return found


def _unpacked(uploads: Sequence[Upload]) -> Iterator[tuple[str, bytes]]:
    for one in uploads:
        if one.name.lower().endswith(".zip"):
            yield from _members(one)
        else:
            yield one.name, one.content


def _members(one: Upload) -> Iterator[tuple[str, bytes]]:
    """Yield the diagrams, tables and forms of a zip; other files in it are left."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(one.content))
        members = [member for member in archive.infolist() if _is_wanted(PurePosixPath(member.filename).name)]
        if len(members) > MOST_FILES or sum(member.file_size for member in members) > LARGEST:
            raise Invalid(TOO_LARGE, files=MOST_FILES, size=LARGEST // 1_000_000)
        for member in members:
            name, content = PurePosixPath(member.filename).name, archive.read(member)
            if NAMESPACE in content or not _is_plain_xml(name):
                yield name, content
    except BROKEN as error:
        raise Invalid(BROKEN_ZIP, name=one.name[:100]) from error


def _is_wanted(name: str) -> bool:
    """Say whether a file of a zip may be part of a process; a Mac puts one of its own beside each."""
    return name.lower().endswith(ENDINGS) and not name.startswith("._")


def _is_plain_xml(name: str) -> bool:
    return name.lower().endswith(".xml") and not name.lower().endswith(".bpmn20.xml")


def _collected(files: Iterable[tuple[str, bytes]]) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for name, content in files:
        if found.setdefault(name, content) != content:
            raise Invalid(SAME_NAME, name=name[:100])
    return found


def _packed(files: Mapping[str, bytes]) -> Package:
    for name in files:
        if not name.lower().endswith(ENDINGS):
            raise Invalid(WRONG_KIND, name=name[:100])
    # other products write diagrams as plain .xml too
    return pack({f"{name[:-4]}.bpmn" if _is_plain_xml(name) else name: content for name, content in files.items()})


def _text(name: str, content: bytes) -> str:
    """Return a file as text in UTF-8, whatever it declares."""
    found = _ENCODING.match(content[:200])
    declared = found[1].decode() if found else ""
    own = declared.lower() in {"", "utf-8", "utf8"}
    try:
        text = content.decode("utf-8-sig" if own else declared)
        text.encode()  # some encodings can say what UTF-8 cannot
    except (UnicodeError, LookupError) as error:
        raise Invalid(UNREADABLE, name=name[:100]) from error
    if "\0" in text:
        raise Invalid(UNREADABLE, name=name[:100])
    return text if own else text.replace(declared, "UTF-8", 1)
