"""Choices on a realistic fleet, names, filters and what is said about them."""

from dataclasses import replace
from typing import Any

import pytest

from llmrouter_tui.brain import weights
from llmrouter_tui.core.analysis import Analyst
from llmrouter_tui.core.decision import Decision
from llmrouter_tui.core.difficulty import easiness_of
from llmrouter_tui.core.domain import TASKS, Ability, CatalogMatch, Lesson, ModelView, Speed
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.kinds import KINDS, spread
from llmrouter_tui.core.memory_words import HELD, RELEASED_BY
from llmrouter_tui.core.selection import Wait, decide, predicted, resolve
from llmrouter_tui.core.why import instead
from tests.core.fleet import analysis, ask, fleet, model
from tests.core.formula import predicted_quality
from tests.core.prompts import EVERYDAY, HARD

analyse = Analyst(weights()).analyse

CODE = "```python\ndef quicksort(items): ...\n```"
SHORT = {view.id: key for key, view in fleet().items()}


def route(*turns: str, preference: float = 0.5, resident: str = "3b 8b", after: str = "", **fields: Any) -> Decision:
    """Route a conversation over the fleet; ``after`` is the short name of the model that answered so far."""
    models = fleet(resident)
    return decide(
        analyse(ask(*turns, **fields)),
        list(models.values()),
        preference=preference,
        continuity=models[after].id if after else "",
    )


def chosen(*turns: str, **options: Any) -> str:
    return SHORT[route(*turns, **options).chosen]


class TestSense:
    def test_everyday_prompts_go_to_sensible_models(self) -> None:
        wrong = [(p, got) for p, _, _, sensible in EVERYDAY if (got := chosen(p)) not in sensible]
        assert len(EVERYDAY) >= 100
        assert len(wrong) <= 0.05 * len(EVERYDAY), wrong

    @pytest.mark.parametrize("greeting", ["hi", "Hallo!", "你好", "thanks", "good morning"])
    @pytest.mark.parametrize("resident", ["", "70b", "70b 8b", "3b 8b coder r1 70b vl"])
    def test_a_greeting_never_wakes_or_takes_the_largest(self, greeting: str, resident: str) -> None:
        got = chosen(greeting, resident=resident)
        assert got != "70b" or resident == "70b"

    @pytest.mark.parametrize(("prompt", "tasks"), [(p, tasks) for p, _, tasks, _ in HARD])
    def test_hard_prompts_reach_the_strongest_when_quality_is_all(self, prompt: str, tasks: str) -> None:
        """The largest, or for a proof the one that thinks first (known by names and sizes only; what public figures
        say of both is in ``tests/test_recall.py``)."""
        assert chosen(prompt, preference=1.0) == ("r1" if "math" in tasks else "70b")

    @pytest.mark.parametrize("prompt", [p for p, *_ in HARD])
    def test_hard_prompts_leave_the_smallest_at_the_default(self, prompt: str) -> None:
        assert chosen(prompt) != "3b"

    def test_the_preference_moves_the_choice(self) -> None:
        prompt = HARD[1][0]
        assert [chosen(prompt, preference=q) for q in (0.0, 0.5, 1.0)] == ["3b", "coder", "70b"]

    def test_code_goes_to_the_coder_and_a_warm_model_keeps_small_tasks(self) -> None:
        assert chosen("Write a Python function that merges two sorted lists") == "coder"
        assert chosen("capital of peru", resident="8b") == "8b"
        assert chosen("capital of peru", resident="vl") == "vl"

    def test_thinking_takes_its_time_where_a_model_is_run_so(self) -> None:
        r1 = fleet()["r1"]
        quiet = replace(r1, match=CatalogMatch("alias", "some-hybrid", thinks=False))
        [thinks, answers] = [decide(analysis("math"), [m], preference=0.5).candidates[0] for m in (r1, quiet)]
        assert thinks.seconds.decode > answers.seconds.decode + 5
        assert answers.breakdown.speed > thinks.breakdown.speed

    def test_images_go_to_eyes(self) -> None:
        models = fleet()
        seen = decide(analysis(needs=frozenset({"vision"})), list(models.values()), preference=0.0)
        assert SHORT[seen.chosen] == "vl"
        assert seen.why == "only one with vision"
        assert dict(seen.filtered)[models["70b"].id] == "no vision"

    def test_housekeeping_goes_to_something_small_and_warm_at_any_preference(self) -> None:
        title = "### Task:\nGenerate a concise, 3-5 word title for the chat history."
        for preference in (0.0, 0.5, 1.0):
            decision = route(title, preference=preference)
            assert SHORT[decision.chosen] in ("3b", "8b")
            assert decision.why == "housekeeping, warm"


