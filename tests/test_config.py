"""Settings: precedence and origins, every source, what is refused and in which words."""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llmrouter_tui import config
from llmrouter_tui.config import Config, ConfigError
from llmrouter_tui.core.aliases import Alias
from llmrouter_tui.core.keys import ApiKey
from llmrouter_tui.core.rules import Rule
from llmrouter_tui.settings import BackendConfig, Settings, default_database


@pytest.fixture(autouse=True)
def no_default_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(config, "default_file", lambda: tmp_path / "absent.toml")


def load(
    toml: str | None = None, *, at: Path | None = None, env: Mapping[str, str] | None = None, **flags: object
) -> Config:
    if toml is not None:
        assert at is not None
        at.write_text(toml, encoding="utf-8")
    return config.load(file=at, env=env or {}, flags=flags)


def refused(toml: str, at: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        load(toml, at=at)
    return str(caught.value)


def refused_env(**env: str) -> str:
    with pytest.raises(ConfigError) as caught:
        load(env=env)
    return str(caught.value)


def refused_stored(stored: Mapping[str, object]) -> str:
    with pytest.raises(ConfigError) as caught:
        config.load(env={}, flags={}, stored=stored)
    return str(caught.value)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.toml"


# ── defaults, the example, files ──


def test_with_no_source_everything_is_the_default() -> None:
    got = load()
    assert got.settings == Settings()
    assert got.settings.port == 11436
    assert got.settings.database == default_database()
    assert {view.origin for view in got.views()} == {"default"}
    assert [view.key for view in got.views()] == [item.name for item in fields(Settings)]


def test_the_documentation_covers_every_setting_in_order() -> None:
    assert list(config.KEYS) == [item.name for item in fields(Settings)]


def test_the_example_changes_nothing_until_a_line_is_uncommented(file: Path) -> None:
    got = load(config.example(), at=file)
    assert got.settings == Settings()
    assert got.origin("port") == "default"


def test_the_example_uncommented_is_the_defaults_key_by_key(file: Path) -> None:
    text = re.sub(r"^#(?=\w)", "", config.example(), flags=re.MULTILINE)
    listed = tomllib.loads(text)
    assert set(listed) == set(config.KEYS) - {"keys", "named_keys", "backends"}
    got = load(text, at=file)
    assert got.settings == Settings()
    assert {got.origin(key) for key in listed} == {"file"}


def test_the_example_shows_tables_that_can_be_used(file: Path) -> None:
    tables = config.example().partition("# Keys of the control center")[2].splitlines()
    usable = [line[2:] for line in tables if re.match(r'# (\[|["\w*-]+ = )', line)]
    got = load("\n".join(usable), at=file).settings
    assert got.backends == (BackendConfig("workstation", "ollama", "http://192.168.1.20:11434"),)
    assert got.rules == (Rule("always", ("qwen2.5-coder:7b", "ollama/qwen3:32b"), "coding"),)
    assert got.aliases == (Alias("claude-*", "auto"), Alias("gpt-4o-mini", "qwen3:4b"))
    assert got.keys


def test_the_example_documents_every_key_and_its_variable_in_one_line() -> None:
    lines = config.example().splitlines()
    for name in set(config.KEYS) - {"keys", "named_keys", "backends"}:
        at = next(number for number, line in enumerate(lines) if line.startswith(f"#{name} = "))
        assert lines[at - 1].startswith("# ")
        assert lines[at - 1].endswith(f"[ROUTER_{name.upper()}]")
        assert len(lines[at - 1]) < 120


def test_a_named_file_must_exist_and_the_default_one_need_not(tmp_path: Path) -> None:
    assert load().settings == Settings()
    with pytest.raises(ConfigError, match=r"There is no configuration file .*mine\.toml"):
        load(at=tmp_path / "mine.toml")


def test_the_default_file_is_read_when_it_is_there(tmp_path: Path) -> None:
    (tmp_path / "absent.toml").write_text("port = 4000")
    assert load().settings.port == 4000


def test_the_default_places_are_the_platforms(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    assert config.default_file().name == "config.toml"
    assert config.default_file().parent.name == "llmrouter-tui"
    assert default_database().name == "router.db"


@pytest.mark.parametrize(
    ("content", "words"),
    [(b"port = \n", "not valid TOML.*line 1"), (b"\xff\xfe", "not UTF-8"), (b"port = 1\nport = 2\n", "not valid TOML")],
)
def test_a_file_that_cannot_be_parsed_is_named(file: Path, content: bytes, words: str) -> None:
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=f"{re.escape(str(file))}.*{words}"):
        load(at=file)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(at=tmp_path)


# ── what is refused ──


def test_an_unknown_key_is_refused_with_its_line_and_the_nearest(file: Path) -> None:
    assert refused('host = "x"\nprot = 1\n', file) == f"{file}, line 2: prot is no setting; the nearest is port."


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("port = 0", "port must be a whole number from 1 to 65535, not 0"),
        ("port = 70000", "not 70000"),
        ("port = true", "not True"),
        ('port = "80"', "not '80'"),
        ("port = 80.5", "not 80.5"),
        ("quality_preference = 1.5", "must be a number from 0 to 1, not 1.5"),
        ("quality_preference = nan", "not nan"),
        (f"max_body_mb = {10**400}", "max_body_mb must be a number"),
        ("keep_days = 0", "keep_days must be"),
        ('sync = "hourly"', "must be one of off, daily, not 'hourly'"),
        ('privacy = "some"', "must be one of off, preview, full, not 'some'"),
        ('symbols = "emoji"', "must be one of braille, block, ascii"),
        ("calm = 1", "calm must be true or false, not 1"),
        ('embedded = "yes"', "embedded must be true or false, not 'yes'"),
        ('host = "a b"', "host must be an address"),
        ('host = ""', "host must be an address"),
        ('gguf_folders = "x"', "gguf_folders must be a list"),
        ("gguf_folders = [1]", "gguf_folders[0] must be a path"),
        ('signature_format = "{name}"', "the only braces are {model}"),
        ('signature_format = "{model.__class__}"', "signature_format"),
        ('signature_format = "{"', "the only braces are {model}"),
        ("context_length = 10", "context_length must be a whole number from 256"),
        ("vram_max_gb = -1", "vram_max_gb must be"),
        ("keys = 3", "keys must be a table"),
        ('[keys]\nquit = ""', "line 2: keys.quit must be text"),
        ("backends = 3", "backends must be a list"),
        ("backends = [3]", "backends[0] must be a table"),
    ],
)
def test_types_and_ranges_are_checked_in_words(file: Path, toml: str, words: str) -> None:
    message = refused(toml, file)
    assert words in message
    assert message.startswith(f"{file}, line ")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ('url = "http://a"', "backends[1].kind is missing"),
        (
            'kind = "olama"\nurl = "http://a"',
            "backends[1].kind must be one of ollama, llamacpp, openai, anthropic, embedded",
        ),
        ('kind = "ollama"', "backends[1].url is missing"),
        ('kind = "ollama"\nurl = "ftp://a"', "backends[1].url must be an address such as"),
        ('kind = "ollama"\nurl = "localhost:11434"', "backends[1].url must be an address"),
        ('kind = "ollama"\nurl = "http://"', "backends[1].url must be an address"),
        ('kind = "ollama"\nurl = "http://a:99999"', "backends[1].url must be an address"),
        ('kind = "ollama"\nurl = "http://a b"', "backends[1].url must be an address"),
        ('kind = "ollama"\nurl = "http://b"\nname = "a/b"', "backends[1].name must be a name without"),
        ('kind = "ollama"\nurl = "http://b"\nname = "first"', "must differ from the names of the other backends"),
        ('kind = "ollama"\nurl = "http://b"\nulr = 1', "backends[1].ulr is no key of a backend; the nearest is url"),
        ('kind = "ollama"\nurl = "http://b"\nport = 1', "put it above the first [[backends]]"),
    ],
)
def test_backends_are_checked_in_words(file: Path, body: str, words: str) -> None:
    message = refused(f'[[backends]]\nname = "first"\nkind = "ollama"\nurl = "http://a"\n[[backends]]\n{body}\n', file)
    assert words in message
    line = re.search(r", line (\d+): ", message)
    assert line
    assert int(line[1]) >= 5


