"""What is asked on Ask: the draft, its route, and the answers of the last round. It outlives the page's being shown."""

from collections.abc import Callable, Coroutine, Iterable, Mapping
from dataclasses import replace
from typing import Any, Final

from llmrouter_tui.core.asking import Question, request_of
from llmrouter_tui.core.decision import Decision
from llmrouter_tui.core.domain import ModelView
from llmrouter_tui.core.forgetting import Forget
from llmrouter_tui.core.rivals import rivals, shuffled
from llmrouter_tui.core.votes import Voted
from llmrouter_tui.tui.app_like import AppLike
from llmrouter_tui.tui.ask_answers import Answer
from llmrouter_tui.tui.ask_image import Image

HISTORY: Final = 100
"""Prompts that can be recalled."""
LETTERS: Final = "ABC"


class Draft:
    """What would be asked, and whom."""

    def __init__(self) -> None:
        self.prompt = ""
        self.system = ""
        self.image: Image | None = None
        self.side_by_side = 1
        """Answers: one, or two or three with their names hidden."""
        self.picked: tuple[str, ...] = ()
        self.excluded: frozenset[str] = frozenset()

    def question(self, models: Mapping[str, ModelView]) -> Question:
        """As one would be asked by the router's own choice."""
        url = self.image.url if self.image else ""
        among: tuple[str, ...] = self.picked
        if self.excluded and not among:
            among = tuple(sorted(model for model in models if model not in self.excluded))
        return Question(self.prompt, self.system, url, among=among)


class Round:
    """The answers to one question. ``blind`` ones have no names until a vote, or until they are looked at."""

    def __init__(self, answers: list[Answer], *, blind: bool) -> None:
        self.answers = answers
        self.blind = blind
        self.compared = blind
        """Whether it is a comparison that a vote can be given on."""
        self.voted: Voted | None = None
        self.vote_pending = False

    @property
    def running(self) -> bool:
        return not all(answer.over for answer in self.answers)

    @property
    def failed(self) -> bool:
        return any(answer.state in ("failed", "stopped") for answer in self.answers)

    @property
    def hidden(self) -> bool:
        """Whether names are hidden now: a comparison in which one failed is none."""
        return self.blind and self.voted is None and not self.failed


