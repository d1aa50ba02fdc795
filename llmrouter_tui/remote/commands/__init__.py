"""``Control`` over HTTP, by subject."""
