"""Makes ``screenshots/`` from the running program: the demo fleet, its traffic, every page at both sizes.

    python -m tests.tools.screenshots [FOLDER]

Writes SVG, and PNG of the same where Chromium is installed (Debian: chromium, fonts-dejavu-core).
"""

import asyncio
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from llmrouter_tui import config
from llmrouter_tui.service.service import Mode, Service
from llmrouter_tui.tui.app import ControlCenter

SIZES = {"wide": (120, 36), "small": (80, 24)}
PAGES = {"dash": ["1"], "routes": ["2"], "models": ["3"], "vram": ["4"], "log": ["8"], "help": ["1", "question_mark"]}
TRAFFIC_SECONDS = 60
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
            path.write_text(own_font(app.export_screenshot(title="llmrouter-tui --demo")))
            await pilot.press("escape")
            to_png(path)


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
        asyncio.run(shoot(folder, label, size))
    print(f"{len(list(folder.glob('*.svg')))} screenshots in {folder}/")


if __name__ == "__main__":
    main()
