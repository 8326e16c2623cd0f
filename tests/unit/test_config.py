"""Settings: each wrong value is one clear sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.config import SETTINGS, load_settings
from app.errors import SettingError


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GUANJIA_DATABASE_URL", "nonsense"),
        ("GUANJIA_DATABASE_URL", "mysql://localhost/x"),
        ("GUANJIA_SECRET_KEY", "short"),
        ("GUANJIA_DEMO_PASSWORD", "short"),
        ("GUANJIA_DIGEST", "md5"),
        ("GUANJIA_HTTPS", "yes"),
        ("GUANJIA_LOG", "loud"),
        ("GUANJIA_URL", "guanjia"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, name: str, value: str) -> None:
    """The sentence names the setting that is wrong."""
    with pytest.raises(SettingError, match=name):
        load_settings({name: value}, data=str(tmp_path))


def test_a_data_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    """A path that cannot be a folder is refused with its name."""
    file = tmp_path / "file"
    file.write_text("x")
    with pytest.raises(SettingError, match="file"):
        load_settings({}, data=str(file))


def test_the_key_is_made_once_and_kept(tmp_path: Path) -> None:
    """The first run makes a key of its own, later runs use the same one, only its owner can read it."""
    first = load_settings({}, data=str(tmp_path)).secret_key
    assert load_settings({}, data=str(tmp_path)).secret_key == first
    assert len(first) == 64
    assert (tmp_path / "secret.key").stat().st_mode & 0o077 == 0


def test_the_default_database_lies_in_the_data_folder(tmp_path: Path) -> None:
    """Without a setting the trial database is a file beside the other data."""
    settings = load_settings({}, data=str(tmp_path))
    assert settings.is_sqlite
    assert str(tmp_path) in settings.database_url


def test_every_setting_is_documented() -> None:
    """The table in the docs names every setting."""
    text = (Path(__file__).parents[2] / "docs" / "settings.md").read_text("utf-8")
    for name, _default, _meaning in SETTINGS:
        assert name in text
