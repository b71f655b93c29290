"""1,000 agents and 100,000 no-op tests in one process, over the real protocol code."""
import json

from .core import Failure, Table, calibrate, run

AGENTS, TESTS = 1_000, 100_000


def measure(peers, count_of_rounds):
    rate = Table(f"{AGENTS} agents, {TESTS} no-op tests in one process", "tests/s", count_of_rounds, 15_000, False)
    memory = Table(f"{AGENTS} agents, {TESTS} no-op tests in one process, memory", "MB", count_of_rounds, 400)
    for _ in range(count_of_rounds):
        calibration = calibrate()
        output, peak = [], peers.folder / "peak"
        command = [peers.own, "scale", "--agents", AGENTS, "--tests", TESTS]
        run(["/usr/bin/time", "-f", "%M", "-o", peak, *command], peers.folder, peers.environment, output=output)
        figures = json.loads(output[-1])
        if figures["passed"] != TESTS:
            raise Failure(f"{figures['passed']} of {TESTS} tests passed")
        for table, figure in [(rate, figures["testsPerSecond"]), (memory, int(peak.read_text()) / 1024)]:
            table.calibrations.append(calibration)
            table.add("fleet", figure)
    yield from (rate, memory)
