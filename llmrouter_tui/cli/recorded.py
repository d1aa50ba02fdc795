"""The command that shows a recording."""

from pathlib import Path

import click

from llmrouter_tui.cli.flags import load_config
from llmrouter_tui.cli.running import show
from llmrouter_tui.cli.telling import USAGE, fail


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--speed", type=click.FloatRange(0.1, 1000), default=1.0, help="So many times as fast as it happened.")
@click.option("--calm", is_flag=True, help="Refresh twice a second and never move.")
@click.option("--symbols", type=click.Choice(["braille", "block", "ascii"]), help="Characters for charts.")
def replay(file: Path, speed: float, calm: bool, symbols: str | None) -> None:
    """Show a recording, as the control center showed it when it happened.

    --record FILE makes one. space pauses, < and > change the speed, the arrow keys jump.
    """
    config = load_config(None, calm=calm, symbols=symbols)
    from llmrouter_tui.core.errors import RouterError
    from llmrouter_tui.recording.host import RecordedHost
    from llmrouter_tui.recording.reader import Recording

    try:
        recording = Recording(file)
        recording.start_at(recording.begins)
    except RouterError as error:
        fail(str(error), USAGE)
    host = RecordedHost(recording, speed=speed)
    show(host, config, playback=host.player)
