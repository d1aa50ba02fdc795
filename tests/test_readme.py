"""The README tells the truth: keys, commands and settings that exist."""

import re
from pathlib import Path

import click

from llmrouter_tui import cli, config
from tests.tools.readme import README, with_keys

TEXT = README.read_text()


def test_the_keys_are_those_of_the_registry():
    assert with_keys(TEXT) == TEXT, "run python -m tests.tools.readme"


def test_every_command_it_names_exists():
    named = set(re.findall(r"llmrouter-tui ([a-z]+(?:-[a-z]+)*)", TEXT)) - {"explain_"}
    assert named <= set(cli.main.commands), named


def test_every_flag_it_names_exists():
    commands = [cli.main, *cli.main.commands.values()]
    known = {o for c in commands for p in c.params if isinstance(p, click.Option) for o in (*p.opts, *p.secondary_opts)}
    named = set(re.findall(r"`(--[a-z-]+)[ `]|llmrouter-tui(?: [a-z]+)? (--[a-z-]+)", TEXT))
    assert {flag for pair in named for flag in pair if flag} <= known | {"--no-deps"}


def test_every_setting_it_names_exists():
    variables = set(re.findall(r"\bROUTER_[A-Z_]+[A-Z]", TEXT))
    assert variables
    for name in variables:
        assert name in config.VARIABLES, name


def test_its_pictures_are_there():
    pictures = re.findall(r"\((screenshots/[^)]+)\)", TEXT)
    assert pictures
    assert all((Path(README.parent) / picture).is_file() for picture in pictures)


def test_there_are_two_commands_and_the_second_runs_the_tests():
    blocks = re.findall(r"```sh\n(.*?)\n```", TEXT, re.DOTALL)
    assert len(blocks) == 2
    assert all("\n" not in block for block in blocks)
    assert blocks[1].endswith("pytest")
