"""Things that can run a graph."""
