"""That loads are held is kept as pins are: who cleared the memory for other work finds it free after a restart too."""

from collections.abc import Mapping

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports import Repo
from llmrouter_tui.engine.status import Status

KEY = "loads_held"
"""Of what is stored while loads are held, beside the settings: it is none of the configuration. Also the code of the
problem where it could not be stored."""


async def keep(repo: Repo, status: Status, *, held: bool) -> None:
    """Remember it over a restart. The order itself is carried out also where that cannot be written down: then it is
    a problem that is shown."""
    try:
        await repo.set_setting(KEY, True if held else None)
    except RouterError as error:
        lasts = "held only until this router ends" if held else "held again when the router is started anew"
        status.report(KEY, f"loads are {lasts}, for it could not be stored: {error}")
    else:
        status.clear(KEY)


def taken_from(stored: Mapping[str, object]) -> tuple[bool, Mapping[str, object]]:
    """Whether loads were held when the router ended, and the settings without that."""
    return stored.get(KEY) is True, {key: value for key, value in stored.items() if key != KEY}
