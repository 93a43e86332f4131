"""The prompt id under which ComfyUI knows one attempt at a job."""

import uuid

from greenroom.domain.ids import JobId

_NAMESPACE = uuid.UUID("6b1f0f5e-6a0c-5c53-9d0e-0a5c2f5a9e11")


def prompt_id(job_id: JobId, attempt: int) -> str:
    """A canonical UUID, the same for the same attempt in every process.

    ComfyUI keys its queue and history by it, so a retry never meets an older run, and a restarted
    server finds its runs again.
    """
    return str(uuid.uuid5(_NAMESPACE, f"{job_id}/{attempt}"))


def again_id(prompt: str) -> str:
    """The prompt id of the run that fetches what the run `prompt` left out."""
    return str(uuid.uuid5(_NAMESPACE, f"{prompt}/again"))
