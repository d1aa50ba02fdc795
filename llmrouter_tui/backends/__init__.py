"""Model servers and engines, each behind ``core.ports.Backend``: the only room that knows their wire protocols."""
