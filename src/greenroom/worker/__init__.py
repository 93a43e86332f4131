"""Claims jobs and runs them on an engine."""
