"""An agent that is stopped in the middle of a run: when it is noticed, and when its tests run elsewhere."""
import json
import os
import subprocess
import time
from datetime import datetime

from .core import Failure, Table, calibrate
from .peers import ROOT

LAB = ROOT / "Tests" / "Lab" / "lab"
TESTS = 60


def lab(*words):
    result = subprocess.run([LAB, *words], capture_output=True, text=True)
    if result.returncode != 0:
        raise Failure(f"lab {' '.join(words)}: {result.stdout}{result.stderr}")
    return result.stdout.strip()


def seconds(entry):
    return datetime.fromisoformat(entry["time"].replace("Z", "+00:00")).timestamp()


def measure(peers, count_of_rounds):
    noticed = Table("A stopped agent: noticed after", "s", count_of_rounds, goal=10)
    elsewhere = Table("A stopped agent: its tests run elsewhere after", "s", count_of_rounds, goal=16)
    for number in range(count_of_rounds):
        calibration = calibrate()
        name = f"bench-{os.getpid()}-{number}"
        hosts = lab("up", "--name", name, "--hosts", "2", "--owner", str(os.getpid()))
        try:
            figures = one_round(peers, name, hosts)
        finally:
            lab("down", "--name", name)
        for table, figure in zip((noticed, elsewhere), figures):
            table.calibrations.append(calibration)
            table.add("fleet", figure)
    yield from (noticed, elsewhere)


def one_round(peers, name, hosts):
    suite = peers.folder / "second.yaml"
    suite.write_text("tests:\n" + "".join(
        f"  - {{id: bench/n{n}, command: [sleep, '1'], estimate: 1}}\n" for n in range(TESTS)))
    command = [str(word) for word in peers.fleet(hosts, suite)]
    process = subprocess.Popen(
        [LAB, "coordinator", "--name", name, "--", *command], cwd=peers.folder, env=peers.environment | {
            "HOME": os.environ.get("HOME", "/root")}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    process_lines = (json.loads(line) for line in process.stdout)
    stopped = pause_one_that_runs(process_lines, name)
    noticed = lost = again = None
    for entry in process_lines:
        event, after = entry["event"], seconds(entry) - stopped
        if event == "host" and entry["state"] in ("suspect", "lost") and noticed is None:
            noticed = after
        if event == "host" and entry["state"] == "lost" and lost is None:
            lost = after
        if event == "started" and lost is not None and again is None:
            again = after
    if process.wait() != 0 or again is None:
        raise Failure(f"the run ended with status {process.returncode}; noticed {noticed}, lost {lost}, again {again}")
    return noticed, again


def pause_one_that_runs(entries, name):
    """Stops the agent of h1 while it runs tests; returns when that was."""
    running = set()
    for entry in entries:
        if ".11" not in entry.get("host", ""):
            continue
        if entry["event"] == "started":
            running.add(entry["attempt"])
        if entry["event"] == "result":
            running.discard(entry["result"]["attempt"])
        if len(running) == 2:
            when = time.time()
            lab("pause", "--name", name, "h1")
            return when
    raise Failure("h1 never ran two tests at once")
