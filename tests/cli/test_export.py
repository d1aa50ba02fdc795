"""What ``export`` tells of what it wrote."""

import asyncio
from pathlib import Path

import pytest
from click.testing import CliRunner

from llmrouter_tui.cli import main
from llmrouter_tui.cli.export import Lines
from llmrouter_tui.core.export import table
from llmrouter_tui.storage.repo import open_repo


@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_records_of_a_table_are_counted_whatever_their_texts_hold(size: int) -> None:
    told = table([["id", "prompt"], ["x1", 'two\nlines, "quoted"'], ["x2", '"'], ["x3", ""]]).encode()
    out: list[bytes] = []
    lines = Lines(out.append, table=True)
    for at in range(0, len(told), size):
        lines.write(told[at : at + size])
    assert (lines.records, b"".join(out)) == (3, told)
    plain = Lines(out.append, table=False)
    plain.write(b'{"id":"x1","prompt":"\\""}\n{"id":"x2"}\n')
    assert plain.records == 2


def test_it_says_how_many_went_where_and_a_copy_says_of_what(tmp_path: Path) -> None:
    database, to = tmp_path / "router.db", tmp_path / "out.jsonl"
    run = CliRunner()
    asyncio.run(_made(database))
    told = run.invoke(main, ["export", "-o", str(to), "--db", str(database)])
    assert told.output == f"{to}: 0 exchanges of {database}\n"
    copied = run.invoke(main, ["backup", str(tmp_path / "copy.db")], env={"ROUTER_DATABASE": str(database)})
    assert f"a copy of {database} (by these settings; --db names another router's), " in copied.output


async def _made(database: Path) -> None:
    await (await open_repo(database)).close()
