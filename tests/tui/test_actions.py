"""One registry of acts: keys that do not clash, words for everything, a handler behind each."""

from collections import Counter

import pytest

from llmrouter_tui.tui import actions
from llmrouter_tui.tui.actions import ACTIONS, PAGES, Situation
from llmrouter_tui.tui.app import ControlCenter
from llmrouter_tui.tui.pages import CLASSES, page_class
from llmrouter_tui.tui.widgets.ledger import Ledger
from tests.tui import scripted

UNKEPT = scripted.exchange("x", 0, None, prompt="")
EXCHANGE = scripted.SNAPSHOT.exchanges[2]


@pytest.mark.parametrize("page", list(PAGES))
def test_no_key_does_two_things_on_a_page(page: str) -> None:
    keys = [key for action in actions.available(page, PAGES) for key in action.keys.split(",") if key]
    assert [key for key, times in Counter(keys).items() if times > 1] == []


@pytest.mark.parametrize("page", ["dash", "routes"])
def test_no_key_of_a_page_hides_a_key_of_the_list(page: str) -> None:
    moves = {key for binding in Ledger.BINDINGS for key in binding.key.split(",")}
    keys = {key for action in actions.available(page, PAGES) for key in action.keys.split(",") if key}
    assert keys & moves == set()


def test_page_keys_are_fixed() -> None:
    assert {page: key for page, (key, _) in PAGES.items()} == {
        "dash": "1", "routes": "2", "models": "3", "vram": "4", "profile": "5", "judge": "6",
        "ask": "7", "log": "8",
    }  # fmt: skip


@pytest.mark.parametrize("page", list(CLASSES))
def test_every_act_of_a_page_has_a_handler(page: str) -> None:
    missing = [
        action.id
        for action in actions.available(page, CLASSES)
        if not (action.id.startswith("page.") and action.id[5:] in PAGES)
        and not hasattr(page_class(page), action.method)
        and not hasattr(ControlCenter, action.method)
    ]
    assert missing == []


def test_a_page_that_does_not_exist_yet_has_no_key() -> None:
    ids = {action.id for action in actions.available("dash", ["dash", "routes"])}
    assert "page.routes" in ids
    assert "page.models" not in ids


def test_readonly_takes_every_mutating_act_away() -> None:
    ids = {action.id for action in actions.available("routes", PAGES, readonly=True)}
    assert ids.isdisjoint({action.id for action in ACTIONS if action.mutating})
    assert {"filter", "pause", "copy", "again"} <= ids


@pytest.mark.parametrize(
    ("act", "situation", "reason"),
    [
        ("good", Situation(), "no exchange is selected"),
        ("good", Situation(exchange=scripted.SNAPSHOT.exchanges[0]), "the answer is still being written"),
        ("good", Situation(exchange=EXCHANGE), ""),
        ("good", Situation(exchange=EXCHANGE, ready=False), "the router does not answer yet"),
        ("good", Situation(exchange=EXCHANGE, readonly=True), "this screen is read-only"),
        ("clear", Situation(exchange=scripted.SNAPSHOT.exchanges[3]), "you have not rated it"),
        ("again", Situation(exchange=UNKEPT), "the prompt was not kept (privacy policy)"),
        ("dismiss", Situation(reasons={"dismiss": "nothing to dismiss"}), "nothing to dismiss"),
    ],
)  # fmt: skip
def test_an_act_that_cannot_work_says_why(act: str, situation: Situation, reason: str) -> None:
    assert actions.why_not(actions.BY_ID[act], situation) == reason


def test_every_act_has_words() -> None:
    assert [action.id for action in ACTIONS if not (action.label and action.description and action.group)] == []
    assert len({action.id for action in ACTIONS}) == len(ACTIONS)


def test_the_readme_table_has_a_line_for_each_key() -> None:
    table = actions.markdown_table(CLASSES)
    assert "| `u` | Good answer: thumbs up | Dash, Routes, Models, Judge, Ask | `good` |" in table
    assert "| `1` | Go to Dash | everywhere | `page.dash` |" in table
    rows = table.splitlines()[2:]
    assert all(row.count("|") == 5 for row in rows)
