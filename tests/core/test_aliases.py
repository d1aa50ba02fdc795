"""What names that clients are fixed on mean here."""

import pytest

from llmrouter_tui.core.aliases import Alias, AliasError, Aliases, of_lines, parse, parse_line


def test_a_name_goes_before_patterns_and_these_go_in_their_order() -> None:
    aliases = of_lines(["claude-* = auto", "claude-haiku-* = auto:fast", "Claude-Opus = box/qwen3:32b", "gpt-? = auto"])
    for name, model in [
        ("claude-opus", "box/qwen3:32b"),
        ("CLAUDE-OPUS:latest", "box/qwen3:32b"),
        ("claude-haiku-4-5", "auto"),
        ("gpt-4", "auto"),
        ("gpt-4o", ""),
        ("my-claude-opus", ""),
        ("", ""),
    ]:
        assert aliases.meant(name) == aliases.meant(name) == model, name
    assert not Aliases()


def test_it_reads_as_it_is_written() -> None:
    alias = parse_line(" text-embedding-3-small=nomic-embed-text ")
    assert alias == Alias("text-embedding-3-small", "nomic-embed-text") == parse_line(str(alias))


@pytest.mark.parametrize("line", ["", "gpt-4", "= auto", "gpt-4 =", "a\x07b = auto", "x" * 513 + " = auto"])
def test_what_is_none_is_refused(line: str) -> None:
    with pytest.raises(AliasError, match="must be a name"):
        parse_line(line)


def test_a_name_from_a_table_can_be_told_in_a_line() -> None:
    with pytest.raises(AliasError, match="without ="):
        parse("a=b", "auto")
    assert parse("a", "b=c") == parse_line(str(parse("a", "b=c")))


def test_names_without_end_take_no_memory_without_end() -> None:
    aliases = of_lines(["gpt-* = auto"])
    assert {aliases.meant(f"gpt-{number}") for number in range(5000)} == {"auto"}
    assert len(aliases._known) <= 1024
