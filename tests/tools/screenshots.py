"""Makes ``screenshots/`` by a walk through the running program in a real terminal: every page, at both sizes.

    python -m tests.tools.screenshots [FOLDER]

Needs tmux. Writes SVG, and PNG of the same where Chromium is installed (Debian: chromium, fonts-dejavu-core).
"""

import io
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.ansi import AnsiDecoder
from rich.console import Console

SIZES = {"wide": (120, 36), "small": (80, 24)}
FONT = "DejaVu Sans Mono"
SERVER = "llmrouter-shots"
"""The name of a tmux server of our own, so that nobody else's is touched."""
PORT = "11470"
PROGRAM = f"env COLORTERM=truecolor {sys.executable} -m llmrouter_tui.cli --demo --port {PORT}"


@dataclass(frozen=True)
class Step:
    """Keys as tmux names them, or ``text`` that is typed; then a pause, then a picture where it has a name."""

    keys: Sequence[str] = ()
    seconds: float = 1.5
    name: str = ""
    text: str = ""


WALK = (
    Step(seconds=12),
    Step(["5", "b", "s"]),
    Step(["1"], 150, "dash"),
    Step(["2", "j", "j", "j", "j", "j", "Enter"], 2, "routes"),
    Step(["Escape", "3"], 2, "models"),
    Step(["Q"], 3, "abilities"),
    Step(["Escape", "4"], 2, "vram"),
    Step(["5"], 2, "profile"),
    Step(["6"], 2, "judge"),
    Step(["T"], 3, "plots"),
    Step(["Escape", "8"], 2, "log"),
    Step(["1", "?"], 2, "help"),
    Step(["Escape", "7", "Escape", "c", "Enter"]),
    Step(text="Write a Python function that merges two sorted lists.", seconds=2),
    Step(["C-j"], 20, "ask"),
)


def shoot(folder: Path, label: str, size: tuple[int, int]) -> None:
    """Walk through the program in a terminal of that size."""
    width, height = map(str, size)
    tmux("-f", "/dev/null", "new-session", "-d", "-x", width, "-y", height, "-s", label, PROGRAM)
    try:
        for step in WALK:
            if step.text:
                tmux("send-keys", "-t", label, "-l", step.text)
            for key in step.keys:
                tmux("send-keys", "-t", label, key)
                time.sleep(0.3)
            time.sleep(step.seconds)
            if step.name:
                shown = tmux("capture-pane", "-t", label, "-p", "-e", "-N")
                path = folder / f"{step.name}-{label}.svg"
                path.write_text(drawing(shown, size[0]))
                to_png(path)
    finally:
        tmux("kill-session", "-t", label)


def tmux(*words: str) -> str:
    """What tmux answers."""
    done = subprocess.run(["tmux", "-L", SERVER, *words], check=True, capture_output=True, text=True, timeout=30)
    return done.stdout


def drawing(shown: str, width: int) -> str:
    """A terminal's cells, with their colours, as SVG."""
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for line in AnsiDecoder().decode(shown.rstrip("\n")):  # colours go on from line to line
        console.print(line, no_wrap=True, overflow="crop", crop=True)
    return own_font(console.export_svg(title="llmrouter-tui --demo"))


def own_font(svg: str) -> str:
    """The drawing with a font that systems have, so that looking at it fetches nothing."""
    plain = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL).replace("Fira Code", FONT)
    return plain.replace(
        "<style>", "<style>\n    rect { shape-rendering: crispEdges; }  /* no seams between cells */", 1
    )


def to_png(svg: Path) -> None:
    """A PNG of the same at twice the size, drawn by a browser: other converters misplace the characters."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        return
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg.read_text())
    assert found is not None
    width, height = (round(float(side)) for side in found.groups())
    with tempfile.TemporaryDirectory() as profile:
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
        quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
        shot = [f"--screenshot={svg.with_suffix('.png').resolve()}", f"--window-size={width},{height}"]
        command = [browser, *options, *quiet, *shot, f"--user-data-dir={profile}", "--force-device-scale-factor=2"]
        subprocess.run([*command, svg.resolve().as_uri()], check=True, capture_output=True, timeout=120)


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots")
    folder.mkdir(exist_ok=True)
    for label, size in SIZES.items():
        shoot(folder, label, size)
    print(f"{len(list(folder.glob('*.svg')))} screenshots in {folder}/")


if __name__ == "__main__":
    main()
