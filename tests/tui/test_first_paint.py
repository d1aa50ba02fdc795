"""What the first page comes without, so that it is soon there; and that all of it is found when it is opened."""

import json
import subprocess
import sys
from pkgutil import iter_modules

import pytest

from llmrouter_tui.tui import modals
from llmrouter_tui.tui.pages import CLASSES

PROGRAM = """
import asyncio, json, sys, threading
from textual.css import stylesheet

parsed, parse = [], stylesheet.parse
def counting(scope, css, read_from, **more):
    parsed.append(str(read_from[0]).rpartition("/")[2])
    return parse(scope, css, read_from, **more)
stylesheet.parse = counting

import llmrouter_tui.cli
from llmrouter_tui import config
from llmrouter_tui.service.service import Mode, Service
from llmrouter_tui.tui.app import ControlCenter
from llmrouter_tui.tui.modals import load_dialogs
from llmrouter_tui.tui.pages import load_pages

class Slow(Service):
    "A router that takes its time to begin."
    ended = threading.Event()
    def run(self):
        self.ended.wait()
    def stop(self, **more):
        super().stop(**more)
        self.ended.set()

async def see():
    app = ControlCenter(Slow(config.load(file=None, env={}, flags={"database": ":memory:"}), Mode(screen=True)))
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        shown = "".join(strip.text for strip in app.screen._compositor.render_strips())
        told = {"shown": shown, "first": sorted(sys.modules), "parsed": list(parsed)}
        await pilot.press("3")
        await pilot.pause()
        told["models"] = "llmrouter_tui.tui.pages.models" in sys.modules
        load_pages()
        load_dialogs()
        told["whole"] = sorted(sys.modules)
        print(json.dumps(told))

asyncio.run(see())
"""
HEAVY = ("aiohttp", "httpx", "peewee", "msgspec", "prometheus_client", "pynvml", "markdown_it", "pygments")
OURS = (
    "core.prompt_set",
    "core.measuring",
    "core.probing",
    "core.checks",
    "core.selection",
    "core.whatif",
    "core.dossier",
    "service.assembly",
    "storage",
    "backends",
    "catalog.snapshot",
    "proxy",
    "demo",
    "recording",
    "remote",
)


pytestmark = pytest.mark.xdist_group("first paint")  # one start tells all
OTHERS = set(CLASSES) - {"dash"}
DIALOGS = {module.name for module in iter_modules(modals.__path__)} - {"ask", "reasons", "dialog"}
"""All but the questions and reasons that a list itself asks for, and what dialogs share."""


@pytest.fixture(scope="module")
def told():
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr[-2000:]
    return json.loads(ran.stdout)


def names(modules, package):
    """Of the modules, those of one of our packages."""
    start = f"llmrouter_tui.{package}."
    return {module.removeprefix(start) for module in modules if module.startswith(start)}


def test_the_first_page_is_there_before_what_it_can_do_without(told):
    assert "1 Dash" in told["shown"]
    assert "Starting. The router will answer in a moment." in told["shown"]
    loaded = set(told["first"])
    needless = {*HEAVY, *(f"llmrouter_tui.{module}" for module in OURS)}
    assert sorted(loaded & needless) == []
    assert sorted(names(loaded, "tui.pages") & OTHERS) == []
    assert sorted(names(loaded, "tui.modals") & DIALOGS) == []


def test_a_page_is_loaded_when_it_is_opened_and_the_rest_can_be_loaded_before(told):
    assert told["models"]
    assert names(told["whole"], "tui.pages") >= OTHERS
    assert names(told["whole"], "tui.modals") >= DIALOGS


def test_the_styles_are_read_once(told):
    assert told["parsed"].count("app.tcss") == 1
