"""The numbered changes of the schema, one chain for both databases, forward only."""
