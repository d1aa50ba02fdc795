"""Compiles the shipped figures and their attribution:  python -m tests.tools.catalog FOLDER

FOLDER holds catalog.jsonl (one model a line) and benchmarks.json. Only ids and figures are taken over, each with a
short name of its source and its date; what must not be passed on is left out.
"""

import gzip
import json
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from llmrouter_tui.catalog.snapshot import FILE, SCHEMA, read
from llmrouter_tui.core.catalog import Equating
from tests.tools.equating import equate

ROOM = Path(__file__).parents[2] / "llmrouter_tui" / "catalog"
FORBIDDEN_KEYS = re.compile(r"eqbench|^aa_")
"""EQ-Bench publishes its scores without a licence, Artificial Analysis forbids passing them on."""
FORBIDDEN_SOURCES = re.compile(r"artificial.?analysis|metabench|eq-?bench", re.I)
SECOND_HAND = re.compile(r"whatmodel|awesomeagents|secondary|search pages", re.I)

CC_BY, APACHE, MIT, FACTS = "CC BY 4.0", "Apache-2.0", "MIT", "no licence stated; single figures, quoted as facts"
SOURCES = {
    "lmarena/arena-catalog": ("LMArena", CC_BY, "2025-12-11"),
    "Paraplouis/llm-pareto-frontier": ("LMArena", CC_BY, "2026-07-01"),
    "LiveBench/livebench.github.io": ("LiveBench", FACTS, "2026-01-08"),
    "hlzhang109/causal-eval": ("Open LLM Leaderboard v2", FACTS, "2025-02-08"),
    "chenjy16/modelrank_ai": ("Open LLM Leaderboard v2", FACTS, "2025-05"),
    "hlzhang109/prescriptive-scaling": ("Open LLM Leaderboard v2, run again", FACTS, "2026-01"),
    "felipemaiapolo/sloth": ("Open LLM Leaderboard v1", MIT, "2024-06"),
    "JonathanChavezTamales/llm-leaderboard": ("maker, by llm-stats", CC_BY, "2025-10"),
    "yiyuanli939/LLM-Benchmark-Reported-Data": ("maker, by LLM-Benchmark-Reported-Data", FACTS, "2026-01"),
    "bigcode-bench/bigcode-bench.github.io": ("BigCodeBench", FACTS, "2025-04"),
    "evalplus/evalplus.github.io": ("EvalPlus", APACHE, "2024-12"),
    "ShishirPatil/gorilla": ("Berkeley Function-Calling Leaderboard", APACHE, "2025-12-16"),
    "Aider-AI/aider": ("Aider", APACHE, "2025-10-03"),
    "lmarena/arena-hard-auto": ("Arena-Hard", APACHE, "2025-04"),
    "tatsu-lab/alpaca_eval": ("AlpacaEval", APACHE, "2025"),
    "openai/simple-evals": ("OpenAI simple-evals", MIT, "2025"),
    "vectara/hallucination-leaderboard": ("Vectara hallucination leaderboard", APACHE, "2026-03-10"),
    "utterstep/chatbot-arena-leaderbord-vis": ("LMSYS table", FACTS, "2025-05-11"),
    "tiiuae/Falcon-H1": ("TII, one harness", FACTS, "2025-05"),
    "anomalyco/models.dev": ("maker, by models.dev", MIT, "2026-11"),
}
"""Repository: whose figures they are, under what terms, and from when, unless the figure or its benchmark says so."""

_REPO = re.compile(r"([\w.-]+/[\w.-]+)@([0-9a-f]{7,})")
_CARD = re.compile(r"\b(?:Qwen|nvidia|google|microsoft|LiquidAI)/[\w.-]*\w|arXiv \d{4}\.\d{4,5}")
_DAY = re.compile(r"(20\d\d)[-_](\d\d)[-_](\d\d)")


def main(folder: Path) -> None:
    rows = [json.loads(line) for line in (folder / "catalog.jsonl").read_text().splitlines()]
    catalogue = json.loads((folder / "benchmarks.json").read_text())
    compiled, used = compile_file(rows, catalogue)
    (ROOM / FILE).write_bytes(compiled)
    (ROOM / "ATTRIBUTION.md").write_text(attribution(used, catalogue["generated"]))
    snapshot = read(compiled)
    figures = sum(len(e.figures) + sum(map(len, e.modes.values())) for e in snapshot.entries.values())
    print(f"{len(snapshot.entries)} models, {figures} figures, {len(compiled)} bytes")


def compile_file(rows: list[dict[str, Any]], catalogue: dict[str, Any]) -> tuple[bytes, Counter[tuple[str, str, str]]]:
    """The file's bytes, and how many figures come from each (source, reference, licence)."""
    benchmarks = {k: v for k, v in catalogue["benchmarks"].items() if not FORBIDDEN_KEYS.search(k)}
    packer = Packer(benchmarks)
    entries = [packer.entry(row) for row in rows]
    content = {
        "schema": SCHEMA,
        "generated": catalogue["generated"],
        "sources": list(packer.sources),
        "dates": list(packer.dates),
        "benchmarks": [benchmark_row(key, about, {}) for key, about in benchmarks.items()],
        "entries": entries,
    }
    plain = read(packed(content))
    scales = equate(plain.entries.values(), plain.benchmarks)
    content["benchmarks"] = [benchmark_row(key, about, scales.get(key, {})) for key, about in benchmarks.items()]
    return packed(content), packer.used


