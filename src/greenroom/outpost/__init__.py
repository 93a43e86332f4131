"""The worker's side of an engine that is offered to a server on another machine."""
