"""The code of the built-in nodes, one file for each family. Only the child process loads it."""

from importlib import import_module
from pkgutil import iter_modules


def import_all() -> None:
    """Import every family, so that its nodes are known."""
    for family in iter_modules(__path__):
        import_module(f"{__name__}.{family.name}")
