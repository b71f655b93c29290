"""Rounds, tables, and the time that everything is measured against."""
import ctypes
import os
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass, field

LIMIT = 600


class Failure(Exception):
    """A benchmark that cannot say anything."""


def calibrate():
    """Seconds of a fixed loop: what this machine, as busy as it is, makes of the same work."""
    begin = time.monotonic()
    total = 0
    for number in range(3_000_000):
        total += number & 7
    assert total == 10_500_000
    return time.monotonic() - begin


def become_subreaper():
    """Makes us the parent of detached agents, so that their processor time is counted when they end."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)


def processor_seconds():
    """Processor time of all children that have ended; what was detached has ended, too, when the last is reaped."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.01)
        except ChildProcessError:
            break
    else:
        raise Failure("something of the last contender still runs after 30 s")
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run(command, cwd, environment, mark=None, output=None):
    """Runs a command to its end; returns seconds to the first line of output with the mark, and to the end."""
    errors_path = cwd / "errors"
    with open(errors_path, "wb") as errors:
        begin = time.monotonic()
        process = subprocess.Popen(
            [str(word) for word in command], cwd=cwd, env=environment, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=errors)
        first = None
        for line in process.stdout:
            if output is not None:
                output.append(line)
            if mark is not None and first is None and mark in line:
                first = time.monotonic() - begin
        status = process.wait(LIMIT)
        end = time.monotonic() - begin
    if status != 0 or (mark is not None and first is None):
        words = errors_path.read_text(errors="replace")[-2000:]
        raise Failure(f"{' '.join(map(str, command[:6]))} … ended with status {status}\n{words}")
    return first, end


@dataclass
class Table:
    """One table: a figure of every contender, ours first."""

    title: str
    unit: str
    rounds: int
    goal: float | None = None
    # Whether the figure must be at most the goal, or at least.
    at_most: bool = True
    figures: dict = field(default_factory=dict)
    calibrations: list = field(default_factory=list)
    notes: list = field(default_factory=list)

    def add(self, name, figure):
        self.figures.setdefault(name, []).append(figure)

    def median(self, name):
        return statistics.median(self.figures[name])

    @property
    def ours(self):
        return next(iter(self.figures))

    @property
    def holds(self):
        if self.goal is None:
            return None
        figure = self.median(self.ours)
        return figure <= self.goal if self.at_most else figure >= self.goal


def rounds(table, contenders):
    """Runs every contender in every round; a contender is a name and a function that returns its figure."""
    for _ in range(table.rounds):
        for name, contend in contenders:
            table.calibrations.append(calibrate())
            table.add(name, contend())
    return table


def show(table):
    low, high = min(table.calibrations), max(table.calibrations)
    print(f"\n{table.title} ({table.unit}; median of {table.rounds})")
    print(f"  calibration loop {statistics.median(table.calibrations):.3f} s (from {low:.3f} to {high:.3f})")
    ours = table.median(table.ours)
    for name in table.figures:
        figure = table.median(name)
        ratio = f"{ours / figure:8.2f}" if figure else "       –"
        print(f"  {name:34} {figure:14.4g}   {table.ours} / it {ratio}")
    if table.goal is not None:
        word = "at most" if table.at_most else "at least"
        print(f"  goal: {word} {table.goal:g}: {'holds' if table.holds else 'MISSED'}")
    for note in table.notes:
        print(f"  {note}")
    sys.stdout.flush()