@pytest.mark.parametrize(
    ("toml", "line", "words"),
    [
        ('port = 1\nrules = ["never a", "use b"]', 2, "rules[1] must begin with never, always or only, not 'use b'."),
        (
            'rules = ["never a for cdoing"]',
            1,
            "(the nearest to 'cdoing' is coding), for client NAME or for session ID, not 'never",
        ),
        ('rules = "never a"', 1, "rules must be a list, not 'never a'."),
        ('[aliases]\n"gpt-4" = 4', 2, "must be a name and, behind =, the model"),
        ('aliases = ["gpt-4"]', 1, "aliases[0] must be a name and, behind =, the model"),
        ('[[rules]]\nnever = "a"\n[[rules]]\nonly = "b"\ntask = "maths"', 3, "the nearest to 'maths' is math"),
        ('[[rules]]\nnever = "a"\ntaks = "math"', 3, "rules[0].taks is no key of a rule; the nearest is task."),
    ],
)
def test_rules_are_checked_in_words(file: Path, toml: str, line: int, words: str) -> None:
    message = refused(toml, file)
    assert message.startswith(f"{file}, line {line}: ")
    assert words in message


def test_rules_are_written_as_sentences_or_tables_and_shown_as_sentences(file: Path) -> None:
    sentences = load('rules = ["always a, b for coding, client aider"]', at=file)
    tables = load('[[rules]]\nalways = ["a", "b"]\ntask = "coding"\nclient = "aider"', at=file)
    assert sentences.settings == tables.settings
    shown = {view.key: view.value for view in tables.views()}
    assert shown["rules"] == ["always a, b for coding, client aider"]


