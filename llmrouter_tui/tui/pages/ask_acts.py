"""What is done on Ask besides writing: send, stop, ask another model, choose models, add a system prompt, an image."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from llmrouter_tui.core.decision import Effect, Exchange
from llmrouter_tui.core.ports.history import FeedbackInput, Rated
from llmrouter_tui.tui import format as fmt
from llmrouter_tui.tui import text
from llmrouter_tui.tui.actions import Situation
from llmrouter_tui.tui.ask_answers import Answer
from llmrouter_tui.tui.ask_image import Image
from llmrouter_tui.tui.asks import Asks, Round
from llmrouter_tui.tui.modals import ask as questions
from llmrouter_tui.tui.modals.ask_extras import ImageDialog, SystemDialog
from llmrouter_tui.tui.modals.ask_models import AskModelsDialog, Chosen
from llmrouter_tui.tui.pages.rating import RatingActs

IMAGE_MIB = 20.0
"""The largest image, where the router does not say."""
HIDDEN = "names are hidden: vote first, or esc shows them"


class AskActs(RatingActs):
    """A page with a draft and its answers. It says which answer is meant (``chosen``) and repaints (``paint_all``)."""

    def __init__(self) -> None:
        super().__init__()
        self.effects: dict[str, tuple[Effect, ...]] = {}
        """What a rating moved, by exchange."""

    def chosen(self) -> Answer | None:
        """The answer that is meant by a key."""
        return None

    def paint_all(self) -> None:
        """Something about the draft or its answers changed."""

    @property
    def asks(self) -> Asks:
        """What is asked here."""
        return self.center.asks

    @property
    def round(self) -> Round | None:
        """The answers that are shown."""
        return self.asks.round

    # ── what can be done now ──────────────────────────────────────────────────────────────────────────────────

    def situation(self) -> Situation:
        found = super().situation()
        return replace(found, exchange=self.to_rate(), reasons=self._reasons())

    def _reasons(self) -> Mapping[str, str]:
        draft, held = self.asks.draft, self.round
        hidden = HIDDEN if held is not None and held.hidden else ""
        none = "" if held is not None else "nothing was asked yet"
        return {
            "ask.send": "" if draft.prompt.strip() else "the prompt is empty",
            "ask.stop": "" if held is not None and held.running else "no answer is being written",
            "ask.another": none or hidden,
            "copy": none,
            **dict.fromkeys(("good", "bad", "note", "clear"), hidden or none),
        }

    def exchange_of(self, answer: Answer) -> Exchange | None:
        """Its record: as listed, else as it was when it ended."""
        row = self.center.store.rows.get(answer.id)
        return row.exchange if row else answer.exchange

    def to_rate(self) -> Exchange | None:
        answer = self.chosen()
        return self.exchange_of(answer) if answer is not None else None

    # ── asking ────────────────────────────────────────────────────────────────────────────────────────────────

    def do_ask_send(self) -> None:
        self.asks.send()
        self.paint_all()

    def do_ask_stop(self) -> None:
        self.asks.stop()

    def do_ask_another(self) -> None:
        held = self.round
        if held is None:
            return
        asked = {self._who(answer) for answer in held.answers}
        models = [one for one in self._models() if one[0] not in asked]

        def said(chosen: Chosen | None) -> None:
            if chosen and chosen[0]:
                self.asks.another(chosen[0][0])
                self.paint_all()

        self.app.push_screen(AskModelsDialog(models, one=True), said)

    def _who(self, answer: Answer) -> str:
        exchange = self.exchange_of(answer)
        return exchange.model if exchange and exchange.model else answer.model

    # ── the draft ─────────────────────────────────────────────────────────────────────────────────────────────

    def do_ask_compare(self) -> None:
        draft = self.asks.draft
        draft.side_by_side = draft.side_by_side % 3 + 1
        sides = {1: "One answer", 2: "Blind comparison of two answers", 3: "Blind comparison of three answers"}
        self.center.say(f"{sides[draft.side_by_side]}.")
        self.paint_all()

    def _models(self) -> list[tuple[str, str]]:
        """Models that answer, and a word on each: the candidates of the route first, unless names are hidden."""
        held, store = self.round, self.center.store
        route = None if held is not None and held.hidden else self.asks.route
        ranked = {one.model: text.fraction(one.breakdown.score) for one in route.candidates} if route else {}
        cannot = dict(route.filtered) if route else {}
        able = [model for model, view in store.models.items() if "embedding" not in view.info.capabilities]
        others = [(model, text.tame(cannot.get(model, ""))) for model in able if model not in ranked]
        return [*ranked.items(), *others]

    def do_ask_models(self) -> None:
        draft = self.asks.draft

        def said(chosen: Chosen | None) -> None:
            if chosen is not None:
                draft.picked, draft.excluded = chosen
                if len(draft.picked) > 1:
                    draft.side_by_side = len(draft.picked)
                self.asks.consider_again()
                self.paint_all()

        self.app.push_screen(AskModelsDialog(self._models(), (draft.picked, draft.excluded)), said)

    def do_ask_system(self) -> None:
        draft = self.asks.draft

        def said(system: str | None) -> None:
            if system is not None:
                draft.system = system
                self.asks.consider_again()
                self.paint_all()

        self.app.push_screen(SystemDialog(draft.system), said)

    def do_ask_image(self) -> None:
        draft = self.asks.draft
        setting = self.center.store.settings.get("max_image_mb")
        most = float(setting.value) if setting and isinstance(setting.value, int | float) else IMAGE_MIB

        def said(image: Image | str | None) -> None:
            if image is not None:
                draft.image = image if isinstance(image, Image) else None
                self.asks.consider_again()
                self.paint_all()

        self.app.push_screen(ImageDialog(most, draft.image), said)

    # ── an answer ─────────────────────────────────────────────────────────────────────────────────────────────

    def rate(self, feedback: FeedbackInput, mark: str) -> None:
        def done(result: Rated) -> None:
            self.effects[feedback.exchange_id] = result.effects
            for answer in self.round.answers if self.round else ():
                if answer.id == feedback.exchange_id and answer.exchange is not None:
                    rating = None if feedback.clear else result.feedback
                    answer.exchange = replace(answer.exchange, rating=rating)
            self.paint_all()
            self.tell(result.effects)

        self.center.command(self.center.host.control.rate(feedback), "Rating not saved", done)

    def tell(self, effects: Sequence[Effect], said: str = "") -> None:
        """What an act moved: in the corner where it does not fit beside the buttons."""
        if not self.has_class("-wide"):
            center = self.center
            moved = [fmt.effect_text(effect, center.store.name, center.look) for effect in effects]
            for line in [said, *moved] if said else moved:
                center.say(line)

    def do_copy(self) -> None:
        answer = self.chosen()
        if answer is None:
            return
        things = {"answer": answer.said[1], "prompt": answer.question.prompt, "id": answer.id}
        keys = {"answer": "a", "prompt": "p", "id": "i"}
        answers = [questions.Answer(what, what.capitalize(), keys[what]) for what, value in things.items() if value]

        def said(what: str | None) -> None:
            if what:
                self.center.copy(things[what], f"the {what}")

        self.app.push_screen(questions.Ask("Copy what?", [], answers), said)
