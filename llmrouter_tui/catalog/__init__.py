"""Public figures of models."""
