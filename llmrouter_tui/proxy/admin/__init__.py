"""What is served under ``/admin``: all of ``Control``, by subject. Only this package knows what the owner may ask."""
