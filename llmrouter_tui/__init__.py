"""LLM Router TUI: a control center and OpenAI-compatible routing proxy for people who run their own models."""

__version__ = "0.1.0"
