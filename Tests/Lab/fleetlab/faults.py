"""What can be done to a host: our processes killed or stopped, its files gone."""

import os
import shutil
import signal
import time

from . import kernel, members
from .layout import USER, LabError

KINDS = ["agent", "guardian", "worker", "keeper", "connect", "all"]
NAMES = {"session": "agent"}


def inside(lab, host, body):
    """Runs `body` as root in the host; answers its exit status."""
    return kernel.run_joined(members.member(lab, host), members.HOST_NAMESPACES, body)


def fleet_processes():
    """Our processes in this PID namespace as (pid, kind), oldest first; their second word says what they are."""
    found = [(pid, members.arguments(pid)) for pid in sorted(members.processes())]
    return [(pid, NAMES.get(words[1], words[1])) for pid, words in found
            if len(words) > 1 and os.path.basename(words[0]) == "agent"]


def kill(lab, host, kind, wait):
    """Kills with SIGKILL the one process of that kind; of workers one that is busy, of `all` all."""

    def act():
        until = time.monotonic() + wait
        while not (chosen := choose(kind)) and time.monotonic() < until:
            time.sleep(0.05)
        for pid, what in chosen:
            try:
                os.kill(pid, signal.SIGKILL)
                print(f"{host}: killed {what} {pid}")
            except ProcessLookupError:
                # One that died with its parent a moment ago is as dead as it should be.
                print(f"{host}: {what} {pid} was gone already")
        return 0 if chosen else 1

    if inside(lab, host, act) != 0:
        raise LabError(f"there is no {kind} on {host}")


def choose(kind):
    processes = fleet_processes()
    if kind == "all":
        return processes
    wanted = [entry for entry in processes if entry[1] == kind]
    if kind == "worker":
        busy = {members.parent(pid) for pid in members.processes()}
        wanted.sort(key=lambda entry: entry[0] not in busy)
    return wanted[:1]


def signal_agent(lab, host, number):
    """SIGSTOP or SIGCONT for the agent itself, not for what it started."""

    def act():
        agents = [pid for pid, kind in fleet_processes() if kind == "agent"]
        for pid in agents:
            os.kill(pid, number)
            print(f"{host}: {signal.Signals(number).name} to agent {pid}")
        return 0 if agents else 1

    if inside(lab, host, act) != 0:
        raise LabError(f"there is no agent on {host}")


def wipe(lab, host):
    """Empties the user's home and /tmp, as a new machine of the same name would have them."""

    def act():
        for directory in (f"/home/{USER}", "/tmp"):
            for entry in os.scandir(directory):
                shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else os.unlink(entry.path)

    if inside(lab, host, act) != 0:
        raise LabError(f"cannot empty the directories of {host}")


def count(lab, host):
    """How many of our processes run on the host, by kind, as one line."""

    def act():
        kinds = [kind for _, kind in fleet_processes()]
        print(" ".join(f"{kind}={kinds.count(kind)}" for kind in sorted(set(kinds))) or "idle")

    inside(lab, host, act)
