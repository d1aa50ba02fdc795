"""``Control`` and ``Feed`` over HTTP, for watching a router that runs elsewhere."""
