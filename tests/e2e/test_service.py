"""The service under faults: taken ports, broken files, locks and sudden death. Models are the simulated fleet's."""

import http.server
import json
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import anthropic
import ollama
import openai
import pytest

from tests.e2e.conftest import Router, free_port, serving


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Router]:
    with serving(tmp_path_factory.mktemp("demo"), "--demo") as router:
        yield router


def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "llmrouter_tui.cli", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def status(call: object) -> int:
    with pytest.raises(urllib.error.HTTPError) as refused:
        call()  # type: ignore[operator]
    return refused.value.code


# ── the client's view ──


def test_the_demo_routes_by_task_and_falls_back_by_itself(demo):
    decision = demo.call("/admin/explain", {"prompt": "Fix this Python: def f(x: return x"})
    assert decision["analysis"]["task"] == "coding"
    assert decision["chosen"] == decision["candidates"][0]["model"]
    total = sum(decision["candidates"][0]["breakdown"].values())
    assert total == pytest.approx(decision["candidates"][0]["score"])


def test_a_review_tells_of_what_was_rated_through_the_command_line(demo, cli):
    client = openai.OpenAI(base_url=f"{demo.url}/v1", api_key="none")
    answer = client.chat.completions.create(
        model="auto:coding", messages=[{"role": "user", "content": "Sort a list in Python."}]
    )
    demo.call("/v1/feedback", {"exchange_id": answer.id, "rating": "down"})
    told = cli("review", "--since", "1h", "--json", "--url", demo.url)
    found = json.loads(told.stdout)
    assert "DEMO" in told.stderr
    assert found["answered"] >= found["rated"] >= 1
    rows = [row for row in found["rows"] if row["task"] == "coding" and row["rated"]]
    assert rows
    assert all(0 < row["compared"]["expected"] < 1 for row in rows)
    assert "rated" in cli("review", "--url", demo.url).stdout.splitlines()[0]


TOOL = {"type": "function", "function": {"name": "look_up", "parameters": {"type": "object", "properties": {}}}}
PICTURE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}


def test_a_whole_request_is_explained_with_all_that_it_needs(demo, cli, tmp_path):
    told = {"type": "text", "text": "Sum up the picture as JSON."}
    body = {
        "messages": [{"role": "system", "content": "Be brief. " * 400}, {"role": "user", "content": [told, PICTURE]}],
        "tools": [TOOL],
        "response_format": {"type": "json_object"},
    }
    decision = demo.call("/admin/explain", body)
    assert {"tools", "vision", "json"} <= set(decision["analysis"]["needs"])
    assert decision["analysis"]["prompt_tokens"] > 800
    assert {reason for _, reason in decision["filtered"]} & {"no vision", "no tools"}
    file = tmp_path / "request.json"
    file.write_text(json.dumps(body))
    said = cli("explain", "--body", str(file), "--json", "--url", demo.url)
    there = json.loads(said.stdout)["analysis"]
    assert set(there.pop("needs")) == set(decision["analysis"].pop("needs"))
    assert there == decision["analysis"]


def test_rules_for_a_client_act_where_it_is_explained_for_that_client(demo, cli):
    usual = demo.call("/admin/explain", {"prompt": "hi"})["chosen"]
    demo.call("/admin/settings", {"key": "rules", "value": [f"never {usual} for client aider"]})
    said = {who: cli("explain", "hi", *who, "--url", demo.url).stdout for who in ((), ("--client", "aider/0.9"))}
    demo.call("/admin/settings", {"key": "rules", "value": []})
    assert "rule: " not in said[()]
    assert f"filtered out: rule: never {usual} for client aider" in said["--client", "aider/0.9"]


def test_a_hangup_has_the_file_read_again(demo):
    def limit() -> tuple[object, object]:
        settings = {one["key"]: one for one in demo.call("/admin/settings")}
        return settings["judge_rpm"]["value"], settings["judge_rpm"]["origin"]

    file = demo.log.parent / "config.toml"
    file.write_text("judge_rpm = 7\n")
    demo.process.send_signal(signal.SIGHUP)
    demo.until(lambda: limit() == (7, "file"))
    assert "the configuration was read again: judge_rpm changed" in demo.log.read_text()
    file.write_text("judge_rpm = ")
    demo.process.send_signal(signal.SIGHUP)
    demo.until(lambda: "the configuration was not read again" in demo.log.read_text())
    assert limit() == (7, "file")
    file.write_text("")


def test_no_line_of_the_demos_log_can_be_taken_for_a_real_one(demo):
    lines = demo.log.read_text().splitlines()
    assert any("ollama up" in line for line in lines)
    assert all(" DEMO " in line for line in lines)


