"""What the user ordered to stop until it is told to go on is kept as pins are: who cleared the memory for other work,
or let the judge rest, finds it so after a restart too."""

from collections.abc import Mapping, Set
from typing import Final, NamedTuple

from llmrouter_tui.core.errors import RouterError
from llmrouter_tui.core.ports.repo import Repo
from llmrouter_tui.engine.status import Status


class Standing(NamedTuple):
    """An order that stands until it is taken back."""

    key: str
    """Of what is stored while it stands, beside the settings: it is none of the configuration. Also the code of the
    problem where it could not be stored."""
    words: str


LOADS_HELD: Final = Standing("loads_held", "loads are held")
JUDGE_PAUSED: Final = Standing("judge_paused", "the judge is paused")
ALL: Final = (LOADS_HELD, JUDGE_PAUSED)


async def keep(repo: Repo, status: Status, order: Standing, *, stands: bool) -> None:
    """Remember it over a restart. The order itself is carried out also where that cannot be written down: then it is
    a problem that is shown."""
    try:
        await repo.set_setting(order.key, True if stands else None)
    except RouterError as error:
        lasts = "only until this router ends" if stands else "again when the router is started anew"
        status.report(order.key, f"{order.words} {lasts}, for it could not be stored: {error}")
    else:
        status.clear(order.key)


def taken_from(stored: Mapping[str, object]) -> tuple[Set[Standing], Mapping[str, object]]:
    """The orders that stood when the router ended, and the settings without them."""
    keys = {order.key for order in ALL}
    standing = {order for order in ALL if stored.get(order.key) is True}
    return standing, {key: value for key, value in stored.items() if key not in keys}
