"""What the commands and the workers share that call a Greenroom server."""