def test_aliases_are_a_table_or_lines_and_shown_as_lines(file: Path) -> None:
    table = load('[aliases]\n"claude-*" = "auto"\ngpt-4 = "qwen3:4b"', at=file)
    lines = load('aliases = ["claude-* = auto", "gpt-4 = qwen3:4b"]', at=file)
    variable = load("", at=file, env={"ROUTER_ALIASES": "claude-*=auto, gpt-4 = qwen3:4b"})
    assert table.settings == lines.settings == variable.settings
    shown = {view.key: view.value for view in table.views()}
    assert shown["aliases"] == ["claude-* = auto", "gpt-4 = qwen3:4b"]
    stored = table.with_stored({"aliases": shown["aliases"]})
    assert stored.settings.aliases == table.settings.aliases


# ── secrets ──

SECRET = "sk-very-secret-7351"


@pytest.mark.parametrize(
    "toml",
    [
        f'api_keys = "{SECRET}"',
        f'api_keys = [" {SECRET}"]',
        f'admin_api_key = "a {SECRET}"',
        f'[[backends]]\nkind = "openai"\nurl = "http://a"\napi_key_env = "{SECRET}"',
        f'[[backends]]\nkind = "openai"\nurl = "http://a"\napi_key = "{SECRET}"',
        f'[[backends]]\nkind = "openai"\nurl = "http://me:{SECRET}@a"',
        f'[[backends]]\nkind = "openai"\nurl = "me:{SECRET}@a"',
    ],
)
def test_a_message_never_repeats_a_secret(file: Path, toml: str) -> None:
    assert SECRET not in refused(toml, file)


def test_secrets_are_neither_in_repr_nor_in_views() -> None:
    secret = ("ROUTER_ADMIN_API_KEY", "ROUTER_ARTIFICIAL_ANALYSIS_KEY", "ROUTER_METRICS_API_KEY")
    got = load(env={"ROUTER_API_KEYS": f"{SECRET}, b"} | dict.fromkeys(secret, SECRET))
    assert got.settings.api_keys == (SECRET, "b")
    assert got.settings.admin_api_key == SECRET
    assert SECRET not in repr(got) + repr(got.settings) + repr(got.views())
    shown = {view.key: view for view in got.views() if view.secret}
    secrets = ("api_keys", "admin_api_key", "artificial_analysis_key", "metrics_api_key")
    assert {key: view.value for key, view in shown.items()} == dict.fromkeys(secrets, config.MASK)
    assert {view.value for view in load().views() if view.secret} == {""}


def test_pinned_models_are_a_list_or_one_text_with_commas(file: Path) -> None:
    for toml in ('pinned_model = ["one/a", "b"]', 'pinned_model = "one/a, b"', 'pinned_model = "one/a,b,b"'):
        assert load(toml, at=file).settings.pinned_model == ("one/a", "b")
    assert "pinned_model[1] must be text" in refused('pinned_model = ["a", 3]', file)


# ── keys of clients ──

HASH = "ab" * 32


