"""What is served under ``/admin``: all of ``Control``."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from llmrouter_tui.core.decision import Decision, Exchange, ExchangePage, Setting
from llmrouter_tui.core.domain import BackendView, ModelView
from llmrouter_tui.core.dossier import Dossier, Listed
from llmrouter_tui.core.events import FACTS, LogLine
from llmrouter_tui.core.export import WHAT, RatingPage
from llmrouter_tui.core.forgetting import Forgotten
from llmrouter_tui.core.grades import Comparison, GradePage, JudgeView, Overruled
from llmrouter_tui.core.keys import KeyView, NewKey
from llmrouter_tui.core.ports import Rated, Snapshot
from llmrouter_tui.core.profile import Profiles, Result
from llmrouter_tui.core.review import Review
from llmrouter_tui.core.spending import SpendView
from llmrouter_tui.core.sync import SyncedFigure, SyncView
from llmrouter_tui.core.vram import Placement, VramView
from llmrouter_tui.core.whatif import WhatIf
from llmrouter_tui.proxy.admin import (
    MAX_CONTEXT,
    MAX_PAGE,
    Admin,
    BackendBody,
    ExplainBody,
    ListenBody,
    MatchBody,
    ProfileBody,
    SettingBody,
    SyncBody,
)
from llmrouter_tui.proxy.export import FORMATS, Export
from llmrouter_tui.proxy.judging import GradeBody, JudgeAdmin, OverruleBody, PairBody, PauseBody
from llmrouter_tui.proxy.keys import KeyAdmin, KeyBody
from llmrouter_tui.proxy.meta import FeedbackBody
from llmrouter_tui.proxy.operation import (
    EVENTS,
    JSON,
    LINES,
    ONE_RATING,
    TABLE,
    Handler,
    Json,
    Operation,
    Parameter,
    needed,
)
from llmrouter_tui.proxy.parse import ChatBody
from llmrouter_tui.proxy.replies import Accepted
from llmrouter_tui.proxy.texts import Texts
from llmrouter_tui.proxy.watch import Watch


@dataclass(frozen=True, slots=True)
class Owner:
    """Who answers the owner of the router."""

    admin: Admin
    judge: JudgeAdmin
    keys: KeyAdmin
    export: Export
    texts: Texts
    watch: Watch


def owner_operations(owner: Owner) -> Iterable[Operation]:
    """All of them, each behind the admin key."""
    admin, judge = owner.admin, owner.judge
    groups = (
        _state(admin, owner.watch),
        _exchanges(admin, owner.export),
        _said(owner.texts),
        _models(admin),
        _memory(admin),
        _settings(admin),
        _keys(owner.keys),
        _figures(admin),
        _judge(judge),
    )
    return [replace(made, path=f"/admin/{made.path}", access="owner") for group in groups for made in group]


_FLAG: Final[Json] = {"type": "boolean", "default": False}
_SPAN: Final[Json] = {"type": "string", "examples": ["7d", "12h", "90m", "2w", "all"]}
_STORED: Final = ("503",)
"""The database may be locked, full or away."""
_BOTH: Final = ("404", *_STORED)
"""And what is named may not be here."""


def _count(most: int, default: int) -> Json:
    return {"type": "integer", "minimum": 1, "maximum": most, "default": default}


_PAGED: Final = (
    Parameter("before", "The ``before`` of the page before this one."),
    Parameter("limit", "How many.", _count(MAX_PAGE, 100)),
)


def _shows(
    path: str,
    handler: Handler,
    about: str,
    *answers: Any,
    query: tuple[Parameter, ...] = (),
    faults: tuple[str, ...] = (),
    media: str = JSON,
) -> Operation:
    return Operation("GET", path, handler, about, answers, query=query, faults=faults, media=media)


def _does(
    path: str,
    handler: Handler,
    about: str,
    *takes: Any,
    method: str = "POST",
    answer: Any = Accepted,
    status: int = 202,
    optional: bool = False,
    query: tuple[Parameter, ...] = (),
    faults: tuple[str, ...] = (),
    example: Mapping[str, Any] | None = None,
) -> Operation:
    """A command; most are taken, and what they change arrives as events."""
    return Operation(
        method,
        path,
        handler,
        about,
        (answer,),
        status=status,
        takes=takes,
        optional=optional,
        query=query,
        faults=faults,
        example=example,
    )


def _state(admin: Admin, watch: Watch) -> Sequence[Operation]:
    facts = ", ".join(sorted(FACTS))
    events = (
        "Every fact of the router as it happens. Each event is named after its fact and holds seq, at, mono and fact;"
        f" one named reset says that some were left out for a reader that was slow. Facts: {facts}."
    )
    limit = Parameter("limit", "How many.", _count(5000, 500))
    return (
        _shows("snapshot", admin.snapshot, "Everything a screen needs to start from.", Snapshot),
        _shows("events", watch.events, events, media=EVENTS),
        _shows("spend", admin.spend, "What was paid today and this month, and the budgets.", SpendView),
        _shows("logs", admin.logs, "The newest lines of the log, oldest first.", list[LogLine], query=(limit,)),
        _does("shutdown", admin.shutdown, "End the router in an orderly way."),
    )


def _exchanges(admin: Admin, export: Export) -> Sequence[Operation]:
    holds = Parameter("text", "Those that hold this text.")
    since = Parameter("since", "How far to go back; a week without it.", _SPAN)
    all_since = Parameter("since", "How far to go back; all without it.", _SPAN)
    texts = Parameter("texts", "Whether to keep what was said, as far as it is stored.", _FLAG)
    client = Parameter("client", "Who would ask, as it names itself: its rules act then.")
    share = Parameter("value", "0 fast .. 1 good.", {"type": "number", "minimum": 0, "maximum": 1}, required=True)
    one = "One of them, by its id or by that of its answer."
    lines = (
        "All of them, newest first, one in a line: an Exchange, Feedback, Grade or Result. A last line with an error"
        " says that it is not all; a table that is not all is cut off."
    )
    kind = Parameter("what", "Which records.", {"type": "string", "enum": list(WHAT), "default": WHAT[0]})
    form = Parameter("format", "Lines of JSON, or a table.", {"type": "string", "enum": [*FORMATS], "default": "jsonl"})
    explain = "What routing would do with a prompt, or with a whole chat-completion body. No model is asked."
    what_if = "What another quality preference would have chosen for the newest exchanges."
    return (
        _shows(
            "exchanges",
            admin.exchanges,
            "What was asked and answered, newest first.",
            ExchangePage,
            query=(*_PAGED, holds),
            faults=_STORED,
        ),
        replace(_shows("exchanges/{id}", admin.exchange, one, Exchange, faults=_STORED), decides=True),
        replace(
            _shows("export", export.lines, lines, query=(kind, form, all_since, texts), media=LINES, faults=_STORED),
            also=TABLE,
        ),
        Operation(
            "POST",
            "explain",
            admin.explain,
            explain,
            (Decision,),
            takes=(ExplainBody, ChatBody),
            needs={"anyOf": [needed("prompt", pattern=r"\S"), needed("messages", type="array", minItems=1)]},
            query=(client,),
            faults=_BOTH,
            decides=True,
            example={"prompt": "Prove that there is no largest prime."},
        ),
        Operation(
            "POST",
            "rate",
            admin.rate,
            "Rate an answer, and be told what that moved.",
            (Rated,),
            takes=(FeedbackBody,),
            needs=ONE_RATING,
            faults=_BOTH,
            example={"exchange_id": "01JD", "rating": "up"},
        ),
        _shows("ratings", admin.ratings, "What stands, newest first.", RatingPage, query=_PAGED, faults=_STORED),
        _shows("preference/what-if", admin.what_if, what_if, WhatIf, query=(share,)),
        _shows(
            "review",
            admin.review,
            "How right the choices were, by ratings and grades.",
            Review,
            query=(since,),
            faults=_STORED,
        ),
    )


def _said(texts: Texts) -> Sequence[Operation]:
    session = Parameter("session", "The conversation, by its id or as its client named it.")
    everything = Parameter("all", "Whether all that is stored is meant.", _FLAG)
    one = "Take what was said in an exchange out of the database. Its figures, its rating and its grade stay."
    some = "The same of a conversation, or of all that is stored."
    query, gone = (session, everything), (Forgotten,)
    return (
        Operation("DELETE", "exchanges/{id}/text", texts.forget_one, one, gone, faults=("400", *_BOTH)),
        Operation("DELETE", "texts", texts.forget, some, gone, query=query, faults=_STORED),
    )


def _models(admin: Admin) -> Sequence[Operation]:
    tokens: Json = {"type": "integer", "minimum": 1, "maximum": MAX_CONTEXT}
    context = Parameter("context_length", "Another context than it would get.", tokens)
    force = Parameter("force", "Whether not to wait for answers under way.", _FLAG)
    commands: tuple[tuple[str, Handler, str, tuple[Parameter, ...]], ...] = (
        ("load", admin.load, "Load it; what comes of that is an event.", ()),
        ("unload", admin.unload, "Take it out of memory when its answers have ended.", (force,)),
        ("pin", admin.pin, "Load it and keep it, also over restarts.", ()),
        ("unpin", admin.unpin, "Let it go when memory is needed.", ()),
        ("enable", admin.enable, "Let it be chosen.", ()),
        ("disable", admin.disable, "Do not let it be chosen.", ()),
    )
    would = "What loading it would mean now: whether it fits, what would have to leave, how long it takes."
    plan = _shows("models/{id:(?s:.+)}/plan", admin.plan, would, Placement, query=(context,))
    match = "Say which entry of the public catalog it is; null for none, automatic for by its name."
    return (
        _shows("models", admin.models, "Every model and all that is known of it.", list[ModelView]),
        *(
            _does(f"models/{{id:(?s:.+)}}/{name}", handler, about, query=query, faults=("400", "503"))
            for name, handler, about, query in commands
        ),
        plan,
        replace(plan, method="POST"),
        _does("models/{id:(?s:.+)}/match", admin.match, match, MatchBody, faults=_STORED, example={"id": "qwen3-8b"}),
    )


def _memory(admin: Admin) -> Sequence[Operation]:
    clear = "Take every model out of memory, and load none until it is released."
    return (
        _shows("vram", admin.vram, "Who holds which memory, and what each load would mean.", VramView),
        _does("vram/clear", admin.clear_vram, clear, faults=_STORED),
        _does("vram/release", admin.release_vram, "Load models again as they are needed.", faults=_STORED),
        _shows("backends", admin.backends, "The servers of models.", list[BackendView]),
        _does(
            "backends",
            admin.add_backend,
            "Use a server from now on; without a kind it is asked which it is.",
            BackendBody,
            answer=BackendView,
            status=201,
            faults=("502", "503"),
            example={"url": "http://127.0.0.1:8000"},
        ),
        _does("backends/{name}", admin.remove_backend, "Use it no more.", method="DELETE", faults=("400", "503")),
        _does("backends/{name}/retry", admin.retry_backend, "Look at once whether it is up.", faults=("400",)),
        _does(
            "backends/{name}/enable",
            admin.enable_backend,
            "Use it again.",
            answer=BackendView,
            status=200,
            faults=_STORED,
        ),
        _does(
            "backends/{name}/disable",
            admin.disable_backend,
            "Use it no more until it is enabled.",
            answer=BackendView,
            status=200,
            faults=_STORED,
        ),
    )


def _settings(admin: Admin) -> Sequence[Operation]:
    settings = "Every setting, its value and where that comes from; of secrets only whether they are set."
    change = "Change one, at once or for the next start, as its form tells; null takes back what was set."
    starter = "Get the starter model for the embedded engine."
    return (
        _shows("settings", admin.settings, settings, list[Setting]),
        _does(
            "settings",
            admin.set_setting,
            change,
            SettingBody,
            answer=Setting,
            status=200,
            faults=_BOTH,
            example={"key": "quality_preference", "value": 0.7},
        ),
        _does(
            "reload",
            admin.reload,
            "Read the configuration file again; what differs takes effect, and is told.",
            answer=list[Setting],
            status=200,
            faults=("400",),
        ),
        _does(
            "listen",
            admin.listen,
            "Serve on another port, and keep that.",
            ListenBody,
            faults=_STORED,
            example={"port": 11436},
        ),
        _does("starter", admin.fetch_starter, starter, faults=("400", "503")),
        _does("starter", admin.cancel_fetch, "Stop getting it.", method="DELETE"),
    )


def _keys(keys: KeyAdmin) -> Sequence[Operation]:
    return (
        _shows("keys", keys.list, "The clients' keys that have a name, without the keys.", list[KeyView]),
        _does(
            "keys",
            keys.add,
            "Make a key. Its text is in the answer, this once.",
            KeyBody,
            answer=NewKey,
            status=201,
            faults=_STORED,
            example={"name": "laptop", "models": ["qwen3*"], "rpm": 60},
        ),
        _does("keys/{name}", keys.revoke, "It lets nobody in from now on.", method="DELETE", faults=("400", "503")),
    )


def _figures(admin: Admin) -> Sequence[Operation]:
    many: Json = {"type": "array", "items": {"type": "string"}}
    entry = Parameter("id", "An entry; as often as there are.", many)
    models = Parameter("model", "A model, by its id in the catalog; as often as there are.", many)
    model = Parameter("model", "A model, by its id.")
    catalog = "The entries of the public catalog in short, or those named with their figures."
    profiles = "How far measuring is and what it found of each model; of one named, what came of each prompt."
    fetch = "Fetch public figures: from all sources without a body."
    measure = "Measure models: all that cost no money without a body."
    sources, order = {"sources": ["lmarena"]}, {"models": ["ollama/qwen3:8b"], "quick": True}
    return (
        _shows("catalog", admin.catalog, catalog, list[Listed], list[Dossier], query=(entry,)),
        _shows(
            "benchmarks",
            admin.figures,
            "The public figures that were fetched of these models.",
            list[SyncedFigure],
            query=(models,),
            faults=_STORED,
        ),
        _shows("sync", admin.sync_view, "How far fetching public figures is.", SyncView),
        _does("sync", admin.sync, fetch, SyncBody, optional=True, faults=_STORED, example=sources),
        _does("sync", admin.cancel_sync, "Stop fetching.", method="DELETE"),
        _shows("profiles", admin.profiles, profiles, Profiles, list[Result], query=(model,), faults=_BOTH),
        _does("reprofile", admin.profile, measure, ProfileBody, optional=True, faults=_BOTH, example=order),
        _does("reprofile", admin.cancel_profile, "Stop measuring; what was found is kept.", method="DELETE"),
    )


def _judge(judge: JudgeAdmin) -> Sequence[Operation]:
    words = ("model", "task", "judge", "subject", "ref")
    wanted = tuple([Parameter(name, f"Those of this {name}.") for name in words])
    disagree = Parameter("disagree", "Those where the judge and the user or a checker differ.", _FLAG)
    failed = Parameter("failed", "Those that failed, or those that did not.", {"type": "boolean"})
    grade = "Have one answer graded (again); what comes of that is an event."
    overrule = "The user's own mark in the place of a judge's; null gives it back."
    compare = "Put the answers of two models to the same prompts side by side; answered when the judge is through."
    limit = Parameter("limit", "How many.", _count(1000, 1000))
    subject = {"subject": "prompt", "ref": "creative-letter", "model": "ollama/qwen3:8b"}
    return (
        _shows(
            "grades",
            judge.grades,
            "What judges said of answers, newest first.",
            GradePage,
            query=(*wanted, disagree, failed, *_PAGED),
            faults=_STORED,
        ),
        _does("grades", judge.grade, grade, GradeBody, faults=_BOTH, example=subject),
        _does(
            "grades/{id}/overrule",
            judge.overrule,
            overrule,
            OverruleBody,
            answer=Overruled,
            status=200,
            faults=_STORED,
            example={"mark": 3},
        ),
        _shows("judge", judge.view, "Who judges, how far it is, and how far it is to be trusted.", JudgeView),
        _does("judge", judge.pause, "Let it pause, or go on.", PauseBody, faults=_STORED, example={"paused": True}),
        _shows(
            "judge/compare",
            judge.comparisons,
            "What came of comparing, newest first.",
            list[Comparison],
            query=(limit,),
            faults=_STORED,
        ),
        _does(
            "judge/compare",
            judge.compare,
            compare,
            PairBody,
            answer=list[Comparison],
            status=200,
            faults=("404", "429", "502", "503"),
            example={"first": "ollama/qwen3:8b", "second": "ollama/llama3.1:8b"},
        ),
    )
