"""What Ollama's clients ask, as canonical requests."""

import json
from typing import Any

import pytest

from llmrouter_tui.core.chat import ChatRequest
from llmrouter_tui.core.embedding import EmbedRequest
from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.proxy.dialects.ollama import OllamaChat, OllamaGenerate
from llmrouter_tui.proxy.dialects.ollama_embed import OllamaEmbed, OllamaEmbeddings

Json = dict[str, Any]
HI = [{"role": "user", "content": "hi"}]
PNG, JPEG = "iVBORw0KGgo=", "/9j/4AAQ"
TOOL = {"type": "function", "function": {"name": "weather", "parameters": {"type": "object", "properties": {}}}}


def chat(**fields: Any) -> ChatRequest:
    body = {"model": "auto", "messages": HI, **fields}
    return OllamaChat().read(json.dumps(body).encode(), session="s", client="c")[0]


def generate(**fields: Any) -> ChatRequest:
    body = {"model": "auto", "prompt": "hi", **fields}
    return OllamaGenerate().read(json.dumps(body).encode(), session="", client="")[0]


def canonical(request: ChatRequest) -> Json:
    body: Json = json.loads(request.body)
    return body


def messages(*turns: Json) -> list[Json]:
    found: list[Json] = canonical(chat(messages=list(turns)))["messages"]
    return found


