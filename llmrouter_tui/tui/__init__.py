"""The control center: the only room that knows Textual."""