class Asks:
    """``beside`` runs a coroutine beside the screen, ``heard`` tells it that something changed."""

    def __init__(
        self, app: AppLike, beside: Callable[[Coroutine[Any, Any, None]], None], heard: Callable[[], None], seed: str
    ) -> None:
        self.draft = Draft()
        self.round: Round | None = None
        self.route: Decision | None = None
        """What the router would do with the draft, as it said last."""
        self.problem = ""
        """Why there is no route."""
        self.took = 0.0
        """Seconds that the router took for the analysis and the decision."""
        self.history: list[str] = []
        self.seed = seed
        self._app, self._beside, self._heard = app, beside, heard
        self._wanted: Question | None = None
        self._known: Question | None = None
        self._looking = False
        self._rounds = 0

    # ── the route, as one types ───────────────────────────────────────────────────────────────────────────────

    def consider(self) -> None:
        """The draft changed: ask for its route. One question at a time is under way, and the newest follows it."""
        self._wanted = self.draft.question(self._app.store.models) if self.draft.prompt.strip() else None
        if self._wanted is None:
            self.route, self.problem, self._known = None, "", None
            self._heard()
        elif not self._looking and self._app.serving:
            self._looking = True
            self._beside(self._look())

    async def _look(self) -> None:
        try:
            while (wanted := self._wanted) is not None and wanted != self._known:
                self._known = wanted
                try:
                    route = await self._app.link.call(self._app.host.control.explain(request_of(wanted, send=False)))
                except Exception as error:  # whatever it was: it is told where the route would be
                    route, problem = None, str(error) or type(error).__name__
                else:
                    problem = ""
                if self._wanted is not None:
                    self.route, self.problem = route, problem
                    self.took = route.seconds if route else 0.0
                    self._heard()
        finally:
            self._looking = False

    def consider_again(self) -> None:
        """What the route rests on changed."""
        self._known = None
        self.consider()

    @property
    def known(self) -> bool:
        """Whether the route is that of the draft as it stands."""
        return self._known is not None and self._known == self._wanted and not self._looking

    # ── asking ────────────────────────────────────────────────────────────────────────────────────────────────

    def send(self) -> None:
        """Ask what the draft says."""
        store, draft = self._app.store, self.draft
        question = draft.question(store.models)
        self._remember(draft.prompt)
        if draft.side_by_side > 1:
            self._beside(self._compare(question, draft.side_by_side, draft.picked))
        else:
            self._begin([Answer(question)], blind=False)

    async def _compare(self, question: Question, count: int, picked: tuple[str, ...]) -> None:
        """Ask those whose comparison teaches most; names and places are decided by nobody's wish."""
        app = self._app
        try:
            route = await app.link.call(app.host.control.explain(request_of(question, send=False)))
        except Exception as error:  # whatever it was: the user asked for something and must hear that it failed
            app.say(f"Not asked: {error}", bad=True)
            return
        chosen = rivals(route, app.store.models, count, picked)
        if len(chosen) < 2:
            only = f"only {app.store.name(chosen[0])}" if chosen else "no model"
            app.say(f"Nobody to compare with: {only} can answer this.", bad=True)
            return
        self._rounds += 1
        order = shuffled(chosen, f"{self.seed}:{self._rounds}")
        self._begin([self._answer(question, model) for model in order], blind=True)

    def another(self, model: str) -> None:
        """Ask one more model the same, beside the answers that are there, or in the place of the oldest."""
        if self.round is None:
            return
        answers = self.round.answers
        answer, most = self._answer(answers[0].question, model), len(LETTERS) - 1
        self._stop(answers[:-most])
        self.round = Round([*answers[-most:], answer], blind=False)
        self._follow(answer)

    def stop(self) -> None:
        """Stop what is being written."""
        self._stop(self.round.answers if self.round else ())

    def _stop(self, answers: Iterable[Answer]) -> None:
        for answer in answers:
            if not answer.over:
                self._beside(self._cancel(answer))

    async def _cancel(self, answer: Answer) -> None:
        await self._app.link.call(answer.cancel())

    def _answer(self, question: Question, model: str) -> Answer:
        return Answer(replace(question, model=model, among=(model,)), model)

    def _begin(self, answers: list[Answer], *, blind: bool) -> None:
        self.stop()
        self.round = Round(answers, blind=blind)
        for answer in answers:
            self._follow(answer)

    def _follow(self, answer: Answer) -> None:
        self._beside(self._run(answer))
        self._heard()

    async def _run(self, answer: Answer) -> None:
        try:
            await self._app.link.call(answer.follow(self._app.host.control))
            if answer.id:
                answer.exchange = await self._app.link.call(self._app.host.control.exchange(answer.id))
        except Exception as error:  # the router is gone: whatever was written stays
            if not answer.over:
                answer.state, answer.problem = "failed", str(error) or type(error).__name__
        answer.take_in()
        answer.version += 1
        self._heard()

    def take_in(self) -> bool:
        """Fold what came of answers since the last look; whether there was anything."""
        came = [answer.take_in() for answer in self.round.answers] if self.round is not None else []
        return any(came)

    def forget(self, wanted: Forget) -> None:
        """Drop what was said in these exchanges, and the prompts that asked for it; what is being written, and what
        is being typed, stays."""
        answers = self.round.answers if self.round is not None else []
        meant = [answer for answer in answers if answer.means(wanted)]
        for answer in meant:
            answer.forget()
        if answers and all(answer.forgotten for answer in answers):
            self.round = None
        prompts = {answer.question.prompt for answer in meant}
        everything = wanted == Forget()
        self.history = [] if everything else [prompt for prompt in self.history if prompt not in prompts]
        self._heard()

    # ── earlier prompts ───────────────────────────────────────────────────────────────────────────────────────

    def _remember(self, prompt: str) -> None:
        if prompt in self.history:
            self.history.remove(prompt)
        self.history = [*self.history, prompt][-HISTORY:]
