"""Forms: form-js JSON becomes WTForms forms, drawn on the server and judged nowhere else.

form = compile_form(schema)                                  # once per published version
bound = form.form(case_data, request.form, rights=…, sources=…, ignored={"csrf_token", "key"})
if not bound.reshaped and bound.validate():
    store(bound.answers, remove=bound.dropped)
"""

from __future__ import annotations

from flask import Blueprint, Flask

from app.formkit.bound import BoundForm, Reviewed, Rights
from app.formkit.compiled import CompiledForm, compile_form
from app.formkit.read import ReadField
from app.formkit.schema import FormProblem, FormRefused
from app.formkit.sources import SHOWN_DIGEST, CaseLink, Sources, SubjectView, Upload, register_source

bp = Blueprint("formkit", __name__, template_folder="templates")


def init_app(app: Flask) -> None:
    """Make the templates of forms known."""
    app.register_blueprint(bp)


__all__ = [
    "SHOWN_DIGEST",
    "BoundForm",
    "CaseLink",
    "CompiledForm",
    "FormProblem",
    "FormRefused",
    "ReadField",
    "Reviewed",
    "Rights",
    "Sources",
    "SubjectView",
    "Upload",
    "bp",
    "compile_form",
    "init_app",
    "register_source",
]
