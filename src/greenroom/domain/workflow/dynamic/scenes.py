"""The scenes of a run, and the seeds of everything that is repeated."""

from collections.abc import Mapping
from dataclasses import dataclass

from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.workflow.manifest import InputType, Manifest
from greenroom.domain.workflow.seeds import BIGGEST_SEED, Draw

SCENES, EXTRA_SCENES = "scenes", "extra_scenes"
_USUAL_SECONDS = 5.0
_USUAL_RATE = 16
_BIGGEST_RATE = 1000
_RANDOM = -1


class Seeds:
    """Draws each seed once and remembers it under a name, so that a retry can use it again."""

    def __init__(self, draw: Draw, known: Mapping[str, int]) -> None:
        self._draw = draw
        self._known = known
        self.used: dict[str, int] = {}

    def take(self, name: str, wanted: JsonValue, step: int = 0) -> int:
        """The seed of that name: an earlier run's, or `wanted` + `step`, or a new one for -1."""
        if name not in self.used:
            self.used[name] = self._fresh(name, wanted, step)
        return self.used[name]

    def _fresh(self, name: str, wanted: JsonValue, step: int) -> int:
        if name in self._known:
            return self._known[name]
        number = as_integer(wanted)
        if number is None or number == _RANDOM:
            return self._draw(BIGGEST_SEED + 1)
        return number + step


@dataclass(frozen=True, slots=True)
class Scene:
    fields: JsonObject
    """Everything the caller gave for it."""
    seconds: float

    def variables(self, number: int, rate: int, seed: int) -> dict[str, JsonValue]:
        """What the blocks of this scene may name. `number` counts from 1."""
        scalars = {k: v for k, v in self.fields.items() if not isinstance(v, list | Mapping)}
        return {
            **scalars,
            "duration": self.seconds,
            "frames": round(self.seconds * rate) + 1,
            "scene_number": number,
            "seed": seed,
        }


def read_scenes(manifest: Manifest, params: JsonObject) -> list[Scene]:
    """The scenes among the parameters; one of five seconds when there are none."""
    names = [item.id for item in manifest.inputs if item.type is InputType.SCENE_LIST] or [SCENES]
    given = params.get(names[0], params.get(SCENES))
    items = given if isinstance(given, list) else []
    scenes = [_scene(item) for item in items if isinstance(item, Mapping)]
    return scenes or [Scene({}, _USUAL_SECONDS)]


def frame_rate(variables: JsonObject) -> int:
    """Frames for each second of a scene: the variable `scene_fps`, or 16."""
    rate = as_integer(variables.get("scene_fps"))
    return rate if rate is not None and 0 < rate <= _BIGGEST_RATE else _USUAL_RATE


def as_integer(value: JsonValue) -> int | None:
    """An integer as a form may send it, or None."""
    if isinstance(value, bool):
        return None
    try:
        return int(value) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        return None


def _scene(fields: JsonObject) -> Scene:
    try:
        seconds = float(str(fields.get("duration", _USUAL_SECONDS)))
    except ValueError:
        seconds = _USUAL_SECONDS
    return Scene(fields, seconds if 0 < seconds < 3600 else _USUAL_SECONDS)
