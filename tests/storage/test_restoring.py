"""A copy that came from outside takes the place of the database, or nothing at all is touched."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.storage.backup import back_up
from llmrouter_tui.storage.repo import open_repo
from llmrouter_tui.storage.restoring import check_in, planned
from tests.storage.facts import up
from tests.storage.test_backup import filled
from tests.storage.test_damage import HOLDS
from tests.storage.test_migrations import file_of_version, foreign, garbage, newer


def names(folder: Path) -> list[str]:
    return sorted(one.name for one in folder.iterdir())


async def test_a_copy_takes_the_place_and_what_was_there_keeps_what_came_since(path: Path) -> None:
    repo, swap = await filled(path, 5), planned(path)
    back_up(path, swap.part)
    await repo.rate(up(2))
    await repo.close()
    check_in(swap.part, "the copy")
    swap.carry_out()
    assert names(path.parent) == sorted(["router.db", swap.aside.name])
    assert planned(path).aside != swap.aside, "a name that is taken is not given again"
    for one, ratings in ((path, [up(1)]), (swap.aside, [up(1), up(2)])):
        again = await open_repo(one)
        assert (again.problem, await again.ratings()) == ("", ratings)
        await again.close()


async def test_a_copy_of_an_older_version_is_brought_to_this_one(path: Path) -> None:
    swap = planned(path)
    path.parent.mkdir(exist_ok=True)
    file_of_version(swap.part, 3)
    check_in(swap.part, "the copy")
    assert names(path.parent) == [swap.part.name], "one file, with nothing beside it"
    swap.carry_out()
    repo = await open_repo(path)
    assert (repo.problem, await repo.settings()) == ("", {"port": 5})
    await repo.close()


def torn(path: Path) -> None:
    held = bytearray(path.with_name("router.db").read_bytes())
    held[len(held) // 2 : len(held) // 2 + 8192] = b"\xa5" * 8192
    path.write_bytes(held)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (garbage, "the copy is not a database, or is damaged"),
        (foreign, "the copy is no database of llmrouter-tui"),
        (newer, "a newer llmrouter-tui wrote the copy"),
        (torn, "damaged"),
        (lambda path: path.write_bytes(b""), "the copy is no database of llmrouter-tui"),
    ],
)
async def test_what_is_no_whole_copy_of_ours_is_refused(path: Path, make: Callable[[Path], None], words: str) -> None:
    await (await filled(path)).close()
    before, swap = path.read_bytes(), planned(path)
    make(swap.part)
    with pytest.raises(RouterError, match=words) as refusal:
        check_in(swap.part, "the copy")
    assert (refusal.value.code, str(swap.part) in str(refusal.value)) == ("invalid_request", False)
    swap.drop()
    assert (path.read_bytes(), names(path.parent)) == (before, ["router.db"])


async def test_nothing_is_moved_that_cannot_be_moved_whole(path: Path) -> None:
    await (await filled(path, 3)).close()
    swap = planned(path)
    with pytest.raises(RouterError, match=r"router\.db cannot be written"):
        swap.carry_out()  # there is no copy
    assert names(path.parent) == ["router.db"]
    back_up(path, swap.part)
    command = [sys.executable, "-c", HOLDS, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "open\n"
        with pytest.raises(RouterError, match=r"another program uses .*router\.db; end it"):
            swap.carry_out()
        other.communicate()
    swap.drop()
    assert names(path.parent) == ["router.db"]
