"""A real file that cannot grow any more, as the operating system refuses it: facts wait, ratings are refused, and both
go on when there is room."""

import subprocess
import sys
from pathlib import Path

import pytest

from llmrouter_tui.storage.repo import open_repo
from tests.storage.facts import up

FILLS_UP = """
import asyncio, os, pathlib, resource, sys
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.storage.repo import open_repo
from tests.storage.facts import finished, up

async def until(condition):
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.02)

async def main():
    path = pathlib.Path(sys.argv[1])
    repo = await open_repo(path, privacy="full", mend=True)
    await repo.rate(up(1))
    wal = path.with_name(path.name + "-wal")
    resource.setrlimit(resource.RLIMIT_FSIZE, (wal.stat().st_size + 20_000, resource.RLIM_INFINITY))
    for number in range(300):
        repo.record(finished(number, prompt="long " * 1000))
    await until(lambda: repo.problem)
    assert "cannot be read or written" in repo.problem or "disk is full" in repo.problem, repo.problem
    refused = 0
    for number in range(2, 12):
        try:
            await repo.rate(up(number, comment="x" * 9000))
        except RouterError as error:
            assert error.code == "storage_unavailable", error
            refused += 1
        else:
            print("acknowledged", number, flush=True)
    assert refused > 5, refused
    assert repo.pending == 300 and repo.dropped == 0
    assert repo.notice == "", "no room is no damage"
    assert up(1) in await repo.ratings()
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    await until(lambda: not repo.problem)
    await repo.rate(up(20))
    print("acknowledged 20", flush=True)
    await repo.flush()
    assert (await repo.exchanges(before=None, limit=1)).total == 300
    os._exit(0)  # what was acknowledged must not need an orderly end

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files")
async def test_a_file_that_the_system_lets_grow_no_more(path: Path) -> None:
    path.parent.mkdir()
    ended = subprocess.run([sys.executable, "-c", FILLS_UP, str(path)], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr
    acknowledged = {int(line.split()[1]) for line in ended.stdout.splitlines()}
    repo = await open_repo(path)
    assert repo.problem == ""
    assert {rating.exchange_id for rating in await repo.ratings()} == {
        up(number).exchange_id for number in {1, *acknowledged}
    }
    assert (await repo.exchanges(before=None, limit=1)).total == 300
    await repo.close()
