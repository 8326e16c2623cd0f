"""Forms of the house. They read what was typed; what is valid beyond its shape the operations say."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, cast

from wtforms import (
    BooleanField,
    DateField,
    Field,
    Form,
    HiddenField,
    IntegerField,
    PasswordField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    ValidationError,
)
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from app.errors import Invalid
from app.i18n import N_
from app.people import rules
from app.people.operations import ContractTerms
from app.people.rules import Sla

REQUIRED: Final = InputRequired(N_("这一项还没有填。"))
CHOOSE: Final = N_("还没有选。")
DAY: Final = N_("写上日期，例如 2026-01-31。")
COUNT: Final = N_("写一个 0 到 100000 的整数。")
ALL_SITES: Final = "0"
_CLAUSE: Final = re.compile(r"\s*(?:第)?([0-9]+(?:[.．][0-9]+)*)(?:条|[.．、])?[\s:：]+(.+)")


def _at_most(length: int) -> Length:
    return Length(max=length, message=N_("太长了，请写短一些。"))


class HouseForm(Form):
    """A form whose fields may also bear the sentences of an operation."""

    def take(self, error: Invalid) -> None:
        """Put the sentences of a refused operation beside their fields; the rest goes to the first field."""
        for name, sentence in error.fields.items():
            target = self._fields.get(name) or next(iter(self._fields.values()))
            target.errors = [*target.errors, sentence]

    @property
    def problems(self) -> dict[str, str]:
        """Return the first sentence of each field that has one."""
        return {name: str(field.errors[0]) for name, field in self._fields.items() if field.errors}


class VersionedForm(HouseForm):
    """A form that knows which version of the row it shows."""

    version = HiddenField()

    @property
    def seen(self) -> int | None:
        """Return the row version the page showed."""
        text = self.version.data or ""
        return int(text) if text.isdigit() else None


class Choice(SelectField):
    """A list to choose one id from; without a choice it is None."""

    def __init__(self, label: str, *, optional: bool = False, **options: Any) -> None:
        self.optional = optional
        super().__init__(label, coerce=str, validate_choice=False, **options)

    def offer(self, choices: Sequence[tuple[str, str]]) -> None:
        """Set what may be chosen."""
        first = [("", "")] if self.optional or len(choices) != 1 else []
        self.choices = [*first, *choices]

    def pre_validate(self, form: Any) -> None:
        """Refuse what is not offered."""
        del form
        offered = {str(value) for value, *_ in cast("Any", self.choices)}
        if (not self.data and not self.optional) or (self.data and self.data not in offered):
            raise ValidationError(CHOOSE)

    @property
    def id_(self) -> int | None:
        """Return the chosen id."""
        return int(self.data) if self.data else None


class Day(DateField):
    """A day, written 2026-01-31."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the day; anything else is named in a sentence of ours."""
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(DAY) from error


class Count(IntegerField):
    """A number of things."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the number; anything else is named in a sentence of ours."""
        try:
            super().process_formdata(valuelist)
        except ValueError as error:
            raise ValueError(COUNT) from error


class SignInForm(HouseForm):
    """Account and password."""

    user_name = StringField(N_("账号"), [REQUIRED, _at_most(120)])
    password = PasswordField(N_("密码"), [REQUIRED, _at_most(1000)])


class PasswordForm(HouseForm):
    """The present password and the new one twice."""

    old = PasswordField(N_("现在的密码"), [REQUIRED, _at_most(1000)])
    new = PasswordField(N_("新密码"), [REQUIRED, _at_most(1000)])
    again = PasswordField(N_("再写一遍新密码"), [REQUIRED, _at_most(1000)])

    def validate_again(self, field: Field) -> None:
        """Refuse two different new passwords."""
        if field.data != self.new.data:
            raise ValueError(N_("两次写的新密码不一样。"))


class UserForm(VersionedForm):
    """What is known of a person."""

    user_name = StringField(N_("账号"), [Optional(), _at_most(40)])
    name = StringField(N_("姓名"), [REQUIRED, _at_most(60)])
    unit_id = Choice(N_("单位"))
    titles = StringField(N_("岗位"), [Optional(), _at_most(200)])
    phone = StringField(N_("电话"), [Optional(), _at_most(40)])
    email = StringField(N_("邮箱"), [Optional(), _at_most(120)])

    def values(self) -> dict[str, Any]:
        """Return the arguments of the operations."""
        return {
            "name": self.name.data or "",
            "unit_id": self.unit_id.id_ or 0,
            "titles": re.split(r"[、,，;；\n]+", self.titles.data or ""),
            "phone": self.phone.data or "",
            "email": self.email.data or "",
        }


class GrantForm(HouseForm):
    """A role, for the person's own unit or another."""

    role = Choice(N_("角色"))
    unit_id = Choice(N_("管哪个单位"), optional=True)


class TokenForm(HouseForm):
    """A token for a program, in the name of an account."""

    user_name = StringField(N_("账号"), [REQUIRED, _at_most(40)])
    name = StringField(N_("给哪个程序用"), [REQUIRED, _at_most(60)])
    last_day = Day(N_("用到哪一天"), [Optional()])


