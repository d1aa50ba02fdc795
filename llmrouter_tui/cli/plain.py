"""The same facts as lines of text: for ``explain``, ``models`` and ``watch --plain``."""

import contextlib
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

import click

from llmrouter_tui.cli.plain_vram import vram_text
from llmrouter_tui.core.ability import is_embedding
from llmrouter_tui.core.decision import Decision, Effect
from llmrouter_tui.core.domain import TASKS, ModelView
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.events import (
    AttemptFailed,
    BackendChanged,
    Envelope,
    ExchangeFinished,
    ExchangeStarted,
    LogLine,
    ProfileChanged,
    Rated,
    ResidencyChanged,
    ServiceChanged,
    TextsForgotten,
    VramChanged,
)
from llmrouter_tui.core.fluency import moved, moved_words, told
from llmrouter_tui.core.footprint import WHENCE
from llmrouter_tui.core.kinds import likeliest
from llmrouter_tui.core.leaderboard_words import told as voted
from llmrouter_tui.core.probing import against, shortly
from llmrouter_tui.core.profile import ModelProfile, right_words, stale_words
from llmrouter_tui.core.switches import heeding, heeding_words
from llmrouter_tui.core.votes import Voted
from llmrouter_tui.core.why import instead
from llmrouter_tui.remote.host import RemoteHost

NOT_MEASURED: Final[Mapping[str, ModelProfile]] = MappingProxyType({})

GIB = 1024**3
STATES = {"resident": "loaded", "absent": "not loaded"}
"""What the screen calls the states that it does not call by their own names."""


def decision_lines(decision: Decision, views: Sequence[ModelView] = ()) -> list[str]:
    """The explanation that the Routes page shows, without its colours. ``views`` are the models as they are known."""
    a = decision.analysis
    mix = "  ".join(f"{t} {p:.2f}" for t, p in sorted(a.tasks.items(), key=lambda i: -i[1])[:3])
    needs = " ".join(sorted(a.needs)) or "none"
    kind = f"   mostly {like}" if (like := likeliest(a.kinds, a.task)) else ""
    lines = [
        f"{decision.chosen}   {decision.why}",
        "",
        f"task {mix}{kind}   difficulty {a.difficulty:.2f} {a.level}   needs {needs}",
        (
            f"language {a.language}   prompt ~{a.prompt_tokens} tokens   answer ~{a.expected_tokens} tokens   "
            f"preference {decision.preference:.2f} (0 speed, 1 quality)"
        ),
        "",
        "terms of the score, weighted by the preference:",
        f"{'CANDIDATE':36} QUALITY  SPEED   CONT    PIN   COST =  SCORE  SECONDS",
    ]
    for c in decision.candidates:
        b = c.breakdown
        mark = "»" if c.model == decision.chosen else " "
        lines.append(
            f"{mark}{c.model:35.35} {b.quality:7.3f} {b.speed:6.3f} {b.continuity:6.3f} {b.pinned:6.3f} "
            f"{b.cost:6.3f} = {c.score:6.3f} {c.seconds.total:7.1f}s {c.note}"
        )
    lines += [f" {model:35.35} filtered out: {reason}" for model, reason in decision.filtered]
    if (other := instead(decision)) is not None:
        memory = "" if other.footprint is None else f", {other.footprint / GIB:.1f} GiB"
        held = " in memory already" if other.resident and memory else " to load" if memory else ""
        quality = f"predicted quality {other.predicted:.3f} ({other.quality:+.3f})"
        lines += ["", f"instead {other.model}: {quality}, {other.seconds:+.1f}s{memory}{held}"]
    if found := moved(decision, {view.id: view.languages for view in views}):
        lines += ["", f"language {moved_words(found, str, '{:+z.2f}'.format)}"]
    if asked := heeding(decision, {view.id: view.switches for view in views}):
        lines += ["", f"asked with {heeding_words(asked, str, '{:+z.2f}'.format)}"]
    lines += ["", f"decided in {decision.seconds * 1000:.2f} ms"]
    return lines


