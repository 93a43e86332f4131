"""Live fan-out between processes: lossy by contract, never the truth."""
