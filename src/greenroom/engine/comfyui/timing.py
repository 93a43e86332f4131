"""How long the engine waits for what."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Every interval of the ComfyUI engine, in seconds."""

    poll: float = 3.0
    """Between two looks at queue and history while a run is on."""
    idle_poll: float = 4.0
    """Between two signs of life asked for while nothing runs."""
    request: float = 30.0
    """The longest wait for the answer to one request."""
    transfer: float = 60.0
    """The longest silence inside one upload or download."""
    retry: float = 0.25
    """Before a failed request is repeated; doubles up to `poll`."""
    settle: float = 1.0
    """Before a lost answer is looked for a second time."""
    linger: float = 2.0
    """How long the last messages of a run that is over may take."""
    unreachable: float = 60.0
    """How long ComfyUI may be out of reach before its runs count as lost."""
    start_limit: float = 8.0
    """How long ComfyUI may hold a run without taking it up."""
    silence_limit: float = 1800.0
    """How long a node may run without a word."""
    stop_limit: float = 30.0
    """How long a node may go on after it was told to stop."""
    reconnect_first: float = 0.1
    reconnect_longest: float = 5.0
    heartbeat: float = 20.0
    """Between two pings on the WebSocket."""
    socket_wait: float = 2.0
    """How long a run waits for the WebSocket before it starts without."""
