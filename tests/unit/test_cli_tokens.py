"""`guanjia token`: what it prints, what it leaves in the database."""

from __future__ import annotations

import sqlite3

import pytest

from app.cli import main
from app.config import Settings
from app.people.operations import token_hash


def call(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """Run `guanjia` with these words; return exit code and what was printed."""
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    out, err = capsys.readouterr()
    return int(ended.value.code or 0), out + err


def rows(settings: Settings, sql: str) -> list[tuple[object, ...]]:
    """Read the database as it lies on the disk."""
    connection = sqlite3.connect(settings.data / "guanjia.db")
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def test_a_token_is_issued_listed_and_revoked(
    sqlite_settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token stands alone on the last line; the list never shows it; both acts are records of the console."""
    monkeypatch.delenv("GUANJIA_DATABASE_URL", raising=False)
    data = ("--data", str(sqlite_settings.data))
    code, out = call(capsys, "token", "add", "office", "--name", "台账同步", *data)
    token = out.splitlines()[-1]
    assert (code, token.startswith("gj_"), " " in token) == (0, True, False)
    assert rows(sqlite_settings, "select digest from api_token") == [(token_hash(token),)]
    code, out = call(capsys, "token", "list", *data)
    assert code == 0
    assert out.startswith("1\toffice\t台账同步\t")
    assert out.endswith("never used\tworks\n")
    assert token not in out
    assert call(capsys, "token", "revoke", "1", *data)[0] == 0
    assert call(capsys, "token", "list", *data)[1].endswith("revoked\n")
    kinds = rows(sqlite_settings, "select kind, actor_kind from record where kind like 'people:token:%' order by id")
    assert kinds == [("people:token:issued", "console"), ("people:token:revoked", "console")]


def test_mistakes_are_one_sentence(
    sqlite_settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An account or token that is not there ends with exit code 2 and names it; nothing is issued."""
    monkeypatch.delenv("GUANJIA_DATABASE_URL", raising=False)
    data = ("--data", str(sqlite_settings.data))
    code, said = call(capsys, "token", "add", "nobody", *data)
    assert (code, "nobody" in said, said.count("\n")) == (2, True, 1)
    assert call(capsys, "token", "revoke", "77", *data)[0] == 2
    assert rows(sqlite_settings, "select id from api_token") == []
