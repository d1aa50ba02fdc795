"""A router as one thing to run: everything put together. Knows all rooms; ``cli`` runs it."""