def model_lines(views: Sequence[ModelView]) -> list[str]:
    """A table of models with their score per task; P marks those that are pinned."""
    head = f"{'MODEL':36} P {'STATE':10} {'SIZE':>7} {'MEMORY':>8} {'CTX':>7} {'TOK/S':>6}  "
    lines = [head + " ".join(f"{t[:5].upper():>5}" for t in TASKS)]
    for v in views:
        size = f"{v.info.parameters / 1e9:.1f}B" if v.info.parameters else "-"
        memory = f"{'~' if v.footprint_source == 'estimated' else ''}{v.footprint / GIB:.1f}G" if v.footprint else "-"
        speed = f"{'' if v.speed.samples else '~'}{v.speed.decode:.0f}"
        shown = {} if is_embedding(v.info) else v.abilities
        scores = " ".join(f"{shown[t].mean:5.2f}" if t in shown else f"{'-':>5}" for t in TASKS)
        lines.append(
            f"{v.id:36.36} {'P' if v.pinned else ' '} {STATES.get(v.residency, v.residency):10} {size:>7} {memory:>8} "
            f"{v.info.context_length or '-':>7} {speed:>6}  {scores}"
        )
    return lines


def evidence_lines(views: Sequence[ModelView], profiles: Mapping[str, ModelProfile] = NOT_MEASURED) -> list[str]:
    """What a model takes in memory, how it did where it was measured, and what each of its scores rests on."""
    lines: list[str] = []
    for view in views:
        measured = _measured_lines(profiles[view.id]) if view.id in profiles else []
        lines += [view.id, "", *_memory_lines(view), *_ability_lines(view), *measured, ""]
        if is_embedding(view.info):
            lines.append("  It makes embeddings, and no text: there is nothing to score.")
            continue
        for task, ability in view.abilities.items():
            lines.append(f"  {task:12} {ability.mean:.2f} ± {ability.uncertainty:.2f}")
            lines += [f"    {e.source:10} {e.value:.2f}  weight {e.weight:5.1f}  {e.note}" for e in ability.evidence]
        if view.languages:
            lines.append(
                f"  {'languages':12} {told(view.languages, '{:+z.2f}'.format)}   (added to a quality of .50 there)"
            )
    return lines


def _ability_lines(view: ModelView) -> list[str]:
    """What it can do, and what trying it showed against what its backend says."""
    info = view.info
    whence = f"{info.backend} says so" if info.capabilities_known else "guessed from its name"
    lines = [f"  can          {', '.join(sorted(info.capabilities))}   ({'tried here' if info.probed else whence})"]
    if info.probed:
        newest = datetime.fromtimestamp(max(one.at for one in info.probed)).strftime("%Y-%m-%d %H:%M")
        lines.append(f"  probed       {shortly(info.probed)}   ({newest})")
    return lines + [f"               {words}" for words in against(info.probed, info.backend)]


def _measured_lines(profile: ModelProfile) -> list[str]:
    """How many checked answers were right, how fast they came, and whether they came to an end."""
    if not profile.checked:
        return []
    parts = [f"{right_words(profile.right)} of {profile.checked} checked answers right"]
    parts += [f"TTFT {profile.ttft:.2f} s"] if profile.ttft is not None else []
    parts += [f"writes {profile.decode:.0f} tok/s"] if profile.decode is not None else []
    when = datetime.fromtimestamp(profile.at).strftime("%Y-%m-%d %H:%M")
    lines = [f"  measured     {', '.join(parts)}   ({when})"]
    lines += [f"               {stale_words(profile)}"] if profile.stale else []
    if profile.babbles:
        lines.append(f"               it babbles: {profile.cut} answers ended only where they were cut off")
    return lines


def _memory_lines(view: ModelView) -> list[str]:
    """What it takes in memory, with which context, and how that is known."""
    context, longest = view.info.context_length, view.info.longest_context
    lines: list[str] = []
    if view.footprint is not None:
        guess = "~" if view.footprint_source == "estimated" else ""
        whence = WHENCE.get(view.footprint_source, "")
        lines.append(f"  memory       {guess}{view.footprint / GIB:.1f} GiB   ({whence})")
    if context:
        most = f" of {longest:,}" if longest and longest > context else ""
        lines.append(f"  context      {context:,}{most} tokens")
    return lines


def print_events(host: RemoteHost) -> None:
    """One line per event until interrupted: for pipes and screen readers. How the watch itself goes is on stderr.

    Raises ``RouterError`` when the address will not do however often it is tried.
    """
    thread = threading.Thread(target=host.run, name="watch")
    thread.start()
    try:
        _ask(host)
        _follow(host, thread)
    except KeyboardInterrupt:
        pass
    finally:
        host.stop()
        thread.join()


