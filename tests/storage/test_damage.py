"""A file that turns out to be damaged while it is used, or is used by somebody else, or was left by a kill."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from llmrouter_tui.storage.repo import SqliteRepo, open_repo
from llmrouter_tui.storage.salvage import in_use
from llmrouter_tui.storage.transaction import raw
from tests.storage.facts import finished, up

PAGE = 4096


async def before(path: Path) -> None:
    """What an earlier run left."""
    repo = await open_repo(path)
    for number in range(300):
        repo.record(finished(number, prompt="long " * 100))
    await repo.set_setting("port", 5)
    await repo.set_model_state("a/big", pinned=True)
    await repo.rate(up(1))
    await repo.close()


@contextmanager
def shot(path: Path, table: str) -> Iterator[None]:
    """Every page of a table becomes nonsense under the router's hands. The file stays open here: to close it would
    let go of the locks that SQLite holds in this process."""
    with closing(sqlite3.connect(path)) as connection:
        pages = connection.execute("SELECT pageno FROM dbstat WHERE name = ?", (table,)).fetchall()
    with path.open("r+b", buffering=0) as file:
        for (page,) in pages:
            file.seek((page - 1) * PAGE)
            file.write(b"\xa5" * PAGE)
        yield


async def opened(path: Path) -> SqliteRepo:
    """A router's, that reads what it needs from the disk."""
    repo = await open_repo(path, mend=True)
    await repo._database.call(lambda db: raw(db).execute("PRAGMA shrink_memory").fetchall())
    return repo


async def mended(repo: SqliteRepo, path: Path) -> None:
    """The router goes on with a fresh file, which has what the user said."""
    (aside,) = path.parent.glob("router.db.damaged-*[0-9]")
    assert repo.problem == ""
    assert repo.notice.startswith(f"{path} is damaged. It was moved to {aside}, and a fresh one was begun; ")
    assert await repo.settings() == {"port": 5}
    assert (await repo.memories())["a/big"].pinned


async def test_a_rating_that_meets_damage_is_stored_in_a_fresh_file(path: Path) -> None:
    await before(path)
    repo = await opened(path)
    with shot(path, "sqlite_autoindex_model_feedback_1"):
        await repo.rate(up(2))
        repo.record(finished(500))
        await repo.flush()
        await mended(repo, path)
        await repo.close()
    again = await open_repo(path)
    assert (again.problem, again.notice) == ("", "")
    assert up(2) in await again.ratings()
    assert await again.exchange("x000500")
    await again.close()


async def test_facts_that_meet_damage_are_written_to_a_fresh_file(path: Path) -> None:
    await before(path)
    repo = await opened(path)
    with shot(path, "exchange"):
        for number in range(1000, 1300):
            repo.record(finished(number))
        await repo.flush()
        await mended(repo, path)
        page = await repo.exchanges(before=None, limit=1, count=True)
        assert (page.total, page.older) == (300, 299)
        assert await repo.ratings() == [up(1)]
        await repo.close()


async def test_history_that_cannot_be_read_ends_no_router(path: Path) -> None:
    """Also where it is met at the start."""
    await before(path)
    with shot(path, "exchange_text"):
        repo = await open_repo(path, mend=True)
        await mended(repo, path)
        assert (await repo.exchanges(before=None, limit=200)).items == ()
        await repo.close()


async def test_who_only_asks_is_told_and_moves_nothing(path: Path) -> None:
    await before(path)
    repo = await open_repo(path)
    with shot(path, "exchange_text"):
        with pytest.raises(Exception, match="is damaged"):
            await repo.exchange("x000001")
        await repo.close()
    assert [one.name for one in path.parent.iterdir()] == ["router.db"]


HOLDS = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
print("open", flush=True)
sys.stdin.read()
"""


async def test_a_damaged_file_that_another_process_has_open_stays_where_it_is(path: Path) -> None:
    await before(path)
    assert not in_use(path)
    command = [sys.executable, "-c", HOLDS, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with shot(path, "setting"):
            pass
        assert in_use(path)
        repo = await open_repo(path, mend=True)
        assert "another program has it open. Nothing of this run is kept" in repo.problem
        await repo.close()
        assert not list(path.parent.glob("*.damaged-*"))
        other.communicate()
    assert not in_use(path)


async def test_what_a_kill_left_beside_a_damaged_file_goes_with_it(path: Path, tmp_path: Path) -> None:
    """SQLite would read the old changes into the fresh file."""
    await before(path)
    repo = await open_repo(path)
    await repo.rate(up(7))
    killed = tmp_path / "killed"
    shutil.copytree(path.parent, killed)
    await repo.close()
    here = killed / "router.db"
    assert here.with_name("router.db-wal").stat().st_size > 0
    here.write_bytes(bytes(here.stat().st_size))
    for _ in range(2):
        repo = await open_repo(here, mend=True)
        assert repo.problem == ""
        assert await repo.ratings() == []
        await repo.rate(up(8))
        await repo.close()
        here.write_bytes(b"\xa5" * here.stat().st_size)
    asides = sorted(one.name for one in killed.glob("*.damaged-*") if one.name[-1].isdigit())
    assert len(asides) == 2
