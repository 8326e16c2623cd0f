"""The built front end: addresses from the manifest, a clear sentence when it is missing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from flask import Flask

from app.web.assets import Assets, AssetsMissing, wrap_static
from tests.unit.test_web_shell import MANIFEST, built, shell_app


def test_addresses_are_those_of_the_build(tmp_path: Path) -> None:
    """A page links the hashed script, the icons and the style sheets, those of imports first."""
    text = shell_app(tmp_path).test_client().get("/page").text
    assert 'src="/static/dist/assets/app-AAAAAAAA.js"' in text
    assert 'href="/static/dist/assets/icons-GGGGGGGG.svg#search"' in text
    first, second = text.index("words-FFFFFFFF.css"), text.index("app-BBBBBBBB.css")
    assert first < second


def test_missing_build_is_one_clear_sentence(tmp_path: Path) -> None:
    """Without a build the page says what to run, and so does the check before serving."""
    app = shell_app(tmp_path)
    (tmp_path / "dist" / "manifest.json").unlink()
    answer = app.test_client().get("/page")
    assert answer.status_code == 503
    assert answer.text == "The front end is not built: run `npm ci && npm run build`.\n"
    with pytest.raises(AssetsMissing, match="npm run build"):
        Assets(tmp_path / "dist").verify()


def test_a_file_the_build_lacks_is_named(tmp_path: Path) -> None:
    """A page that asks for an unknown file gets its name in the sentence."""
    with pytest.raises(AssetsMissing, match=r"modeler\.js"):
        built(tmp_path).file("modeler.js")


def test_development_sees_a_new_build(tmp_path: Path) -> None:
    """In development a rebuild is picked up at once; in production the build that was started with stays."""
    fixed, live = built(tmp_path), Assets(tmp_path, reload=True)
    assert fixed.file("app.js") == live.file("app.js") == "assets/app-AAAAAAAA.js"
    manifest = tmp_path / "manifest.json"
    changed = {**MANIFEST, "src/pages/app.js": {"file": "assets/app-ZZZZZZZZ.js"}}
    manifest.write_text(json.dumps(changed), encoding="utf-8")
    os.utime(manifest, ns=(1, 1))
    assert live.file("app.js") == "assets/app-ZZZZZZZZ.js"
    assert fixed.file("app.js") == "assets/app-AAAAAAAA.js"


def test_hashed_files_are_kept_for_a_year(tmp_path: Path) -> None:
    """Hashed files are served compressed and immutable; the manifest is not."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "app-AAAAAAAA.js").write_text("let x = 1;", encoding="utf-8")
    (tmp_path / "assets" / "app-AAAAAAAA.js.br").write_bytes(b"brotli")
    (tmp_path / "manifest.json").write_text("{}", encoding="utf-8")
    app = Flask(__name__, static_folder=None)
    wrap_static(app, tmp_path)
    client = app.test_client()
    answer = client.get("/static/dist/assets/app-AAAAAAAA.js", headers={"Accept-Encoding": "br"})
    assert answer.headers["Content-Encoding"] == "br"
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    answer.close()
    manifest = client.get("/static/dist/manifest.json")
    assert "immutable" not in manifest.headers["Cache-Control"]
    manifest.close()


def test_no_build_serves_no_files(tmp_path: Path) -> None:
    """Without a build the application still starts; files are simply not there."""
    app = Flask(__name__, static_folder=None)
    wrap_static(app, tmp_path / "nothing")
    assert app.test_client().get("/static/dist/manifest.json").status_code == 404


def test_an_entry_names_every_script_it_begins_with(tmp_path: Path) -> None:
    """A page can ask for an entry and all it imports at once, each named one time."""
    assets = built(tmp_path)
    assert assets.modules("app.js") == ["assets/app-AAAAAAAA.js", "assets/words-EEEEEEEE.js"]
    assert assets.modules("diagram.js") == ["assets/diagram-CCCCCCCC.js"]
