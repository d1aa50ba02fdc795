"""The database room: the only one that knows peewee."""
