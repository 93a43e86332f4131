"""The page that explains scheduling says what the code does."""

from pathlib import Path

import pytest

from greenroom.domain.scheduling.fifo import FifoPool
from greenroom.domain.scheduling.limits import Limits
from greenroom.domain.scheduling.metrics import measure
from greenroom.domain.scheduling.pool import Pool
from greenroom.domain.scheduling.simulator import load_times, simulate
from greenroom.domain.scheduling.synthetic import TRACES
from greenroom.domain.scheduling.trace import read

PAGE = Path(__file__).parents[3] / "docs" / "explain" / "scheduling.md"
TEXT = " ".join(PAGE.read_text().split())


@pytest.mark.parametrize("name", ["mix", "backlog"])
def test_the_figures_in_the_table_are_those_of_the_simulator(name):
    trace = TRACES[name]()
    row = next(line for line in PAGE.read_text().splitlines() if line.startswith(f"| `{name}`"))
    cells = row.split("|")[2:4]
    for policy, cell in zip((FifoPool(), Pool(loads=load_times(trace))), cells, strict=True):
        figures = measure(simulate(trace, policy))
        assert f"{figures.jobs_per_hour:,.0f} jobs/h" in cell
        assert f"longest wait {figures.wait_max_s:,.0f} s" in cell


def test_the_limits_in_the_text_are_the_defaults():
    limits = Limits()
    assert limits.lane_wait_ms == 180_000
    assert "no job started for three minutes" in TEXT
    assert limits.group_wait_ms == 120_000
    assert "no job started for two minutes" in TEXT
    assert limits.turn_ms == 30_000
    assert "less than 30 seconds ago" in TEXT
    assert limits.share_ms == 60_000
    assert "less than a minute of GPU time" in TEXT


def test_the_line_of_a_trace_in_the_text_can_be_read():
    line = next(line for line in PAGE.read_text().splitlines() if line.startswith('{"at_ms"'))
    (job,) = read([line])
    assert list(job.models.values()) == [20_000]