class TestConversation:
    @pytest.mark.parametrize("turn", ["now make it faster", "commit it", "thanks!", "and add a docstring", "why?"])
    def test_it_stays_on_its_model(self, turn: str) -> None:
        decision = route("write quicksort in python", CODE, turn, resident="3b 8b coder", after="coder")
        assert SHORT[decision.chosen] == "coder"
        assert decision.why == "continues conversation"

    def test_small_talk_stays_small(self) -> None:
        assert chosen("hi", "Hello!", "what's up?", after="3b") == "3b"

    @pytest.mark.parametrize("prompt", [HARD[0][0], HARD[1][0]])
    def test_it_leaves_for_one_that_is_clearly_better(self, prompt: str) -> None:
        assert chosen("hi", "Hello!", prompt, resident="3b 8b", after="3b") != "3b"

    def test_a_long_conversation_is_left_less_lightly(self) -> None:
        turn = "Write a Python class for a thread-safe LRU cache with expiry, and its unit tests"
        assert chosen("hi", "Hello!", turn, resident="8b coder", after="8b") == "coder"
        assert chosen("hi", "Hello! " * 2500, turn, resident="8b coder", after="8b") == "8b"

    def test_without_a_past_the_same_prompt_goes_elsewhere(self) -> None:
        prompt = "Explain photosynthesis"
        assert chosen(prompt, resident="3b 8b vl") == "8b"
        assert chosen("hi", "Hello!", prompt, resident="3b 8b vl", after="vl") == "vl"


class TestTime:
    def test_loading_queues_and_thinking_take_time(self) -> None:
        models = fleet()
        coder = models["coder"].id
        decision = decide(
            analysis("coding"), list(models.values()), preference=0.5, waits={coder: Wait(queue=3, load=7)}
        )
        seconds = {SHORT[c.model]: c.seconds for c in decision.candidates}
        assert (seconds["coder"].queue, seconds["coder"].load) == (3, 7)
        assert (seconds["8b"].load, seconds["70b"].load) == (0, 35)
        plain = model("plain:14b", models["r1"].speed)
        both = decide(analysis("math", 0.9), [models["r1"], plain], preference=0.5)
        decode = {c.model: c.seconds.decode for c in both.candidates}
        assert decode[models["r1"].id] > 3 * decode[plain.id]

    def test_a_model_that_cannot_be_placed_is_out(self) -> None:
        models = fleet()
        wait = Wait(blocked="needs 41.0G, 21.5G can be freed")
        decision = decide(analysis(), list(models.values()), preference=1.0, waits={models["70b"].id: wait})
        assert dict(decision.filtered)[models["70b"].id] == wait.blocked

    def test_notes_say_what_a_candidate_waits_for(self) -> None:
        models = fleet()
        waits = {models["8b"].id: Wait(queue=4)}
        notes = {SHORT[c.model]: c.note for c in _all(models, waits).candidates}
        assert (notes["3b"], notes["8b"], notes["r1"]) == ("warm", "busy", "load 6s")

    def test_hosted_models_need_no_loading_and_cost_money(self) -> None:
        view = model("gpt-large", Speed(3000, 60, 0))
        hosted = replace(view, info=replace(view.info, local=False, price_in=5.0, price_out=15.0), residency="unknown")
        only = decide(analysis("coding"), [hosted], preference=0.5).candidates[0]
        assert only.seconds.load == 0
        assert only.breakdown.cost < 0.075

    def test_a_pin_counts_on_easy_requests_only(self) -> None:
        pinned = {k: replace(v, pinned=k == "8b") for k, v in fleet().items()}
        easy = decide(analysis(difficulty=0.1, level="easy"), list(pinned.values()), preference=0.5)
        hard = decide(analysis(difficulty=0.8, level="hard"), list(pinned.values()), preference=0.5)
        assert next(c for c in easy.candidates if SHORT[c.model] == "8b").breakdown.pinned > 0
        assert all(c.breakdown.pinned == 0 for c in hard.candidates)


