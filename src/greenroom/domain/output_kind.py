"""The kinds of files that people look for among the outputs of jobs."""

from enum import StrEnum


class OutputKind(StrEnum):
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    MODEL = "3d"

    @property
    def media_type(self) -> str:
        """How the media types of such files begin."""
        return "model/" if self is OutputKind.MODEL else f"{self.value}/"

    @property
    def suffixes(self) -> tuple[str, ...]:
        """How the names of such files end."""
        return _SUFFIXES[self]


_SUFFIXES = {
    OutputKind.IMAGE: (".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tiff", ".avif", ".exr"),
    OutputKind.VIDEO: (".mp4", ".webm", ".mov", ".mkv", ".avi", ".m4v"),
    OutputKind.AUDIO: (".mp3", ".wav", ".flac", ".ogg", ".opus", ".m4a"),
    OutputKind.MODEL: (".glb", ".gltf", ".obj", ".fbx", ".usdz"),
}
