"""Makes ``screenshots/`` from the running program: the demo fleet, its traffic, every page at both sizes.

    python -m tests.tools.screenshots [FOLDER]

Writes SVG, and PNG of the same where ``rsvg-convert`` is installed (Debian: librsvg2-bin, with fonts-dejavu-core).
"""

import asyncio
import shutil
import subprocess
import sys
from pathlib import Path

from llmrouter_tui import config
from llmrouter_tui.service import Mode, Service
from llmrouter_tui.tui.app import ControlCenter

SIZES = {"wide": (120, 36), "small": (80, 24)}
PAGES = {"dash": ["1"], "routes": ["2"], "models": ["3"], "vram": ["4"], "log": ["8"], "help": ["1", "question_mark"]}
TRAFFIC_SECONDS = 75
FONT = "DejaVu Sans Mono"


async def shoot(folder: Path, label: str, size: tuple[int, int]) -> None:
    """Let the demo run for a while, then save each page."""
    settings = config.load(env={}, flags={"port": 11470})
    app = ControlCenter(Service(settings, Mode(demo=True, screen=True)), demo=True)
    async with app.run_test(size=size) as pilot:
        await asyncio.sleep(TRAFFIC_SECONDS)
        for page, keys in PAGES.items():
            await pilot.press(*keys)
            if page == "routes":
                await pilot.press("j", "j", "enter")
            await asyncio.sleep(1.5)
            path = folder / f"{page}-{label}.svg"
            path.write_text(app.export_screenshot(title="llmrouter-tui --demo").replace("Fira Code", FONT))
            await pilot.press("escape")
            to_png(path)


def to_png(svg: Path) -> None:
    """A PNG beside the SVG, at twice the size for sharp text."""
    if shutil.which("rsvg-convert"):
        command = ["rsvg-convert", "--zoom", "1.4", "--output", str(svg.with_suffix(".png")), str(svg)]
        subprocess.run(command, check=True)


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots")
    folder.mkdir(exist_ok=True)
    for label, size in SIZES.items():
        asyncio.run(shoot(folder, label, size))
    print(f"{len(list(folder.glob('*.svg')))} screenshots in {folder}/")


if __name__ == "__main__":
    main()
