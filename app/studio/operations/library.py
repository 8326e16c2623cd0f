"""Begin a process anew: from nothing, or as a copy of another."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from xml.sax.saxutils import quoteattr

from lxml import etree
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.engine import choose_process, read_xml
from app.errors import Invalid
from app.i18n import N_
from app.people.rules import Viewer
from app.processes.foreign import SLUG
from app.processes.models import Process
from app.processes.operations import stored_source
from app.processes.source import Source
from app.studio.models import OPEN, PROPOSED, ProcessDraft
from app.studio.operations import drafts

LONGEST = 60
WRONG_SLUG = N_("小写字母开头，只用小写字母、数字和下划线，2 到 40 个字符，例如 leave_request。")
TAKEN = N_("已经有这个地址名的流程或草稿，换一个。")
DRAWN = N_("图里有一个环节或连线已经叫这个名字，换一个。")
NO_NAME = N_("写上流程的名称，不超过 60 个字。")
_STARTER = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"
    xmlns:dc="http://www.omg.org/spec/DD/20100524/DC" xmlns:di="http://www.omg.org/spec/DD/20100524/DI" xmlns:camunda="http://camunda.org/schema/1.0/bpmn"
    id="definitions" targetNamespace="guanjia">
  <bpmn:process id={slug} name={name} isExecutable="true">
    <bpmn:startEvent id="start" name="提出">
      <bpmn:outgoing>to_fill</bpmn:outgoing>
    </bpmn:startEvent>
    <bpmn:userTask id="fill" name="填写" camunda:formRef="fill" camunda:assignee="${{starter}}">
      <bpmn:incoming>to_fill</bpmn:incoming>
      <bpmn:outgoing>to_end</bpmn:outgoing>
    </bpmn:userTask>
    <bpmn:endEvent id="end" name="办结">
      <bpmn:incoming>to_end</bpmn:incoming>
    </bpmn:endEvent>
    <bpmn:sequenceFlow id="to_fill" sourceRef="start" targetRef="fill" />
    <bpmn:sequenceFlow id="to_end" sourceRef="fill" targetRef="end" />
  </bpmn:process>
  <bpmndi:BPMNDiagram id="diagram">
    <bpmndi:BPMNPlane id="plane" bpmnElement={slug}>
      <bpmndi:BPMNShape id="start_shape" bpmnElement="start">
        <dc:Bounds x="160" y="142" width="36" height="36" />
        <bpmndi:BPMNLabel><dc:Bounds x="167" y="185" width="22" height="14" /></bpmndi:BPMNLabel>
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="fill_shape" bpmnElement="fill">
        <dc:Bounds x="260" y="120" width="100" height="80" />
      </bpmndi:BPMNShape>
      <bpmndi:BPMNShape id="end_shape" bpmnElement="end">
        <dc:Bounds x="424" y="142" width="36" height="36" />
        <bpmndi:BPMNLabel><dc:Bounds x="431" y="185" width="22" height="14" /></bpmndi:BPMNLabel>
      </bpmndi:BPMNShape>
      <bpmndi:BPMNEdge id="to_fill_edge" bpmnElement="to_fill">
        <di:waypoint x="196" y="160" /><di:waypoint x="260" y="160" />
      </bpmndi:BPMNEdge>
      <bpmndi:BPMNEdge id="to_end_edge" bpmnElement="to_end">
        <di:waypoint x="360" y="160" /><di:waypoint x="424" y="160" />
      </bpmndi:BPMNEdge>
    </bpmndi:BPMNPlane>
  </bpmndi:BPMNDiagram>
</bpmn:definitions>
"""
_FORM = {
    "schemaVersion": 16,
    "type": "default",
    "id": "fill",
    "components": [
        {
            "id": "title",
            "type": "textfield",
            "key": "title",
            "label": N_("标题"),
            "validate": {"required": True, "maxLength": 80},
            "properties": {"label.en": "Title"},
        }
    ],
}


def new_process(session: Session, viewer: Viewer, name: str, slug: str, now: datetime) -> ProcessDraft:
    """Begin a process with one step and one form."""
    name, slug = _accepted(session, name, slug, _STARTER.encode())
    diagram = _STARTER.format(slug=quoteattr(slug), name=quoteattr(name)).encode()
    forms = {"fill": json.dumps(_FORM, ensure_ascii=False, indent=2)}
    return drafts.begin(session, viewer, Source(slug, diagram, {}, forms), name, now)


def copy_process(
    session: Session, viewer: Viewer, version_id: int, name: str, slug: str, now: datetime
) -> ProcessDraft:
    """Begin a process with the texts of another one's version, under a name of its own."""
    source = stored_source(session, version_id)
    name, slug = _accepted(session, name, slug, source.diagram)
    diagram = renamed(source.diagram, slug, name)
    return drafts.begin(session, viewer, replace(source, slug=slug, diagram=diagram), name, now)


def _accepted(session: Session, name: str, slug: str, diagram: bytes) -> tuple[str, str]:
    name, slug = name.strip(), slug.strip()
    wrong: dict[str, str] = {}
    if not name or len(name) > LONGEST:
        wrong["name"] = NO_NAME
    if not SLUG.fullmatch(slug):
        wrong["slug"] = WRONG_SLUG
    elif is_taken(session, slug):
        wrong["slug"] = TAKEN
    elif is_drawn(diagram, slug):
        wrong["slug"] = DRAWN
    if wrong:
        raise Invalid(fields=wrong)
    return name, slug


def is_taken(session: Session, slug: str) -> bool:
    """Say whether a process or a draft has this name already."""
    drawn = select(ProcessDraft.id).where(ProcessDraft.slug == slug, ProcessDraft.state.in_((OPEN, PROPOSED)))
    known = select(Process.id).where(Process.slug == slug)
    return session.scalar(known) is not None or session.scalar(drawn.limit(1)) is not None


def is_drawn(diagram: bytes, slug: str) -> bool:
    """Say whether something in the diagram has this id."""
    return f' id="{slug}"'.encode() in diagram


def renamed(diagram: bytes, slug: str, name: str = "") -> bytes:
    """Return the diagram with another id for its process, and another name; what points at the process follows."""
    root = read_xml(diagram, "definitions", comments=True)
    process = choose_process(root)
    if process is None:
        return diagram
    old = process.get("id")
    process.set("id", slug)
    if name:
        process.set("name", name)
    for one in root.iter(etree.Element):
        for key, value in one.attrib.items():
            if value == old and etree.QName(key).localname in {"bpmnElement", "processRef"}:
                one.set(key, slug)
    written: bytes = etree.tostring(root.getroottree(), encoding="UTF-8", xml_declaration=True)
    return written
