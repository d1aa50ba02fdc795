"""Whose key an exchange came with."""

STATEMENTS = ("ALTER TABLE exchange ADD COLUMN key TEXT NOT NULL DEFAULT ''",)