class UnitForm(VersionedForm):
    """A unit of the tree."""

    kind = Choice(N_("种类"))
    code = StringField(N_("代码"), [REQUIRED, _at_most(32)])
    name = StringField(N_("名称"), [REQUIRED, _at_most(120)])
    name_en = StringField(N_("英文名称"), [Optional(), _at_most(160)])
    parent_id = Choice(N_("上级单位"), optional=True)

    def values(self) -> dict[str, Any]:
        """Return the arguments of the operations, without the kind."""
        return {
            "code": self.code.data or "",
            "name": self.name.data or "",
            "name_en": self.name_en.data or "",
            "parent_id": self.parent_id.id_,
        }


class SiteForm(VersionedForm):
    """A registered website."""

    code = StringField(N_("标识码"), [REQUIRED, _at_most(16)])
    name = StringField(N_("名称"), [REQUIRED, _at_most(120)])
    url = StringField(N_("网址"), [Optional(), _at_most(300)])
    owner_id = Choice(N_("主办单位"))
    parent_id = Choice(N_("上级网站"), optional=True)
    state = Choice(N_("状态"))

    def values(self) -> dict[str, Any]:
        """Return the arguments of the operations."""
        return {
            "code": self.code.data or "",
            "name": self.name.data or "",
            "url": self.url.data or "",
            "owner_id": self.owner_id.id_ or 0,
            "parent_id": self.parent_id.id_,
            "state": self.state.data,
        }


class ContractForm(VersionedForm):
    """The head of a contract and its clauses; scopes, limits and allowances are tables beside it."""

    number = StringField(N_("合同编号"), [REQUIRED, _at_most(60)])
    name = StringField(N_("合同名称"), [Optional(), _at_most(160)])
    vendor_id = Choice(N_("外包单位"))
    valid_from = Day(N_("自"), [InputRequired(DAY)])
    valid_to = Day(N_("至（含当日）"), [InputRequired(DAY)])
    deemed_acceptance = BooleanField(N_("合同里有“逾期未验收视为验收”的条款"))
    deemed_after = StringField(N_("逾期多久视为验收"), [Optional(), _at_most(20)])
    clauses = TextAreaField(N_("条款"), [Optional(), _at_most(20000)])
    note = TextAreaField(N_("备注"), [Optional(), _at_most(2000)])
    scopes = HiddenField(N_("服务范围"))
    allowances = HiddenField(N_("每年件数"))

    def clause_list(self) -> tuple[tuple[str, str], ...]:
        """Read the clauses: one per line, number first; a line without number continues the one before."""
        found: list[tuple[str, str]] = []
        for line in filter(None, (one.strip() for one in (self.clauses.data or "").splitlines())):
            match = _CLAUSE.fullmatch(line)
            if match:
                found.append((match[1].replace("．", "."), match[2].strip()))
            elif found:
                found[-1] = (found[-1][0], f"{found[-1][1]}\n{line}")
            else:
                raise Invalid(
                    fields={"clauses": N_("第一行没有编号。每条以编号开头，例如“3.2 应在两个工作日内办结”。")}
                )
        return tuple(found)

    @staticmethod
    def clause_text(terms: ContractTerms) -> str:
        """Write the clauses as `clause_list` reads them."""
        return "\n".join(f"{number} {text}" for number, text in terms.clauses)


class SlaForm(HouseForm):
    """The two limits of one priority."""

    respond = StringField(N_("响应"), [_at_most(20)])
    finish = StringField(N_("办结"), [_at_most(20)])

    def limits(self) -> Sla:
        """Return the limits as typed."""
        return Sla((self.respond.data or "").strip(), (self.finish.data or "").strip())


class ScopeForm(HouseForm):
    """One service category of a contract: covered or not, at which sites, how many a year."""

    covered = BooleanField(N_("包含"))
    sites = SelectMultipleField(N_("网站"), coerce=str, validate_choice=False)
    units = Count(N_("每年件数"), [Optional(), NumberRange(0, 100000, COUNT)])

    def chosen_sites(self) -> list[int | None]:
        """Return the chosen sites; None alone stands for all of them."""
        chosen = [one for one in self.sites.data or [] if one.isdigit() and one != ALL_SITES]
        return [int(one) for one in chosen] or [None]


class SettingsForm(HouseForm):
    """All settings of the house."""

    house = StringField(rules.SETTINGS["house"].label, [_at_most(60)])
    notice = TextAreaField(rules.SETTINGS["notice"].label, [_at_most(300)])
    four_eyes = BooleanField(rules.SETTINGS["four_eyes"].label)


class CategoryForm(HouseForm):
    """A new service category."""

    code = StringField(N_("代码"), [REQUIRED, _at_most(32)])
    name = StringField(N_("名称"), [REQUIRED, _at_most(60)])
    name_en = StringField(N_("英文名称"), [Optional(), _at_most(80)])


def translated(pairs: Mapping[str, str], gettext: Any) -> list[tuple[str, str]]:
    """Return choices of a fixed vocabulary in the reader's language."""
    return [(key, gettext(text)) for key, text in pairs.items()]
