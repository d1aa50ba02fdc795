"""The whole program: a real process, real sockets, a real engine, the official client."""