def _ask(host: RemoteHost) -> None:
    """See that a router is there, or say that it is not: the watch waits for one that may come."""
    try:
        host.submit(host.control.snapshot()).result()
    except RouterError as error:
        if not error.retryable:
            raise
        click.echo(f"{error} It is tried again every few seconds.", err=True)


def _greet(host: RemoteHost) -> None:
    """Say which router is watched now, and whether what it tells is real."""
    with contextlib.suppress(RouterError):  # gone again: the next turn tells
        if host.submit(host.control.snapshot()).result().service.demo:
            click.echo("DEMO: what this router tells of is simulated")
    click.echo(f"watching {host.url}", err=True)


def _follow(host: RemoteHost, thread: threading.Thread) -> None:
    began = connected = False
    memory = Repeats()
    while thread.is_alive():
        if host.feed.connected != connected:
            connected = not connected
            if connected:
                _greet(host)
            else:
                click.echo(f"the connection to {host.url} broke; it is tried again", err=True)
        envelopes, cut = host.feed.drain()
        if cut and began:  # the first gap is all that was before the watch
            click.echo("some events were missed")
        began = began or cut
        for line in _lines(envelopes, memory):
            click.echo(line)
        time.sleep(0.1)


class Repeats:
    """The ledger of memory is told again when one of its many figures moves: one that reads the same is no news."""

    def __init__(self) -> None:
        self._last = ""

    def told(self, envelope: Envelope, text: str) -> bool:
        """Whether the line says what the last one of its kind said."""
        if not isinstance(envelope.fact, VramChanged):
            return False
        same, self._last = text == self._last, text
        return same


def _lines(envelopes: Iterable[Envelope], memory: Repeats) -> Iterable[str]:
    for envelope in envelopes:
        if (text := event_text(envelope)) and not memory.told(envelope, text):
            yield f"{time.strftime('%H:%M:%S', time.localtime(envelope.at))} {text}"


def _moved(effects: Sequence[Effect]) -> str:
    return ", ".join(f"{x.model} {x.task} {x.before:.2f} -> {x.after:.2f}" for x in effects)


def event_text(envelope: Envelope) -> str:
    """An event in one line; empty for those that only feed meters."""
    match envelope.fact:
        case ExchangeStarted(exchange) if exchange.decision is not None:
            d = exchange.decision
            return f"{exchange.id[-4:]} {d.analysis.task} {d.analysis.level} -> {d.chosen} ({d.why})"
        case AttemptFailed(exchange_id, attempt, following):
            return f"{exchange_id[-4:]} {attempt.model} failed: {attempt.message}; next: {following or 'nothing'}"
        case ExchangeFinished(e):
            tokens, first = e.usage.completion_tokens, "" if e.ttft is None else f" TTFT {e.ttft:.1f}s"
            took = f"{e.seconds or 0:.1f}s{first}"
            return f"{e.id[-4:]} {e.outcome} {e.model} {took} {tokens or '?'} tokens {e.code}".rstrip()
        case Rated(feedback, effects):
            return f"{feedback.exchange_id[-4:]} rated {feedback.rating or 'cleared'} {_moved(effects)}"
        case Voted(vote, effects, taken_back):
            return f"vote{' taken back' if taken_back else ''}: {voted(vote)}; {_moved(effects)}"
        case TextsForgotten(wanted):
            whose = wanted.exchange[-4:] or wanted.session or "all"
            return f"texts forgotten: {whose}"
        case BackendChanged(backend):
            return f"backend {backend.name} {backend.health} {backend.detail}"
        case ResidencyChanged(event):
            return f"{event.kind} {event.model} {event.pool} {event.seconds or 0:.1f}s {event.reason}"
        case VramChanged(vram):
            return vram_text(vram)
        case ServiceChanged(service):
            return f"router {service.state} {'; '.join(p.message for p in service.problems)}"
        case ProfileChanged(run) if not run.running:
            return f"measured {run.done} of {run.total} prompts, {len(run.models)} models"
        case LogLine(_, level, source, text) if level in ("warn", "error"):
            return f"{level} {source}: {text}"
    return ""
