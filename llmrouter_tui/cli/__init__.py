"""The command line. A command imports what it works with when it runs: ``--version`` loads no server, ``serve`` no
screen."""

import gc
import os
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from llmrouter_tui import __version__
from llmrouter_tui.cli import (
    backup,
    checks,
    evals,
    explain,
    export,
    forget,
    judge,
    keys,
    leaderboard,
    models,
    outside,
    profile,
    recorded,
    review,
    running,
    sync,
    web,
)
from llmrouter_tui.cli.flags import (
    RECORD,
    SCREEN,
    SERVING,
    keep_nothing,
    keep_others_out,
    load_config,
    options,
    recordable,
)
from llmrouter_tui.cli.telling import USAGE, fail


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="llmrouter-tui")
@click.option("--demo", is_flag=True, help="Show a simulated fleet with simulated traffic.")
@options(SERVING, RECORD, SCREEN)
@click.pass_context
def main(
    context: click.Context, /, demo: bool, readonly: bool, calm: bool, symbols: str | None, config_file: Path | None,
    insecure: bool, record: Path | None, record_texts: bool, **flags: Any,
) -> None:  # fmt: skip
    """A control center and routing proxy for people who run their own models.

    Without a command it opens the control center and serves http://127.0.0.1:11436/v1.
    """
    if context.invoked_subcommand is not None:
        if any(source is ParameterSource.COMMANDLINE for source in map(context.get_parameter_source, context.params)):
            fail(f"options go after the command: llmrouter-tui {context.invoked_subcommand} …", USAGE)
        return
    gc.disable()  # a quarter of the start would go into looking through what stays; service and screen enable it again
    config = load_config(config_file, calm=calm, symbols=symbols, **flags)
    keep_others_out(config, insecure)
    keep_nothing(demo, flags)
    recordable(record, record_texts)
    from llmrouter_tui.cli.logs import to_file
    from llmrouter_tui.cli.nearby import Nearby
    from llmrouter_tui.config import secrets
    from llmrouter_tui.service.service import Mode, Service

    to_file(config.settings.database, demo=demo, secrets=secrets(config.settings, os.environ))
    nearby = Nearby(config.settings.admin_api_key, readonly=readonly)
    mode = Mode(demo=demo, screen=True, insecure=insecure, record=record, record_texts=record_texts)
    running.show(
        Service(config, mode, readonly=readonly),
        config,
        demo=demo,
        nearby=nearby,
    )


COMMANDS = (
    running.serve, running.watch, recorded.replay, web.web, explain.explain, models.models, profile.profile,
    judge.judge, sync.sync, review.review, leaderboard.leaderboard, keys.keys, outside.local_only,
    outside.spend, export.export, forget.forget, backup.backup, backup.restore, checks.doctor,
    checks.config_command, evals.eval_route, evals.eval_names,
)  # fmt: skip
for command in COMMANDS:
    main.add_command(command)
