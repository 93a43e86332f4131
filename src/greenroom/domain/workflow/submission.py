"""The body of POST /prompt: every field but the graph itself, checked and typed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError, ErrorCode
from greenroom.domain.ids import DeploymentId, JobId, is_canonical_uuid
from greenroom.domain.input_fetch import AwaitedFile
from greenroom.domain.json import JsonObject, JsonValue
from greenroom.domain.webhook import Webhook
from greenroom.domain.workflow.graph import json_kind
from greenroom.domain.workflow.prompt_error import prompt_error

SECRET_KEYS = ("auth_token_comfy_org", "api_key_comfy_org")
_ID_RULE = (
    "prompt_id must be a UUID string in canonical lowercase hyphenated form; "
    "omit it to let the server generate one"
)


@dataclass(frozen=True, slots=True)
class Submission:
    """One request to run a graph."""

    prompt: JsonValue
    """The graph as sent; not looked at yet."""
    prompt_id: JobId | None = None
    client_id: str | None = None
    """Whose socket the run's messages go to."""
    number: float | None = None
    """The place in the queue that was asked for."""
    front: bool = False
    extra_data: JsonObject = field(default_factory=dict)
    """As sent, with client_id in it, without the secrets."""
    secrets: JsonObject = field(default_factory=dict, repr=False)
    """Keys for paid services: for the run only, never shown."""
    targets: tuple[str, ...] | None = None
    """The output nodes to run; None for all."""
    deployment_id: DeploymentId | None = None
    """Where it was sent to, if to any."""
    start_before: Millis | None = None
    """It expires unless it has begun by then."""
    webhook: Webhook | None = None
    """Where what becomes of the job is told."""
    awaited: tuple[AwaitedFile, ...] = ()
    """Files that are still on their way: the job runs when all of them are there."""
    is_taken_in: bool = False
    """Whether `prompt` is the graph with assets in it, and not as it was sent."""

    @property
    def workflow_id(self) -> str | None:
        """The id in the library, or that of the editor's workflow that came along."""
        origin = self.extra_data.get("greenroom")
        if isinstance(origin, Mapping) and isinstance(known := origin.get("workflow_id"), str):
            return known
        info = self.extra_data.get("extra_pnginfo")
        workflow = info.get("workflow") if isinstance(info, Mapping) else None
        workflow_id = workflow.get("id") if isinstance(workflow, Mapping) else None
        return workflow_id if isinstance(workflow_id, str) else None

    @property
    def tags(self) -> tuple[str, ...]:
        """Those of a request of a deployment, each once."""
        origin = self.extra_data.get("greenroom")
        tags = origin.get("tags") if isinstance(origin, Mapping) else None
        if self.deployment_id is None or not isinstance(tags, Sequence) or isinstance(tags, str):
            return ()
        return tuple(dict.fromkeys(tag for tag in tags if isinstance(tag, str)))


def parse_submission(body: JsonValue) -> Submission:
    """The request in a decoded body; BAD_REQUEST with ComfyUI's error object when it is none."""
    if not isinstance(body, dict) or "prompt" not in body:
        raise _refusal("no_prompt", "No prompt provided", "No prompt provided")
    prompt = body["prompt"]
    extra_data = _extra_data(body)
    return Submission(
        prompt=prompt,
        prompt_id=_prompt_id(body.get("prompt_id")),
        client_id=_client_id(extra_data.get("client_id")),
        number=_number(body["number"]) if "number" in body else None,
        front=bool(body.get("front")),
        extra_data={key: value for key, value in extra_data.items() if key not in SECRET_KEYS},
        secrets={key: extra_data[key] for key in SECRET_KEYS if key in extra_data},
        targets=_targets(body.get("partial_execution_targets"), prompt),
    )


def runnable_extra_data(extra_data: JsonObject) -> JsonObject:
    """`extra_data` without what a ComfyUI accepts and later fails on: a workflow that is none."""
    info = extra_data.get("extra_pnginfo")
    if info is None and "extra_pnginfo" in extra_data:
        return {key: value for key, value in extra_data.items() if key != "extra_pnginfo"}
    if not isinstance(info, Mapping) or isinstance(info.get("workflow", {}), Mapping):
        return extra_data
    kept = {key: value for key, value in info.items() if key != "workflow"}
    return {**extra_data, "extra_pnginfo": kept}


def _extra_data(body: JsonObject) -> JsonObject:
    extra_data = body.get("extra_data", {})
    if not isinstance(extra_data, Mapping):
        raise _invalid("extra_data", f"It is {json_kind(extra_data)}, not an object")
    info = extra_data.get("extra_pnginfo")
    if info is not None and not isinstance(info, Mapping):
        raise _invalid("extra_data", f"extra_pnginfo is {json_kind(info)}, not an object")
    return {**extra_data, "client_id": body["client_id"]} if "client_id" in body else extra_data


def _prompt_id(value: JsonValue) -> JobId | None:
    if value is None:
        return None
    if isinstance(value, str) and is_canonical_uuid(value):
        return JobId(value)
    raise _refusal("invalid_prompt_id", "prompt_id must be a valid UUID", _ID_RULE)


def _client_id(value: JsonValue) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (Mapping, Sequence)):
        raise _invalid("client_id", f"It is {json_kind(value)}, not a string")
    return str(value)


def _number(value: JsonValue) -> float:
    if not isinstance(value, (int, float, str)):
        raise _invalid("number", f"It is {json_kind(value)}, not a number")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise _invalid("number", "It is not a finite number")
    return number


def _targets(value: JsonValue, prompt: JsonValue) -> tuple[str, ...] | None:
    if value is None:
        return None
    if isinstance(value, str):
        # ComfyUI asks whether a node's id is in the value, which for a string means any part of it.
        ids = prompt if isinstance(prompt, Mapping) else ()
        return tuple(node_id for node_id in ids if node_id in value)
    if not isinstance(value, list):
        raise _invalid("partial_execution_targets", f"It is {json_kind(value)}, not a list")
    return tuple(item for item in value if isinstance(item, str))


def _invalid(name: str, details: str) -> AppError:
    return _refusal(f"invalid_{name}", f"{name} is not valid", details)


def _refusal(kind: str, message: str, details: str) -> AppError:
    return prompt_error(kind, message, details, code=ErrorCode.BAD_REQUEST)
