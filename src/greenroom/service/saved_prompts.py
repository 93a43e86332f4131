"""Sets of prompts that a user keeps, as files among the user's own."""

import json

from greenroom.domain import ids
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.json import JsonObject
from greenroom.domain.principal import Principal
from greenroom.service.userdata import UserData

_FOLDER = "prompts"


class SavedPrompts:
    def __init__(self, userdata: UserData) -> None:
        self._userdata = userdata

    async def list(self, principal: Principal) -> list[JsonObject]:
        """The newest first."""
        files = [
            file
            for file in await self._userdata.files(principal)
            if file.path.startswith(f"{_FOLDER}/") and file.path.endswith(".json")
        ]
        files.sort(key=lambda file: file.created_at, reverse=True)
        found = [await self._userdata.read(principal, file.path) for file in files]
        return [json.loads(one.data) for one in found if one is not None]

    async def save(self, principal: Principal, prompts: JsonObject) -> JsonObject:
        """Keep what was sent, with an `id`. BAD_REQUEST when it is empty."""
        if not prompts:
            raise AppError(ErrorCode.BAD_REQUEST, "There is nothing to save.")
        kept: JsonObject = {**prompts, "id": ids.new_session_id()}
        data = json.dumps(kept, ensure_ascii=False).encode()
        await self._userdata.write(principal, _path(str(kept["id"])), data, overwrite=False)
        return kept

    async def delete(self, principal: Principal, prompts_id: str) -> None:
        """NOT_FOUND."""
        known = prompts_id.isalnum() and await self._userdata.delete(principal, _path(prompts_id))
        if not known:
            raise AppError(ErrorCode.NOT_FOUND, "Prompts not found")


def _path(prompts_id: str) -> str:
    return f"{_FOLDER}/{prompts_id}.json"
