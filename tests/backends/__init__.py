"""Backends against real servers on loopback and the real engine."""
