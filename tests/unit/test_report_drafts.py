"""Reports to those above are drafted from the record: what it knows stands in them, what it does not is “待查”."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.clock import ZONE
from app.emergency import measuring
from app.emergency.drafting import DRILL, PARTS, UNKNOWN, written
from app.emergency.models import Emergency, EmergencyReport, GradeChange, LogEntry
from app.emergency.queries.known import Known, Step
from app.emergency.rules import CLOSING, FOLLOWUP, KINDS, PHONE, POLICE, WRITTEN
from app.people.models import Site

BEGAN = datetime(2026, 11, 22, 9, 0, tzinfo=ZONE)
UNIT = "临岚市网站管理办公室"


def at(minutes: int) -> datetime:
    return BEGAN + timedelta(minutes=minutes)


def emergency(**more: Any) -> Emergency:
    given = {"kind": "tamper", "drill": False, "told": "首页被改成别的内容", "began_at": BEGAN, "outcome": ""}
    return Emergency(**{**given, **more})


def bare(**more: Any) -> Known:
    """Return what is known at the alarm: a sentence and a time."""
    return Known(emergency(**more), "YJ-2026-0001", UNIT, None, {}, measuring.measures({}, BEGAN))


def full(now: datetime, **more: Any) -> Known:
    """Return what is known while a defacement is handled."""
    site = Site(code="3600000001", name="临岚市政府门户", url="https://www.example.gov.cn/")
    facts = {"down_from": at(0).isoformat(), "harmful_home_before": 12, "viewed": 800}
    steps = [
        step("confirm_incident", "确认", 4, "值班员甲", happened_at=at(-10).isoformat()),
        step("first_containment", "先行控制", 9, "技术员乙", measure="static", contain_note="已经留了截图"),
        step("analyse", "分析入侵途径", 30, "技术员乙", analysis_note="后台口令被猜中", clues="来自一个境外地址"),
        step("eradicate", "清除篡改和后门", 50, "技术员乙", removed_note="删除一个后门文件\n停用一个账号"),
    ]
    return Known(
        emergency=emergency(grade=3, confirmed_at=at(4), contained_at=at(9), **more),
        number="YJ-2026-0001",
        unit=UNIT,
        site=site,
        facts=facts,
        measured=measuring.measures(facts, now),
        steps=steps,
        open_steps=["从备份恢复"],
        grades=[
            GradeChange(at=at(5), before=None, after=4, basis="其他危害"),
            GradeChange(at=at(40), before=4, after=3, basis="首页有害内容满 30 分钟"),
        ],
        log=[
            LogEntry(at=at(35), kind="status", text="后门已经找到", by_name="技术员乙"),
            LogEntry(at=at(36), kind="resource", text="请派一名取证人员", by_name="指挥丙"),
        ],
        files=[("首页截图.png", "ab" * 32)],
    )


def step(node: str, name: str, minutes: int, who: str, **answers: Any) -> Step:
    return Step(node, name, at(minutes), who, answers)


def report(kind: str, minutes: int) -> EmergencyReport:
    return EmergencyReport(
        kind=kind, number=1, sent_at=at(minutes), recorded_at=at(minutes + 1), receiver="市网信办值班室"
    )


@pytest.mark.parametrize("kind", PARTS)
def test_every_report_names_its_parts_even_at_the_alarm(kind: str) -> None:
    """With nothing but a sentence and a time every part is there, and what is not known is “待查”."""
    text = written(bare(), kind, at(1))
    numbered = [line for line in text.splitlines() if "、" in line[:3]]
    assert len(numbered) >= 8
    assert UNKNOWN in text
    assert "None" not in text
    assert f"{UNKNOWN}、{UNKNOWN}" not in text


@pytest.mark.parametrize("kind", PARTS)
@pytest.mark.parametrize("drill", [True, False])
def test_a_drill_says_so_first(kind: str, *, drill: bool) -> None:
    """Only the report of a drill begins with 【演练】."""
    assert written(bare(drill=drill), kind, at(1)).startswith(DRILL) is drill


@pytest.mark.parametrize("kind", KINDS)
def test_the_type_is_named(kind: str) -> None:
    """Each report names the type in the words of the house."""
    for which in PARTS:
        assert KINDS[kind] in written(bare(kind=kind), which, at(1))


def test_the_written_report_says_what_the_record_knows() -> None:
    """Unit, site, times, grade, impact, measures, cause, clues, what is being done, help wanted."""
    text = written(full(at(60)), WRITTEN, at(60))
    for said in (
        UNIT,
        "标识码 3600000001",
        "发生：2026年11月22日08:50",
        "发现：2026年11月22日09:00",
        "确认：2026年11月22日09:04",
        "III 级（较大）",
        "网站打不开 60 分钟，还在继续",
        "首页出现有害内容 12 分钟",
        "被浏览 800 次",
        "11月22日09:09 先行控制：换成静态页，已经留了截图",
        "清除篡改和后门：删除一个后门文件；停用一个账号",
        "已先行控制，正在处置",
        "后台口令被猜中",
        "来自一个境外地址",
        "正在办：从备份恢复",
        "请派一名取证人员",
    ):
        assert said in text, said


def test_the_telephone_report_can_be_read_out() -> None:
    """It greets, says eight things and asks who took it."""
    text = written(full(at(20)), PHONE, at(20))
    assert "您好" in text
    assert "请问您贵姓" in text
    assert len(text) < 700
    assert "YJ-2026-0001" in text


def test_a_follow_up_tells_only_what_is_new() -> None:
    """What went out with the last report is not told again; the number of the follow-up goes up."""
    known = full(at(60))
    known = replace(known, reports=[report(WRITTEN, 34)], told_until=at(32))
    text = written(known, FOLLOWUP, at(60))
    assert "续报（第 1 号）" in text
    assert "市网信办值班室" in text
    assert "后门已经找到" in text
    assert "IV 级改为 III 级" in text
    assert "清除篡改和后门" in text
    assert "先行控制：" not in text.split("发展趋势")[0]
    twice = replace(known, reports=[report(WRITTEN, 34), report(FOLLOWUP, 58)], told_until=at(56))
    again = written(twice, FOLLOWUP, at(60))
    assert "续报（第 2 号）" in again
    assert "后门已经找到" not in again


def test_a_new_fact_is_told() -> None:
    """What somebody sent in as new while it went on stands in the follow-up."""
    known = replace(full(at(60)), new_facts=[(at(55), "另一个站点也被改了")])
    assert "11月22日09:55 另一个站点也被改了" in written(known, FOLLOWUP, at(60))


def test_the_police_get_clues_and_evidence() -> None:
    """Clues and the whole digest of every file kept."""
    text = written(full(at(60)), POLICE, at(60))
    assert "来自一个境外地址" in text
    assert f"首页截图.png（SHA-256 {'ab' * 32}）" in text


def test_the_closing_report_tells_the_whole_story() -> None:
    """Grades with their reasons, reports with receivers, lessons, and that it is over."""
    known = full(at(200), restored_at=at(120), closed_at=at(180))
    lessons = step(
        "review_report", "复盘", 190, "指挥丙", lessons="口令太弱", cause="后台弱口令", liability="运维单位"
    )
    known = replace(known, steps=[*known.steps, lessons], reports=[report(WRITTEN, 34)])
    text = written(known, CLOSING, at(200))
    for said in (
        "其他危害",
        "首页有害内容满 30 分钟",
        "市网信办值班室",
        "口令太弱",
        "后台弱口令",
        "运维单位",
        "结束",
    ):
        assert said in text, said
    assert "还在继续" not in text
