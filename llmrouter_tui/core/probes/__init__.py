"""The probes: tiny requests whose answers show what a model can do here, whatever its name or its server says.

Each is a script: it yields what to ask, is sent what came of it, and returns what that shows. A failure is only a "no"
where the server says for good that this very thing is not supported.
"""

from collections.abc import Callable, Mapping
from typing import Final

from llmrouter_tui.core.probes.formats import json_mode, tools
from llmrouter_tui.core.probes.parts import Facts, Script
from llmrouter_tui.core.probes.reading import context
from llmrouter_tui.core.probes.sight import vision
from llmrouter_tui.core.probes.thinking import thinking
from llmrouter_tui.core.probes.vectors import embedding

SCRIPTS: Final[Mapping[str, Callable[[int, Facts], Script]]] = {
    "thinking": thinking,
    "tools": tools,
    "json": json_mode,
    "vision": vision,
    "embedding": embedding,
    "context": context,
}
"""By capability, in the order in which they are made: what is known of thinking serves the others."""
