"""The system calls that Python 3.11 does not offer: namespaces and mounts, and joining those of a process."""

import ctypes
import os
import sys

NEWNS, NEWUTS, NEWIPC = 0x00020000, 0x04000000, 0x08000000
NEWPID, NEWNET = 0x20000000, 0x40000000

MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC = 1, 2, 4, 8
MS_REC, MS_PRIVATE = 0x4000, 0x40000
MNT_DETACH = 2

libc = ctypes.CDLL(None, use_errno=True)


def check(result, what):
    """Turns the -1 of a system call into an OSError that names what was tried."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")
    return result


def unshare(flags):
    check(libc.unshare(ctypes.c_int(flags)), "unshare")


def setns(descriptor, flags):
    check(libc.setns(ctypes.c_int(descriptor), ctypes.c_int(flags)), "setns")


def mount(source, target, kind=None, flags=0, options=None):
    encode = lambda text: None if text is None else os.fsencode(text)
    result = libc.mount(
        encode(source), encode(target), encode(kind), ctypes.c_ulong(flags), encode(options))
    check(result, f"mount {kind or source} on {target}")


def make_mounts_private():
    mount("none", "/", None, MS_REC | MS_PRIVATE)


def pivot_root(directory):
    """Makes the directory the root of this mount namespace; the old root is let go."""
    os.chdir(directory)
    check(libc.pivot_root(b".", b"."), "pivot_root")
    check(libc.umount2(b".", ctypes.c_int(MNT_DETACH)), "umount of the old root")
    os.chdir("/")


def join(pid, flags):
    """Moves the calling process into the namespaces of another; a PID namespace counts from the next fork on."""
    descriptor = os.pidfd_open(pid)
    try:
        setns(descriptor, flags)
    finally:
        os.close(descriptor)


def exit_status(wait_status):
    """The status that a shell would show."""
    code = os.waitstatus_to_exitcode(wait_status)
    return code if code >= 0 else 128 - code


def fork_into(body):
    """Runs `body` in a child that never returns into the caller's code; answers the child's pid."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 70
    try:
        status = body() or 0
    except BaseException as error:  # the child must end here, whatever it was
        print(f"lab: {error}", file=sys.stderr)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def wait_for(pid):
    return exit_status(os.waitpid(pid, 0)[1])


def run_joined(pid, flags, body):
    """Runs `body` in a process that lives wholly in the namespaces of `pid`; answers its exit status."""

    def enter():
        join(pid, flags)
        return wait_for(fork_into(body))

    return wait_for(fork_into(enter))
