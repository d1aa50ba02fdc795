"""``explain``: which model a prompt would go to."""

from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from llmrouter_tui.cli.asking import ask
from llmrouter_tui.cli.flags import ASKING, EMBEDDED, load_config, options
from llmrouter_tui.cli.telling import USAGE, echo_json, fail

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmrouter_tui.core.chat import ChatRequest
    from llmrouter_tui.core.decision import Decision
    from llmrouter_tui.core.domain import ModelView
    from llmrouter_tui.core.ports.control import Control


@click.command()
@click.argument("prompt", required=False)
@click.option("--body", type=click.File("rb"), help="A whole chat-completion body instead of PROMPT; - reads stdin.")
@click.option("--client", metavar="NAME", default="", help="Who would ask: rules for that client act then.")
@click.option("--model", default="auto", help="auto, auto:fast, auto:best, auto:<task>, or a model's name.")
@click.option("--json", "as_json", is_flag=True, help="The decision as JSON.")
@click.option("--url", default="", help="A running router (default: the one on our port, else look without one).")
@options(ASKING, EMBEDDED)
def explain(
    prompt: str | None, body: IO[bytes] | None, client: str, model: str, as_json: bool, url: str,
    config_file: Path | None, **flags: Any,
) -> None:  # fmt: skip
    """Which model would get PROMPT, and why. Nothing is generated."""
    config = load_config(config_file, **flags)
    question = asked(prompt, body)

    async def look(control: "Control") -> "tuple[Decision, Sequence[ModelView]]":
        return await control.explain(question, model=model, client=client), await control.models()

    decision, views = ask(config, url, look)
    if as_json:
        echo_json(decision)
        return
    from llmrouter_tui.cli.plain import decision_lines

    click.echo("\n".join(decision_lines(decision, views)))


def asked(prompt: str | None, body: "IO[bytes] | None") -> "str | ChatRequest":
    """What is to be explained: a prompt, or a request as a client would send it."""
    if prompt and prompt.strip() and body is None:
        return prompt
    if prompt or body is None:
        fail("give a PROMPT, or a request with --body FILE", USAGE)
    from llmrouter_tui.core.errors import RouterError
    from llmrouter_tui.proxy.question import read_chat

    try:
        return read_chat(body.read())
    except RouterError as error:
        fail(f"{body.name}: {error}", USAGE)