def test_a_demo_that_is_given_a_database_says_that_it_keeps_nothing(demo):
    assert f"keeps nothing; --db {demo.database} is neither read nor written" in demo.log.read_text().splitlines()[0]
    assert not demo.database.exists()


def test_the_preference_moves_the_choice_towards_quality(demo):
    prompt = {"prompt": "Prove that there are infinitely many primes of the form 4k+3, step by step."}

    def quality(preference: float) -> float:
        demo.call("/admin/settings", {"key": "quality_preference", "value": preference})
        decision = demo.call("/admin/explain", prompt)
        return next(c["predicted_quality"] for c in decision["candidates"] if c["model"] == decision["chosen"])

    assert quality(0.0) < quality(1.0)
    demo.call("/admin/settings", {"key": "quality_preference", "value": 0.5})


def test_tools_are_called_through_the_official_client(demo):
    client = openai.OpenAI(base_url=f"{demo.url}/v1", api_key="none")
    tool = {
        "type": "function",
        "function": {
            "name": "get_weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
    answer = client.chat.completions.create(
        model="auto", messages=[{"role": "user", "content": "Weather in Paris? Use the tool."}], tools=[tool]
    )
    (call,) = answer.choices[0].message.tool_calls
    assert answer.choices[0].finish_reason == "tool_calls"
    assert json.loads(call.function.arguments)["city"]


def test_every_bad_request_gets_the_right_status_and_shows_in_routes(demo):
    bad = {
        "invalid_request": [{"model": "auto", "messages": []}, {"model": 5, "messages": []}, [1]],
        "model_not_found": [{"model": "nothing-like-it", "messages": [{"role": "user", "content": "x"}]}],
        "context_length_exceeded": [{"model": "auto", "messages": [{"role": "user", "content": "word " * 300_000}]}],
    }
    for code, bodies in bad.items():
        for body in bodies:
            with pytest.raises(urllib.error.HTTPError) as refused:
                demo.call("/v1/chat/completions", body)
            error = json.loads(refused.value.read())["error"]
            assert error["code"] == code
            assert refused.value.code in (400, 404)
            assert refused.value.headers["x-should-retry"] == "false"
            shown = demo.call(f"/admin/exchanges/{refused.value.headers['x-router-exchange-id']}")
            assert (shown["outcome"], shown["code"]) == ("failed", code)


def test_a_thousand_messages_are_no_problem(demo):
    turns = [{"role": ("user", "assistant")[i % 2], "content": f"turn {i}"} for i in range(999)]
    turns.append({"role": "user", "content": "Say done."})
    answer = demo.call("/v1/chat/completions", {"model": "auto", "messages": turns})
    assert answer["choices"][0]["message"]["content"]


# ── the operator's view ──


ANSWER = "hello from the tiny server"


class TinyServer(http.server.BaseHTTPRequestHandler):
    """The least that is a model server of the OpenAI dialect."""

    protocol_version = "HTTP/1.1"

    def answer(self, body: object) -> None:
        text = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def do_GET(self) -> None:
        self.answer({"object": "list", "data": [{"id": "tiny", "object": "model"}]})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        message = {"role": "assistant", "content": ANSWER}
        self.answer({"id": "x", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]})

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def tiny_server() -> Iterator[str]:
    """The configuration of a router over one tiny server."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), TinyServer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f'[[backends]]\nname = "tiny"\nkind = "openai"\nurl = "http://127.0.0.1:{server.server_port}"\n'
    server.shutdown()
    server.server_close()


def test_a_taken_port_is_said_in_words_and_ends_serve():
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        ended = run("serve", "--port", str(port), "--demo")
    assert ended.returncode == 1
    assert f"port {port} of 127.0.0.1 is taken; held by pid " in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("host", "why"), [("no.such.host.invalid", "the name does not resolve"), ("192.0.2.1", "has no such address")]
)
def test_an_address_that_is_not_of_this_machine_is_no_taken_port(tmp_path, host, why):
    ended = run(
        "serve", "--host", host, "--insecure", "--port", str(free_port()), "--db", str(tmp_path / "x.db"), "--demo"
    )
    assert ended.returncode == 1
    assert f"cannot listen on {host}: " in ended.stderr
    assert why in ended.stderr
    assert "--host" in ended.stderr.splitlines()[-1]
    assert "port" not in ended.stderr.splitlines()[-1].replace("llmrouter-tui", "")


def test_a_broken_configuration_names_file_key_and_remedy(tmp_path):
    file = tmp_path / "config.toml"
    file.write_text("quality_preferense = 0.7\n")
    ended = run("serve", "--config", str(file))
    assert ended.returncode == 2
    assert str(file) in ended.stderr
    assert "quality_preference" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_address_that_others_reach_needs_a_key():
    ended = run("serve", "--host", "0.0.0.0", "--port", str(free_port()))
    assert ended.returncode == 2
    assert "ROUTER_API_KEYS" in ended.stderr


def test_a_database_that_cannot_be_written_is_a_problem_shown_not_a_crash(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with serving(tmp_path, "--no-embedded", database=blocked / "router.db") as router:
        problems = router.call("/admin/snapshot")["service"]["problems"]
        [problem] = [p for p in problems if p["code"] == "database"]
        assert "in memory only" in problem["message"]
        assert problem["hint"] == "routing goes on; --db names another file at the next start"


def test_a_key_that_is_not_in_the_environment_is_a_problem_shown(tmp_path):
    config = '[[backends]]\nkind="openai"\nurl="http://127.0.0.1:9"\napi_key_env="KEY_OF_A_TEST"\n'
    with serving(tmp_path, config=config) as router:
        [problem] = router.call("/admin/snapshot")["service"]["problems"]
        assert problem["code"] == "api_key_missing"
        assert problem["message"] == "openai has no key: KEY_OF_A_TEST is not set"


@pytest.mark.thorough
def test_with_privacy_off_neither_the_database_nor_the_log_holds_what_was_said(tmp_path, tiny_server):
    secret = "the password is xyzzy"
    with serving(tmp_path, "--no-embedded", config=f'privacy = "off"\n{tiny_server}') as router:
        router.until(lambda: router.call("/admin/models"))
        turns = [{"role": "user", "content": secret}]
        router.call("/v1/chat/completions", {"model": "auto", "messages": turns})
        for bad in ({"model": "nothing-like-it", "messages": turns}, {"model": 5, "messages": turns}):
            status(lambda bad=bad: router.call("/v1/chat/completions", bad))
        with socket.create_connection(("127.0.0.1", router.port), timeout=10) as broken:
            head = b"POST /v1/chat/completions HTTP/1.1\r\nHost: a.localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            broken.sendall(head + json.dumps({"messages": turns}).encode() + b"\r\n")
            assert broken.recv(1000).split()[1] == b"400"
        assert secret in json.dumps(router.call("/admin/snapshot"))  # memory, for who may see it
        assert "a client sent what is not HTTP: Invalid character" in router.log.read_text()
    kept = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert "router.db" in kept
    assert [name for name, data in kept.items() if b"xyzzy" in data or ANSWER.encode() in data] == []
    with serving(tmp_path, "--no-embedded", config=f'privacy = "off"\n{tiny_server}') as router:
        listed = router.call("/admin/exchanges")
        assert listed["total"] >= 3
        assert {(exchange["prompt"], exchange["answer"]) for exchange in listed["items"]} == {("", "")}


def test_without_any_backend_clients_get_503_and_a_hint(tmp_path):
    with serving(tmp_path, "--no-embedded", config=NOWHERE) as router:
        body = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}
        with pytest.raises(urllib.error.HTTPError) as refused:
            router.call("/v1/chat/completions", body)
        assert refused.value.code == 503
        assert "gone" in json.loads(refused.value.read())["error"]["message"]
        assert status(lambda: router.call("/v1/chat/completions", body)) == 503


@pytest.mark.thorough
def test_backends_added_at_the_same_time_are_all_there(tmp_path):
    ports = (9, 10, 11)
    with serving(tmp_path, "--no-embedded", config=NOWHERE) as router, ThreadPoolExecutor(len(ports)) as pool:
        bodies = [{"kind": "ollama", "url": f"http://127.0.0.1:{port}"} for port in ports]
        added = list(pool.map(lambda body: router.call("/admin/backends", body), bodies))
        urls = {body["url"] for body in bodies}
        assert {backend["url"] for backend in added} == urls
        assert urls <= {backend["url"] for backend in router.call("/admin/backends")}


@pytest.mark.thorough
def test_a_backend_added_without_its_kind_is_asked_for_it(tmp_path):
    other_folder, folder = tmp_path / "other", tmp_path / "ours"
    other_folder.mkdir()
    folder.mkdir()
    with serving(other_folder, "--demo") as other, serving(folder, "--no-embedded", config=NOWHERE) as router:
        ollama = next(b["url"] for b in other.call("/admin/backends") if b["kind"] == "ollama")
        added = router.call("/admin/backends", {"url": ollama.removeprefix("http://")})
        assert (added["kind"], added["name"], added["url"]) == ("ollama", "ollama", ollama)
        assert added["models"] > 0
        own, its = (f"http://127.0.0.1:{each.port}" for each in (router, other))
        for url, words in ((ollama, "is here already"), (own, "is this router itself"), ("a b", "is no address")):
            with pytest.raises(urllib.error.HTTPError) as refused:
                router.call("/admin/backends", {"url": url})
            assert words in json.loads(refused.value.read())["error"]["message"]
        assert router.call("/admin/backends", {"url": its})["name"] == "llmrouter"


@pytest.mark.thorough
def test_a_locked_database_never_stalls_the_proxy_and_loses_nothing(tmp_path):
    with serving(tmp_path, config=NOWHERE) as router:
        lock = sqlite3.connect(router.database, isolation_level=None)
        lock.execute("BEGIN EXCLUSIVE")
        started = time.monotonic()
        for _ in range(20):
            status(lambda: router.call("/v1/chat/completions", {"model": "auto", "messages": []}))
            router.call("/health")
        waited = time.monotonic() - started
        lock.execute("ROLLBACK")
        lock.close()
        assert waited < 10
        router.until(lambda: rows(router.database) == 20)


def test_sudden_death_loses_no_acknowledged_rating_and_the_file_opens_again(tmp_path, tiny_server):
    acknowledged: list[str] = []
    with serving(tmp_path, config=tiny_server) as router:
        stop = threading.Event()

        def storm() -> None:
            body = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}
            while not stop.is_set():
                try:
                    router.call("/v1/chat/completions", body)
                    newest = router.call("/admin/exchanges?limit=1")["items"][0]["id"]
                    router.call("/v1/feedback", {"exchange_id": newest, "rating": "up"})
                    acknowledged.append(newest)
                except OSError:
                    return

        storms = [threading.Thread(target=storm) for _ in range(4)]
        for thread in storms:
            thread.start()
        router.until(lambda: len(acknowledged) >= 20)
        router.process.kill()
        router.process.wait()
        stop.set()
        for thread in storms:
            thread.join()
    with serving(tmp_path, config=NOWHERE) as again:
        connection = sqlite3.connect(again.database)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        stored = {row[0] for row in connection.execute("SELECT exchange_id FROM model_feedback")}
        connection.close()
        assert set(acknowledged) <= stored
        shown = again.call("/admin/snapshot")["exchanges"]
        assert shown, "what happened before the restart is on screen after it"
        assert shown[0]["id"] > shown[-1]["id"]


@pytest.mark.thorough
def test_watching_prints_what_happens(demo):
    demo.until(lambda: len(demo.call("/admin/snapshot")["exchanges"]) > 50, 60)  # its past is there: that cuts the feed
    command = [sys.executable, "-m", "llmrouter_tui.cli", "watch", demo.url, "--plain"]
    watching = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, bufsize=1)
    try:
        assert watching.stdout is not None
        seen = ""
        deadline = time.monotonic() + 30
        while "->" not in seen and time.monotonic() < deadline:
            seen += watching.stdout.readline()
        assert "->" in seen
        assert seen.startswith("DEMO")
        assert "missed" not in seen
    finally:
        watching.terminate()
        watching.wait(10)


def rows(database: Path) -> int:
    connection = sqlite3.connect(database)
    try:
        return int(connection.execute("SELECT count(*) FROM exchange").fetchone()[0])
    finally:
        connection.close()


NOWHERE = '[[backends]]\nname = "gone"\nkind = "ollama"\nurl = "http://127.0.0.1:9"\n'


@pytest.mark.thorough
def test_clients_with_fixed_names_get_what_their_aliases_mean_in_every_dialect(demo):
    demo.call("/admin/settings", {"key": "aliases", "value": ["claude-* = auto", "gpt-4o = gemma3:4b"]})
    try:
        ask = [{"role": "user", "content": "Hi"}]
        claude = anthropic.Anthropic(base_url=demo.url, api_key="none")
        told = claude.messages.with_raw_response.create(model="claude-fixed", max_tokens=40, messages=ask)
        assert told.headers["x-router-model"]
        gpt = openai.OpenAI(base_url=f"{demo.url}/v1", api_key="none").chat.completions
        plain = gpt.with_raw_response.create(model="gpt-4o", messages=ask)
        assert plain.headers["x-router-model"].endswith("/gemma3:4b")
        assert ollama.Client(demo.url).chat("gpt-4o", messages=ask).message.content
        kept = [exchange["requested"] for exchange in demo.call("/admin/exchanges?limit=100")["items"]]
        ours = [name for name in kept if name in ("gpt-4o", "claude-fixed")]  # the demo has clients of its own
        assert ours == ["gpt-4o", "gpt-4o", "claude-fixed"]
    finally:
        demo.call("/admin/settings", {"key": "aliases", "value": None})
    with pytest.raises(anthropic.NotFoundError, match="claude-fixed"):
        claude.messages.create(model="claude-fixed", max_tokens=40, messages=ask)
