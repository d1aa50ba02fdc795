"""A sync from the command line: with the shipped catalog, into a database file, told in a line per source."""

import io
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from llmrouter_tui.catalog.snapshot import shipped
from llmrouter_tui.catalog.sync.run import Terms
from llmrouter_tui.cli.syncing import Ticker, sync_into, told
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.sync import SyncProgress, SyncRecord, joined
from llmrouter_tui.settings import Settings
from llmrouter_tui.storage.repo import open_repo
from tests.catalog.boards import serving
from tests.cli.test_cli import run


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("lmsys",), "There is no source 'lmsys'"),
        (("artificial-analysis",), "ROUTER_ARTIFICIAL_ANALYSIS_KEY"),
        (("--db", ":memory:"), "nothing that is fetched can be kept"),
    ],
)
def test_what_cannot_be_asked_is_refused_with_the_remedy(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    ended = run("sync", "--db", str(tmp_path / "router.db"), *arguments)
    assert ended.returncode == 2
    assert words in ended.stderr


def test_a_database_that_cannot_be_used_is_told_before_anything_is_fetched(tmp_path: Path) -> None:
    file = tmp_path / "router.db"
    file.write_bytes(b"this is not a database, " * 400)
    ended = run("sync", "--db", str(file))
    assert ended.returncode == 1
    assert "is not a database" in ended.stderr


async def test_what_is_fetched_meets_the_shipped_figures(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "*")
    database, seen = tmp_path / "router.db", list[SyncProgress]()
    async with serving() as boards:
        settings = replace(Settings(), artificial_analysis_key="sesame")
        records = await sync_into(database, settings, (), seen.append, terms=Terms(endpoints=boards.endpoints))
    assert [(r.source, r.status) for r in records] == [
        ("lmarena", "ok"),
        ("openrouter", "ok"),
        ("livebench", "ok"),
        ("models.dev", "ok"),
        ("artificial-analysis", "ok"),
    ]
    lines = told(records)
    assert lines[0].split()[:3] == ["LMArena", "ok", "48"]
    assert lines[0].endswith("of 2026-10-02, 3 of 123 names known here")
    repo = await open_repo(database)
    figures = [f for f in await repo.synced_figures() if f.model == "qwen3-32b"]
    await repo.close()
    entry = joined(shipped().entries["qwen3-32b"], figures)
    by_key = {f.key: f for f in entry.figures}
    assert (by_key["arena_elo"].value, by_key["arena_elo"].source) == (1350.0, "LMArena")
    assert by_key["gpqa_openrouter"].value == pytest.approx(61.0)
    assert by_key["aa_intelligence_index_4_1"].value == 30.5
    assert {f.key for f in shipped().entries["qwen3-32b"].figures} <= set(by_key)


async def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    (tmp_path / "router.db").write_bytes(b"x" * 5000)
    with pytest.raises(RouterError, match="not a database"):
        await sync_into(tmp_path / "router.db", Settings(), (), lambda progress: None)


def record(status: str, source: str = "lmarena", message: str = "") -> SyncRecord:
    plain = SyncRecord(source, 1.0, 2.0, status, message=message, as_of="2026-10-02")  # type: ignore[arg-type]
    return replace(plain, figures=3412, matched=245, unmatched=157) if plain.good else plain


def test_each_source_is_told_in_a_line() -> None:
    lines = told(
        [record("ok"), record("unchanged", "livebench", "x"), record("failed", "openrouter", "it answered 503")]
    )
    assert lines == [
        "LMArena                ok         3,412 figures of 2026-10-02, 245 of 402 names known here",
        "LiveBench              unchanged  3,412 figures of 2026-10-02, 245 of 402 names known here",
        "OpenRouter             failed     it answered 503; the figures that are here stay in use",
    ]


def test_offline_is_one_sentence() -> None:
    away = [record("offline", source, f"no connection to {source}") for source in ("lmarena", "livebench")]
    stay = "The figures that are here stay in use."
    assert told(away) == [f"None of the 2 sources could be reached: no connection to lmarena. {stay}"]
    assert told(away[1:]) == [f"LiveBench could not be reached: no connection to livebench. {stay}"]
    assert len(told([*away, record("ok", "openrouter")])) == 3
    assert told([]) == []


class Terminal(io.StringIO):
    """Of which nothing is lost when it is closed, as it may be of a pseudo-terminal that is read later."""

    def isatty(self) -> bool:
        return True


def test_progress_is_one_line_that_is_written_over_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fetching = SyncProgress("lmarena", "fetching", pages=3, of=16, size=1_250_000)
    Ticker()(fetching)
    assert capsys.readouterr().err == ""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    ticker = Ticker()
    ticker(fetching)
    shown = "LMArena: fetching 3 of 16, 1.2 MB"
    assert terminal.getvalue().split("\r")[-1] == shown
    ticker(SyncProgress("lmarena", "done"))
    assert terminal.getvalue().endswith(f"{shown}\r{' ' * len(shown)}\r")
