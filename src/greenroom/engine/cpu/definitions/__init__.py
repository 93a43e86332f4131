"""The declarations of the built-in nodes, one file for each family."""
