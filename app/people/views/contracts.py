"""Vendor contracts: list, detail, editing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from app.clock import local
from app.db import db
from app.errors import Invalid
from app.i18n import N_
from app.people import operations, queries, rules, session
from app.people.forms import ALL_SITES, CategoryForm, ContractForm, ScopeForm, SlaForm
from app.people.models import Contract, ServiceCategory
from app.people.operations import ContractTerms
from app.people.views.blueprint import attempt, bp
from app.web import permission
from app.web.acting import INVALID, asked, now, settle
from app.web.i18n import gettext


@dataclass(frozen=True)
class Sheet:
    """All forms of one contract page: its head, a pair of limits per priority, a line per category."""

    head: ContractForm
    limits: Mapping[str, SlaForm]
    scopes: Sequence[tuple[ServiceCategory, ScopeForm]]

    def validate(self) -> bool:
        """Check all of them, so that every mistake shows at once."""
        wrong = [form for form in self.forms() if not form.validate()]
        return not wrong

    def forms(self) -> list[ContractForm | SlaForm | ScopeForm]:
        """Return them in the order of the page."""
        return [self.head, *self.limits.values(), *(form for _, form in self.scopes)]

    @property
    def has_problems(self) -> bool:
        """Say whether one of them has a sentence to show."""
        return any(form.problems for form in self.forms())

    def terms(self) -> ContractTerms:
        """Return what was typed as terms."""
        head, covered = self.head, [(one, form) for one, form in self.scopes if form.covered.data]
        assert head.valid_from.data is not None  # noqa: S101 - both days were required just now
        assert head.valid_to.data is not None  # noqa: S101
        return ContractTerms(
            number=head.number.data or "",
            name=head.name.data or "",
            vendor_id=head.vendor_id.id_ or 0,
            valid_from=head.valid_from.data,
            valid_to=head.valid_to.data,
            deemed_acceptance=bool(head.deemed_acceptance.data),
            deemed_after=head.deemed_after.data or "",
            note=head.note.data or "",
            scopes=tuple((one.id, site) for one, form in covered for site in form.chosen_sites()),
            clauses=head.clause_list(),
            sla={key: form.limits() for key, form in self.limits.items()},
            allowances={one.id: form.units.data for one, form in covered if form.units.data is not None},
        )

    def take(self, error: Invalid) -> None:
        """Put the sentences of a refused operation beside their fields."""
        rest = {}
        for name, sentence in error.fields.items():
            priority, _, part = name.rpartition("_")
            if priority in self.limits:
                self.limits[priority].take(Invalid(fields={part: sentence}))
            else:
                rest[name if name in self.head._fields else "number"] = sentence
        if rest:
            self.head.take(Invalid(fields=rest))


@bp.get("/contracts")
@permission("contracts.view")
def contracts() -> ResponseReturnValue:
    """List contracts; a vendor sees its own."""
    viewer = session.current_viewer()
    today = local(now()).date()
    return render_template(
        "people/contracts.html",
        page=queries.contracts(
            db.session(), viewer, search=asked("q"), state=asked("state"), on=today, after=_after()
        ),
        today=today,
        may_edit=viewer.may("contracts.edit"),
    )


@bp.get("/contracts/<int:contract_id>")
@permission("contracts.view")
def contract(contract_id: int) -> ResponseReturnValue:
    """Show what a contract says."""
    viewer = session.current_viewer()
    found = queries.contract(db.session(), viewer, contract_id)
    return render_template(
        "people/contract.html",
        contract=found,
        terms=operations.terms_of(found),
        lines=_lines(found),
        priorities=rules.PRIORITIES,
        today=local(now()).date(),
        may_edit=viewer.may("contracts.edit"),
    )


@bp.route("/contracts/new", methods=["GET", "POST"])
@permission("contracts.edit")
def new_contract() -> ResponseReturnValue:
    """Enter a contract."""
    sheet, by, made = _sheet(None), session.current_author(), list[int]()
    if request.method == "POST" and _saved(
        sheet, lambda writing, at, terms: made.append(operations.create_contract(writing, by, terms, at))
    ):
        flash(gettext("合同已录入。"), "ok")
        return redirect(url_for("people.contract", contract_id=made[0]), 303)
    return _sheet_page(sheet, None)


@bp.route("/contracts/<int:contract_id>/edit", methods=["GET", "POST"])
@permission("contracts.edit")
def edit_contract(contract_id: int) -> ResponseReturnValue:
    """Change a contract."""
    found = queries.contract(db.session(), session.current_viewer(), contract_id)
    sheet, by = _sheet(found), session.current_author()
    if request.method == "POST" and _saved(
        sheet,
        lambda writing, at, terms: operations.update_contract(
            writing, by, contract_id, terms, version=sheet.head.seen, now=at
        ),
    ):
        flash(gettext("已保存。"), "ok")
        return redirect(url_for("people.contract", contract_id=contract_id), 303)
    return _sheet_page(sheet, queries.contract(db.session(), session.current_viewer(), contract_id))


@bp.post("/contracts/<int:contract_id>/disable")
@permission("contracts.edit")
def disable_contract(contract_id: int) -> ResponseReturnValue:
    """End a contract before its day."""
    by = session.current_author()
    return settle(
        lambda writing, at: operations.disable_contract(writing, by, contract_id, at),
        N_("合同已停用，新需求不再按它派发。"),
        url_for("people.contract", contract_id=contract_id),
    )


@bp.post("/contracts/<int:contract_id>/enable")
@permission("contracts.edit")
def enable_contract(contract_id: int) -> ResponseReturnValue:
    """Let an ended contract route demands again."""
    by = session.current_author()
    return settle(
        lambda writing, at: operations.enable_contract(writing, by, contract_id, at),
        N_("合同已启用。"),
        url_for("people.contract", contract_id=contract_id),
    )


@bp.route("/contracts/categories", methods=["GET", "POST"])
@permission("contracts.edit")
def categories() -> ResponseReturnValue:
    """List service categories and add one."""
    form = CategoryForm(request.form)
    if request.method == "POST" and form.validate():
        by = session.current_author()
        values = {"code": form.code.data or "", "name": form.name.data or "", "name_en": form.name_en.data or ""}
        if attempt(form, lambda writing, at: operations.create_category(writing, by, **values, now=at)):
            flash(gettext("服务类别已建好。"), "ok")
            return redirect(url_for("people.categories"), 303)
    page = render_template("people/categories.html", form=form, categories=queries.categories(db.session()))
    return page, INVALID if form.problems else 200


def _saved(sheet: Sheet, act: Callable[[Session, datetime, ContractTerms], object]) -> bool:
    if not sheet.validate():
        return False
    try:
        terms = sheet.terms()
    except Invalid as error:
        sheet.take(error)
        return False
    return attempt(sheet, lambda writing, at: act(writing, at, terms))


def _sheet_page(sheet: Sheet, found: Contract | None) -> ResponseReturnValue:
    page = render_template(
        "people/contract_edit.html",
        sheet=sheet,
        contract=found,
        priorities=rules.PRIORITIES,
        all_sites=ALL_SITES,
    )
    return page, INVALID if sheet.has_problems else 200


def _sheet(found: Contract | None) -> Sheet:
    terms = operations.terms_of(found) if found else None
    posted = request.form if request.method == "POST" else None
    reading, viewer = db.session(), session.current_viewer()
    head = ContractForm(posted, data=_head_data(found, terms))
    head.vendor_id.offer(queries.vendor_choices(reading, viewer))
    sla = terms.sla if terms else rules.DEFAULT_SLA
    limits = {
        key: SlaForm(posted, obj=sla.get(key) or rules.DEFAULT_SLA[key], prefix=f"{key}-") for key in rules.PRIORITIES
    }
    sites = queries.site_choices(reading, viewer)
    scopes = [(one, _scope_form(one, terms, sites)) for one in queries.categories(reading)]
    return Sheet(head, limits, scopes)


def _head_data(found: Contract | None, terms: ContractTerms | None) -> dict[str, Any]:
    if found is None or terms is None:
        return {}
    lists = {"clauses": ContractForm.clause_text(terms), "scopes": "", "allowances": ""}
    return vars(terms) | lists | {"version": found.row_version}


def _scope_form(
    category: ServiceCategory, terms: ContractTerms | None, sites: Sequence[tuple[str, str]]
) -> ScopeForm:
    chosen = [site for one, site in terms.scopes if one == category.id] if terms else []
    data = {
        "covered": bool(chosen),
        "sites": [str(site) for site in chosen if site is not None],
        "units": terms.allowances.get(category.id) if terms else None,
    }
    posted = request.form if request.method == "POST" else None
    form = ScopeForm(posted, data=data, prefix=f"scope-{category.id}-")
    form.sites.choices = list(sites)
    return form


def _lines(found: Contract) -> list[tuple[str, list[str], int | None]]:
    """Return per category: its name, the sites (none for all) and the yearly number."""
    lines: dict[int, tuple[str, list[str], int | None]] = {}
    yearly = {one.category_id: one.yearly_units for one in found.allowances}
    for scope in found.scopes:
        line = lines.setdefault(scope.category_id, (scope.category.name, [], yearly.get(scope.category_id)))
        if scope.site is not None:
            line[1].append(scope.site.name)
    return list(lines.values())


def _after() -> str | None:
    day, _, row_id = asked("after").partition("_")
    try:
        date.fromisoformat(day)
    except ValueError:
        return None
    return f"{day}_{row_id}" if row_id.isdigit() else None
