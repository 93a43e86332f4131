"""The commands: a client of the native HTTP API, and the one that serves it."""