def _all(models: dict[str, ModelView], waits: dict[str, Wait]) -> Decision:
    return decide(analysis(), list(models.values()), preference=0.5, waits=waits)


class TestTies:
    def test_warm_then_small_then_name(self) -> None:
        free = Speed(1000, 50, 0)
        twins = [model(n, free) for n in ("b", "a")]
        known = twins[0].abilities
        cold_a, cold_b = (replace(m, abilities=known) for m in sorted(twins, key=lambda m: m.id))
        warm_b = replace(cold_b, residency="resident")
        assert decide(analysis(), [cold_b, cold_a], preference=0.5).chosen == cold_a.id
        assert decide(analysis(), [cold_a, warm_b], preference=0.5).chosen == warm_b.id
        small_b = replace(cold_b, info=replace(cold_b.info, parameters=10**9))
        assert decide(analysis(), [cold_a, small_b], preference=0.5).chosen == small_b.id


class TestUnknownCapabilities:
    def test_a_guess_is_no_filter_but_the_surer_one_wins(self) -> None:
        unsure = model("mystery:70b", Speed(1000, 50, 0), known=False, capabilities=frozenset({"completion"}))
        eyes = fleet()["vl"]
        wants = analysis(needs=frozenset({"vision"}))
        assert decide(wants, [unsure, eyes], preference=1.0).chosen == eyes.id
        alone = decide(wants, [unsure], preference=0.5)
        assert alone.candidates[0].note == "vision unknown"


