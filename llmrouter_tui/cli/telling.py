"""How a command ends: with JSON, or with a message and an exit code."""

from typing import NoReturn

import click

USAGE = 2
WRONG_INPUT = ("invalid_request", "model_not_found", "not_found")
"""Errors that another question would not get."""


def fail(message: str, code: int = 1) -> NoReturn:
    click.echo(f"llmrouter-tui: {message}", err=True)
    raise SystemExit(code)


def echo_json(value: object) -> None:
    import msgspec

    from llmrouter_tui.core.ranking import to_plain

    click.echo(msgspec.json.format(msgspec.json.encode(value, enc_hook=to_plain), indent=2).decode())
