"""A simulated fleet for ``--demo``: real HTTP servers that speak the true wire protocols, always labelled."""
