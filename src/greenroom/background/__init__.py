"""Periodic services; every tick is safe to run twice, and on two machines."""
