"""Keys of a person's own: what they answer to, how they are shown, and what is said of those that cannot be."""

import pytest

from llmrouter_tui.tui.actions import ACTIONS, PAGES, Action
from llmrouter_tui.tui.modals.help import help_lines
from llmrouter_tui.tui.rebinding import Rebound, key_name, nearest, rebind, shown
from llmrouter_tui.tui.symbols import BRAILLE
from llmrouter_tui.tui.text import plain
from tests.tui.shots import screen_text, settled
from tests.tui.test_screens import running


def keys_on(page: str, rebound: Rebound) -> dict[str, Action]:
    return {key: act for act in rebound.available(page, PAGES) for key in act.keys.split(",") if key}


def test_without_keys_of_ones_own_the_registry_is_as_it_is() -> None:
    rebound = rebind({})
    assert (rebound.acts, rebound.problems) == (ACTIONS, ())


def test_an_act_answers_to_its_new_keys_only_and_shows_the_first() -> None:
    rebound = rebind({"good": "U,ctrl+g"})
    keys = keys_on("routes", rebound)
    assert keys["U"].id == keys["ctrl+g"].id == "good"
    assert "u" not in keys
    assert (rebound.shown("good"), rebound.problems) == ("U", ())
    told = "\n".join(map(plain, help_lines(rebound.available("routes", PAGES), (), BRAILLE, 76)))
    assert "  U         Good answer" in told


def test_two_acts_may_swap_their_keys() -> None:
    rebound = rebind({"good": "d", "bad": "u"})
    keys = keys_on("dash", rebound)
    assert (keys["d"].id, keys["u"].id, rebound.problems) == ("good", "bad", ())


def test_an_act_that_does_not_exist_names_the_nearest() -> None:
    assert rebind({"god": "U"}).problems == ("[keys] god: there is no such act; the nearest is good.",)
    assert [nearest(said) for said in ("thumbs_up", "Thumbs-Down", "next page")] == ["good", "bad", "page.next"]


def test_where_two_acts_meet_on_a_key_the_chosen_one_has_it_and_that_is_said() -> None:
    rebound = rebind({"good": "p"})
    assert keys_on("dash", rebound)["p"].id == "good"
    pause = next(act for act in rebound.available("dash", PAGES) if act.id == "pause")
    assert (pause.keys, pause.show) == ("", "")
    assert rebound.problems == ("[keys] good: p is also the key of pause on Dash and Routes; there it does good only.",)


def test_of_two_acts_that_were_given_the_same_key_the_first_has_it() -> None:
    rebound = rebind({"bad": "U", "good": "U"})
    assert keys_on("dash", rebound)["U"].id == "good"
    assert "[keys] good: U is also the key of bad" in rebound.problems[0]


@pytest.mark.parametrize(
    ("key", "said"), [("crtl+g", "'crtl+g' is no key"), ("j", "j moves in every list"), ("foo", "'foo' is no key")]
)
def test_a_key_that_cannot_be_given_leaves_the_act_as_it_was(key: str, said: str) -> None:
    rebound = rebind({"good": key})
    assert keys_on("dash", rebound)["u"].id == "good"
    assert said in rebound.problems[0]


@pytest.mark.parametrize(
    ("written", "name", "told"),
    [
        ("?", "question_mark", "?"), ("-", "minus", "-"), ("shift+u", "U", "U"), ("Ctrl+g", "ctrl+g", "^g"), ("+",
        "plus", "+"), ("F5", "f5", "f5"), ("full_stop", "full_stop", "."), ("~", "tilde", "~"), ("é", "é", "é"),
    ],
)  # fmt: skip
def test_a_key_may_be_written_as_people_write_it(written: str, name: str, told: str) -> None:
    assert (key_name(written), shown(name)) == (name, told)


async def test_the_screen_shows_new_keys_and_what_is_wrong_with_them() -> None:
    async with running(keys={"pause": "K", "god": "U"}) as (app, pilot):
        assert "K pause" in screen_text(app)
        assert "there is no such act; the nearest is good" in screen_text(app)
        await pilot.press("p")
        assert not app.view.paused
        await pilot.press("K")
        await settled(app, pilot)
        assert app.view.paused
