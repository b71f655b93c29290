"""100 agents over a real sshd while only one test runs: what holding them costs the coordinator."""
import json
import os
import subprocess
import time

from .core import Failure, Table, calibrate
from .server import server

AGENTS, SECONDS = 100, 20


def ticks(pid):
    """Processor seconds and resident megabytes of a process."""
    with open(f"/proc/{pid}/stat") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    with open(f"/proc/{pid}/statm") as file:
        pages = int(file.read().split()[1])
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK"), pages * os.sysconf("SC_PAGESIZE") / 1e6


def measure(peers, count_of_rounds):
    folder = peers.folder
    share = Table(f"{AGENTS} idle agents over sshd", "% of a core", count_of_rounds, goal=2)
    memory = Table(f"{AGENTS} idle agents over sshd, memory of the coordinator", "MB", count_of_rounds, goal=120)
    with server(folder) as there:
        lines = []
        for number in range(1, AGENTS + 1):
            line = there.line(slots=1, workdir=folder / f"work{number}")
            lines.append(line.replace("@127.0.0.1:", f"@127.0.0.{number}:"))
        (folder / "hosts.txt").write_text("".join(lines))
        (folder / "wait.yaml").write_text(
            f"tests:\n  - {{id: bench/wait, command: [sleep, '{SECONDS + 300}'], estimate: 1, timeout: {SECONDS + 400}}}\n")
        for _ in range(count_of_rounds):
            calibration = calibrate()
            taken, resident = one_round(peers)
            for table, figure in [(share, taken), (memory, resident)]:
                table.calibrations.append(calibration)
                table.add("fleet", figure)
    yield from (share, memory)


def one_round(peers):
    """Waits until all agents are ready, then watches the coordinator for a while, then interrupts it."""
    command = [str(word) for word in peers.fleet(peers.folder / "hosts.txt", peers.folder / "wait.yaml")]
    with open(peers.folder / "errors", "wb") as errors:
        process = subprocess.Popen(
            command, cwd=peers.folder, env=peers.environment, stdout=subprocess.PIPE, stderr=errors)
    try:
        ready = set()
        for line in process.stdout:
            entry = json.loads(line)
            if entry.get("event") == "host" and entry.get("state") == "ready":
                ready.add(entry["host"])
            if len(ready) == AGENTS:
                break
        else:
            raise Failure(f"only {len(ready)} of {AGENTS} agents came: {(peers.folder / 'errors').read_text()[-2000:]}")
        before, _ = ticks(process.pid)
        begin = time.monotonic()
        # The figure is of a span of time, so this is not a wait for something.
        time.sleep(SECONDS)
        after, resident = ticks(process.pid)
        return (after - before) / (time.monotonic() - begin) * 100, resident
    finally:
        process.terminate()
        process.communicate(timeout=120)
