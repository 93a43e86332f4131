"""What the server costs, measured on this machine: `make bench`."""
