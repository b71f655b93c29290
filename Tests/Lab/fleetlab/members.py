"""The processes that hold a lab's namespaces.

They are found by their own argument list, so that nothing can point at a process that is not ours any more:
`python3 … member.py LAB-DIRECTORY NAME`. A host's member is process 1 of that host.
"""

import os
import select
import signal
import sys
import time

from . import kernel
from .layout import LabError

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)), "member.py")
PYTHON = [sys.executable, "-I", "-S", "-B"]
SWITCH, COORDINATOR = "switch", "coordinator"
HOST_NAMESPACES = kernel.NEWNS | kernel.NEWUTS | kernel.NEWIPC | kernel.NEWPID | kernel.NEWNET


def processes():
    return [int(entry) for entry in os.listdir("/proc") if entry.isdigit()]


def arguments(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return [os.fsdecode(part) for part in file.read().split(b"\0")[:-1]]
    except OSError:
        return []


def members(lab):
    """The living members by name."""
    found = {}
    for pid in processes():
        words = arguments(pid)
        if len(words) == 7 and words[4].endswith("/member.py") and words[5] == lab.directory:
            found[words[6]] = pid
    return found


def member(lab, name):
    pid = members(lab).get(name)
    if pid is None:
        raise LabError(f"“{name}” of the lab “{lab.name}” is not running")
    return pid


def start(lab, name, owner, report):
    """Starts a member in new namespaces; it says `ready` or what went wrong on the descriptor `report`."""
    flags = kernel.NEWNET if name in (SWITCH, COORDINATOR) else HOST_NAMESPACES

    def launch():
        os.setsid()
        kernel.unshare(flags)
        return kernel.fork_into(become_member) and 0

    def become_member():
        null = os.open("/dev/null", os.O_RDWR)
        log = os.open(lab.path(f"{name}.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for descriptor, target in ((null, 0), (log, 1), (log, 2)):
            os.dup2(descriptor, target)
        keep = [descriptor for descriptor in (report, owner) if descriptor is not None]
        for descriptor in keep:
            os.set_inheritable(descriptor, True)
        environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}
        environment["LAB_DESCRIPTORS"] = f"{report} {-1 if owner is None else owner}"
        words = PYTHON + [PROGRAM, lab.directory, name]
        os.execve(words[0], words, environment)

    if kernel.wait_for(kernel.fork_into(launch)) != 0:
        raise LabError(
            "namespaces cannot be made here (network, mount, PID, IPC, UTS; needs root and a kernel that allows it): "
            "there is no lab on this machine; `coordinator run --local 2` needs none", 3)


def end(pids, deadline=10.0):
    """Kills processes and waits until they are gone: only then are their namespaces and mounts released."""
    waiting = []
    for pid in pids:
        try:
            descriptor = os.pidfd_open(pid)
            waiting.append(descriptor)
            signal.pidfd_send_signal(descriptor, signal.SIGKILL)
        except ProcessLookupError:
            continue
    until = time.monotonic() + deadline
    for descriptor in waiting:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        if not poll.poll(max(0.0, until - time.monotonic()) * 1000):
            raise LabError(f"a process of the lab did not end within {deadline:.0f} s of SIGKILL")
        os.close(descriptor)


def strays(lab, holders):
    """Processes that `lab coordinator` started and that are still there; never ourselves or our ancestors."""
    spared, pid = set(), os.getpid()
    while pid > 1:
        spared.add(pid)
        pid = parent(pid)
    networks = {namespace(pid, "net") for pid in holders}
    variable = f"FLEET_LAB_DIRECTORY={lab.directory}"
    return [
        pid for pid in processes()
        if pid not in spared and pid not in holders
        and (namespace(pid, "net") in networks or variable in environment(pid))
    ]


def namespace(pid, kind):
    try:
        return os.readlink(f"/proc/{pid}/ns/{kind}")
    except OSError:
        return None


def environment(pid):
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:
            return [os.fsdecode(part) for part in file.read().split(b"\0")]
    except OSError:
        return []


def parent(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return int(file.read().rsplit(")", 1)[1].split()[1])
    except OSError:
        return 0