class TestNames:
    MODELS = (
        model("llama3.1:8b", Speed(1, 1, 1)),
        model("llama3.1:8b", Speed(1, 1, 1), backend="vllm"),
        model("qwen3:latest", Speed(1, 1, 1)),
        model("org/Model-7B", Speed(1, 1, 1), backend="lm"),
        replace(model("old:7b", Speed(1, 1, 1)), enabled=False),
    )

    @pytest.mark.parametrize(
        ("requested", "ids"),
        [
            ("llama3.1:8b", ["ollama/llama3.1:8b", "vllm/llama3.1:8b"]),
            ("LLAMA3.1:8B", ["ollama/llama3.1:8b", "vllm/llama3.1:8b"]),
            ("vllm/llama3.1:8b", ["vllm/llama3.1:8b"]),
            ("qwen3", ["ollama/qwen3:latest"]),
            ("qwen3:latest", ["ollama/qwen3:latest"]),
            ("ollama/qwen3", ["ollama/qwen3:latest"]),
            ("org/model-7b", ["lm/org/Model-7B"]),
        ],
    )
    def test_a_name_means_all_its_replicas(self, requested: str, ids: list[str]) -> None:
        found = resolve(requested, self.MODELS)
        assert found.named
        assert [m.id for m in found.models] == ids

    ALIASED = tuple(
        replace(view, info=replace(view.info, aliases=aliases))
        for view, aliases in (
            (model("coder", Speed(1, 1, 1), backend="swap"), ("Code", "smart")),
            (model("writer", Speed(1, 1, 1), backend="swap"), ("smart", "coder")),
            (model("code", Speed(1, 1, 1), backend="other"), ()),
        )
    )

    @pytest.mark.parametrize(
        ("requested", "ids"),
        [
            ("coder", ["swap/coder"]),
            ("smart", ["swap/coder", "swap/writer"]),
            ("swap/Smart", ["swap/coder", "swap/writer"]),
            ("Code", ["other/code"]),
            ("swap/code", ["swap/coder"]),
        ],
    )
    def test_an_alias_is_a_name_where_no_model_is_called_so(self, requested: str, ids: list[str]) -> None:
        found = resolve(requested, self.ALIASED)
        assert found.named
        assert [m.id for m in found.models] == ids

    def test_an_alias_is_among_the_nearest_names(self) -> None:
        assert "smart" in _refusal("smrt", self.ALIASED).hint

    @pytest.mark.parametrize("requested", ["auto", "AUTO", "", "auto:latest"])
    def test_auto_leaves_the_choice(self, requested: str) -> None:
        found = resolve(requested, self.MODELS)
        assert (found.named, found.preference, found.task) == (False, None, None)

    def test_auto_with_a_wish(self) -> None:
        assert resolve("auto:fast", self.MODELS).preference == 0.1
        assert resolve("auto:best", self.MODELS).preference == 1.0
        assert resolve("auto:coding", self.MODELS).task == "coding"
        prompt = HARD[1][0]
        got = [
            decide(analyse(ask(prompt)), list(fleet().values()), preference=0.5, requested=r)
            for r in ("auto:fast", "auto:best")
        ]
        assert [SHORT[d.chosen] for d in got] == ["3b", "70b"]
        forced = decide(analyse(ask("hello")), list(fleet().values()), preference=0.5, requested="auto:coding")
        assert forced.analysis.task == "coding"
        assert forced.analysis.tasks["coding"] == 1

    @pytest.mark.parametrize(
        ("requested", "hint"),
        [
            ("lama3.1:8b", "llama3.1:8b"),
            ("qwen", "qwen3:latest"),
            ("zzz", "GET /v1/models"),
            ("auto:magic", "auto:fast"),
        ],
    )
    def test_an_unknown_name_names_the_nearest(self, requested: str, hint: str) -> None:
        error = _refusal(requested, self.MODELS)
        assert (error.code, error.status, error.param) == ("model_not_found", 404, "model")
        assert hint in error.hint

    def test_a_disabled_model_says_so(self) -> None:
        error = _refusal("old:7b", self.MODELS)
        assert error.code == "model_not_found"
        assert "disabled" in error.message
        assert "Enable" in error.hint

    def test_control_characters_and_endless_names_are_quoted(self) -> None:
        error = _refusal("\x1b[31m" + "x" * 5000, self.MODELS)
        assert "\x1b" not in str(error)
        assert len(error.message) < 300

    def test_a_named_model_is_never_replaced(self) -> None:
        models = fleet()
        decision = decide(analysis(), list(models.values()), preference=0.5, requested="llama3.3:70b")
        assert [c.model for c in decision.candidates] == [models["70b"].id]
        assert decision.why == "asked for by name"


def _refusal(requested: str, models: tuple[ModelView, ...]) -> RouterError:
    with pytest.raises(RouterError) as raised:
        decide(analysis(), models, preference=0.5, requested=requested)
    return raised.value


