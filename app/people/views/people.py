"""Administration of people and their roles."""

from __future__ import annotations

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import clock
from app.db import db, transaction
from app.errors import Refused
from app.i18n import N_
from app.people import operations, queries, rules, session
from app.people.forms import GrantForm, UserForm
from app.people.models import User
from app.people.rules import Viewer
from app.people.views.blueprint import attempt, bp
from app.web import permission
from app.web.acting import INVALID, asked, asked_id, settle
from app.web.i18n import gettext


@bp.get("/people")
@permission("people.list")
def people() -> ResponseReturnValue:
    """List people; a vendor lead sees the own unit."""
    viewer, reading = session.current_viewer(), db.session()
    return render_template(
        "people/people.html",
        page=queries.users(
            reading,
            viewer,
            search=asked("q"),
            unit_id=asked_id("unit"),
            role=asked("role"),
            state=asked("state"),
            after=asked("after") or None,
        ),
        units=queries.unit_choices(reading, viewer),
        roles=rules.ROLES,
        role_choices=[(role.key, gettext(role.name)) for role in rules.ROLES.values()],
        may_create=viewer.may("people.manage"),
    )


@bp.route("/people/new", methods=["GET", "POST"])
@permission("people.manage")
def new_person() -> ResponseReturnValue:
    """Create an account and show its one-time password once."""
    viewer = session.current_viewer()
    form = _user_form(viewer, None)
    if request.method == "GET" and asked_id("unit"):
        form.unit_id.data = asked("unit")
    if request.method == "POST" and form.validate():
        by, made = session.current_author(), []
        if attempt(
            form,
            lambda writing, at: made.append(
                operations.create_user(writing, by, user_name=form.user_name.data or "", **form.values(), now=at)
            ),
        ):
            return _person_page(made[0].user_id, one_time=made[0].password)
    return render_template("people/person_new.html", form=form), INVALID if form.problems else 200


@bp.get("/people/<int:user_id>")
@permission("people.list")
def person(user_id: int) -> ResponseReturnValue:
    """Show a person, the roles, and what this reader may do about them."""
    return _person_page(user_id)


@bp.post("/people/<int:user_id>")
@permission("people.manage")
def change_person(user_id: int) -> ResponseReturnValue:
    """Change what is known of a person."""
    viewer = session.current_viewer()
    found = queries.user(db.session(), viewer, user_id)
    form, by = _user_form(viewer, found), session.current_author()
    try:
        done = form.validate() and attempt(
            form,
            lambda writing, at: operations.update_user(
                writing, by, user_id, **form.values(), version=form.seen, now=at
            ),
        )
    except Refused as error:
        flash(gettext(error.message, **error.values), "error")
        done = False
    if not done:
        return _person_page(user_id, form=form), INVALID
    flash(gettext("已保存。"), "ok")
    return redirect(url_for("people.person", user_id=user_id), 303)


@bp.post("/people/<int:user_id>/disable")
@permission("people.manage")
def disable_person(user_id: int) -> ResponseReturnValue:
    """Close an account."""
    by = session.current_author()
    return settle(
        lambda writing, at: operations.disable_user(writing, by, user_id, at),
        N_("账号已停用，已登录的地方都已退出。"),
        url_for("people.person", user_id=user_id),
    )


@bp.post("/people/<int:user_id>/enable")
@permission("people.manage")
def enable_person(user_id: int) -> ResponseReturnValue:
    """Open an account again."""
    by = session.current_author()
    return settle(
        lambda writing, at: operations.enable_user(writing, by, user_id, at),
        N_("账号已启用。"),
        url_for("people.person", user_id=user_id),
    )


@bp.post("/people/<int:user_id>/reset")
@permission("people.reset")
def reset_person(user_id: int) -> ResponseReturnValue:
    """Give a one-time password and show it once."""
    by = session.current_author()
    try:
        with transaction() as writing:
            given = operations.reset_password(writing, by, user_id, clock.now(writing))
    except Refused as error:
        flash(gettext(error.message, **error.values), "error")
        return redirect(url_for("people.person", user_id=user_id), 303)
    return _person_page(user_id, one_time=given)


@bp.post("/people/<int:user_id>/roles")
@permission("people.grant")
def grant_role(user_id: int) -> ResponseReturnValue:
    """Give a role."""
    by, form = session.current_author(), _grant_form(session.current_viewer())
    if not form.validate():
        return _person_page(user_id, grant=form), INVALID
    role, unit_id = form.role.data or "", form.unit_id.id_
    return settle(
        lambda writing, at: operations.grant_role(writing, by, user_id, role, unit_id=unit_id, now=at),
        N_("角色已授予。这个人重新登录后生效。"),
        url_for("people.person", user_id=user_id),
    )


@bp.post("/people/<int:user_id>/roles/<int:grant_id>/withdraw")
@permission("people.grant")
def withdraw_role(user_id: int, grant_id: int) -> ResponseReturnValue:
    """Take a role back."""
    by = session.current_author()
    return settle(
        lambda writing, at: operations.withdraw_role(writing, by, grant_id, at),
        N_("角色已收回。这个人重新登录后生效。"),
        url_for("people.person", user_id=user_id),
    )


def _person_page(
    user_id: int, *, form: UserForm | None = None, grant: GrantForm | None = None, one_time: str | None = None
) -> str:
    viewer = session.current_viewer()
    found = queries.user(db.session(), viewer, user_id)
    manages = operations.manages(session.current_author(), found)
    return render_template(
        "people/person.html",
        person=found,
        form=(form or _user_form(viewer, found)) if manages else None,
        grant=(grant or _grant_form(viewer)) if viewer.may("people.grant") else None,
        roles=rules.ROLES,
        one_time=one_time,
        may_reset=viewer.may("people.reset"),
        is_self=viewer.user_id == user_id,
    )


def _user_form(viewer: Viewer, found: User | None) -> UserForm:
    data = (
        {
            "user_name": found.user_name,
            "name": found.name,
            "unit_id": found.unit_id,
            "titles": "、".join(post.title for post in found.posts),
            "phone": found.phone,
            "email": found.email,
            "version": found.row_version,
        }
        if found
        else {}
    )
    form = UserForm(request.form if request.method == "POST" else None, data=data)
    choices = queries.unit_choices(db.session(), viewer)
    own = [one for one in choices if one[0] == str(viewer.unit_id)]
    form.unit_id.offer(choices if viewer.may("people.edit") else own)
    return form


def _grant_form(viewer: Viewer) -> GrantForm:
    form = GrantForm(request.form)
    form.role.offer([(role.key, gettext(role.name)) for role in rules.ROLES.values()])
    form.unit_id.offer(queries.unit_choices(db.session(), viewer))
    return form
