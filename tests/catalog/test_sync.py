"""A sync as a user sees it: all of a source or nothing of it, and in words what went wrong."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from llmrouter_tui.catalog.sync import lmarena
from llmrouter_tui.catalog.sync.http import Patience
from llmrouter_tui.catalog.sync.naming import Known
from llmrouter_tui.catalog.sync.run import Sync, Terms
from llmrouter_tui.core.catalog import Entry
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.sync import SyncedFigure, SyncProgress, SyncRecord
from llmrouter_tui.storage.repo import SqliteRepo, open_repo
from tests.catalog.boards import (
    FILLERS,
    Behaviour,
    Boards,
    analysis_page,
    analysis_row,
    answer,
    arena_page,
    arena_row,
    cut,
    dripping,
    endless,
    export,
    export_row,
    listed,
    livebench_table,
    loading,
    page_of_html,
    serving,
)

ARENA, EXPORT, MODELS = "/hf/filter", "/or/benchmark-leaderboard/latest.json", "/md/models.json"
TABLE, OLDER = "/lb/table_2026_06_25.csv", "/lb/table_2026_01_08.csv"
ANALYSIS = "/aa/language/models/free"


ENTRIES = (
    Entry("gemma-3-12b-it", ("google/gemma-3-12b-it",), parameters=12_000_000_000),
    Entry("qwen3-32b", ("Qwen/Qwen3-32B",), capabilities=frozenset({"thinking"}), modes={"non_thinking": ()}),
    Entry(
        "claude-opus-4.5",
        ("claude-opus-4-5-20251101",),
        hosted=True,
        capabilities=frozenset({"thinking"}),
        modes={"thinking": (), "high": (), "low": ()},
    ),
)
KNOWN = Known({entry.id: entry for entry in ENTRIES})


@pytest.fixture
async def boards(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Boards]:
    monkeypatch.setenv("NO_PROXY", "*")
    async with serving() as served:
        yield served


@pytest.fixture
async def repo(tmp_path: Path) -> AsyncIterator[SqliteRepo]:
    opened = await open_repo(tmp_path / "router.db")
    yield opened
    await opened.close()


class Harness:
    """A sync against the local boards, in which waits take no time and are written down."""

    def __init__(self, boards: Boards, repo: SqliteRepo) -> None:
        self.boards = boards
        self.repo = repo
        self.waits: list[float] = []
        self.progress: list[SyncProgress] = []
        self.now = 1_790_000_000.0
        self.stamp = "catalog 1"
        self.keys = {"artificial-analysis": "sesame"}
        self.terms = Terms(
            endpoints=boards.endpoints,
            patience=Patience(delays=(2.0, 8.0), answer=5.0, connect=5.0),
            clock=lambda: self.now,
            sleep=self._sleep,
        )

    async def _sleep(self, seconds: float) -> None:
        self.waits.append(seconds)

    def sync(self) -> Sync:
        return Sync(self.repo, KNOWN, stamp=self.stamp, keys=self.keys, terms=self.terms)

    async def run(self, *sources: str) -> SyncRecord:
        [record] = await self.sync().run(sources, report=self.progress.append)
        return record

    async def values(self) -> dict[tuple[str, str, str], float]:
        return {(f.model, f.mode, f.key): f.value for f in await self.repo.synced_figures()}


@pytest.fixture
def harness(boards: Boards, repo: SqliteRepo) -> Harness:
    return Harness(boards, repo)


# ── the right answers ──


async def test_lmarena_gives_every_board_whole_page_by_page(harness: Harness) -> None:
    record = await harness.run("lmarena")
    assert (record.status, record.message, record.as_of) == ("ok", "", "2026-10-02")
    assert (record.matched, record.unmatched, record.skipped) == (3, 120, 0)
    assert record.rows == 123 * len(lmarena.BOARDS)
    values = await harness.values()
    assert values["gemma-3-12b-it", "", "arena_elo"] == 1340.5
    assert values["claude-opus-4.5", "thinking", "arena_ko"] == 1490.0
    assert {key for _, _, key in values} == {key for _, _, key in lmarena.BOARDS}
    assert harness.boards.seen[ARENA] == 2 * len(lmarena.BOARDS)


async def test_openrouter_puts_the_providers_of_a_model_together_by_the_tasks_they_did(harness: Harness) -> None:
    rows = [export_row("qwen/qwen3-32b", 0.5, tasks=300), export_row("qwen/qwen3-32b", 0.7, tasks=100)]
    rows += [export_row("qwen/qwen3-32b", 0.25, "tau2-bench-airline", 50), *(export_row(f, 0.9) for f in FILLERS)]
    harness.boards.exports = export(rows)
    record = await harness.run("openrouter")
    assert (record.status, record.as_of, record.matched) == ("ok", "2026-11-21", 1)
    assert await harness.values() == {
        ("qwen3-32b", "", "gpqa_openrouter"): pytest.approx(55.0),
        ("qwen3-32b", "", "tau2_airline_openrouter"): pytest.approx(25.0),
    }


async def test_livebench_gives_categories_and_their_mean_for_each_edition(harness: Harness) -> None:
    table = "model,zebra_puzzle,spatial,code_generation,python,olympiad,math_comp,tablejoin,typos,summarize\n"
    table += "qwen3-32b,80,60,50,40,30,50,20,10,90\nclaude-opus-4-5-20251101-base,1,1,,1,1,1,1,1,1\n"
    table += "".join(f"{f},1,1,1,1,1,1,1,1,1\n" for f in FILLERS[:20])
    harness.boards.tables["2026_06_25"] = table
    record = await harness.run("livebench")
    assert (record.status, record.as_of) == ("ok", "2026-06-25")
    values = await harness.values()
    assert values["qwen3-32b", "", "livebench_2026_06_reasoning"] == 70.0
    assert values["qwen3-32b", "", "livebench_2026_06_math"] == 40.0
    assert values["qwen3-32b", "", "livebench_2026_06"] == pytest.approx((70 + 50 + 40 + 40 + 20 + 10 + 90) / 7)
    assert values["qwen3-32b", "", "livebench_2026_01"] == pytest.approx(61.5)
    assert values["claude-opus-4.5", "", "livebench_2026_06_if"] == 1.0
    assert ("claude-opus-4.5", "", "livebench_2026_06_coding") not in values
    assert ("claude-opus-4.5", "", "livebench_2026_06") not in values


async def test_models_dev_gives_properties_and_only_results_that_mean_one_thing(harness: Harness) -> None:
    harness.boards.models["lab/some-name"] = listed(
        "lab/some-name",
        weights=[{"label": "Hugging Face", "url": "https://huggingface.co/google/gemma-3-12b-it"}],
        modalities={"input": ["text", "image"], "output": ["text"]},
        benchmarks=[
            {"name": "SWE-Bench Verified", "score": 24.5, "metric": "resolved", "date": "2026-03-01"},
            {"name": "SWE-Bench Pro", "score": 10.0, "harness": "Claude Code"},
            {"name": "Artificial Analysis Coding Index", "score": 20.0},
            {"name": "GPQA Diamond", "score": 40.0},
        ],
    )
    assert (await harness.run("models.dev")).status == "ok"
    figures = {(f.model, f.key): f for f in await harness.repo.synced_figures()}
    mine = {key: f.value for (model, key), f in figures.items() if model == "gemma-3-12b-it"}
    assert mine == {
        "fact_context": 32768.0, "fact_output": 8192.0, "fact_vision": 1.0, "fact_tools": 1.0, "fact_thinking": 0.0,
        "swe_bench_verified": 24.5, "gpqa": 40.0,
    }  # fmt: skip
    assert figures["gemma-3-12b-it", "swe_bench_verified"].as_of == "2026-03-01"
    assert figures["gemma-3-12b-it", "gpqa"].as_of == "2026-09-21"
    assert figures["gemma-3-12b-it", "gpqa"].name == "google/gemma-3-12b-it"


async def test_artificial_analysis_is_read_with_the_users_key_and_by_its_own_names(harness: Harness) -> None:
    record = await harness.run("artificial-analysis")
    assert (record.status, record.rows, record.matched) == ("ok", 121, 1)
    assert await harness.values() == {("qwen3-32b", "", "aa_intelligence_index_4_1"): 30.5}
    assert harness.boards.headers[ANALYSIS]["x-api-key"] == "sesame"
    assert harness.boards.seen[ANALYSIS] == 3


async def test_a_figure_says_where_it_is_from_and_when_it_was_taken(harness: Harness) -> None:
    await harness.run("lmarena")
    first = (await harness.repo.synced_figures())[0]
    assert first == SyncedFigure(
        "claude-opus-4.5", "arena_coding", 1490.0, "lmarena", "2026-10-02", harness.now, "thinking",
        "claude-opus-4-5-20251101-thinking-32k",
    )  # fmt: skip


async def test_without_sources_all_are_asked_that_need_no_key_or_have_one(harness: Harness) -> None:
    harness.keys = {}
    records = await harness.sync().run()
    assert [r.source for r in records] == ["lmarena", "openrouter", "livebench", "models.dev"]
    assert {r.status for r in records} == {"ok"}
    assert harness.boards.seen[ANALYSIS] == 0
    assert len(await harness.repo.sync_history()) == 4


@pytest.mark.parametrize(("source", "words"), [("lmsys", "The sources are lmarena"), ("artificial-analysis", "key")])
async def test_a_source_that_cannot_be_asked_is_refused_before_any_is(
    harness: Harness, source: str, words: str
) -> None:
    harness.keys = {}
    with pytest.raises(RouterError, match=words):
        await harness.sync().run(["openrouter", source])
    assert not harness.boards.seen


# ── what did not change ──


@pytest.mark.parametrize(
    ("source", "requests"), [("lmarena", 1), ("openrouter", 1), ("livebench", 2), ("models.dev", 1)]
)
async def test_what_did_not_change_is_not_fetched_again(harness: Harness, source: str, requests: int) -> None:
    first = await harness.run(source)
    before = await harness.repo.synced_figures()
    asked = harness.boards.seen.total()
    harness.now += 86_400
    again = await harness.run(source)
    assert (again.status, again.rows, again.figures) == ("unchanged", first.rows, first.figures)
    assert again.started == first.started + 86_400
    assert harness.boards.seen.total() - asked == requests
    assert await harness.repo.synced_figures() == before
    assert (await harness.run(source)).status == "unchanged"


async def test_with_another_catalog_the_same_document_is_read_again(harness: Harness) -> None:
    await harness.run("openrouter")
    harness.stamp = "catalog 2"
    assert (await harness.run("openrouter")).status == "ok"


async def test_where_one_of_two_documents_changed_both_are_read(harness: Harness) -> None:
    await harness.run("livebench")
    harness.boards.tell(OLDER, answer(200, livebench_table([("qwen3-32b", 9.0), *((f, 4.0) for f in FILLERS[:20])])))
    assert (await harness.run("livebench")).status == "ok"
    values = await harness.values()
    assert values["qwen3-32b", "", "livebench_2026_01"] == pytest.approx(9.0)
    assert values["qwen3-32b", "", "livebench_2026_06"] == pytest.approx(61.5)


async def test_a_server_that_tells_no_version_is_read_each_time(harness: Harness) -> None:
    harness.boards.etags = False
    assert [(await harness.run("openrouter")).status for _ in range(2)] == ["ok", "ok"]


async def test_an_edition_that_is_not_there_is_told_and_does_without(harness: Harness) -> None:
    del harness.boards.tables["2026_06_25"]
    record = await harness.run("livebench")
    assert (record.status, record.message) == ("ok", "the edition of 2026-06-25 is not there")
    assert (await harness.run("livebench")).status == "unchanged"
    harness.boards.tables["2026_06_25"] = harness.boards.tables["2026_01_08"]
    assert (await harness.run("livebench")).message == ""


async def test_after_a_failure_the_condition_is_still_that_of_the_last_good_run(harness: Harness) -> None:
    await harness.run("openrouter")
    harness.boards.tell(EXPORT, answer(403))
    assert (await harness.run("openrouter")).status == "failed"
    assert (await harness.run("openrouter")).status == "unchanged"


# ── patience ──


async def test_an_index_that_is_loading_is_waited_for(harness: Harness) -> None:
    harness.boards.tell(ARENA, loading, times=2)
    assert (await harness.run("lmarena")).status == "ok"
    assert harness.waits == [2.0, 8.0]
    said = [p.message for p in harness.progress if p.state == "waiting"]
    assert "answered 500 (The dataset index is loading. Please retry later)" in said[0]


@pytest.mark.parametrize("trouble", [answer(503), answer(502, "<html>Bad gateway</html>"), cut])
async def test_a_passing_fault_is_asked_again_and_a_lasting_one_told(harness: Harness, trouble: Behaviour) -> None:
    harness.boards.tell(EXPORT, trouble)
    assert (await harness.run("openrouter")).status == "ok"
    harness.boards.version = "2"
    harness.boards.tell(EXPORT, trouble, times=3)
    record = await harness.run("openrouter")
    assert record.status == "failed"
    assert record.message.endswith("every time it was asked")
    assert len(await harness.values()) == 1


async def test_a_server_that_asks_for_a_pause_gets_it(harness: Harness) -> None:
    harness.boards.tell(EXPORT, answer(429, Retry_After="7"))
    harness.boards.tell(EXPORT, answer(429, Retry_After="Thu, 01 Jan 1970 00:00:00 GMT"))
    assert (await harness.run("openrouter")).status == "ok"
    assert harness.waits == [7.0, 8.0]


async def test_a_server_that_asks_for_a_long_pause_is_left_alone(harness: Harness) -> None:
    harness.boards.tell(EXPORT, answer(429, Retry_After="3600"))
    record = await harness.run("openrouter")
    assert record.status == "failed"
    assert "answered 429, and asked to wait 3600 s" in record.message
    assert harness.boards.seen[EXPORT] == 1
    assert harness.waits == []


async def test_no_answer_is_read_beyond_its_size(harness: Harness) -> None:
    harness.boards.tell(ARENA, endless)
    record = await harness.run("lmarena")
    assert record.status == "failed"
    assert "sent more than 4 MB" in record.message
    assert max(p.size for p in harness.progress) <= lmarena.LARGEST


async def test_an_answer_that_never_ends_is_given_up_and_asked_for_again(harness: Harness) -> None:
    harness.terms = replace(harness.terms, patience=replace(harness.terms.patience, answer=0.2))
    harness.boards.tell(EXPORT, dripping)
    assert (await harness.run("openrouter")).status == "ok"
    harness.boards.version = "2"
    harness.boards.tell(EXPORT, dripping, times=3)
    assert "took more than 0.2 s for an answer, every time" in (await harness.run("openrouter")).message


async def test_a_source_as_a_whole_has_its_time(harness: Harness) -> None:
    harness.terms = replace(harness.terms, source_seconds=0.2)
    harness.boards.tell(EXPORT, dripping)
    record = await harness.run("openrouter")
    assert (record.status, record.message) == ("failed", "it took more than 0.2 s")


# ── what is not as expected ──

WRONG: list[tuple[str, str, Behaviour, str]] = [
    ("openrouter", EXPORT, page_of_html, "a web page instead of data"),
    ("openrouter", EXPORT, answer(200, '{"dataset": "benchmark-lea'), "is not JSON, or was cut off"),
    ("openrouter", EXPORT, answer(200, ["rows"]), "no benchmark-leaderboard with rows"),
    ("openrouter", EXPORT, answer(200, export([{"speed": 1}])), "no column for benchmark and model and accuracy"),
    ("openrouter", EXPORT, answer(200, export([export_row("a", 1)], snapshot_date=7)), "no usable date"),
    ("openrouter", EXPORT, answer(200, export([export_row("a", 0.5)])), "1 usable rows, where at least 10"),
    ("openrouter", EXPORT, answer(200, export([export_row("a", "x") for _ in range(30)])), "30 of 30 rows"),
    ("openrouter", EXPORT, answer(200, export([export_row(f, 0.5) for f in FILLERS])), "none of its 120 names"),
    ("openrouter", EXPORT, answer(404, "gone"), r"answered 404 (gone) to /or/benchmark-leaderboard"),
    ("openrouter", EXPORT, answer(302, Location="/or/benchmark-leaderboard/latest.json"), "redirected more than 3"),
    ("lmarena", ARENA, page_of_html, "a web page instead of data"),
    ("lmarena", ARENA, answer(200, {"rows": []}), "without its rows and their number"),
    ("lmarena", ARENA, answer(200, arena_page([], 123)), "has 123 rows, and 0 of them were given"),
    ("lmarena", ARENA, answer(200, arena_page([arena_row("a", 1.0)], 1, partial=True)), "indexed only in part"),
    ("lmarena", ARENA, answer(200, arena_page([arena_row("a", 1200.0)], 123)), "lists a twice"),
    ("lmarena", ARENA, answer(200, arena_page([arena_row("a", 1200.0)], 1)), "1 usable rows, where at least 100"),
    ("lmarena", ARENA, answer(200, arena_page([arena_row("a", None)] * 100, 100)), "100 of 100 rows"),
    ("livebench", TABLE, answer(200, "not,a,table\n1,2,3\n"), "has no column"),
    ("livebench", TABLE, answer(200, 'model,"zebra_puzzle\nx,1\n'), "is no CSV"),
    ("livebench", "/lb/categories_2026_06_25.json", answer(200, {"Coding": "all"}), "no table of tasks by category"),
    ("livebench", "/lb/categories_2026_06_25.json", answer(200, {"Coding": ["chess"]}), "has no column chess"),
    ("models.dev", MODELS, answer(200, [listed("a")]), "no table of models by id"),
    ("models.dev", MODELS, answer(200, dict.fromkeys(FILLERS, 5)), "120 of 120 rows"),
    ("artificial-analysis", ANALYSIS, answer(401, {"error": "Invalid API key"}), "refused the request (401 (Invalid"),
    ("artificial-analysis", ANALYSIS, answer(200, {"data": []}), "without its rows, the number of pages"),
    ("artificial-analysis", ANALYSIS, answer(200, analysis_page([], 2, 3)), "page 1 was asked for and another"),
    ("artificial-analysis", ANALYSIS, answer(302, Location="/aa/elsewhere"), "carries a key, which was not followed"),
]


@pytest.mark.parametrize(("source", "path", "behaviour", "words"), WRONG, ids=[f"{s}: {w}" for s, _, _, w in WRONG])
async def test_what_is_not_as_expected_changes_nothing_and_is_told(
    harness: Harness, source: str, path: str, behaviour: Behaviour, words: str
) -> None:
    assert (await harness.run(source)).status == "ok"
    before = await harness.repo.synced_figures()
    harness.boards.version = "2"
    harness.boards.tell(path, behaviour, times=5)
    record = await harness.run(source)
    assert record.status == "failed"
    assert words in record.message
    assert "sesame" not in record.message
    assert await harness.repo.synced_figures() == before
    assert (await harness.repo.sync_history(source))[0] == record


@pytest.mark.parametrize(
    ("source", "path", "first", "words"),
    [
        ("lmarena", ARENA, arena_page([arena_row(f, 1000.0) for f in FILLERS[:100]], 124), "from 124 to 123 rows"),
        ("artificial-analysis", ANALYSIS, analysis_page([], 1, 3, "5.0"), "the index changed from 5_0 to 4_1"),
    ],
)
async def test_what_changes_between_two_pages_is_not_put_together(
    harness: Harness, source: str, path: str, first: object, words: str
) -> None:
    harness.boards.tell(path, answer(200, first))
    record = await harness.run(source)
    assert words in record.message
    assert await harness.values() == {}


BAD_ROWS: list[object] = [
    "no object",
    {"model_name": "gemma-3-12b-it"},
    arena_row("gemma-3-12b-it", "1300"),
    arena_row("gemma-3-12b-it", True),
    arena_row("gemma-3-12b-it", 99_999.0),
    arena_row("", 1300.0),
]


async def test_a_few_bad_rows_are_skipped_counted_and_told(harness: Harness) -> None:
    rows = [*(arena_row(f, 1000.0) for f in FILLERS[:93]), arena_row("qwen3-32b", 1350.0), *BAD_ROWS]
    rows += [arena_row(f, 1000.0) for f in FILLERS[93:]]
    harness.boards.tell(ARENA, answer(200, arena_page(rows[:100], len(rows))))
    harness.boards.tell(ARENA, answer(200, arena_page(rows[100:], len(rows))))
    record = await harness.run("lmarena")
    assert record.status == "ok"
    assert record.skipped == len(BAD_ROWS)
    assert record.message == "rows skipped: 6, the first because a row is no object"
    values = await harness.values()
    assert ("gemma-3-12b-it", "", "arena_elo") not in values
    assert values["gemma-3-12b-it", "", "arena_math"] == 1340.5


async def test_a_row_with_a_cell_cut_off_is_a_bad_row(harness: Harness) -> None:
    page = arena_page([arena_row(f, 1000.0) for f in FILLERS[:100]], 100)
    page["rows"][0]["truncated_cells"] = ["model_name"]
    harness.boards.tell(ARENA, answer(200, page))
    record = await harness.run("lmarena")
    assert record.message == "it listed 99 usable rows, where at least 100 are expected"


async def test_one_source_that_fails_harms_no_other(harness: Harness) -> None:
    harness.boards.tell(EXPORT, page_of_html)
    records = await harness.sync().run(["openrouter", "models.dev"])
    assert [(r.source, r.status) for r in records] == [("openrouter", "failed"), ("models.dev", "ok")]


async def test_a_reader_that_stumbles_is_a_failure_in_words_not_a_crash(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llmrouter_tui.catalog.sync.openrouter.read_export", lambda document: 1 / 0)
    record = await harness.run("openrouter")
    assert record.status == "failed"
    assert "ZeroDivisionError" in record.message


# ── calm ──


async def test_offline_is_one_calm_sentence_and_keeps_what_is_there(harness: Harness) -> None:
    await harness.run("openrouter")
    before = await harness.repo.synced_figures()
    nowhere = replace(
        harness.boards.endpoints, openrouter="http://no-such-host.invalid", models_dev="http://127.0.0.1:9"
    )
    harness.terms = replace(harness.terms, endpoints=nowhere)
    records = await harness.sync().run(["openrouter", "models.dev"])
    assert [r.status for r in records] == ["offline", "offline"]
    assert records[0].message == "no connection to no-such-host.invalid: the name does not resolve"
    assert records[1].message == "no connection to 127.0.0.1:9: nothing listens there"
    assert harness.waits == []
    assert await harness.repo.synced_figures() == before


async def test_a_cancelled_run_changes_nothing_and_is_recorded(harness: Harness) -> None:
    await harness.run("openrouter")
    before = await harness.repo.synced_figures()
    harness.boards.version = "2"
    harness.boards.tell(EXPORT, dripping)
    task = asyncio.ensure_future(harness.run("openrouter"))
    while harness.boards.seen[EXPORT] < 2:
        await asyncio.sleep(0.01)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await harness.repo.sync_history("openrouter"))[0].status == "cancelled"
    assert harness.progress[-1].state == "done"
    assert await harness.repo.synced_figures() == before


async def test_a_database_that_cannot_be_written_is_told_in_the_record(harness: Harness) -> None:
    await harness.repo.close()
    with pytest.raises(RouterError):
        await harness.repo.synced_figures()
    record = await harness.run("openrouter")
    assert record.status == "failed"
    assert "closed" in record.message


async def test_progress_tells_pages_bytes_rows_and_the_outcome(harness: Harness) -> None:
    record = await harness.run("lmarena")
    sizes = [p.size for p in harness.progress]
    assert sizes == sorted(sizes)
    assert sizes[-1] > 10_000
    assert [p.pages for p in harness.progress if p.of][-2] == len(lmarena.BOARDS) - 1
    last = harness.progress[-1]
    assert (last.state, last.record, last.rows) == ("done", record, record.rows)
    assert {p.source for p in harness.progress} == {"lmarena"}


def pages(boards: Boards) -> Sequence[str]:
    return [query["offset"] for query in boards.queries[ARENA]]


async def test_pages_are_asked_for_by_what_came_before(harness: Harness) -> None:
    await harness.run("lmarena")
    assert pages(harness.boards)[:2] == ["0", "100"]
    assert harness.boards.queries[ARENA][0]["where"] == "\"category\"='overall'"


async def test_an_unmapped_name_of_artificial_analysis_is_never_guessed(harness: Harness) -> None:
    harness.boards.analysis = [analysis_row("qwen3-32b"), *harness.boards.analysis]
    record = await harness.run("artificial-analysis")
    assert record.matched == 1
    assert len(await harness.values()) == 1