class TestRefusals:
    @pytest.mark.parametrize(
        ("change", "fields", "code", "retryable"),
        [
            ({}, {"needs": frozenset({"vision"})}, "invalid_request", False),
            ({}, {"prompt_tokens": 90_000}, "context_length_exceeded", False),
            ({"healthy": False}, {}, "backend_unreachable", True),
            ({"problem": "the load failed: broken file"}, {}, "backend_error", True),
        ],
    )
    def test_a_named_model_that_cannot_says_why(
        self, change: dict[str, Any], fields: dict[str, Any], code: str, retryable: bool
    ) -> None:
        view = replace(fleet()["8b"], **change)
        with pytest.raises(RouterError) as raised:
            decide(analysis(**fields), [view], preference=0.5, requested="llama3.1:8b")
        assert (raised.value.code, raised.value.retryable) == (code, retryable)
        assert "llama3.1:8b" in raised.value.message
        assert raised.value.hint

    def test_a_named_model_too_large_for_memory(self) -> None:
        view = fleet()["70b"]
        with pytest.raises(RouterError) as raised:
            decide(analysis(), [view], preference=1.0, requested=view.id, waits={view.id: Wait(blocked="needs 41.0G")})
        assert (raised.value.code, raised.value.retryable) == ("out_of_memory", True)
        never = {view.id: Wait(blocked="needs 41.0G, gpu0 can hold 24", never=True)}
        for requested in (view.id, "auto"):
            with pytest.raises(RouterError, match=r"needs 41\.0G, gpu0 can hold 24") as raised:
                decide(analysis(), [view], preference=1.0, requested=requested, waits=never)
            assert not raised.value.retryable, "trying again would not help"
        assert "needs 41.0G" in raised.value.message

    def test_while_loads_are_held_the_refusal_says_how_they_are_released(self) -> None:
        view, wait = fleet()["70b"], Wait(blocked=HELD, held=True)
        for requested in (view.id, "auto"):
            with pytest.raises(RouterError) as raised:
                decide(analysis(), [view], preference=1.0, requested=requested, waits={view.id: wait})
            assert HELD in raised.value.message
            assert raised.value.hint.startswith(RELEASED_BY)

    def test_tools_and_embedding(self) -> None:
        views = [fleet()["r1"], model("nomic-embed-text", Speed(1, 1, 1), known=False)]
        for requested, fields, word in (
            ("deepseek-r1:14b", {"needs": frozenset({"tools"})}, "tools"),
            ("nomic-embed-text", {}, "chat"),
        ):
            with pytest.raises(RouterError, match=word) as raised:
                decide(analysis(**fields), views, preference=0.5, requested=requested)
            assert raised.value.code == "invalid_request"

    def test_one_replica_that_can_is_enough(self) -> None:
        down = replace(model("m:8b", Speed(1, 1, 1)), healthy=False)
        up = model("m:8b", Speed(1, 1, 1), backend="vllm")
        assert decide(analysis(), [down, up], preference=0.5, requested="m:8b").chosen == up.id

    def test_a_prompt_beyond_every_context(self) -> None:
        with pytest.raises(RouterError) as raised:
            decide(analysis(prompt_tokens=500_000), list(fleet().values()), preference=0.5)
        assert (raised.value.code, raised.value.status) == ("context_length_exceeded", 400)
        assert "500,000" in raised.value.message
        assert "32,768" in raised.value.message

    def test_nobody_can(self) -> None:
        blind = [v for k, v in fleet().items() if k != "vl"]
        with pytest.raises(RouterError) as raised:
            decide(analysis(needs=frozenset({"vision"})), blind, preference=0.5)
        assert (raised.value.code, raised.value.status, raised.value.retryable) == ("no_capable_model", 400, False)
        assert "no vision" in raised.value.message

    def test_everyone_is_away(self) -> None:
        away = [replace(v, healthy=False) for v in fleet().values()]
        with pytest.raises(RouterError) as raised:
            decide(analysis(), away, preference=0.5)
        error = raised.value
        assert (error.code, error.status, error.retryable) == ("backend_unreachable", 503, True)
        assert "ollama is down" in error.message

    def test_every_backend_that_could_is_away(self) -> None:
        eyes = fleet()["vl"]
        twin = replace(eyes, info=replace(eyes.info, backend="vllm"))
        blind = fleet()["8b"]
        with pytest.raises(RouterError, match="ollama and vllm are down") as raised:
            decide(
                analysis(needs=frozenset({"vision"})),
                [blind, replace(eyes, healthy=False), replace(twin, healthy=False)],
                preference=0.5,
            )
        assert raised.value.code == "backend_unreachable"

    def test_a_prompt_that_leaves_its_answer_no_room_is_told_as_that(self) -> None:
        """By the model's own count of tokens, where it is known to be another than our estimate."""
        asked = analysis("chat", prompt_tokens=7400, expected_tokens=4000)
        slow = Speed(1, 1, 1)
        tight, room = model("tight:8b", slow, context=8192), model("room:8b", slow, context=32768)
        decision = decide(asked, [tight, room], preference=0.5)
        assert decision.filtered == (("ollama/tight:8b", "context 8192 < 9448 tokens"),)
        with pytest.raises(RouterError) as raised:
            decide(asked, [tight], preference=0.5)
        assert "about 7,400 tokens, and its answer needs room; the largest context here is 8,192" in str(raised.value)
        wordy = replace(tight, speed=replace(slow, token_ratio=1.5))
        with pytest.raises(RouterError) as raised:
            decide(asked, [wordy], preference=0.5)
        assert "about 11,100 tokens; the largest context here is 8,192" in str(raised.value)

    def test_near_the_limit_a_server_that_counts_decides_where_nobody_has_more_room(self) -> None:
        """It counts exactly, as it reads, and refuses: our estimate may be off by as much."""
        asked = analysis("chat", prompt_tokens=8800, expected_tokens=100)
        slow = Speed(1, 1, 1)
        tight, room = model("tight:8b", slow, context=8192, resident=True), model("room:8b", slow, context=16384)
        assert decide(asked, [tight, room], preference=0.0).filtered == (
            ("ollama/tight:8b", "context 8192 < 8900 tokens"),
        )
        assert decide(asked, [tight], preference=0.5).chosen == "ollama/tight:8b"
        assert decide(asked, [tight], preference=0.5, requested="tight:8b").chosen == "ollama/tight:8b"
        with pytest.raises(RouterError, match="about 9,600 tokens"):
            decide(analysis("chat", prompt_tokens=9600, expected_tokens=100), [tight], preference=0.5)

    def test_a_server_that_may_cut_in_silence_is_asked_only_with_a_margin(self) -> None:
        slow = Speed(1, 1, 1)
        exact = model("a:8b", slow, context=8192)
        cutting = replace(exact, info=replace(exact.info, cuts=True))
        for tokens, may in ((6800, True), (7200, False)):
            asked = analysis("chat", prompt_tokens=tokens, expected_tokens=100)
            assert decide(asked, [exact], preference=0.5).chosen
            if may:
                assert decide(asked, [cutting], preference=0.5).chosen
            else:
                with pytest.raises(RouterError) as raised:
                    decide(asked, [cutting], preference=0.5)
                assert raised.value.code == "context_length_exceeded"

    def test_a_larger_context_that_is_away_is_no_reason_to_shorten_the_prompt(self) -> None:
        long = replace(model("long:8b", Speed(1, 1, 1), context=1_000_000), healthy=False)
        with pytest.raises(RouterError) as raised:
            decide(analysis(prompt_tokens=500_000), [*fleet().values(), long], preference=0.5)
        assert (raised.value.code, raised.value.retryable) == ("backend_unreachable", True)

    def test_several_passing_causes_are_listed(self) -> None:
        down, broken = replace(fleet()["3b"], healthy=False), replace(fleet()["8b"], problem="its load failed")
        with pytest.raises(RouterError, match="its load failed") as raised:
            decide(analysis(), [down, broken], preference=0.5)
        assert (raised.value.code, raised.value.status, raised.value.retryable) == ("no_capable_model", 503, True)

    def test_no_models_at_all(self) -> None:
        with pytest.raises(RouterError, match="No model is known") as raised:
            decide(analysis(), [], preference=0.5)
        assert raised.value.retryable

    def test_a_long_list_of_reasons_is_cut(self) -> None:
        many = [replace(model(f"m{i}:8b", Speed(1, 1, 1)), enabled=False) for i in range(200)]
        with pytest.raises(RouterError, match="and 194 more") as raised:
            decide(analysis(), many, preference=0.5)
        assert len(raised.value.message) < 500

    def test_an_embedding_model_is_never_chosen_to_chat(self) -> None:
        embed = model("nomic-embed-text", Speed(9000, 900, 0), resident=True, known=False)
        decision = decide(analysis(), [embed, fleet()["70b"]], preference=0.0)
        assert SHORT[decision.chosen] == "70b"
        assert dict(decision.filtered)[embed.id] == "embedding model"


