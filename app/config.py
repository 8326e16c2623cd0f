"""Settings from the environment: one table, one place.

`docs/settings.md` tells the same in words; a wrong value is one sentence (`SettingError`).
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from app.errors import SettingError

SETTINGS: tuple[tuple[str, str, str], ...] = (
    ("GUANJIA_DATA", "data", "folder of the database, uploaded files and the secret key"),
    (
        "GUANJIA_DATABASE_URL",
        "sqlite file in the data folder",
        "sqlite:////folder/name.db or postgresql://user:password@host/name",
    ),
    (
        "GUANJIA_SECRET_KEY",
        "made at first run, kept in the data folder",
        "signs cookies; at least 32 characters",
    ),
    (
        "GUANJIA_DEMO_PASSWORD",
        "random, printed once",
        "password of every demo account; at least 8 characters",
    ),
    ("GUANJIA_DIGEST", "sha256", "digest of ledger records: sha256 or sm3"),
    ("GUANJIA_HTTPS", "0", "1 behind TLS: cookies are sent over HTTPS only"),
    ("GUANJIA_LOG", "info", "log level: debug, info, warning, error"),
    ("GUANJIA_SITES", "folder `sites` in the data folder", "folder the pages of published sites are written to"),
    ("GUANJIA_PACKAGE_KEY", "made at first use, kept in the data folder", "file of the key that signs packages"),
    ("GUANJIA_URL", "none", "address under which readers reach this product, for the report link of published pages"),
)
MIN_KEY = 32
MIN_PASSWORD = 8


@dataclass(frozen=True)
class Settings:
    """The checked settings of one process."""

    data: Path
    database_url: str
    secret_key: str
    demo_password: str | None
    digest: str
    https: bool
    log_level: str
    sites: Path
    package_key: Path
    url: str = ""

    @property
    def is_sqlite(self) -> bool:
        """Say whether this is the one-machine trial database."""
        return self.sqlite_file is not None

    @property
    def sqlite_file(self) -> Path | None:
        """Return the file of the trial database; None on PostgreSQL."""
        url = make_url(self.database_url)
        return Path(url.database or "") if url.drivername == "sqlite" else None


def load_settings(
    environ: Mapping[str, str] | None = None, data: str | None = None, *, create: bool = True
) -> Settings:
    """Read and check the settings; make the data folder if `create`. Raise SettingError with one sentence."""
    env = os.environ if environ is None else environ
    folder = _data_folder(data or env.get("GUANJIA_DATA") or "data", create=create)
    return Settings(
        data=folder,
        database_url=_database_url(env.get("GUANJIA_DATABASE_URL"), folder),
        secret_key=_secret_key(env.get("GUANJIA_SECRET_KEY"), folder, create=create),
        demo_password=_demo_password(env.get("GUANJIA_DEMO_PASSWORD")),
        digest=_one_of(env, "GUANJIA_DIGEST", "sha256", ("sha256", "sm3")),
        https=_one_of(env, "GUANJIA_HTTPS", "0", ("0", "1")) == "1",
        log_level=_one_of(env, "GUANJIA_LOG", "info", ("debug", "info", "warning", "error")),
        sites=_path(env.get("GUANJIA_SITES"), folder / "sites"),
        package_key=_path(env.get("GUANJIA_PACKAGE_KEY"), folder / "package.key"),
        url=_address(env.get("GUANJIA_URL", "")),
    )


def _path(text: str | None, default: Path) -> Path:
    return Path(text).expanduser().resolve() if text else default


def _address(text: str) -> str:
    if text and not re.fullmatch(r"https?://[^\s/?#\"<>]+(/[^\s?#\"<>]*)?", text):
        raise SettingError("GUANJIA_URL is no address; write https://guanjia.example.gov.cn.")
    return text.rstrip("/")


def _one_of(env: Mapping[str, str], name: str, default: str, allowed: tuple[str, ...]) -> str:
    value = env.get(name, default).lower()
    if value not in allowed:
        raise SettingError(f"{name} is {value!r}; it may be {', '.join(allowed)}.")
    return value


def _data_folder(text: str, *, create: bool) -> Path:
    folder = Path(text).expanduser().resolve()
    if not create and not folder.is_dir():
        raise SettingError(f"There is no data folder {folder}; `guanjia serve` makes one.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SettingError(f"The data folder {folder} cannot be made: {error.strerror}.") from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise SettingError(f"The data folder {folder} cannot be written to.")
    return folder


def _database_url(text: str | None, folder: Path) -> str:
    if not text:
        return f"sqlite:///{folder / 'guanjia.db'}"
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise SettingError("GUANJIA_DATABASE_URL is not a database address.") from error
    if url.drivername in {"postgres", "postgresql"}:
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername == "sqlite":
        url = url.set(database=_sqlite_file(url.database))
    elif url.drivername != "postgresql+psycopg":
        raise SettingError(f"GUANJIA_DATABASE_URL names {url.drivername}; only sqlite and postgresql work.")
    return url.render_as_string(hide_password=False)


def _sqlite_file(text: str | None) -> str:
    if not text or text == ":memory:":
        raise SettingError("GUANJIA_DATABASE_URL names no file; write sqlite:////folder/name.db.")
    # absolute, so that it means the same file to everybody who reads the address
    return str(Path(text).resolve())


def _secret_key(text: str | None, folder: Path, *, create: bool) -> str:
    if text is not None:
        if len(text) < MIN_KEY:
            raise SettingError(f"GUANJIA_SECRET_KEY is shorter than {MIN_KEY} characters.")
        return text
    path = folder / "secret.key"
    if not create and not path.exists():
        return secrets.token_hex(32)  # a command at the console signs nothing that outlives it
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _kept_key(path)
    except OSError as error:
        raise SettingError(f"The key file {path} cannot be made: {error.strerror}.") from error
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        key = secrets.token_hex(32)
        file.write(key)
    return key


def _kept_key(path: Path) -> str:
    try:
        key = path.read_text(encoding="ascii").strip()
    except (OSError, ValueError) as error:
        raise SettingError(f"The key file {path} cannot be read.") from error
    if len(key) < MIN_KEY:
        raise SettingError(f"The key file {path} holds less than {MIN_KEY} characters; remove it to get a new key.")
    return key


def _demo_password(text: str | None) -> str | None:
    if text is not None and len(text) < MIN_PASSWORD:
        raise SettingError(f"GUANJIA_DEMO_PASSWORD is shorter than {MIN_PASSWORD} characters.")
    return text
