"""The commands that measure the router: JSON lines in, JSON lines out."""

import os
import sys

import click

from llmrouter_tui.cli.telling import USAGE, fail


@click.command(name="eval-route")
def eval_route() -> None:
    """Predicted quality per model for prompts on stdin, one JSON line each (for measuring the router).

    A line is {"id", "prompt", "candidates"}; ROUTEEVAL_TRAIN names graded prompts, ROUTEEVAL_MODELS sizes and prices.
    """
    from llmrouter_tui.cli.evaluation import run

    try:
        for answer in run(sys.stdin, os.environ):
            click.echo(answer)
            sys.stdout.flush()
    except (ValueError, OSError) as error:
        fail(f"eval-route: {error}", USAGE)


@click.command(name="eval-names")
def eval_names() -> None:
    """Match names to the catalog: a line {"input", "kind"} in, a line {"id", "near"} out."""
    from llmrouter_tui.cli.known import answer_names

    answer_names(sys.stdin.buffer, sys.stdout.buffer)
