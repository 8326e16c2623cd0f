"""Reads XML from strangers: size first, no DOCTYPE, no entities, no network, no huge trees."""

from __future__ import annotations

import re
from typing import Any

from lxml import etree

from app.engine.port import DiagramRefused, Problem
from app.i18n import N_

MAX_BYTES = 2 * 1024 * 1024
BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"

# the DOCTYPE is looked for before parsing, in the encodings that do not contain ASCII too
_DOCTYPE = re.compile(
    rb"<\0?\0?\0?!\0?\0?\0?D\0?\0?\0?O\0?\0?\0?C\0?\0?\0?T\0?\0?\0?Y\0?\0?\0?P\0?\0?\0?E", re.IGNORECASE
)


def read_xml(content: bytes, root: str, source: str | None = None, *, comments: bool = False) -> Any:
    """Return the root element of `content`, whose local name must be `root`; raise DiagramRefused otherwise.

    `comments` keeps comments and instructions, for who writes the file again.
    """
    if len(content) > MAX_BYTES:
        raise _refused("too-large", source, N_("文件太大，最多 2 MB。"), N_("拆成几个文件，或者去掉内嵌的图片。"))
    if _DOCTYPE.search(content):
        raise _doctype(source)
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=not comments,
        remove_pis=not comments,
    )
    try:
        element = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None)
        raise _refused(
            "xml", source, N_("不是完整的 XML 文件：%(why)s"), N_("请重新导出这个文件。"), line, why=str(error)
        ) from error
    if getattr(element.getroottree().docinfo, "doctype", None):
        raise _doctype(source)
    if local_name(element) != root:
        raise _refused("xml", source, N_("这不是 %(root)s 文件。"), N_("请选择正确的文件。"), root=root)
    return element


def local_name(element: Any) -> str:
    """Return the name of an element without its namespace."""
    return str(etree.QName(element).localname)


def children(element: Any, *names: str) -> list[Any]:
    """Return the direct children with one of these local names, or all."""
    return [child for child in element if not names or local_name(child) in names]


def descendants(element: Any, name: str) -> list[Any]:
    """Return all elements below with this local name, in document order."""
    return list(element.iter("{*}" + name))


def child_text(element: Any, name: str) -> str | None:
    """Return the text of the first child with this local name; None when it is absent or empty."""
    found = children(element, name)
    text = "".join(found[0].itertext()).strip() if found else ""
    return text or None


def _doctype(source: str | None) -> DiagramRefused:
    return _refused("doctype", source, N_("文件里有 DOCTYPE，不接受。"), N_("去掉 DOCTYPE 声明再上传。"))


def _refused(
    rule: str, source: str | None, message: str, fix: str, line: int | None = None, **values: Any
) -> DiagramRefused:
    return DiagramRefused((Problem(rule, "error", source, source, line, message, values, fix),))
