"""What the HTTP edge needs to know about the installation."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class EdgeSettings:
    api_key: str | None = None
    """A key that is valid beside the stored ones."""
    key_required: bool = False
    """Ask for a key even when there is none, so that nobody is let in."""
    loopback: bool = True
    """Only this machine can reach the server: requests for other host names are refused."""
    allowed_hosts: frozenset[str] = frozenset()
    """Host names, without port, that are accepted beside the loopback ones."""
    cloud_hosts: frozenset[str] = frozenset()
    """Host names, without port, under which Comfy Cloud's API stands at the root."""
    allowed_origins: frozenset[str] = frozenset()
    """Origins such as `https://studio.example` whose pages may call this server."""
    multi_user: bool = False
    """ComfyUI's settings and user data are those of the user whom a request names."""
