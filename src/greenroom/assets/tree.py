"""The same bytes under their real names, as ordinary files for people who open the data folder."""

import asyncio
import contextlib
import logging
import os
import shutil
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from greenroom.assets.blobs import BlobStore
from greenroom.domain.asset import Asset, Root
from greenroom.domain.ids import DEFAULT_TENANT, TenantId

_log = logging.getLogger(__name__)
_NO_LINK = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW


class NamedTree:
    """`<folder>/<root>/<subfolder>/<name>`; other tenants than the first have a folder each."""

    def __init__(self, folder: Path, blobs: BlobStore) -> None:
        self._folder = folder
        self._blobs = blobs

    def path(self, asset: Asset) -> Path:
        return self._home(asset.tenant) / asset.root / asset.subfolder / asset.name

    def _home(self, tenant: TenantId) -> Path:
        return self._folder if tenant == DEFAULT_TENANT else self._folder / "tenants" / tenant

    async def files(self, tenant: TenantId, root: Root) -> dict[str, Path]:
        """Every visible ordinary file of a root: its way from there, with slashes -> its path."""
        return await asyncio.to_thread(_visible, self._home(tenant) / root)

    async def link(self, asset: Asset) -> None:
        """Show the asset in the tree: a hard link, or a copy where the disk knows none.

        The tree is for people; a name that the disk cannot hold is left out of it.
        """
        await asyncio.to_thread(_link, self._blobs.local_path(asset.blob), self.path(asset))

    async def remove_folder(self, tenant: TenantId, root: Root, name: str) -> None:
        """Remove a folder directly below a root, with all that people put into it."""
        folder = self._home(tenant) / root / name
        # What a link points to is not ours; rmtree refuses it.
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)

    async def unlink(self, asset: Asset) -> None:
        """Remove the asset's ordinary file; a link on the way to it is not followed."""
        top = self._home(asset.tenant) / asset.root
        await asyncio.to_thread(_unlink, top, asset.subfolder, asset.name)


def _visible(top: Path) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in names:
            path = Path(folder, name)
            if not name.startswith(".") and path.is_file() and not path.is_symlink():
                found[path.relative_to(top).as_posix()] = path
    return found


def _unlink(top: Path, subfolder: str, name: str) -> None:
    try:
        with _opened(top, subfolder) as folder:
            os.unlink(name, dir_fd=folder)
    except FileNotFoundError:
        pass
    except OSError:
        _log.warning("%s/%s in %s is not ours and stays", subfolder, name, top, exc_info=True)


@contextlib.contextmanager
def _opened(top: Path, subfolder: str) -> Iterator[int]:
    """The folder below `top`, of which no part is a link that somebody put there."""
    handle = os.open(top, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for part in PurePosixPath(subfolder).parts:
            inner = os.open(part, _NO_LINK, dir_fd=handle)
            os.close(handle)
            handle = inner
        yield handle
    finally:
        os.close(handle)


def _link(source: Path, target: Path) -> None:
    fresh = target.with_name(f".{target.name}.new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh.unlink(missing_ok=True)
        try:
            os.link(source, fresh)
        except OSError:
            shutil.copyfile(source, fresh)
        fresh.replace(target)
    except OSError:
        _log.warning("no ordinary file for %s", target, exc_info=True)
    finally:
        fresh.unlink(missing_ok=True)
