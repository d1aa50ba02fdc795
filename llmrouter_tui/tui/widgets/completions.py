"""What could come next in a filter, shown behind the cursor; the right arrow takes it."""

from textual.suggester import Suggester

from llmrouter_tui.tui import filter_text
from llmrouter_tui.tui.filter_text import Values


class Completions(Suggester):
    """Of fields and of values that there are here."""

    def __init__(self, values: Values) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._values = values

    async def get_suggestion(self, value: str) -> str | None:
        return filter_text.suggestion(value, self._values)
