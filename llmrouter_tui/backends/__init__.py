"""Model servers and engines, each a ``core.ports.backend.Backend``: the only room that knows their wire protocols."""
