"""What the status line says of models elsewhere. Pure."""

from llmrouter_tui.tui.state import Store

KEPT_IN = "local only"
"""While all prompts stay on the router's machine."""
SPENT = "budget spent"


def chips(store: Store) -> list[str]:
    """Where there is something to say."""
    return [*([KEPT_IN] if store.local_only else []), *([SPENT] if store.spend.spent else [])]
