"""The written stories of the demo, told to the minute. `back` counts working days before the demo's last one."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from sqlalchemy import select

from app.clock import ZONE
from app.db import db
from app.demo.cases import Dossier
from app.demo.lives import nearly_there
from app.demo.stage import Life, Stage
from app.demo.texts import Phrases, story_demands
from app.work.models import Case

SECONDS = 60


class Stories:
    """All stories of one demo; each method that yields instants is a life."""

    def __init__(self, stage: Stage, phrases: Phrases) -> None:
        self.stage, self.phrases = stage, phrases
        self.demands = story_demands()

    def lives(self) -> list[tuple[datetime, Life]]:
        """Return every story as a life; each waits for its own first instant."""
        told = (
            self.attachments,
            self.voice_guide,
            self.hotline,
            self.template,
            self.phoned,
            self.phoned_now,
            self.refused_twice,
            self.late,
            self.outside,
            self.reworked,
            self.partial,
            self.left,
            self.tamper,
            self.rated_low,
            self.withdrawn,
            self.not_mine,
            self.objected,
            self.half_recorded,
        )
        return [(self.stage.begin, tell()) for tell in told]

    def open(self, name: str, engineer: str = "", vendor: str = "") -> Dossier:
        """Return the dossier of a story."""
        return Dossier(self.stage, self.phrases, self.demands[name], vendor=vendor, engineer=engineer, story=name)

    def at(self, back: int, hour: int, minute: int) -> datetime:
        """Return a time of day with seconds as nobody would invent them."""
        return self.stage.at(back, hour, minute, self.stage.random.randrange(SECONDS))

    # --- what waits on the desks

    def attachments(self) -> Life:
        """Three attachments, returned once; acceptance of the second round is due today at 17:30."""
        one = self.open("attachments")
        yield self.at(3, 10, 20)
        one.raise_()
        yield self.at(3, 10, 48)
        one.accept(13)
        yield self.at(3, 11, 2)
        one.assign(note="三个附件先恢复，再把同栏目查一遍。")
        yield self.at(3, 14, 10)
        self.stage.progress(one.case_id, one.engineer, "找到两个原件，第三个在旧服务器上，正在取。", 60)
        yield self.at(3, 16, 35)
        one.submit(
            "三个附件已重传；失效原因是上月迁移时漏了一个目录。",
            ("比对附件清单，缺 3 个", "从旧服务器取回原件", "重传并改链接"),
        )
        yield self.at(2, 10, 5)
        note = "第 1、2 个能下了，第 3 个下载下来是空文件；同栏目其余附件没有看到检查结果。"
        one.check("rework", note, unmet=(0, 1))
        yield self.at(2, 10, 22)
        self.stage.say(one.case_id, one.clerk, "空文件的那个是《物业服务收费管理办法》，原件我放在补充附件里了。")
        yield self.at(2, 11, 6)
        self.stage.say(one.case_id, one.engineer, "收到，已用您给的原件替换。")
        # exactly at closing time, so that two working days end today at closing time
        yield self.stage.at(2, 17, 30)
        one.submit(
            "第 3 个附件已用原件替换；同栏目 41 个附件逐个下载核对，另修好 2 个，清单见附件。",
            ("用原件替换第 3 个附件", "同栏目 41 个附件逐个下载核对", "修好 2 个并列出清单"),
        )

    def voice_guide(self) -> Life:
        """A demand no contract covers waits for the head of the unit."""
        one = self.open("voice_guide")
        yield self.at(0, 9, 6)
        one.raise_()

    def hotline(self) -> Life:
        """An urgent demand has just reached the content vendor: fifteen minutes to accept."""
        one = self.open("hotline")
        yield self.at(0, 10, 18)
        one.raise_()

    def template(self) -> Life:
        """A template to change, assigned and begun."""
        one = self.open("template")
        yield self.at(1, 14, 16)
        one.raise_()
        yield self.at(1, 14, 52)
        one.accept(10)
        yield self.at(1, 15, 8)
        one.assign(note="改模板前先导一份，号码取事项自己的，别写死。")
        yield self.at(0, 9, 24)
        self.stage.progress(one.case_id, one.engineer, one.demand.progress[0], 50)

    def half_recorded(self) -> Life:
        """A phone call half recorded by the dispatch desk."""
        yield self.at(0, 10, 22)
        site = self.stage.site_ids["labour"][0]
        fields = {
            "channel": "phone",
            "caller": "市人社局窗口 江晚舟",
            "caller_phone": "8000-1122",
            "claimed_at": f"{self.stage.at(0, 10, 15):%Y-%m-%dT%H:%M}",
            "requester": str(self.stage.viewer("labour_clerk").user_id),
            "title": "社保卡补办页面提交后一直转圈",
            "wanted": "窗口来电：上午十点起，网上补办社保卡点“提交”后一直转圈，窗口排了二十多人。",
            "site": str(site),
            "category": str(self.stage.category_ids["function"]),
            "priority": "high",
        }
        self.stage.draft("office", "intake", fields["title"], fields)

    # --- phoned in

    def phoned(self) -> Life:
        """Phoned in: the office records it, the requester corrects and confirms, then it counts."""
        one = self.open("phoned")
        yield self.at(17, 9, 40)
        claimed = self.stage.at(17, 9, 25)
        one.record(by="office", channel="phone", caller="市民政局救助科值班员", phone="8000-3306", claimed=claimed)
        yield self.at(17, 10, 2)
        better = "三处号码统一为 8000-3300：首页底部、救助专栏、联系我们。旧号码下月停用。"
        one.confirm("来电时没有说清用哪个号码，补上。", wanted=better)
        yield self.at(17, 10, 21)
        one.accept(5)
        yield self.at(17, 10, 30)
        one.assign(note="号码改完全站再搜一遍。")
        yield self.at(17, 15, 12)
        one.submit()
        yield self.at(16, 9, 18)
        one.check(note="三处都对，搜索也没有旧号码了。")
        yield self.at(16, 9, 31)
        one.rate(one.demand.grade, one.demand.remark)

    def phoned_now(self) -> Life:
        """The same on the desk right now: recorded this morning, the requester has not looked yet."""
        one = self.open("phoned_now")
        yield self.at(0, 10, 11)
        claimed = self.stage.at(0, 9, 50)
        one.record(by="office", channel="phone", caller="住房保障窗口", phone="8000-2207", claimed=claimed)

    def not_mine(self) -> Life:
        """Recorded by a vendor; the named requester says it was not theirs."""
        one = self.open("not_mine")
        yield self.at(19, 15, 26)
        claimed = self.stage.at(19, 15, 10)
        one.record(by="vendor_a_tech2", channel="phone", caller="自称水利局的同志", phone="", claimed=claimed)
        yield self.at(18, 9, 12)
        one.deny("当天我在外地开会，本科室没有人打过这个电话，漫画上月刚换。")

    # --- refused, ruled, late

    def refused_twice(self) -> Life:
        """Refused twice: the second ruling is final and the vendor has to assign somebody."""
        one = self.open("refused_twice", engineer="vendor_b_tech2")
        yield self.at(2, 9, 20)
        one.raise_()
        yield self.at(2, 10, 36)
        one.refuse("取号机是窗口设备，由硬件厂家维护，我方只维护网站，请另行派单。")
        yield self.at(1, 9, 50)
        one.order("号段由网站预约接口分配，属合同第 2.3 款站点功能，退单不成立，请继续办理。")
        yield self.at(1, 11, 4)
        one.refuse("分号段要改取号机程序，我方没有源码，改坏了责任不清。")
        yield self.at(1, 14, 30)
        self.stage.say(one.case_id, one.clerk, "厂家回话：取号机可以设号段起止，不用改程序，操作说明我这里有。")
        yield self.at(0, 9, 15)
        one.order(
            "取号机设置号段由厂家配合，网站一侧改接口即可，不涉及源码。两次退单理由均不成立，此为终裁，今天派工。"
        )

    def late(self) -> Life:
        """Twelve days late, nine of them at the office: five at triage, four at the ruling."""
        one = self.open("late", vendor="vendor_b")
        yield self.stage.at(16, 10, 5, 12)
        one.raise_()
        yield self.stage.at(16, 13, 31)
        one.approve("图标是统一门户换的，我局网站要跟着调，同意。")
        yield self.at(13, 10, 40)
        self.stage.urge(one.case_id, one.clerk)
        yield self.at(12, 9, 8)
        self.stage.say(one.case_id, "supervisor", "分拣已三天，请派发岗说明卡在哪里。")
        yield self.at(12, 9, 55)
        self.stage.say(one.case_id, "office", "三份合同都没有写明图标适配归谁，正在逐条核对。")
        yield self.stage.at(10, 8, 31)
        one.triage("vendor_b", "合同归属不清，核对三份合同后派拓数数据。")
        yield self.stage.at(10, 9, 55)
        one.refuse("入口图标由统一门户提供，不在我方合同第 2 条范围内。")
        yield self.at(8, 16, 2)
        self.stage.say(one.case_id, one.clerk, "首屏错位已经两周，市民热线转来三次，请尽快定。")
        yield self.at(7, 10, 14)
        self.stage.urge(one.case_id, one.clerk)
        yield self.stage.at(5, 9, 55)
        one.redispatch("vendor_a", "退单成立，改派启砚内容，按合同第 3.2 条承办。")
        yield self.stage.at(5, 10, 9, 20)
        one.accept(13)
        yield self.stage.at(5, 10, 24)
        one.assign(note="这件已经拖了很久，优先办。")
        yield self.at(3, 16, 48)
        text = "首屏版式已在测试站排好，新图标还没有拿到正式版。"
        self.stage.progress(one.case_id, one.engineer, text, 40)
        yield self.at(2, 14, 5)
        self.stage.urge(one.case_id, "supervisor")
        yield self.at(1, 16, 20)
        self.stage.progress(one.case_id, one.engineer, "图标已换，等统一门户发布窗口。", 60)

    def outside(self) -> Life:
        """Out of contract: approved by the head, dispatched at triage on terms agreed beforehand."""
        one = self.open("outside", engineer="vendor_a_tech2")
        yield self.at(23, 9, 30)
        one.raise_()
        yield self.at(23, 11, 10)
        one.approve("馆里资料齐全，经费从活动费列支，同意按合同外办理。")
        yield self.at(23, 15, 5)
        one.triage("vendor_a", "合同外，已与启砚内容说定：四个展厅，两个工作日，费用单列。")
        yield self.at(23, 15, 40)
        one.accept(14)
        yield self.at(23, 16, 2)
        one.assign(note="文物名称和年代以馆方表格为准。")
        yield self.at(22, 11, 20)
        self.stage.progress(one.case_id, one.engineer, "两个展厅已成形，第三个在排图。", 50)
        yield self.at(21, 14, 45)
        one.submit()
        yield self.at(20, 10, 30)
        one.check(note="40 件逐件看过，年代排序正确。")
        yield self.at(20, 10, 44)
        one.rate(one.demand.grade, one.demand.remark)

    # --- returned, in part

    def reworked(self) -> Life:
        """Returned three times; now the office has to rule."""
        one = self.open("reworked", engineer="vendor_a_tech2")
        yield self.at(6, 9, 10)
        one.raise_()
        yield self.at(6, 9, 50)
        one.accept(12)
        yield self.at(6, 10, 6)
        one.assign(note="四段说明逐段替换，不要整页覆盖。")
        yield self.at(6, 16, 10)
        one.submit("四段说明已替换，样表换成新图。", ("替换四段说明", "上传新样表"))
        yield self.at(5, 11, 0)
        one.check("rework", "第三段还是旧版；样表点开没有放大。", unmet=(0, 1))
        yield self.at(4, 9, 40)
        one.submit("第三段已换成新版，样表加了放大。", ("替换第三段", "样表接入放大组件"))
        yield self.at(2, 9, 20)
        one.check("rework", "样表能放大了，放大后是旧样表；手机上说明第二段被截掉一行。", unmet=(0, 2))
        yield self.at(2, 11, 5)
        one.submit("放大图换成新样表，手机上第二段完整显示。", ("替换放大图", "手机端放开行数限制"))
        yield self.at(2, 14, 20)
        self.stage.say(one.case_id, one.lead, "三轮都改了，验收标准第三条“旧样表不再出现”指哪些页面，请说清。")
        yield self.at(1, 10, 15)
        self.stage.say(one.case_id, one.clerk, "指全站。在搜索里搜“样表”，还能看到两处旧的。")
        yield self.at(0, 8, 52)
        one.check("rework", "申请页对了，搜索结果里还有两处旧样表没有下架。", unmet=(2,))

    def partial(self) -> Life:
        """Accepted in part: what is missing becomes a case of its own, which is being worked on."""
        one = self.open("partial")
        yield self.at(9, 8, 50)
        one.raise_()
        yield self.at(9, 9, 34)
        one.accept(13)
        yield self.at(9, 9, 52)
        one.assign(note="村名以农业局的表为准，先导 96 个村。")
        yield self.at(8, 10, 40)
        self.stage.progress(one.case_id, one.engineer, "查询已上，分村下载做到第 60 个村。", 70)
        yield self.at(8, 16, 18)
        one.submit()
        yield self.at(7, 15, 2)
        one.check("partial", "查询和下载都好用；异议办法没有写，这一条另办。", unmet=(2,))
        rest = self._rest_of(one)
        yield self.at(7, 15, 20)
        one.rate(one.demand.grade, one.demand.remark)
        yield self.at(7, 16, 10)
        rest.accept(12, "在公示页底部写明异议办法：向谁提、几天内答复、带什么材料。")
        yield self.at(7, 16, 24)
        rest.assign(note="异议办法的文字等农业局给，先留好位置。")
        yield self.at(6, 9, 30)
        self.stage.say(rest.case_id, rest.clerk, "异议办法的文字法规科在审，今天给到。")
        yield self.at(6, 15, 44)
        rest.submit("异议办法已写入页底，文字与法规科定稿一致。", ("接收法规科定稿", "排入页底并核对"))
        yield self.at(5, 10, 26)
        rest.check(note="异议办法写清楚了，补齐。")

    def _rest_of(self, whole: Dossier) -> Dossier:
        """Return the case that was split off, as a dossier."""
        case_id = db.session.scalars(select(Case.id).where(Case.parent_id == whole.case_id)).one()
        db.session.rollback()
        unmet = nearly_there(whole.demand, criteria=whole.demand.criteria[2:])
        return Dossier(self.stage, self.phrases, unmet, case_id=case_id)

    def objected(self) -> Life:
        """The requester objects to the restatement before anything is done."""
        one = self.open("objected")
        yield self.at(14, 9, 22)
        one.raise_()
        yield self.at(14, 9, 58)
        one.accept(8, "把手机版的举报入口移到首屏。")
        yield self.at(14, 10, 20)
        one.object("电脑版也要移，复述里只写了手机版。")
        yield self.at(14, 10, 46)
        one.accept(8)
        yield self.at(14, 11, 0)
        one.assign(note="电脑、手机两端都要，截图各一张。")
        yield self.at(13, 9, 40)
        one.submit()
        yield self.at(13, 15, 16)
        one.check(note="两端首屏都看得到，直达举报表。")
        yield self.at(13, 15, 30)
        one.rate(one.demand.grade, one.demand.remark)

    # --- people

    def left(self) -> Life:
        """The engineer leaves: hands the case over, the lead closes the account, a colleague finishes."""
        one = self.open("left", engineer="vendor_a_left")
        yield self.at(15, 14, 8)
        one.raise_()
        yield self.at(15, 15, 30)
        one.accept(30)
        yield self.at(15, 15, 52)
        one.assign(note="页数多，每天至少拆三章。")
        yield self.at(13, 16, 40)
        self.stage.progress(one.case_id, "vendor_a_left", "拆到第 6 章，目录同步做。", 45)
        yield self.at(12, 16, 12)
        reason = "今日离职，已当面交接：第 1 至 6 章已拆好，放在工作盘同名文件夹。"
        self.stage.transfer(one.case_id, "vendor_a_left", "vendor_a_tech", reason)
        one.engineer = "vendor_a_tech"
        yield self.at(12, 17, 20)
        self.stage.close_account("vendor_a_lead", "vendor_a_left")
        yield self.at(11, 9, 36)
        self.stage.progress(one.case_id, one.engineer, "已接手，接着拆第 7 章，前六章抽查无误。", 50)
        yield self.at(11, 17, 6)
        one.submit()
        yield self.at(10, 14, 22)
        one.check(note="14 份逐份打开看过，整本还在。")
        yield self.at(10, 14, 41)
        one.rate(one.demand.grade, one.demand.remark)

    # --- a holiday's night

    def tamper(self) -> Life:
        """On a holiday's night a home page is tampered with; every step has its time. The follow-up is open."""
        one = self.open("tamper")
        evening = self._tonight(22, 47)
        yield evening
        one.raise_()
        yield evening + timedelta(minutes=6, seconds=11)
        one.accept(1)
        yield evening + timedelta(minutes=7, seconds=40)
        one.assign(note="先遮住，再留证，最后恢复。每一步报时间。")
        yield evening + timedelta(minutes=19, seconds=30)
        self.stage.progress(one.case_id, one.engineer, "23:06 已切静态首页，外部看不到被改内容。", 40)
        yield evening + timedelta(minutes=55, seconds=5)
        self.stage.progress(one.case_id, one.engineer, "23:39 找到入口：上传接口没有校验类型，已关闭，正在留证。", 70)
        yield evening + timedelta(minutes=109, seconds=22)
        one.submit(span=(evening + timedelta(minutes=19), evening + timedelta(minutes=101)))
        yield evening + timedelta(hours=9, minutes=53)
        one.check(note="早上逐页看过，首页正常；时间写得清楚。")
        yield evening + timedelta(hours=10, minutes=2)
        one.rate(one.demand.grade, one.demand.remark)
        yield from self._tamper_times(one)

    def _tamper_times(self, cause: Dossier) -> Life:
        """The office asks the platform's vendor for the times that are missing."""
        one = self.open("tamper_times")
        one.requester = "office"
        yield self.at(1, 15, 3)
        one.raise_(parent_id=cause.case_id)
        yield self.at(1, 15, 41)
        one.accept(9)
        yield self.at(1, 15, 58)
        one.assign("vendor_b_tech", "时间以日志为准，精确到秒，日志原文一起附上。")
        yield self.at(0, 9, 47)
        self.stage.progress(one.case_id, one.engineer, one.demand.progress[0], 60)

    def _tonight(self, hour: int, minute: int) -> datetime:
        return datetime.combine(self.stage.holiday(), time(hour, minute, 9), ZONE)

    # --- rated low, withdrawn

    def rated_low(self) -> Life:
        """Done in the end, and rated two with a reason."""
        one = self.open("rated_low", engineer="vendor_a_tech2")
        yield self.at(11, 8, 44)
        one.raise_()
        yield self.at(11, 9, 10)
        one.accept(6)
        yield self.at(11, 9, 26)
        one.assign(note="司机在等，马上撤。")
        yield self.at(11, 11, 30)
        one.submit()
        yield self.at(11, 13, 48)
        note, done = one.demand.rework
        one.check("rework", note)
        yield self.at(11, 16, 57)
        one.submit(done, ("手机版撤下提示", "清两端缓存", "用手机复看"))
        yield self.at(10, 9, 15)
        one.check(note="两边都撤下了。")
        yield self.at(10, 9, 24)
        low = "撤一条提示用了一整天，手机版还要我们自己发现。投诉电话是我们接的。"
        one.rate(one.demand.grade, low=low)

    def withdrawn(self) -> Life:
        """Withdrawn by the requester before the vendor accepted it."""
        one = self.open("withdrawn")
        yield self.at(8, 10, 30)
        one.raise_()
        yield self.at(8, 11, 42)
        one.withdraw("潮汐车位试点推迟到明年，图层先不做，到时候再提。")
