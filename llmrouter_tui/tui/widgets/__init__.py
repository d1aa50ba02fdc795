"""Widgets that pages are made of. ``chart`` is pure and may be imported by pure modules."""