class TestChat:
    def test_streams_unless_told_not_to_and_counts_tokens_for_the_last_line(self) -> None:
        assert canonical(chat()) == {
            "model": "auto",
            "messages": HI,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
        request = chat()
        assert (request.stream, request.wants_usage, request.session, request.client) == (True, True, "s", "c")
        assert canonical(chat(stream=False)) == {"model": "auto", "messages": HI, "stream": False}

    def test_options_are_sampling_fields(self) -> None:
        options = {
            "temperature": 0,
            "top_p": 0.9,
            "top_k": 5,
            "seed": 3,
            "stop": ["a"],
            "num_predict": 20,
            "min_p": 0.1,
        }
        fields = canonical(chat(options=options))
        shared = {"temperature": 0, "top_p": 0.9, "top_k": 5, "seed": 3, "stop": ["a"], "max_tokens": 20, "min_p": 0.1}
        assert shared.items() <= fields.items()
        assert "options" not in fields
        assert chat(options=options).max_tokens == 20
        assert canonical(chat(options={"stop": "x"}))["stop"] == ["x"]

    def test_a_penalty_on_repetition_reaches_every_server_under_its_name(self) -> None:
        fields = canonical(chat(options={"repeat_penalty": 1.2}))
        assert (fields["repeat_penalty"], fields["repetition_penalty"]) == (1.2, 1.2)

    @pytest.mark.parametrize("limit", [-2, -1, 0, None])
    def test_no_limit_is_none(self, limit: int | None) -> None:
        assert "max_tokens" not in canonical(chat(options={"num_predict": limit}))

    def test_what_the_router_owns_does_not_pass(self) -> None:
        owned = {"num_ctx": 512, "num_gpu": 0, "num_batch": 1, "num_thread": 2, "use_mmap": False}
        plain = canonical(chat())
        assert canonical(chat(options=owned, keep_alive="5m", truncate=True, shift=True)) == plain

    def test_thinking_is_switched_as_templates_know_it_or_has_a_level(self) -> None:
        assert canonical(chat(think=False))["think"] is False
        assert (chat(think=False).switch, chat(think=False).thinking) == ("think false", False)
        assert (chat(think=True).switch, chat(think=True).thinking) == ("think true", True)
        assert canonical(chat(think="low"))["reasoning_effort"] == "low"
        assert chat(think="high").switch == "reasoning_effort high"

    def test_a_format_is_json_or_a_schema(self) -> None:
        schema = {"type": "object", "properties": {"age": {"type": "integer"}}}
        assert canonical(chat(format="json"))["response_format"] == {"type": "json_object"}
        wanted = canonical(chat(format=schema))["response_format"]
        assert wanted == {"type": "json_schema", "json_schema": {"name": "answer", "schema": schema}}
        assert chat(format=schema).json_mode
        assert "response_format" not in canonical(chat(format=""))
        with pytest.raises(RouterError, match="'format' must be") as caught:
            chat(format="xml")
        assert caught.value.param == "format"

    def test_logprobs_pass(self) -> None:
        fields = canonical(chat(logprobs=True, top_logprobs=2))
        assert (fields["logprobs"], fields["top_logprobs"]) == (True, 2)
        assert "logprobs" not in canonical(chat(logprobs=False, top_logprobs=2))

    def test_images_are_parts_with_their_kind(self) -> None:
        (turn,) = messages({"role": "user", "content": "What?", "images": [PNG, JPEG]})
        assert turn["content"] == [
            {"type": "text", "text": "What?"},
            {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{PNG}"}},
            {"type": "image_url", "image_url": {"url": f"data:image/jpeg;base64,{JPEG}"}},
        ]
        assert chat(messages=[{"role": "user", "images": [PNG]}]).messages[0].images == 1

    def test_tools_pass_and_calls_have_their_arguments_as_text(self) -> None:
        call = {"function": {"name": "weather", "arguments": {"city": "Ōsaka", "days": [1, 2]}}}
        asked = [*HI, {"role": "assistant", "content": "", "tool_calls": [call]}]
        request = chat(messages=asked, tools=[TOOL])
        made = canonical(request)["messages"][1]
        assert made["content"] is None
        assert json.loads(made["tool_calls"][0]["function"]["arguments"]) == call["function"]["arguments"]
        assert (made["tool_calls"][0]["id"], made["tool_calls"][0]["type"]) == ("call_1_0", "function")
        assert canonical(request)["tools"] == [TOOL]
        assert (request.tools, request.messages[1].tool_calls) == (1, 1)

    def test_results_find_their_calls_by_id_then_by_name_then_in_order(self) -> None:
        def calling(*calls: Json) -> Json:
            return {"role": "assistant", "content": "", "tool_calls": list(calls)}

        def named(name: str, **more: Any) -> Json:
            return {"function": {"name": name, "arguments": {}}, **more}

        turns = messages(
            calling(named("a"), named("b"), named("a", id="mine"), named("c")),
            {"role": "tool", "content": "3", "tool_call_id": "mine", "tool_name": "a"},
            {"role": "tool", "content": "2", "tool_name": "b"},
            {"role": "tool", "content": "1", "tool_name": "a"},
            {"role": "tool", "content": "4"},
            {"role": "tool", "content": "of nothing"},
        )
        ids = [call["id"] for call in turns[0]["tool_calls"]]
        assert ids == ["call_0_0", "call_0_1", "mine", "call_0_3"]
        assert [turn["tool_call_id"] for turn in turns[1:]] == ["mine", "call_0_1", "call_0_0", "call_0_3", "call_5"]

    def test_earlier_thoughts_pass(self) -> None:
        turns = messages(*HI, {"role": "assistant", "content": "4", "thinking": "2+2"}, *HI)
        assert turns[1] == {"role": "assistant", "content": "4", "reasoning_content": "2+2"}

    def test_what_is_wrong_is_told_by_its_field(self) -> None:
        with pytest.raises(RouterError, match=r"messages\[0\]\.role"):
            chat(messages=[{"role": "wizard", "content": "hi"}])
        with pytest.raises(RouterError, match=r"messages\[0\]\.content"):
            chat(messages=[{"role": "user", "content": 5}])
        with pytest.raises(RouterError, match="'model'"):
            chat(model=5)


class TestGenerate:
    def test_is_a_chat_of_one_turn(self) -> None:
        fields = canonical(generate(system="Be brief.", images=[PNG], options={"temperature": 1}))
        assert fields["messages"][0] == {"role": "system", "content": "Be brief."}
        assert [part["type"] for part in fields["messages"][1]["content"]] == ["text", "image_url"]
        assert fields["temperature"] == 1

    def test_the_tokens_of_an_earlier_answer_are_left_out(self) -> None:
        assert canonical(generate(context=[1, 2, 3])) == canonical(generate())

    @pytest.mark.parametrize(("field", "value"), [("suffix", "end"), ("raw", True), ("template", "{{ .Prompt }}")])
    def test_what_only_raw_text_could_do_is_refused(self, field: str, value: object) -> None:
        with pytest.raises(RouterError, match=f"'{field}' asks") as caught:
            generate(**{field: value})
        assert (caught.value.param, caught.value.code) == (field, "invalid_request")


class TestEmbed:
    def read(self, **fields: Any) -> EmbedRequest:
        body = json.dumps({"model": "auto", **fields}).encode()
        return OllamaEmbed().read(body, session="s", client="c")[0]

    def test_takes_a_text_or_texts(self) -> None:
        assert self.read(input="one") == EmbedRequest("auto", ("one",), truncate=True, session="s", client="c")
        assert self.read(input=["one", "two"]).inputs == ("one", "two")

    def test_lets_be_cut_what_is_too_long_as_ollama_does_unless_told_not_to(self) -> None:
        assert self.read(input="x", truncate=False).truncate is False
        assert self.read(input="x", truncate=True, dimensions=3) == EmbedRequest(
            "auto", ("x",), 3, truncate=True, session="s", client="c"
        )

    def test_the_older_form_takes_one_prompt(self) -> None:
        body = b'{"model": "auto", "prompt": "hi", "keep_alive": 0, "options": {"num_ctx": 5}}'
        assert OllamaEmbeddings().read(body, session="", client="")[0].inputs == ("hi",)
        with pytest.raises(RouterError, match="'prompt' is missing"):
            OllamaEmbeddings().read(b'{"model": "auto"}', session="", client="")
