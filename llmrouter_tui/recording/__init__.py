"""The router's events in a file: written beside a router that runs (``writer``), read back (``reader``), and played to
a screen as if the router ran (``player``, ``host``).

A recording is lines of JSON: a header (``recording`` is the number of the form), then snapshots and events as ``watch``
gets them, and an end. A snapshot stands at the beginning, every five minutes, and after events that were lost: a replay
may begin at each.
"""
