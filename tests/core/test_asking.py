"""What is asked from a screen, as a request; what is heard of the answer; who is compared with whom."""

import base64
import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmrouter_tui.core.asking import STAND_IN, Piece, Pieces, Question, image_url, request_of
from llmrouter_tui.core.domain import Ability
from llmrouter_tui.core.rivals import rivals, shuffled, teaches
from tests.tui.scripted import BIG, CODE_BIG, MODELS, PHI, SMALL

BY_ID = {model.id: model for model in MODELS}
PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 40


def test_a_question_becomes_a_streamed_request_with_all_that_goes_along():
    asked = request_of(Question("why?", "be brief", "data:image/png;base64,AAAA", BIG, (BIG,)))
    body = json.loads(asked.body)
    assert body["messages"] == [
        {"role": "system", "content": "be brief"},
        {
            "role": "user",
            "content": [
                {"type": "text", "text": "why?"},
                {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
            ],
        },
    ]
    assert (body["model"], body["stream"], asked.allowed) == (BIG, True, (BIG,))
    said = [(one.role, one.text, one.images) for one in asked.messages]
    assert said == [("system", "be brief", 0), ("user", "why?", 1)]


def test_for_its_route_a_question_goes_without_the_bytes_of_its_image():
    image = "data:image/png;base64," + "A" * 1_000_000
    sketch = request_of(Question("what is it?", image=image), send=False)
    assert len(sketch.body) < 1000
    assert STAND_IN in sketch.body.decode()
    assert sketch.messages == request_of(Question("what is it?", image=image)).messages


def test_half_a_character_is_no_reason_to_fail():
    assert json.loads(request_of(Question("a\ud83d")).body)["messages"][0]["content"] == "a?"


def test_images_are_known_by_their_first_bytes():
    kind, url = image_url(PNG)
    assert kind == "PNG"
    assert base64.b64decode(url.partition(",")[2]) == PNG
    assert image_url(b"RIFF0000WEBPVP8 ")[0] == "WebP"
    for other in (b"RIFF0000WAVEfmt ", b"%PDF-1.7", b"<svg/>", b""):
        with pytest.raises(ValueError, match="no image that models are sent: PNG, JPEG, GIF, WebP"):
            image_url(other)


def test_an_answer_is_heard_wherever_its_stream_is_cut():
    said = (
        b'data: {"choices":[{"delta":{"reasoning_content":"hm"}}]}\n\n: a comment\n\n'
        b'data: {"choices":[{"delta":{"content":"a"}}]}\n\ndata: not json\n\n'
        b'data: {"choices":[{"delta":{"content":"b"}}]}\n\ndata: [DONE]\n\n'
    )
    for cut in range(0, len(said), 7):
        pieces = Pieces()
        assert [*pieces.feed(said[:cut]), *pieces.feed(said[cut:])] == [Piece("", "hm"), Piece("a"), Piece("b")]
    broken = Pieces()
    assert list(broken.feed(b'data: {"error":{"code":"out_of_memory","message":"no room"}}\n\n')) == []
    assert broken.error == {"code": "out_of_memory", "message": "no room"}


# ── rivals ────────────────────────────────────────────────────────────────────────────────────────────────────

ABILITIES = st.builds(Ability, st.floats(0, 1), st.just(1.0), st.floats(0.005, 0.4))


@given(ABILITIES, ABILITIES)
def test_a_vote_teaches_something_about_two_and_never_more_than_is_in_doubt(one: Ability, other: Ability):
    assert teaches(one, other) >= 0
    assert teaches(one, other) == pytest.approx(teaches(other, one))
    assert teaches(one, replace(other, uncertainty=other.uncertainty * 1.5)) > teaches(one, other)


def test_it_teaches_most_between_close_ones_of_which_little_is_known():
    sure, unsure = Ability(0.6, 20, 0.02), Ability(0.6, 2, 0.2)
    assert teaches(unsure, unsure) > teaches(sure, unsure) > teaches(sure, sure)
    assert teaches(sure, Ability(0.6, 20, 0.1)) > teaches(sure, Ability(0.95, 20, 0.1 * 0.95 * 0.05 / 0.24))


@given(st.integers(2, 3), st.lists(st.sampled_from([BIG, SMALL, PHI, "nobody/here"]), max_size=4))
def test_rivals_are_candidates_and_different_models(count: int, picked: list[str]):
    found = rivals(CODE_BIG, BY_ID, count, picked)
    able = [one.model for one in CODE_BIG.candidates]
    assert len(found) == len({BY_ID[model].info.name for model in found}) == count
    assert set(found) <= set(able)
    wanted = [model for model in dict.fromkeys(picked) if model in able][:count]
    assert found[: len(wanted)] == tuple(wanted)
    assert CODE_BIG.chosen in found or len(wanted) == count


def test_a_model_that_costs_money_is_compared_only_where_it_was_picked():
    paid = {
        id_: replace(view, info=replace(view.info, price_in=3.0)) if id_ != CODE_BIG.chosen else view
        for id_, view in BY_ID.items()
    }
    assert rivals(CODE_BIG, paid, 3) == (CODE_BIG.chosen,)
    assert rivals(CODE_BIG, paid, 2, (PHI,)) == (PHI, CODE_BIG.chosen)


def test_places_are_decided_by_the_seed_alone():
    orders = {shuffled((BIG, SMALL, PHI), str(seed)) for seed in range(60)}
    assert len(orders) == 6
    assert shuffled((PHI, SMALL, BIG), "7") == shuffled((BIG, SMALL, PHI), "7")
