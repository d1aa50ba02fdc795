"""How a router is asked to run. Loads next to nothing: the screen is up before the router is."""

from dataclasses import dataclass
from pathlib import Path

from llmrouter_tui.catalog.sync.endpoints import LIVE, Endpoints


@dataclass(frozen=True, slots=True)
class Mode:
    """How the router was asked to run."""

    demo: bool = False
    fetch_starter: bool = False
    """Get the starter model without asking when the embedded engine has no model."""
    screen: bool = False
    """A screen drains the feed; without one nothing is kept for it."""
    listen: bool = True
    """Serve HTTP; off when only a question is to be answered."""
    port_required: bool = False
    """A taken port is an error (``serve``); on screen it is a state."""
    insecure: bool = False
    """Serve also where others can reach it and no key is set."""
    endpoints: Endpoints = LIVE
    """Where public figures are fetched, if the user wants that."""
    record: Path | None = None
    """The file that everything that happens is written to."""
    record_texts: bool = False
