"""The embedded engine: GGUF files, the child processes, the starter model."""