def test_named_keys_have_models_and_limits_of_their_own(file: Path) -> None:
    toml = '[[named_keys]]\nname = "alice"\nkey_env = "ALICE_KEY"\nmodels = ["a", "b/*"]\nrpm = 30\n'
    got = load(f'{toml}[[named_keys]]\nname = "bob"\nhash = "{HASH}"\nconcurrent = 0\n', at=file)
    assert got.settings.named_keys == (
        ApiKey("alice", key_env="ALICE_KEY", models=("a", "b/*"), rpm=30),
        ApiKey("bob", HASH, concurrent=0),
    )
    shown = next(view for view in got.views() if view.key == "named_keys")
    assert HASH not in repr(shown), "the hash is nobody's to read"
    assert shown.value == [
        {"name": "alice", "key_env": "ALICE_KEY", "models": ["a", "b/*"], "rpm": 30, "enabled": True},
        {"name": "bob", "concurrent": 0, "enabled": True},
    ]


def test_keys_made_while_running_add_to_those_of_the_file_and_can_revoke_one(file: Path) -> None:
    toml = f'[[named_keys]]\nname = "alice"\nkey_env = "A"\n[[named_keys]]\nname = "bob"\nhash = "{HASH}"\n'
    stored = [{"name": "carol", "hash": HASH, "made_at": 5.0}, {"name": "alice", "enabled": False}]
    got = load(toml, at=file).with_stored({"named_keys": stored})
    assert {key.name: key.enabled for key in got.settings.named_keys} == {"alice": False, "bob": True, "carol": True}
    assert (got.origin("named_keys.bob"), got.origin("named_keys.carol")) == ("file", "set")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ('name = "a"', "either key_env or hash"),
        (f'name = "a"\nkey_env = "A"\nhash = "{HASH}"', "either key_env or hash"),
        ('key_env = "A"', ".name is missing"),
        ('name = "a b"\nkey_env = "A"', "letters, digits"),
        (f'name = "a"\nhash = "{SECRET}"', "64 hex digits"),
        (f'name = "a"\nkey_env = "{SECRET}"', "name of an environment variable"),
        (f'name = "a"\nkey = "{SECRET}"', "the nearest is key_env"),
        ('name = "a"\nkey_env = "A"\nrpm = -1', "whole number"),
        ('name = "a"\nkey_env = "A"\nmodels = 3', "must be a list"),
        ('name = "a"\nkey_env = "A"\n[[named_keys]]\nname = "a"\nkey_env = "B"', "other keys"),
    ],
)
def test_a_key_that_cannot_be_used_is_refused_in_words_that_hold_no_secret(file: Path, table: str, words: str) -> None:
    said = refused(f"[[named_keys]]\n{table}\n", file)
    assert words in said
    assert SECRET not in said


# ── environment ──


def test_one_variable_may_name_several_servers() -> None:
    got = load(
        env={
            "ROUTER_OLLAMA_URL": "http://one:11434/, http://two:11434",
            "ROUTER_LLAMACPP_URL": "http://three:8080",
            "ROUTER_OPENAI_BASE_URL": "https://four/v1",
            "ROUTER_OPENAI_API_KEY": SECRET,
        }
    )
    assert got.settings.backends == (
        BackendConfig("ollama", "ollama", "http://one:11434"),
        BackendConfig("ollama-2", "ollama", "http://two:11434"),
        BackendConfig("llamacpp", "llamacpp", "http://three:8080"),
        BackendConfig("openai", "openai", "https://four/v1", api_key_env="ROUTER_OPENAI_API_KEY"),
    )
    assert got.origin("backends") == got.origin("backends.ollama-2") == "environment"
    assert SECRET not in repr(got)


def test_without_its_key_an_openai_server_is_asked_without_one() -> None:
    (backend,) = load(env={"ROUTER_OPENAI_BASE_URL": "http://a/v1"}).settings.backends
    assert backend.api_key_env == ""


@pytest.mark.parametrize(
    ("variable", "text", "value"),
    [
        ("PORT", "8080", 8080),
        ("QUALITY_PREFERENCE", "1", 1.0),
        ("SIGNATURE_ENABLED", "yes", True),
        ("SIGNATURE_ENABLED", "OFF", False),
        ("EMBEDDED", "auto", None),
        ("EMBEDDED", "1", True),
        ("ALLOWED_HOSTS", "a.lan, b.lan,", ("a.lan", "b.lan")),
        ("PINNED_MODEL", "one/a", ("one/a",)),
        ("PINNED_MODEL", "one/a, b", ("one/a", "b")),
        ("QUEUE_LIMIT", "8", 8),
        ("GGUF_FOLDERS", os.pathsep.join(("/a", "/b c")), (Path("/a"), Path("/b c"))),
        ("RULES", "never a for chat; only b", (Rule("never", ("a",), "chat"), Rule("only", ("b",)))),
        ("DATABASE", ":memory:", None),
        ("DATABASE", "/x/y.db", Path("/x/y.db")),
        ("DATABASE", "~/y.db", Path.home() / "y.db"),
        ("VRAM_MAX_GB", "0", None),
        ("VRAM_MAX_GB", "20.5", 20.5),
        ("SIGNATURE_FORMAT", " by {model}", " by {model}"),
    ],
)
def test_variables_are_read_by_the_type_of_their_key(variable: str, text: str, value: object) -> None:
    got = load(env={f"ROUTER_{variable}": text})
    assert getattr(got.settings, variable.lower()) == value
    assert got.origin(variable.lower()) == "environment"


