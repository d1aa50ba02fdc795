"""The judge as a job: what waits for a grade is graded while nobody else needs the models, one judge at a time.

``Bench`` says who judges, ``Waiting`` what is to be graded, ``JudgeAsking`` puts one question within ``Limits``,
``Records`` keeps what was said. Here is the order of things: when it works, what a reply becomes, what is told.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Final

from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.decision import Exchange
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import Envelope, JudgeChanged, ProfileChanged
from llmrouter_tui.core.grades import JudgeState, JudgeView
from llmrouter_tui.core.ports.clock import Clock
from llmrouter_tui.engine.bus import Bus
from llmrouter_tui.engine.grading import LASTING, Gradings
from llmrouter_tui.engine.grading_records import Records
from llmrouter_tui.engine.judge_asking import LONGEST_PAUSE, TIMEOUT
from llmrouter_tui.engine.judge_bench import Bench, JudgeSettings, Seat, remedy
from llmrouter_tui.engine.judge_limits import Limits, SpentError, UnaskedError, WithheldError
from llmrouter_tui.engine.judge_subjects import Job, Pair, Waiting, Work
from llmrouter_tui.engine.judge_turns import Turns
from llmrouter_tui.engine.judge_verdicts import MALFORMED, Verdicts
from llmrouter_tui.engine.manners import Manners

FOLD: Final = 0.25
"""Seconds between two facts of progress."""
LOOK: Final = 2.0
"""Seconds between two looks at whether there is something to do."""
QUIET: Final = 20.0
"""Seconds that nobody asked anything of a memory before a model is loaded to it only to judge."""
ANEW: Final = 30.0
"""Seconds after which it is looked anew at what is to be graded: models come and go."""
GIVE_UP: Final = 3
UNREADABLE: Final = 6
"""Failures, and replies that are no grades, in a row after which a judge is left alone for a while."""
PACE: Final = 0.2
"""Weight of a new grade in the mean of what one takes."""
_SOURCE: Final = {"source": "judge"}

log = logging.getLogger(__name__)


class Judge:
    """At most one grade at a time."""

    def __init__(
        self,
        gradings: Gradings,
        waiting: Waiting,
        bench: Bench,
        limits: Limits,
        verdicts: Verdicts,
        records: Records,
        manners: Manners,
        turns: Turns,
        settings: JudgeSettings,
        bus: Bus,
        clock: Clock,
        *,
        busy: Callable[[], bool] = lambda: False,
        quiet: float = QUIET,
    ) -> None:
        """``busy``: whether models are being measured, which comes first; ``quiet``: see ``QUIET``."""
        self._gradings = gradings
        self._waiting = waiting
        self._bench = bench
        self._limits = limits
        self._verdicts = verdicts
        self._records = records
        self._manners = manners
        self._turns = turns
        turns.bound = lambda: waiting.bound(turns.patience)
        self._settings = settings
        self._bus = bus
        self._clock = clock
        self._busy = busy
        self._quiet = quiet
        self._state: JudgeState = "idle"
        self._message = self._current = ""
        self._done = self._failed = 0
        self._through = True
        """Whether all of what these count is done."""
        self._took: float | None = None
        """Mean seconds of a grade."""
        self._in_a_row = self._unreadable = 0
        self._paused = False
        self._stop = asyncio.Event()
        self._wake = asyncio.Event()
        self._looked = -ANEW
        self._since = clock.wall()
        """When it began: nobody was here before that is known of."""
        self._told_at = 0.0
        bus.tap(self._measured, ProfileChanged)

    # ── out ──

    def view(self) -> JudgeView:
        """How it is and how far it is."""
        seat = self._bench.usual() if self._settings.enabled else None
        judge = seat.id if seat is not None else ""
        queued = len(self._waiting)
        return JudgeView(
            state=self._state if self._settings.enabled else "off",
            judge=judge,
            hosted=seat is not None and not seat.info.local,
            message=self._message,
            queued=queued,
            done=self._done,
            failed=self._failed,
            eta=queued * self._took if self._took is not None else None,
            today=self._limits.today,
            budget=self._settings.daily_calls,
            share=self._settings.share,
            mean=self._gradings.mean,
            current=self._current,
            disagree=self._gradings.disagree,
            agreement=self._gradings.agreement(judge),
            refusal=self._bench.refusal if self._settings.enabled else None,
        )

    def _tell(self, state: JudgeState, message: str = "", *, at_once: bool = False) -> None:
        news = (state, message) != (self._state, self._message)
        self._state, self._message = state, message
        now = self._clock.mono()
        if news or at_once or now - self._told_at >= FOLD:
            self._told_at = now
            self._bus.publish(JudgeChanged(self.view()))

    def _waits(self, state: str, words: str) -> None:
        """As ``Manners`` and ``Limits`` tell it."""
        if state == "waiting" and not words:
            return
        if state == "loading":
            state, words = "waiting", "the judge is loaded"
        self._tell("grading" if state == "grading" else "waiting", words)

    # ── commands ──

    def pause(self, paused: bool) -> None:
        """Stop at once; what was being graded waits again until it is resumed."""
        self._paused = paused
        self._stop.set()
        self._wake.set()

    def changed(self) -> None:
        """The settings are others."""
        if self._settings.share <= 0:
            self._waiting.clear_live()
        self._bench.wake()
        self._in_a_row = self._unreadable = 0
        self._looked = -ANEW
        self._stop.set()
        self._wake.set()

    def ask(self, work: Sequence[Work]) -> None:
        """The user wants this done. Raises ``RouterError`` where nobody judges."""
        if not self._settings.enabled:
            raise RouterError("invalid_request", "the judge is off", hint="judge_enabled turns it on")
        self._bench.wake()
        if self._paused:
            raise RouterError("invalid_request", "the judge is paused", hint="resume it first")
        for each in work:
            self._waiting.ask(each)
        self._wake.set()
        if self._state == "waiting":
            self._stop.set()  # what gives way now may be somebody else's than what the user wants
        self._tell(self._state, self._message, at_once=True)

    def forget(self, exchange: str) -> None:
        """Grade none of the answers that clients got, or not that of one exchange."""
        self._waiting.forget(exchange)

    def overhear(self, request: ChatRequest, exchange: Exchange) -> None:
        """A client got its answer."""
        if self._settings.enabled and self._waiting.overhear(request, exchange, self._settings.share):
            self._wake.set()

    # ── what others do ──

    def _measured(self, envelope: Envelope) -> None:
        fact = envelope.fact
        if isinstance(fact, ProfileChanged):
            self._looked = -ANEW
            if fact.run.running:
                self._stop.set()

    # ── the work ──

    async def step(self) -> None:
        """One look, and one batch where there is something to do: to be called again and again."""
        await self._woken()
        if self._paused or not self._settings.enabled:
            self._tell("paused" if self._settings.enabled else "off")
            return
        if self._clock.mono() - self._looked >= ANEW:
            self._looked = self._clock.mono()
            self._waiting.look()
        if not len(self._waiting):
            self._current = ""
            self._tell("idle")
            return
        if words := self._reason():
            self._tell("waiting", words)
            return
        self._turns.look()
        seats = self._waiting.seats()
        seat = next((seat for seat, asked in seats if self._calm(seat, asked)), None)
        if seat is not None:
            await self._batch(seat)
        elif seats:
            self._tell("waiting", "clients used that memory just now")
        else:
            self._tell("failed", self._bench.why)

    async def _woken(self) -> None:
        try:
            async with asyncio.timeout(LOOK):
                await self._wake.wait()
        except TimeoutError:
            return
        self._wake.clear()

    def _reason(self) -> str:
        """Why nothing is graded now, in words; empty where it is."""
        return "models are being measured" if self._busy() else self._limits.spent

    def _calm(self, seat: Seat, asked: bool) -> bool:
        """Whether the judge may be loaded: nobody loses memory for it who was here just now, unless the user waits for
        it."""
        if seat.record is None or asked or self._turns.due() or self._manners.needs_nobody(seat.record):
            return True
        return self._clock.wall() - max(self._since, self._manners.last_used(seat.record)) >= self._quiet

    async def _batch(self, seat: Seat) -> None:
        """Everything that this judge is to grade; then memory is put in order."""
        self._stop.clear()
        self._manners.begin()
        used = seat.record.used if seat.record is not None else 0
        if self._through:
            self._done, self._failed, self._through = 0, 0, False
            log.info("%s grades %d answers", seat.id, len(self._waiting), extra=_SOURCE)
        try:
            while (work := self._next(seat)) is not None:
                if not await self._unless_stopped(self._one(seat, work)):
                    break
        finally:
            self._turns.over()
        self._current = ""
        if seat.record is not None:
            await self._manners.leave(seat.record, used, "judged")
            await self._manners.restore()
        if not len(self._waiting):
            log.info("graded %d answers, %d failed", self._done, self._failed, extra=_SOURCE)
            self._through = True
            self._tell("idle")
        self._wake.set()  # what is left is somebody else's

    def _next(self, seat: Seat) -> Work | None:
        """The next for this judge; None where it has nothing to do, or may not."""
        if self._paused or not self._settings.enabled or self._reason():
            return None
        found = ((work, self._waiting.seat(work)) for work in self._waiting)
        return next((work for work, who in found if who is not None and who.id == seat.id), None)

    async def _unless_stopped(self, work: Coroutine[Any, Any, bool]) -> bool:
        """Whether it came to its end, and may go on."""
        task, stop = asyncio.ensure_future(work), asyncio.ensure_future(self._stop.wait())
        try:
            await asyncio.wait((task, stop), return_when=asyncio.FIRST_COMPLETED)
            return task.done() and await task
        finally:
            for each in (task, stop):
                each.cancel()
            await asyncio.gather(task, stop, return_exceptions=True)

    async def _one(self, seat: Seat, work: Work) -> bool:
        """One grade or comparison; whether this judge goes on."""
        self._current = work.words
        self._tell("grading", at_once=True)
        started = self._clock.mono()
        try:
            code, error = await (self._compare(seat, work) if isinstance(work, Pair) else self._grade(seat, work))
        except UnaskedError as error:
            if not isinstance(error, SpentError | WithheldError):
                self._leave_alone(seat, error.message, error.retry_after or 0.0)
            return False
        except RouterError as trouble:  # the database cannot be used now
            log.warning("%s was not graded: %s", work.words, trouble.message, extra=_SOURCE)
            code, error = None, None
        self._waiting.done(work)
        if code is None:
            return True
        self._turns.graded()
        took = self._clock.mono() - started
        self._took = took if self._took is None else self._took + PACE * (took - self._took)
        self._done += not code
        self._failed += bool(code)
        self._tell("grading", at_once=True)
        return self._goes_on(seat, code, error)

    async def _grade(self, seat: Seat, job: Job) -> tuple[str | None, RouterError | None]:
        """The code of a failure, empty for a grade, None where that answer is not kept any more; and the failure."""
        grade, error = await self._verdicts.grade(seat, job, self._waits)
        if grade is None:
            return None, None
        await self._records.keep(grade)
        return grade.code, error

    async def _compare(self, seat: Seat, pair: Pair) -> tuple[str | None, RouterError | None]:
        """The same of a comparison; nobody waits for it any more where ``done`` is."""
        comparison, error = (None, None) if pair.done.done() else await self._verdicts.compare(seat, pair, self._waits)
        if comparison is None:
            pair.done.cancel()
            return None, None
        kept = await self._records.keep_comparison(comparison)
        if not pair.done.done():
            pair.done.set_result(kept)
        return comparison.code, error

    def _goes_on(self, seat: Seat, code: str, error: RouterError | None) -> bool:
        """Whether a judge is asked more; one that fails again and again, or for good, is left alone for a while."""
        self._unreadable = self._unreadable + 1 if code == MALFORMED else 0
        self._in_a_row = self._in_a_row + 1 if code not in ("", MALFORMED) else 0
        if not code:
            self._bench.well(seat)
            return True
        away = error.retry_after or 0.0 if error is not None else 0.0
        for_good = error is not None and code not in LASTING and code != TIMEOUT and not error.retryable
        if self._unreadable < UNREADABLE and self._in_a_row < GIVE_UP and not for_good and away <= LONGEST_PAUSE:
            return True
        words = error.message if error is not None else f"{self._unreadable} replies in a row were no grades"
        refuses = error is not None and (for_good or code == "context_length_exceeded")
        self._leave_alone(seat, words, away, remedy(seat, error) if error is not None and refuses else "")
        return False

    def _leave_alone(self, seat: Seat, words: str, seconds: float, remedy: str = "") -> None:
        log.warning("%s is left alone for a while: %s", seat.id, words, extra=_SOURCE)
        self._bench.rest(seat, words, seconds, remedy)
        self._in_a_row = self._unreadable = 0
