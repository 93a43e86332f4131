"""The arcs of an event as SQL: where it may happen, and what follows from where it leads."""

from collections.abc import Callable
from typing import cast

from sqlalchemy import and_, bindparam, case, true
from sqlalchemy.sql.elements import ColumnElement

from greenroom.domain.job import Arc, JobEvent, JobState, Proof, arcs
from greenroom.store.columns import INSTANT, NAME, Expression, word, words
from greenroom.store.tables import jobs


def target(event: JobEvent) -> ColumnElement[str]:
    """The state that the event leads to from the row's own."""
    to = [(jobs.c.state == word(source(arc)), word(arc.target)) for arc in arcs(event)]
    return case(*to)


def by_target(
    event: JobEvent,
    wanted: Callable[[JobState], bool],
    then: Expression,
    other: Expression,
) -> Expression:
    """`then` for rows whose target is wanted, `other` for the rest."""
    sources = [source(arc) for arc in arcs(event) if wanted(arc.target)]
    if not sources:
        return other
    if len(sources) == len(arcs(event)):
        return then
    return case((jobs.c.state.in_(words(sources)), then), else_=other)


def allowed(arc: Arc, *, with_token: bool) -> ColumnElement[bool]:
    """Whether the row is at the arc's source and the proof it asks for is shown.

    Binds `token` and `now`.
    """
    held = jobs.c.lease == bindparam("token", type_=NAME)
    expired = jobs.c.lease_until <= bindparam("now", type_=INSTANT)
    proofs = {
        Proof.NONE: true(),
        Proof.HELD: held,
        Proof.HELD_OR_EXPIRED: held if with_token else expired,
    }
    return and_(jobs.c.state == word(source(arc)), proofs[arc.proof])


def source(arc: Arc) -> JobState:
    """Where the arc of a job that exists begins."""
    return cast("JobState", arc.source)