def test_every_plain_key_has_its_variable() -> None:
    plain = set(config.KEYS) - {"keys", "named_keys", "backends"}
    assert {f"ROUTER_{name.upper()}" for name in plain} <= set(config.VARIABLES)


def test_an_unknown_variable_is_refused_with_the_nearest() -> None:
    message = refused_env(ROUTER_OLAMA_URL="http://a")
    assert message == "The environment variable ROUTER_OLAMA_URL is not known; the nearest is ROUTER_OLLAMA_URL."
    assert "ROUTER_JUDGE_MODELS is not known" in refused_env(ROUTER_JUDGE_MODELS="x")


def test_a_bad_variable_is_named() -> None:
    assert "ROUTER_PORT must be a whole number from 1 to 65535, not 'x'" in refused_env(ROUTER_PORT="x")
    assert "ROUTER_OLLAMA_URL must be an address" in refused_env(ROUTER_OLLAMA_URL="http://a, nonsense")


def test_a_judge_elsewhere_needs_an_address_and_no_key_in_the_settings() -> None:
    given = {"ROUTER_JUDGE_BASE_URL": "https://judge.example/v1/", "ROUTER_JUDGE_SHARE": "0.1"}
    made = config.load(env=given, flags={})
    assert (made.settings.judge_base_url, made.settings.judge_share) == ("https://judge.example/v1", 0.1)
    assert config.load(env={}, flags={"judge_base_url": ""}).settings.judge_base_url == ""
    assert "must be an address" in refused_env(ROUTER_JUDGE_BASE_URL="judge")
    assert "must be the name of an environment variable" in refused_env(ROUTER_JUDGE_API_KEY_ENV="sk-123")
    assert "from 0 to 1" in refused_env(ROUTER_JUDGE_SHARE="7")


def test_an_empty_variable_and_those_of_others_do_not_count() -> None:
    assert load(env={"ROUTER_PORT": "", "ROUTER_NONSENSE": "", "PATH": "/bin"}).settings == Settings()


# ── precedence ──

LAW = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])


@st.composite
def values(draw: st.DrawFn) -> dict[str, object]:
    """Some settings in the plain form that files, flags and the database hold."""
    some: dict[str, st.SearchStrategy[object]] = {
        "port": st.integers(1, 65535),
        "quality_preference": st.floats(0, 1),
        "privacy": st.sampled_from(("off", "preview", "full")),
        "calm": st.booleans(),
        "embedded": st.sampled_from((True, False, "auto")),
        "vram_max_gb": st.floats(0.1, 100),
        "rules": st.lists(st.sampled_from(("never a for chat", "always b, c", "only d for client e")), max_size=2),
        "allowed_hosts": st.lists(st.from_regex(r"[a-z]{1,9}", fullmatch=True), max_size=3),
        "signature_format": st.text("ab \"\\'\n\x1f\x7f—😀", max_size=9),
        "keys": st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), st.sampled_from(("x", "ctrl+y"))),
    }
    chosen = draw(st.sets(st.sampled_from(sorted(some))))
    return {key: draw(some[key]) for key in chosen}


def text_of(value: object, between: str = ",") -> str:
    return (
        between.join(value)
        if isinstance(value, list)
        else str(value).lower()
        if isinstance(value, bool)
        else str(value)
    )


@LAW
@given(values(), values(), values())
def test_the_strongest_source_wins_and_is_named(
    flags: dict[str, object], env: dict[str, object], stored: dict[str, object]
) -> None:
    env = {key: value for key, value in env.items() if key != "keys" and text_of(value)}
    variables = {f"ROUTER_{key.upper()}": text_of(value, ";" if key == "rules" else ",") for key, value in env.items()}
    got = config.load(env=variables, flags=flags, stored=stored)
    for key in config.KEYS:
        sources = (("flag", flags), ("environment", env), ("set", stored))
        origin, source = next(((name, given) for name, given in sources if key in given), ("default", {}))
        assert got.origin(key) == origin
        alone = config.load(env={}, flags=dict(source)).settings
        assert getattr(got.settings, key) == getattr(alone, key)


