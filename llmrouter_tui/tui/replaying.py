"""What can be done with a recording that is played. A part of the app."""

from llmrouter_tui.core.playback import SPEEDS, Playback, Playing
from llmrouter_tui.tui import modals, replay_text
from llmrouter_tui.tui.app_like import AppLike
from llmrouter_tui.tui.attention import AttentionBook
from llmrouter_tui.tui.dirty import Dirty
from llmrouter_tui.tui.memory import MemoryBook
from llmrouter_tui.tui.state import Store


class Replaying:
    """The acts ``replay.*``, as methods of the app."""

    playback: Playback | None
    store: Store
    _replay_state: object = None
    """What the status line said of it besides its time."""

    def look_at_recording(self) -> Dirty:
        """Let Attention say what is wrong with it; which parts changed."""
        if self.playback is None:
            return Dirty.NONE
        playing = self.playback.playing()
        told = self.store.attention.keep(replay_text.KIND, replay_text.causes(playing), playing.at)
        state = playing.speed, playing.paused, playing.over, playing.at if playing.paused else 0.0
        moved, self._replay_state = state != self._replay_state, state
        return (Dirty.ATTENTION if told else Dirty.NONE) | (Dirty.CLOCK if moved else Dirty.NONE)

    def do_replay_pause(self) -> None:
        if self.playback is None:
            return
        playing = self.playback.playing()
        if playing.over:
            self._replay_from(self.playback, playing, playing.begins)
            self.playback.pause(False)
        else:
            self.playback.pause(not playing.paused)

    def do_replay_faster(self) -> None:
        self._replay_pace(1)

    def do_replay_slower(self) -> None:
        self._replay_pace(-1)

    def do_replay_forward(self) -> None:
        self._replay_step(1)

    def do_replay_back(self) -> None:
        self._replay_step(-1)

    def do_replay_go(self) -> None:
        if (playback := self.playback) is None:
            return
        app: AppLike = self  # type: ignore[assignment]

        def go(at: float | None) -> None:
            if at is not None:
                self._replay_from(playback, playback.playing(), at)

        self.push_screen(modals.JumpDialog(playback, app.look), go)  # type: ignore[attr-defined]

    def _replay_pace(self, by: int) -> None:
        if self.playback is None:
            return
        now = self.playback.playing().speed
        others = [speed for speed in SPEEDS if (speed > now if by > 0 else speed < now)]
        if others:
            self.playback.pace(min(others) if by > 0 else max(others))

    def _replay_step(self, by: int) -> None:
        if self.playback is not None:
            playing = self.playback.playing()
            self._replay_from(self.playback, playing, playing.at + by * replay_text.step(playing))

    def _replay_from(self, playback: Playback, playing: Playing, at: float) -> None:
        if at < playing.at:  # what only time told is not known there
            self.store.memory, self.store.attention = MemoryBook(), AttentionBook()
        playback.go(at)
