"""Answers as lines: Markdown's blocks, foreign text made harmless, and what is over drawn once."""

import time

from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.tui import text
from llmrouter_tui.tui.markdown import Blocks, Paper, parted
from llmrouter_tui.tui.text import Line, Look

LOOK = Look()
ANSWER = """# Title
Two lines that belong
together, **bold**, `code`, *slanted* and a [link](http://x.y/z).

- an item that is long enough to go on in another line, under its own words
  1. within

```python
def f(a):

    return "[red]not markup[/red]"
```

> said before

| task | mark |
|------|-----:|
| math | `.91` |

---
the end"""


def drawn(said: str, cells: int = 44) -> list[str]:
    return [text.plain(line).rstrip() for line in Paper().lines(said, cells, LOOK)]


def roles(said: str) -> set[tuple[str, str]]:
    return {span for line in Paper().lines(said, 44, LOOK) for span in line}


def test_blocks_are_drawn_as_what_they_are() -> None:
    assert drawn(ANSWER) == [
        "Title",
        "Two lines that belong together, bold, code,",
        "slanted and a link (http://x.y/z).",
        "",
        "· an item that is long enough to go on in",
        "  another line, under its own words",
        "  1. within",
        "",
        "│ python",
        "│ def f(a):",
        "│",
        '│     return "[red]not markup[/red]"',
        "",
        "│ said before",
        "",
        "task  mark",
        "──────────",
        "math  .91",
        "",
        "────────────────────────────────────────",
        "the end",
    ]


def test_weight_tells_them_apart_where_colour_does_not() -> None:
    assert {("Title", "title"), ("bold", "strong"), ("code", "accent"), ("slanted", "guess")} <= roles(ANSWER)


def test_a_fence_that_is_still_open_is_code_already() -> None:
    assert drawn("see:\n\n```py\nx = 1\ny") == ["see:", "", "│ py", "│ x = 1", "│ y"]


def test_stars_and_lines_within_words_are_no_marks() -> None:
    assert drawn("2 * 3 * 4 and snake_case_name and __init__") == ["2 * 3 * 4 and snake_case_name and init"]
    assert ("2 * 3 * 4", "") in {(said.strip(), role) for said, role in roles("2 * 3 * 4")} or drawn("2 * 3 * 4") == [
        "2 * 3 * 4"
    ]


def test_what_a_model_writes_cannot_reach_the_terminal() -> None:
    shown = "\n".join(drawn("\x1b[31mred\x1b[0m \x07bell \u202eback\n\n```\n\x1b]0;title\x07 ls\n```"))
    assert all(char.isprintable() or char == "\n" for char in shown)
    assert "red" in shown
    assert "ls" in shown


def test_thoughts_between_tags_stand_apart() -> None:
    assert parted("<think>so\nso</think>\n\nAnswer") == ("so\nso", "Answer")
    assert parted("<think>still") == ("still", "")
    assert parted("no <think> here") == ("", "no <think> here")


@given(st.text("ab `*#|>-\n_[](x)1.", max_size=120), st.integers(20, 60), st.integers(1, 9))
def test_in_pieces_it_becomes_the_same_as_at_once_and_no_line_is_too_long(said: str, cells: int, step: int) -> None:
    paper, lines = Paper(), list[Line]()
    for end in range(0, len(said) + step, step):
        lines = paper.lines(said[:end], cells, LOOK)
    assert lines == Paper().lines(said, cells, LOOK)
    assert all(text.line_width(line) <= cells for line in lines)


def test_no_block_is_lost() -> None:
    blocks = Blocks()
    blocks.read("a\nb\n\nc")
    assert (blocks.over, blocks.open) == ([("a", "b")], ("c",))


def test_a_long_answer_costs_no_more_at_its_end_than_at_its_beginning() -> None:
    said, paper, taken = f"{ANSWER}\n\n" * 50, Paper(), []
    assert len(said) > 4 * 4000  # characters of 4,000 tokens
    for end in range(0, len(said), 60):
        began = time.perf_counter()
        paper.lines(said[:end], 60, LOOK)
        taken.append(time.perf_counter() - began)
    third = len(taken) // 3
    first, last = sorted(taken[:third])[third // 2], sorted(taken[-third:])[third // 2]
    assert last < 8 * first
    assert sorted(taken)[int(len(taken) * 0.9)] < 0.016
