"""Addresses of the built front end: hashed names from Vite's manifest, served with long caching.

A template names a source (`asset("app.js")`, `asset("icons.svg")`) and gets the address of its current build.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from wsgiref.headers import Headers

from flask import Flask, current_app, request
from whitenoise import WhiteNoise

DIST = Path(__file__).resolve().parents[1] / "static" / "dist"
PREFIX = "static/dist/"
ONE_YEAR = 365 * 24 * 3600
_HASHED = re.compile(r"-[\w-]{8}\.[\w.]+$")


class AssetsMissing(RuntimeError):
    """The front end is not built, or the build lacks what a page asks for."""


class Assets:
    """The manifest of one build, read when first needed and again when it changes in development."""

    def __init__(self, dist: Path = DIST, *, reload: bool = False) -> None:
        self.dist = dist
        self.reload = reload
        self._entries: dict[str, dict[str, Any]] = {}
        self._stamp = 0

    def file(self, name: str) -> str:
        """Return the path of a source's build, below the folder of the build."""
        path: str = self._entry(name)["file"]
        return path

    def modules(self, name: str) -> list[str]:
        """Return the scripts an entry cannot begin without: its own and those it imports."""
        entry = self._entry(name)
        found = {entry["file"]: None}
        self._follow(entry, found)
        return list(found)

    def sheets(self, name: str) -> list[str]:
        """Return the style sheets of an entry, those of its imports first."""
        found: dict[str, None] = {}
        self._collect(self._entry(name), found, set())
        return list(found)

    def verify(self) -> None:
        """Raise AssetsMissing when there is no build; called before serving."""
        self._entry("app.js")

    def _follow(self, entry: dict[str, Any], found: dict[str, None]) -> None:
        for key in entry.get("imports", ()):
            imported = self._load()[key]
            if imported["file"] not in found:
                found[imported["file"]] = None
                self._follow(imported, found)

    def _collect(self, entry: dict[str, Any], found: dict[str, None], seen: set[str]) -> None:
        for key in entry.get("imports", ()):
            if key not in seen:
                seen.add(key)
                self._collect(self._load()[key], found, seen)
        found.update(dict.fromkeys(entry.get("css", ())))

    def _entry(self, name: str) -> dict[str, Any]:
        entries = self._load()
        for key in (f"src/pages/{name}", f"src/{name}"):
            if key in entries:
                return entries[key]
        raise AssetsMissing(f"The front end has no {name}: build it again with `npm ci && npm run build`.")

    def _load(self) -> dict[str, dict[str, Any]]:
        if self._entries and not self.reload:
            return self._entries
        manifest = self.dist / "manifest.json"
        try:
            stamp = manifest.stat().st_mtime_ns
            if stamp != self._stamp:
                self._entries = json.loads(manifest.read_text(encoding="utf-8"))
                self._stamp = stamp
        except FileNotFoundError as error:
            raise AssetsMissing("The front end is not built: run `npm ci && npm run build`.") from error
        return self._entries


def install(app: Flask, assets: Assets) -> None:
    """Give templates `asset(name)`, `asset_css(name)` and `asset_modules(name)`."""
    app.extensions["guanjia_assets"] = assets
    app.add_template_global(asset, "asset")
    app.add_template_global(asset_css, "asset_css")
    app.add_template_global(asset_modules, "asset_modules")


def asset(name: str) -> str:
    """Return the address of a built file."""
    return _address(_assets().file(name))


def built(name: str) -> Path:
    """Return where a built file lies."""
    return _assets().dist / _assets().file(name)


def asset_css(name: str) -> list[str]:
    """Return the addresses of an entry's style sheets."""
    return [_address(path) for path in _assets().sheets(name)]


def asset_modules(name: str) -> list[str]:
    """Return the addresses of the scripts an entry begins with, so that a page can ask for all of them at once."""
    return [_address(path) for path in _assets().modules(name)]


def wrap_static(app: Flask, dist: Path = DIST) -> None:
    """Serve the built files before Flask sees the request: compressed, cached for a year when hashed."""
    if dist.is_dir():
        app.wsgi_app = WhiteNoise(  # type: ignore[method-assign]
            app.wsgi_app,
            root=dist,
            prefix=PREFIX,
            autorefresh=app.debug,
            immutable_file_test=_is_hashed,
            add_headers_function=_static_headers,
        )


def _is_hashed(_path: str, url: str) -> bool:
    return _HASHED.search(url) is not None


def _static_headers(headers: Headers, _path: str, _url: str) -> None:
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"


def _assets() -> Assets:
    assets: Assets = current_app.extensions["guanjia_assets"]
    return assets


def _address(path: str) -> str:
    return f"{request.script_root}/{PREFIX}{path}"
