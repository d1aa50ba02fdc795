"""The seams between rooms, by subject. Rooms import these Protocols and never each other."""
