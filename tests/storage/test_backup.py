"""Copies of the file: whole while a router writes, never over another file, put back only while none uses it."""

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.storage import backup
from llmrouter_tui.storage.backup import back_up, restore
from llmrouter_tui.storage.repo import SqliteRepo, open_repo
from tests.storage.facts import finished, up
from tests.storage.test_damage import HOLDS
from tests.storage.test_migrations import foreign, garbage, newer


async def filled(path: Path, count: int = 300) -> SqliteRepo:
    repo = await open_repo(path, privacy="full")
    for number in range(count):
        repo.record(finished(number, prompt="long " * 200))
    await repo.rate(up(1))
    await repo.flush()
    return repo


async def test_a_copy_is_one_moment_of_a_database_that_is_written_to(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backup, "STEP", 5)
    repo, copy, told = await filled(path), tmp_path / "copy.db", list[float]()
    total = 300
    copying = asyncio.ensure_future(asyncio.to_thread(back_up, path, copy, told.append))
    while not copying.done():
        repo.record(finished(total, prompt="long " * 200))
        total += 1
        await repo.flush()
    assert await copying == copy.stat().st_size
    assert len(told) > 20
    assert (told == sorted(told), told[-1]) == (True, 1.0)
    assert (await repo.exchanges(before=None, limit=1)).total == total
    await repo.close()
    assert copy.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in tmp_path.iterdir() if one.is_file()] == ["copy.db"]
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        (held,) = connection.execute("SELECT count(*) FROM exchange").fetchone()
        assert connection.execute("SELECT value FROM counter WHERE name = 'exchange'").fetchone() == (held,)
    assert 300 <= held <= total
    again = await open_repo(copy)
    assert (again.problem, await again.ratings()) == ("", [up(1)])
    await again.close()


async def test_no_file_is_written_over(path: Path, tmp_path: Path) -> None:
    await (await filled(path)).close()
    there = tmp_path / "there.db"
    there.write_text("mine")
    with pytest.raises(RouterError, match=r"there\.db is there already, and is not written over"):
        back_up(path, there)
    assert there.read_text() == "mine"
    with pytest.raises(RouterError, match="cannot be written"):
        back_up(path, tmp_path / "nowhere" / "copy.db")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["data", "there.db"]


async def test_a_copy_is_put_back_and_what_was_there_is_kept(path: Path, tmp_path: Path) -> None:
    repo, copy = await filled(path), tmp_path / "copy.db"
    back_up(path, copy)
    await repo.rate(up(2))
    await repo.close()
    aside = restore(copy, path)
    assert aside is not None
    assert aside.name.startswith("router.db.before-restore-")
    for one, ratings in ((path, [up(1)]), (aside, [up(1), up(2)])):
        repo = await open_repo(one)
        assert (repo.problem, await repo.ratings()) == ("", ratings)
        await repo.close()
    assert restore(copy, tmp_path / "new" / "router.db") is None


async def test_nothing_is_put_in_the_place_of_a_database_that_is_used(path: Path, tmp_path: Path) -> None:
    repo, copy = await filled(path, 3), tmp_path / "copy.db"
    back_up(path, copy)
    await repo.close()
    command = [sys.executable, "-c", HOLDS, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(RouterError, match=r"a router uses .*router\.db; restore through it"):
            restore(copy, path)
        other.communicate()
    assert sorted(one.name for one in path.parent.iterdir()) == ["router.db"]
    assert restore(copy, path)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (garbage, "is not a database, or is damaged"),
        (foreign, "is no database of llmrouter-tui"),
        (newer, "a newer llmrouter-tui wrote"),
        (lambda path: None, "there is no file"),
    ],
)
async def test_what_is_no_whole_copy_is_not_put_back(path: Path, tmp_path: Path, make: object, words: str) -> None:
    await (await filled(path, 3)).close()
    before = path.read_bytes()
    make(tmp_path / "copy.db")  # type: ignore[operator]
    with pytest.raises(RouterError, match=words):
        restore(tmp_path / "copy.db", path)
    with pytest.raises(RouterError, match="is the database itself"):
        restore(path, path)
    assert path.read_bytes() == before
    assert [one.name for one in path.parent.iterdir()] == ["router.db"]


async def test_a_damaged_copy_is_not_put_back(path: Path, tmp_path: Path) -> None:
    await (await filled(path)).close()
    copy = tmp_path / "copy.db"
    back_up(path, copy)
    held = bytearray(copy.read_bytes())
    held[len(held) // 2 : len(held) // 2 + 8192] = b"\xa5" * 8192
    copy.write_bytes(held)
    with pytest.raises(RouterError, match="damaged"):
        restore(copy, path)
    assert [one.name for one in path.parent.iterdir()] == ["router.db"]
