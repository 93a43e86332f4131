"""Comfy API v2: assets, jobs and their live events."""
