"""The API of Greenroom's own web UI."""
