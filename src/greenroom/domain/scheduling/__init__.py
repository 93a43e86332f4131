"""Which waiting job a free worker gets: pure rules, an index that applies them, a simulator."""
