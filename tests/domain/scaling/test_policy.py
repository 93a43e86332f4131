from dataclasses import replace

import pytest

from greenroom.domain.clock import Millis
from greenroom.domain.errors import AppError
from greenroom.domain.ids import WorkerId
from greenroom.domain.scaling.decision import Act, Reason
from greenroom.domain.scaling.instance import InstanceView, Phase
from greenroom.domain.scaling.memory import Memory
from greenroom.domain.scaling.policy import decide
from greenroom.domain.scaling.rule import NOTHING, Rule
from greenroom.domain.scaling.situation import Failures, Pace, Situation

START = 1_000_000
RULE = Rule(min_instances=0, max_instances=4, queue_size=1, keep_warm_ms=60_000)
READY, STARTING, DRAINING = Phase.READY, Phase.STARTING, Phase.DRAINING


def instance(name, phase=READY, since=0, *, busy=False):
    return InstanceView(WorkerId(name), phase, Millis(START + since), busy=busy)


def busy(*names):
    return tuple(instance(name, busy=True) for name in names)


def situation(at=0, rule=RULE, waiting=0, instances=(), **more):
    return Situation(Millis(START + at), rule, waiting, tuple(instances), **more)


def first(*arguments, memory=None, **more):
    """The decision that is taken now."""
    return decide(situation(*arguments, **more), memory or Memory())[0]


def later(*situations):
    """The decision on the last, after the others were decided on in turn."""
    memory = Memory()
    for one in situations:
        decision, memory = decide(one, memory)
    return decision


def acts(decision):
    return [(move.act, move.instance) for move in decision.moves]


def test_with_nothing_to_do_nothing_is_started():
    decision = first()
    assert (decision.desired, decision.moves) == (0, ())
    assert decision.reason is Reason.STEADY


def test_min_instances_are_there_without_a_job():
    decision = first(rule=replace(RULE, min_instances=2))
    assert acts(decision) == [(Act.START, None)] * 2
    assert decision.reason is Reason.MINIMUM


def test_the_first_job_starts_the_first_instance_at_once():
    decision = first(waiting=1)
    assert acts(decision) == [(Act.START, None)]
    assert decision.reason is Reason.QUEUE


def test_an_instance_that_starts_already_is_not_started_twice():
    assert first(waiting=1, instances=[instance("a", STARTING)]).moves == ()


@pytest.mark.parametrize(
    ("queue_size", "waiting", "wanted"),
    [(0, 3, 3), (1, 1, 1), (1, 2, 2), (1, 7, 4), (3, 3, 1), (3, 4, 2), (3, 7, 2), (3, 8, 3)],
)
def test_queue_size_says_how_many_may_wait_for_each_instance(queue_size, waiting, wanted):
    """Each instance takes one of those that wait at once; the rest waits for them all."""
    rule = replace(RULE, queue_size=queue_size)
    assert first(rule=rule, waiting=waiting).desired == wanted


def test_no_more_than_max_instances_are_started():
    decision = first(waiting=500)
    assert decision.desired == 4
    assert len(decision.moves) == 4


def test_a_job_that_waits_for_a_moment_starts_nothing_while_instances_run():
    waits = situation(waiting=1, instances=busy("a"))
    assert later(waits).reason is Reason.PATIENCE
    assert later(waits, replace(waits, now=Millis(START + 1_999))).moves == ()
    patient = later(waits, replace(waits, now=Millis(START + 2_000)))
    assert acts(patient) == [(Act.START, None)]


def test_patience_begins_anew_when_the_queue_was_empty_between():
    waits = situation(waiting=1, instances=busy("a"))
    empty = situation(1_000, instances=busy("a"))
    assert later(waits, empty, replace(waits, now=Millis(START + 2_500))).moves == ()


def test_an_instance_without_work_is_let_go_when_its_keep_warm_time_is_over():
    works = situation(instances=busy("a"))
    idles = situation(1_000, instances=[instance("a", since=1_000)])
    kept = later(works, idles, replace(idles, now=Millis(START + 60_999)))
    assert kept.moves == ()
    assert kept.reason is Reason.WARM
    gone = later(works, idles, replace(idles, now=Millis(START + 61_000)))
    assert acts(gone) == [(Act.DRAIN, "a")]
    assert gone.reason is Reason.IDLE


def test_instances_that_take_turns_with_little_work_do_not_keep_one_another():
    names = ("a", "b", "c")
    memory, now = Memory(), 0
    there = list(names)
    for turn in range(60):
        now = turn * 5_000
        views = [instance(name, busy=name == there[turn % len(there)]) for name in there]
        decision, memory = decide(situation(now, instances=views), memory)
        there = [name for name in there if (Act.DRAIN, name) not in acts(decision)]
        if len(there) == 1:
            break
    assert len(there) == 1
    assert now <= 60_000 + 5_000


