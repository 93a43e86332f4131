"""Engines on other machines, over a connection that the other machine opens."""
