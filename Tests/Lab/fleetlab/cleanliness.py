"""What a host has beyond what it had when the lab came up."""

import json
import os
import stat
import time

from . import kernel, members
from .layout import USER

ROOTS = ["/home", "/tmp", "/var/tmp", "/run", "/root", "/dev/shm", "/dev/mqueue"]
CACHE = f"/home/{USER}/.cache/provisioning-fleet"
ALLOWED = [f"{CACHE}/bundles", f"{CACHE}/packs"]
LISTENING = 0x10000


def write_baseline(lab, host):
    with open(lab.path(host, "baseline.json"), "w") as file:
        json.dump(snapshot(lab, host), file)


def snapshot(lab, host):
    """Everything that the check compares, by kind; looked at from inside the host."""
    reader, writer = os.pipe()

    def look():
        os.close(reader)
        found = {"process": list_processes(), "mount": list_mounts(), "interface": os.listdir("/sys/class/net"),
                 "socket": list_sockets(), "file": list_files()}
        with open(writer, "w") as file:
            json.dump(found, file)

    child = kernel.fork_into(
        lambda: kernel.run_joined(members.member(lab, host), members.HOST_NAMESPACES, look))
    os.close(writer)
    with open(reader) as file:
        text = file.read()
    if kernel.wait_for(child) != 0:
        raise OSError(f"cannot look into {host}")
    return json.loads(text)


def leftovers(lab, host):
    """One line for each thing that was not there at the beginning, or that is gone."""
    with open(lab.path(host, "baseline.json")) as file:
        before = json.load(file)
    now = snapshot(lab, host)
    lines = [f"{kind}: {thing}" for kind in now for thing in now[kind] if thing not in set(before[kind])]
    lost = [f"missing {kind}: {thing}" for kind in ("process", "mount", "interface")
            for thing in before[kind] if thing not in set(now[kind])]
    return sorted(lines) + sorted(lost)


def wait_until_clean(lab, host, seconds):
    """What is left over after at most so many seconds."""
    until = time.monotonic() + seconds
    while (found := leftovers(lab, host)) and time.monotonic() < until:
        time.sleep(0.1)
    return found


def list_processes():
    """All processes of the host and of PID namespaces in it, but process 1, its SSH server and that one's sessions."""
    server = read_number("/run/sshd.pid")
    ours, found = os.getpid(), []
    for pid in members.processes():
        if pid == ours or is_session(pid, server):
            continue
        state = read(f"/proc/{pid}/stat").rsplit(")", 1)
        if len(state) == 2:
            words = " ".join(members.arguments(pid)) or f"[{state[0].split('(', 1)[1]}]"
            zombie = " (zombie)" if state[1].split()[0] == "Z" else ""
            found.append("1 init" if pid == 1 else f"{pid} {words}{zombie}"[:300])
    return found + ([] if server is None else [f"{server} sshd"])


def is_session(pid, server):
    """Whether a process is the host's SSH server or one of its per-connection processes."""
    while pid > 1:
        if pid == server:
            return True
        if read(f"/proc/{pid}/comm").strip() != "sshd":
            return False
        pid = members.parent(pid)
    return False


def list_mounts():
    lines = [line.split() for line in read("/proc/1/mountinfo").splitlines()]
    return [f"{words[words.index('-') + 1]} on {words[4]}" for words in lines]


def list_sockets():
    """Listening TCP, bound UDP and listening UNIX sockets in the host's own network namespace."""
    found = []
    for protocol in ("tcp", "tcp6", "udp", "udp6"):
        for line in read(f"/proc/1/net/{protocol}").splitlines()[1:]:
            words = line.split()
            if words[3] == ("0A" if protocol.startswith("tcp") else "07"):
                found.append(f"{protocol} {words[1].split(':')[0]} port {int(words[1].split(':')[1], 16)}")
    for line in read("/proc/1/net/unix").splitlines()[1:]:
        words = line.split()
        if int(words[3], 16) & LISTENING and len(words) > 7:
            found.append(f"unix {words[7]}")
    return found


def list_files():
    """Files and directories below the places that an ordinary user can write to, without the bundle cache."""
    found = []
    for root in ROOTS:
        for directory, folders, files in os.walk(root):
            folders[:] = [name for name in folders if os.path.join(directory, name) not in ALLOWED]
            for name in folders + files:
                path = os.path.join(directory, name)
                if not any(allowed.startswith(path + "/") for allowed in ALLOWED):
                    found.append(path + kind_of(path))
    return found


def kind_of(path):
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return ""
    return "/" if stat.S_ISDIR(mode) else " (socket)" if stat.S_ISSOCK(mode) else ""


def read(path):
    try:
        with open(path, errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def read_number(path):
    text = read(path).strip()
    return int(text) if text.isdigit() else None
