"""Runs every benchmark, prints a table, and writes the figures as JSON."""

import argparse
import asyncio
import json
from pathlib import Path

import uvloop
from rich.console import Console
from rich.table import Table
from tests.bench import scenarios
from tests.bench.figure import Figure


def _print(figures: list[Figure]) -> None:
    table = Table(title="Greenroom on this machine")
    for column in ("what", "measured", "wanted", ""):
        table.add_column(column, justify="right" if column in {"measured", "wanted"} else "left")
    for figure in figures:
        table.add_row(
            figure.what,
            f"{figure.value:,.1f} {figure.unit}",
            figure.wanted_text,
            "" if figure.wanted is None else ("ok" if figure.good else "missed"),
        )
    Console().print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path("bench-results.json"))
    parser.add_argument("--only", help="run only the scenarios whose name contains this")
    chosen = parser.parse_args()
    figures: list[Figure] = []
    for scenario in scenarios.ALL:
        if chosen.only and chosen.only not in scenario.__name__:
            continue
        figures += uvloop.run(scenario()) if asyncio.iscoroutinefunction(scenario) else scenario()
    _print(figures)
    chosen.output.write_text(json.dumps([figure.as_json() for figure in figures], indent=1))


if __name__ == "__main__":
    main()
