"""The inputs that name files, and the inputs whose values a class checks itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.input_spec import COMBO, InputSpec


class FileKind(StrEnum):
    """What a file input names, in the words of the node that refuses it."""

    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    MODEL_3D = "3D model"
    LATENT = "latent"
    ATTACHMENT = "attachment"
    """Any file that is sent on to a paid service."""


@dataclass(frozen=True, slots=True)
class FileInput:
    """An input that names a file of the input, output or temp folder."""

    name: str
    kind: FileKind

    checked: bool = True
    """Whether the class refuses the graph when the file is not there."""

    def names_a_file(self, value: JsonValue) -> bool:
        """False for the values that stand for no file."""
        if self.kind is FileKind.MODEL_3D:
            return bool(value) and value != "none"
        return self.checked or bool(value)

    @property
    def speaks_for_all(self) -> bool:
        """Whether a missing file is reported at every input of the node."""
        return self.kind is FileKind.MODEL_3D


_UPLOAD_FLAGS: Mapping[str, FileKind] = {
    "image_upload": FileKind.IMAGE,
    "animated_image_upload": FileKind.IMAGE,
    "video_upload": FileKind.VIDEO,
    "audio_upload": FileKind.AUDIO,
    "file_upload": FileKind.MODEL_3D,
}
_FILES_WITHOUT_FLAG: Mapping[str, FileInput] = {
    "LoadLatent": FileInput("latent", FileKind.LATENT),
    "GeminiInputFiles": FileInput("file", FileKind.ATTACHMENT, checked=False),
    "OpenAIInputFiles": FileInput("file", FileKind.ATTACHMENT, checked=False),
}
_TAKES_ANY_VALUE: Mapping[str, frozenset[str]] = {
    "ModelAttentionBackend": frozenset({"attention"}),
    "SelectModelDevice": frozenset({"device"}),
    "SelectCLIPDevice": frozenset({"device"}),
    "SelectVAEDevice": frozenset({"device"}),
    "CustomCombo": frozenset({"choice"}),
    "GeminiInputFiles": frozenset({"file"}),
    "OpenAIInputFiles": frozenset({"file"}),
}


def file_inputs(class_name: str, inputs: Mapping[str, InputSpec]) -> tuple[FileInput, ...]:
    """The inputs of a class that name files."""
    found = [
        FileInput(spec.name, kind, checked=spec.type == COMBO)
        for spec in inputs.values()
        if (kind := upload_kind(spec.options)) is not None
    ]
    unflagged = _FILES_WITHOUT_FLAG.get(class_name)
    return (*found, unflagged) if unflagged is not None else tuple(found)


def unlisted_inputs(
    class_name: str, inputs: Mapping[str, InputSpec], files: tuple[FileInput, ...]
) -> frozenset[str]:
    """The inputs that ComfyUI does not compare with ranges and lists, for their class does."""
    if any(file.speaks_for_all for file in files):
        return frozenset(inputs)
    checked = frozenset(file.name for file in files if file.checked)
    return checked | _TAKES_ANY_VALUE.get(class_name, frozenset())


def upload_kind(options: JsonObject) -> FileKind | None:
    """What may be uploaded for an input with these options."""
    for flag, kind in _UPLOAD_FLAGS.items():
        if options.get(flag) is True:
            return kind
    return None
