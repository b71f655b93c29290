"""A member of a lab: holds its namespaces open, and for a host is its process 1. Started by members.py."""

import json
import os
import select
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from fleetlab import kernel, root  # noqa: E402


def main():
    directory, name = sys.argv[1:]
    report, owner = (int(word) for word in os.environ.pop("LAB_DESCRIPTORS").split())
    try:
        if name not in ("switch", "coordinator"):
            start_host(directory, name)
        answer = "ready"
    except (OSError, ValueError) as error:
        answer = str(error)
    os.write(report, f"{name} {answer}\n".encode())
    os.close(report)
    if answer == "ready":
        hold(owner)


def start_host(directory, name):
    with open(os.path.join(directory, name, "host.json")) as file:
        host = json.load(file)
    log = os.open(os.path.join(directory, f"{name}-sshd.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    root.enter(directory, host)
    if kernel.fork_into(lambda: start_sshd(log)) > 0:
        os.close(log)


def start_sshd(log):
    """The host's own server with default limits."""
    os.setsid()
    os.dup2(log, 2)
    signal.set_wakeup_fd(-1)
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    os.execve("/usr/sbin/sshd", ["/usr/sbin/sshd", "-D", "-e"], environment)


def hold(owner):
    """Reaps what is orphaned here, until the owner of the lab ends or somebody kills us."""
    reader, writer = os.pipe()
    for descriptor in (reader, writer):
        os.set_blocking(descriptor, False)
    signal.set_wakeup_fd(writer)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    poll = select.poll()
    poll.register(reader, select.POLLIN)
    if owner >= 0:
        poll.register(owner, select.POLLIN)
    while True:
        reap()
        if any(descriptor == owner for descriptor, _ in poll.poll()):
            return
        try:
            os.read(reader, 4096)
        except BlockingIOError:
            continue


def reap():
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


main()
