"""The checks that some node classes make themselves, as far as they are known from outside."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from greenroom.domain.json import JsonObject
from greenroom.domain.workflow.input_spec import COMBO, InputSpec


class FileKind(StrEnum):
    """What a file input names, in the words of the node that refuses it."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    MODEL_3D = "3D model"
    LATENT = "latent"


@dataclass(frozen=True, slots=True)
class FileInput:
    """An input that names a file of the input, output or temp folder."""

    name: str
    kind: FileKind

    @property
    def may_be_none(self) -> bool:
        """Whether nothing, or the word `none`, may stand for a file."""
        return self.kind is FileKind.MODEL_3D

    @property
    def speaks_for_all(self) -> bool:
        """Whether a missing file is reported at every input of the node."""
        return self.kind is FileKind.MODEL_3D


@dataclass(frozen=True, slots=True)
class OwnChecks:
    """What a class checks itself. Inputs in `unlisted` are not compared with ranges and lists."""

    files: tuple[FileInput, ...] = ()
    unlisted: frozenset[str] = frozenset()


NO_OWN_CHECKS = OwnChecks()

_UPLOAD_FLAGS: Mapping[str, FileKind] = {
    "image_upload": FileKind.IMAGE,
    "animated_image_upload": FileKind.IMAGE,
    "video_upload": FileKind.VIDEO,
    "audio_upload": FileKind.AUDIO,
    "file_upload": FileKind.MODEL_3D,
}
_FILES_WITHOUT_FLAG: Mapping[str, FileInput] = {
    "LoadLatent": FileInput("latent", FileKind.LATENT),
}
_TAKES_ANY_VALUE: Mapping[str, frozenset[str]] = {
    "ModelAttentionBackend": frozenset({"attention"}),
    "SelectModelDevice": frozenset({"device"}),
    "SelectCLIPDevice": frozenset({"device"}),
    "SelectVAEDevice": frozenset({"device"}),
    "CustomCombo": frozenset({"choice"}),
}


def own_checks(class_name: str, inputs: Mapping[str, InputSpec]) -> OwnChecks:
    """The checks of one class."""
    files = tuple(_files(class_name, inputs))
    unlisted = {file.name for file in files} | _TAKES_ANY_VALUE.get(class_name, frozenset())
    if any(file.speaks_for_all for file in files):
        unlisted = set(inputs)
    return OwnChecks(files, frozenset(unlisted)) if unlisted else NO_OWN_CHECKS


def upload_kind(options: JsonObject) -> FileKind | None:
    """What may be uploaded for an input with these options."""
    for flag, kind in _UPLOAD_FLAGS.items():
        if options.get(flag) is True:
            return kind
    return None


def _files(class_name: str, inputs: Mapping[str, InputSpec]) -> list[FileInput]:
    found = [
        FileInput(spec.name, kind)
        for spec in inputs.values()
        if spec.type == COMBO and (kind := upload_kind(spec.options)) is not None
    ]
    unflagged = _FILES_WITHOUT_FLAG.get(class_name)
    return [*found, unflagged] if unflagged is not None else found
