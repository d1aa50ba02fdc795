"""How an answer is told right from wrong, one module for each kind of answer. Pure; nothing raises on any text."""
