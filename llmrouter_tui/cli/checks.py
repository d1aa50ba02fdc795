"""What is set, and what works here: ``config`` and ``doctor``."""

import os
from pathlib import Path
from typing import Any

import click

from llmrouter_tui.cli.flags import ROUTER, SERVING, in_force, keep_others_out, load_config, options


@click.command()
@options(SERVING)
def doctor(config_file: Path | None, insecure: bool, **flags: Any) -> None:
    """What works on this machine, and what to do about gaps."""
    config = load_config(config_file, **flags)
    keep_others_out(config, insecure)
    from llmrouter_tui.cli.doctor import report

    lines, well = report(config, config_file)
    click.echo("\n".join(lines))
    raise SystemExit(0 if well else 1)


@click.command(name="config")
@click.option("--example", is_flag=True, help="Print a file with every key explained.")
@options(ROUTER)
def config_command(example: bool, config_file: Path | None, **flags: Any) -> None:
    """Every setting, its value and where the value comes from."""
    from llmrouter_tui import config

    if example:
        click.echo(config.example())
        return
    loaded = in_force(load_config(config_file, **flags))
    for setting in loaded.views():
        click.echo(f"{setting.key:28} {config.written(setting.key, setting.value):40} {setting.origin}")
    for backend, variable in config.missing_keys(loaded.settings, os.environ):
        click.echo(f"{variable}, which should hold the key of backend {backend}, is not set", err=True)
