"""The pure core: facts, vocabulary and decisions. Standard library only; no I/O, no clock, no asyncio."""
