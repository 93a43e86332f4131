"""How many instances a deployment has, and which end: a pure policy, and a simulator for it."""