class TestWhy:
    @pytest.mark.parametrize(
        ("turns", "options", "why"),
        [
            (("hi",), {}, "small task, already warm"),
            (("capital of peru",), {"preference": 0.1}, "small task, already warm"),
            ((HARD[0][0],), {"preference": 1.0}, "best math"),
            ((HARD[1][0],), {"preference": 0.5}, "faster, quality close"),
        ],
    )
    def test_clauses(self, turns: tuple[str, ...], options: dict[str, float], why: str) -> None:
        assert route(*turns, **options).why == why


def test_explaining_twice_is_the_same_decision() -> None:
    prompt = HARD[0][0]
    assert route(prompt) == route(prompt)


class TestWhatIsRememberedOfAModel:
    def test_a_new_view_is_read_anew_and_an_old_one_is_still_what_it_was(self) -> None:
        before = tuple(fleet().values())
        after = tuple(replace(m, speed=replace(m.speed, decode=m.speed.decode / 4)) for m in before)
        for models in (before, after, before):
            decode = {m.id: analysis().expected_tokens / m.speed.decode for m in models}
            plain = [c for c in decide(analysis(), models, preference=0.5).candidates if "r1" not in c.model]
            assert plain and all(c.seconds.decode == pytest.approx(decode[c.model]) for c in plain)

    def test_what_was_learned_of_a_model_counts_at_once(self) -> None:
        before = tuple(fleet().values())
        dull = {task: Ability(0.05, 50.0, 0.01) for task in TASKS}
        best = decide(analysis(), before, preference=1.0).chosen
        after = tuple(replace(m, abilities=dull) if m.id == best else m for m in before)
        assert decide(analysis(), after, preference=1.0).chosen != best


