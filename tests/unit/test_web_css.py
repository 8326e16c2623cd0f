"""Chromium 86 must draw our style sheets, and the content policy must have nothing to forbid in our templates."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CLIENT = ROOT / "app" / "client" / "src"
SHEETS = sorted(CLIENT.rglob("*.css"))
TEMPLATES = sorted(ROOT.glob("app/**/templates/**/*.html"))

UNKNOWN_TO_86 = {
    ":has, :is, :where": r":(has|is|where)\(",
    "a list or a path inside :not": r":not\([^)]*[,\s>+~]",
    "::file-selector-button": r"::file-selector-button",
    "inset": r"(?<![\w-])inset(-[a-z-]+)?\s*:",
    "logical shorthands": r"(?<![\w-])(margin|padding|border)-(inline|block)(?![\w-]*-(start|end))\s*:",
    "aspect-ratio": r"(?<![\w-])aspect-ratio\s*:",
    "accent-color": r"(?<![\w-])accent-color\s*:",
    "single transforms": r"(?<=[;{\s])(translate|rotate|scale)\s*:",
    "new colour functions": r"(?<![\w-])(color-mix|oklch|oklab|lch|lab|light-dark|color)\(",
    "new units": r"\d(dvh|svh|lvh|dvw|svw|lvw|cqw|cqh|cqi|cqb|cqmin|cqmax|lh|rlh)\b",
    "new at-rules": r"@(container|layer|scope|starting-style|view-transition)\b",
    "range media queries": r"@media[^{]*[<>]",
    "subgrid": r"\bsubgrid\b",
}
STYLE_RULE = re.compile(r"(@page[^{]*|@[a-z-]+[^{;]*|[^{};@]+)\{|\}")


def faults(css: str) -> list[str]:
    """Return what Chromium 86 does not know in a style sheet."""
    bare = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    found = [name for name, pattern in UNKNOWN_TO_86.items() if re.search(pattern, bare)]
    return found + (["nesting"] if is_nested(bare) else [])


def is_nested(css: str) -> bool:
    """Say whether a rule stands inside a style rule."""
    open_rules: list[str] = []
    for found in STYLE_RULE.finditer(css):
        if found.group() == "}":
            open_rules.pop()
            continue
        if any(not rule.startswith("@") for rule in open_rules):
            return True
        open_rules.append(found.group(1).strip())
    return False


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda path: path.name)
def test_floor_browser_reads_every_rule(sheet: Path) -> None:
    """No style sheet of ours uses what Chromium 86 does not know."""
    assert faults(sheet.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("css", "fault"),
    [
        (".a:has(b) { color: red; }", ":has, :is, :where"),
        (":is(h1, h2) { color: red; }", ":has, :is, :where"),
        (".a:not(.b, .c) { color: red; }", "a list or a path inside :not"),
        (".a { inset: 0; }", "inset"),
        (".a { inset-inline-start: 0; }", "inset"),
        (".a { margin-inline: 4px; }", "logical shorthands"),
        (".a { aspect-ratio: 1; }", "aspect-ratio"),
        (".a { accent-color: red; }", "accent-color"),
        (".a { color: color-mix(in srgb, red, blue); }", "new colour functions"),
        (".a { color: oklch(50% 0 0); }", "new colour functions"),
        (".a { color: light-dark(#000, #fff); }", "new colour functions"),
        (".a { height: 100dvh; }", "new units"),
        ("@container (min-width: 1px) { .a { color: red; } }", "new at-rules"),
        ("@media (width > 760px) { .a { color: red; } }", "range media queries"),
        (".a { rotate: 45deg; }", "single transforms"),
        (".a { color: red; .b { color: blue; } }", "nesting"),
        (".a { &:hover { color: red; } }", "nesting"),
        (".a { @media print { color: red; } }", "nesting"),
    ],
)
def test_the_lint_finds_what_is_new(css: str, fault: str) -> None:
    """The lint finds each construct it is there for."""
    assert fault in faults(css)


@pytest.mark.parametrize(
    "css",
    [
        ".a { box-shadow: inset 0 0 0 1px red; margin-inline-start: 4px; transform: rotate(45deg); color: #fff; }",
        "@media print { .a { color: red; } @page { size: A4; } }",
        '@page { size: A4; @bottom-right { content: "x"; } }',
        ".a:not(.b):focus-visible { color: red; } /* :has() */",
    ],
)
def test_the_lint_lets_old_things_pass(css: str) -> None:
    """What Chromium 86 knows is not refused."""
    assert faults(css) == []


def test_every_sheet_is_loaded() -> None:
    """A style sheet nobody imports would be silently missing on every page."""
    scripts = "".join(path.read_text(encoding="utf-8") for path in CLIENT.rglob("*.js"))
    assert [path.name for path in SHEETS if f"/{path.name}" not in scripts] == []


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_templates_hold_nothing_the_policy_forbids(template: Path) -> None:
    """No style attribute, no event attribute, no inline script, nothing from another host."""
    text = re.sub(r"\{#.*?#\}", "", template.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not re.search(r"<[^>]*\sstyle=", text)
    assert not re.search(r"<[^>]*\son[a-z]+=", text)
    assert not re.search(r"<style|<script(?![^>]*(src=|application/json))", text)
    assert not re.search(r"(src|href|action)=\"(https?:)?//", text)
    assert not re.search(r"\|\s*safe\b", text)


def test_every_icon_named_is_in_the_sprite() -> None:
    """A page or a menu that names an icon gets a drawing, not an empty square."""
    known = set(json.loads((CLIENT / "icons.json").read_text(encoding="utf-8")))
    texts = [path.read_text(encoding="utf-8") for path in TEMPLATES]
    named = {name for text in texts for name in re.findall(r"\bicon\(\s*[\"']([a-z0-9-]+)[\"']", text)}
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "app").rglob("*.py"))
    named |= set(re.findall(r"menu\.add\([^)]*?,[^)]*?,[^,]*?,\s*\"([a-z0-9-]+)\"", code))
    named |= set(re.findall(r"menu\.account\([^,]*,[^,]*,\s*\"([a-z0-9-]+)\"", code))
    assert named - known == set()


def test_every_class_of_the_frame_is_drawn() -> None:
    """A class our own templates write exists in a style sheet or in a script."""
    drawn = "".join(path.read_text(encoding="utf-8") for path in [*SHEETS, *CLIENT.rglob("*.js")])
    texts = [path.read_text(encoding="utf-8") for path in TEMPLATES if path.parent.name == "web"]
    written = {name for text in texts for name in re.findall(r"(?<![#\w-])gj-[a-z-]*[a-z](?![a-z-]*\{)", text)}
    assert {name for name in written if name not in drawn} == set()


def test_lock_file_names_no_registry() -> None:
    """The lock file pins versions and digests, never addresses."""
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    pins = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    versions = [*pins["dependencies"].values(), *pins["devDependencies"].values()]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions)