@LAW
@given(values())
def test_a_file_says_the_same_as_flags(
    tmp_path_factory: pytest.TempPathFactory, given_values: dict[str, object]
) -> None:
    file = tmp_path_factory.mktemp("config") / "c.toml"
    file.write_bytes(toml_of(given_values))
    assert config.load(file=file, env={}, flags={}).settings == config.load(env={}, flags=given_values).settings


def toml_of(given_values: dict[str, object]) -> bytes:
    plain = {key: value for key, value in given_values.items() if key != "keys"}
    lines = [f"{key} = {msgspec.json.encode(value).decode()}" for key, value in plain.items()]
    lines += ["[keys]", *(f'{k} = "{v}"' for k, v in dict(given_values.get("keys") or {}).items())]  # type: ignore[call-overload]
    return "\n".join(lines).replace("\x7f", "\\u007f").encode()


@LAW
@given(values())
def test_what_views_show_can_be_stored_and_means_the_same(given_values: dict[str, object]) -> None:
    first = config.load(env={}, flags=given_values)
    shown = {view.key: view.value for view in first.views() if not view.secret and view.key != "database"}
    assert config.load(env={}, flags={}, stored=shown).settings == first.settings
    msgspec.json.encode(first.views())


def test_stored_values_can_be_replaced_while_flags_stay() -> None:
    got = config.load(env={}, flags={"calm": True}, stored={"port": 1, "calm": False})
    later = got.with_stored({"quality_preference": 0.9, "port": None})
    assert (got.settings.port, later.settings.port) == (1, 11436)
    assert later.settings == replace(Settings(), calm=True, quality_preference=0.9)
    assert (later.origin("calm"), later.origin("quality_preference"), later.origin("port")) == (
        "flag",
        "set",
        "default",
    )


def test_stored_values_are_checked_like_any_other() -> None:
    assert refused_stored({"port": 0}).startswith("The saved setting port must be")
    assert "the nearest is quality_preference" in refused_stored({"quality_preferense": 1})
    assert "database" in refused_stored({"database": "x.db"})
    with pytest.raises(ConfigError) as caught:
        load().with_stored({"calm": "very"})
    assert caught.value.key == "calm"


def test_what_another_version_stored_can_be_left_out() -> None:
    good, wrong = config.usable({"port": 5, "calm": "very", "from_the_future": 1})
    assert good == {"port": 5}
    assert len(wrong) == 2
    assert config.load(env={}, flags={}, stored=good).settings.port == 5


def test_backends_of_all_sources_add_up_and_the_stronger_replaces_by_name(file: Path) -> None:
    toml = '[[backends]]\nkind = "ollama"\nurl = "http://file"\n[[backends]]\nname = "b"\nkind = "llamacpp"\nurl = "http://b"\n'
    got = load(toml, at=file, env={"ROUTER_OLLAMA_URL": "http://env"}).with_stored(
        {"backends": [{"name": "b", "kind": "llamacpp", "url": "http://b", "enabled": False}]}
    )
    assert {backend.name: (backend.url, backend.enabled) for backend in got.settings.backends} == {
        "ollama": ("http://env", True),
        "b": ("http://b", False),
    }
    assert (got.origin("backends"), got.origin("backends.b"), got.origin("backends.ollama")) == (
        "environment",
        "set",
        "environment",
    )


def test_a_backend_is_named_after_its_kind_and_the_embedded_one_needs_no_address(file: Path) -> None:
    got = load('[[backends]]\nkind = "embedded"\ncontext_length = 4096\n', at=file)
    assert got.settings.backends == (BackendConfig("embedded", "embedded", "", context_length=4096),)


def test_flags_name_settings_and_none_means_not_given() -> None:
    got = load(host="0.0.0.0", port=None, embedded=False, database=Path("x.db"))
    assert (got.settings.host, got.settings.port, got.settings.embedded) == ("0.0.0.0", 11436, False)
    assert got.settings.database == Path("x.db")
    assert (got.origin("host"), got.origin("port")) == ("flag", "default")
    with pytest.raises(ConfigError, match="--port must be"):
        load(port=70000)


def test_asking_for_the_origin_of_no_setting_is_an_error() -> None:
    with pytest.raises(KeyError):
        load().origin("prot")