def test_the_one_without_work_for_longest_goes_first():
    rule = replace(RULE, keep_warm_ms=0)
    there = [instance("a", since=-5), instance("b", since=-9), instance("c", busy=True)]
    works = situation(rule=rule, instances=busy("a", "b", "c"))
    assert acts(later(works, situation(1, rule, instances=there, waiting=1))) == [(Act.DRAIN, "b")]


def test_a_busy_instance_is_never_let_go_for_want_of_work():
    rule = replace(RULE, keep_warm_ms=0)
    assert later(*[situation(at, rule, instances=busy("a", "b")) for at in (0, 9_000)]).moves == ()


def test_min_instances_stay_however_long_nothing_comes():
    rule = replace(RULE, min_instances=1, keep_warm_ms=0)
    there = [instance("a"), instance("b", since=1)]
    assert acts(first(rule=rule, instances=there)) == [(Act.DRAIN, "a")]
    left = situation(10**9, rule, instances=[instance("b")])
    assert later(situation(rule=rule, instances=there), left).moves == ()


def test_what_is_there_when_a_server_begins_is_kept_warm():
    there = [instance("a", since=-900_000)]
    assert first(instances=there).moves == ()
    gone = later(situation(instances=there), situation(60_000, instances=there))
    assert acts(gone) == [(Act.DRAIN, "a")]


def test_one_that_drains_is_called_back_before_another_is_started():
    there = [instance("a", DRAINING, busy=True)]
    assert acts(first(waiting=2, instances=there)) == [(Act.RECALL, "a"), (Act.START, None)]


def test_fewer_max_instances_let_even_busy_ones_finish_and_go():
    rule = replace(RULE, max_instances=2)
    there = [*busy("a", "b"), instance("c"), instance("d", STARTING)]
    decision = first(rule=rule, waiting=9, instances=there)
    assert {one for _, one in acts(decision)} == {"c", "d"}
    assert decision.reason is Reason.MAXIMUM
    assert decision.desired == 2


def test_a_deployment_that_is_switched_off_lets_all_go():
    there = [*busy("a"), instance("b"), instance("c", STARTING)]
    decision = first(rule=NOTHING, waiting=3, instances=there)
    assert {one for _, one in acts(decision)} == {"a", "b", "c"}
    assert (decision.desired, decision.reason) == (0, Reason.OFF)
    assert first(rule=NOTHING, waiting=3).moves == ()


def test_room_for_fewer_starts_fewer_and_says_so():
    decision = first(waiting=9, room=1)
    assert len(decision.moves) == 1
    assert (decision.desired, decision.reason) == (4, Reason.NO_ROOM)


def test_while_others_wait_for_its_place_an_instance_without_work_goes_at_once():
    decision = first(instances=[*busy("a"), instance("b")], pressed=True)
    assert acts(decision) == [(Act.DRAIN, "b")]
    assert decision.reason is Reason.PRESSED


def test_after_failed_starts_the_next_comes_after_longer_and_longer_pauses():
    assert Failures().again_at(Pace()) == 0
    for count, pause in ((1, 5_000), (2, 10_000), (3, 20_000), (50, 300_000)):
        failures = Failures(count, Millis(START))
        early = first(pause - 1, waiting=1, failures=failures)
        assert (early.moves, early.reason) == ((), Reason.FAILING)
        assert first(pause, waiting=1, failures=failures).moves


def test_one_that_does_not_answer_in_time_is_given_up_and_replaced():
    there = [instance("a", STARTING, since=-900_000)]
    decision = first(waiting=1, instances=there)
    assert acts(decision) == [(Act.GIVE_UP, "a"), (Act.START, None)]


def test_a_start_right_after_an_end_makes_the_next_instances_stay_longer():
    """Kept warm for 60 s, 20 s to start; load comes back 70 s after it went."""
    more = {"start_ms": 20_000}
    works = situation(instances=busy("a"), **more)
    idle = situation(1_000, instances=[instance("a")], **more)
    over = situation(61_000, instances=[instance("a")], **more)
    again = situation(71_000, waiting=1, **more)
    assert [move.reason for move in later(works, idle, over, again).moves] == [Reason.REBOUND]
    idle_again = [instance("b")]
    second = (
        situation(92_000, instances=busy("b"), **more),
        situation(93_000, instances=idle_again, **more),
    )
    longer = later(works, idle, over, again, *second, situation(172_000, instances=idle_again))
    assert (longer.moves, longer.reason) == ((), Reason.STEADIED)
    last = situation(173_000, instances=idle_again, **more)
    assert acts(later(works, idle, over, again, *second, last)) == [(Act.DRAIN, "b")]


@pytest.mark.parametrize(
    "rule",
    [
        Rule(min_instances=-1), Rule(min_instances=31, max_instances=40), Rule(max_instances=0),
        Rule(max_instances=61), Rule(min_instances=3, max_instances=2), Rule(queue_size=-1),
        Rule(keep_warm_ms=-1_000),
    ],
)  # fmt: skip
def test_a_rule_that_cannot_be_is_refused(rule):
    with pytest.raises(AppError):
        rule.check()