def test_a_decision_says_how_long_it_took_where_a_clock_is_given() -> None:
    models = list(fleet().values())
    timed = decide(analysis(), models, preference=0.5, clock=lambda: 12.25, since=12.0)
    assert timed.seconds == 0.25
    assert replace(timed, seconds=0.0) == decide(analysis(), models, preference=0.5)


class TestLessons:
    """Where answers were graded, a decision counts with what the grades taught of kinds of prompts and difficulty."""

    def test_it_is_the_quality_that_the_lesson_predicts(self) -> None:
        lesson = Lesson(tuple([0.3 + 0.02 * i for i in range(len(KINDS))]), 1.3)
        taught = replace(model("plain:14b", Speed(400, 40, 5)), lesson=lesson)
        for prompt in ("hi", HARD[0][0], "Write a Python function that merges two sorted lists"):
            found = analyse(ask(prompt))
            kinds = [(found.kinds or {}).get(kind, 0.0) for kind in KINDS]
            expected = predicted_quality(kinds, easiness_of(found.difficulty), lesson)
            assert predicted(found, [taught])[taught.id] == pytest.approx(expected)

    def test_a_kind_that_went_badly_is_left_to_another(self) -> None:
        sides = [model(name, Speed(400, 40, 5)) for name in ("one:14b", "two:14b")]
        poor = tuple([0.1 if kind == "function" else 0.8 for kind in KINDS])
        found = analyse(ask("Write a Python function that merges two sorted lists"))
        for at in (0, 1):
            taught = [replace(m, lesson=Lesson(poor, 0.8)) if i == at else m for i, m in enumerate(sides)]
            assert decide(found, taught, preference=1.0).chosen == sides[1 - at].id

    def test_without_kinds_the_tasks_speak(self) -> None:
        told = analysis("math")
        views = list(fleet().values())
        assert told.kinds is None
        assert predicted(told, views) == pytest.approx(predicted(replace(told, kinds=spread(told.tasks)), views))

    def test_a_task_that_is_asked_for_keeps_the_kinds_within_it(self) -> None:
        forced = decide(analyse(ask("hello")), list(fleet().values()), preference=0.5, requested="auto:coding").analysis
        assert forced.kinds == pytest.approx(spread({"coding": 1.0}))
        prompt = "Write a Python function that merges two sorted lists"
        coding = decide(analyse(ask(prompt)), list(fleet().values()), preference=0.5, requested="auto:coding").analysis
        assert max(coding.kinds or {}, key=lambda k: (coding.kinds or {})[k]) == "function"


def test_what_the_runner_up_would_have_meant_is_told_in_quality_seconds_and_memory() -> None:
    decision = route("Write a Python function that merges two sorted lists")
    other = instead(decision)
    assert other is not None
    first, second = decision.candidates[:2]
    assert other.model == second.model
    assert other.quality == second.predicted_quality - first.predicted_quality
    assert other.seconds == second.seconds.total - first.seconds.total
    assert (other.footprint, other.resident) == (second.footprint, second.resident)
    assert instead(route("hi", preference=0.0)) is not None
    alone = decide(analysis(), [model("only:8b", Speed(400, 40, 5))], preference=0.5)
    assert instead(alone) is None