def packed(content: dict[str, Any]) -> bytes:
    text = json.dumps(content, separators=(",", ":"), ensure_ascii=False)
    return gzip.compress(text.encode(), 9, mtime=0)


def benchmark_row(key: str, about: dict[str, Any], equated: dict[str, Equating]) -> list[Any]:
    norm = about["norm"] if about["default_use"] and about["norm"] else {"lo": 0, "hi": 100}
    weights = {c: round(w, 4) for c, w in about["categories"].items()} if about["default_use"] else {}
    return [key, about["title"], about["unit"], weights, norm["lo"], norm["hi"], equated]


class Packer:
    """Turns records into rows, and collects the tables that they point into."""

    def __init__(self, benchmarks: dict[str, Any]) -> None:
        self.benchmarks = benchmarks
        self.keys = {key: i for i, key in enumerate(benchmarks)}
        self.sources: dict[str, int] = {}
        self.dates: dict[str, int] = {}
        self.used: Counter[tuple[str, str, str]] = Counter()

    def entry(self, row: dict[str, Any]) -> list[Any]:
        modes = {mode: self.figures(v, row["released"]) for mode, v in row.get("variants", {}).items()}
        return [
            row["model"],
            [a for a in row["aliases"] if a != row["model"]],
            row["kind"],
            row["specialty"],
            row["hosted"],
            count(row["params_b"]),
            count(row["active_params_b"]),
            row["context"],
            sorted(c for c, has in row["capabilities"].items() if has),
            row["released"] or "",
            self.figures(row, row["released"]),
            {mode: flat for mode, flat in modes.items() if flat},
        ]

    def figures(self, record: dict[str, Any], released: str) -> list[float]:
        flat: list[float] = []
        for key, value in sorted(record["benchmarks"].items()):
            source = record["sources"][key]
            if key not in self.keys or FORBIDDEN_SOURCES.search(source):
                continue
            name, reference, licence, usual = origin(source)
            as_of = day(source) or dated(self.benchmarks[key]["as_of"]) or usual or released or ""
            self.used[name, reference, licence] += 1
            label = f"{name} ({reference})" if reference else name
            flat += [
                self.keys[key],
                round(value, 3),
                self.sources.setdefault(label, len(self.sources)),
                self.dates.setdefault(as_of, len(self.dates)),
            ]
        return flat


def origin(source: str) -> tuple[str, str, str, str]:
    """Whose figure it is, where it was read, its terms, and when such figures were taken (empty if that differs)."""
    if repo := _REPO.match(source):
        name, licence, usual = SOURCES.get(repo[1], ("maker", FACTS, ""))
        return name, repo[0], licence, usual
    if SECOND_HAND.search(source):
        return "maker, second hand", "", FACTS, ""
    card = _CARD.search(source)
    return "maker", card[0] if card else "model card", FACTS, ""


def day(source: str) -> str:
    """The day that a source names."""
    found = _DAY.search(source)
    return "-".join(found.groups()) if found else ""


def dated(text: str) -> str:
    """The benchmark's own date, if it has one for all."""
    return text if re.fullmatch(r"20\d\d(-(0\d|1[0-2])(-\d\d)?)?", text) else ""


def count(billions: float | None) -> int | None:
    return round(billions * 1e9) if billions else None


def attribution(used: Counter[tuple[str, str, str]], generated: str) -> str:
    """The page that travels with the figures."""
    by_name = Counter[tuple[str, str]]()
    references: dict[tuple[str, str], set[str]] = {}
    for (name, reference, licence), n in used.items():
        by_name[name, licence] += n
        references.setdefault((name, licence), set()).add(reference)
    lines = [
        "# Where the public figures come from",
        "",
        f"`{FILE}` holds benchmark results of language models, put together on {generated} by",
        "`tests/tools/catalog.py`. Numbers, model names and dates only; the anchors and weights that turn them into",
        "scores are this project's own. Nothing else was changed; values are rounded to three places.",
        "",
        "Because strong models are reported on hard boards and small ones on easy boards, the file also holds a shift",
        "and a slope per benchmark and category, which bring places between the anchors onto one scale, and how far",
        "the benchmark is trusted there, less where it has little in common with the others. They were fitted",
        "by `tests/tools/equating.py` to these figures alone: what models have in common that stand on several boards,",
        "and what size, date and kind let expect of the others. The figures that are shown are the published ones.",
        "",
        "| whose | figures | terms | read from |",
        "|---|---|---|---|",
    ]
    for (name, licence), n in sorted(by_name.items(), key=lambda item: (-item[1], item[0])):
        read_from = ", ".join(sorted(r for r in references[name, licence] if r)) or "pages that quote the maker"
        lines.append(f"| {name} | {n} | {licence} | {read_from} |")
    lines += [
        "",
        "A maker's figures are what it says of its own models. Not in the file: Artificial Analysis (its terms forbid",
        "passing raw data on) and EQ-Bench (its data has no licence).",
        "",
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
