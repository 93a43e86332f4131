"""Checks what the database and the folders tell of jobs that lived through chaos."""

import json
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from greenroom.domain.job import TERMINAL_STATES, JobEvent, JobState, transition


@dataclass
class History:
    """What one job's records say."""

    state: str
    events: list[str]
    outcomes: list[str | None]
    outputs: dict


def read(data: Path) -> dict[str, History]:
    """Every job of a server that has ended, by id."""
    with sqlite3.connect(data / "greenroom.db") as db:
        found = {
            job: History(state, [], [], json.loads(outputs or "{}"))
            for job, state, outputs in db.execute(
                "SELECT id, state, outputs FROM jobs LEFT JOIN job_results ON job_id = id"
            )
        }
        for job, event in db.execute(
            "SELECT job_id, event FROM events WHERE job_id <> '' ORDER BY id"
        ):
            found[job].events.append(event)
        for job, outcome in db.execute("SELECT job_id, outcome FROM attempts ORDER BY number"):
            found[job].outcomes.append(outcome)
    db.close()
    return found


def complaints(history: History) -> list[str]:
    """What is wrong with the records of a job that should have succeeded."""
    found = []
    if history.state != JobState.SUCCEEDED:
        found.append(f"it is {history.state}: {history.events}")
    state = None
    for event in history.events:
        if state in TERMINAL_STATES:
            found.append(f"{event} after it was {state}")
            break
        state = transition(state, JobEvent(event))
    if state != history.state:
        found.append(f"its events lead to {state}, it is {history.state}")
    if history.outcomes.count(JobEvent.SUCCEED) != 1 or None in history.outcomes:
        found.append(f"its attempts ended as {history.outcomes}")
    return found


def files(history: History, data: Path) -> list[bytes]:
    """The bytes of every file that the job shows as its output."""
    items = [item for node in history.outputs.values() for item in node.get("images", [])]
    return [
        (data / item["type"] / item["subfolder"] / item["filename"]).read_bytes() for item in items
    ]
