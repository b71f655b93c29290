#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

int fleet_pidfd_open(pid_t pid) {
#ifdef __linux__
    return (int)syscall(SYS_pidfd_open, pid, 0);
#else
    (void)pid;
    errno = ENOSYS;
    return -1;
#endif
}

int fleet_pidfd_send_signal(int pidfd, int signal) {
#ifdef __linux__
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, NULL, 0);
#else
    (void)pidfd, (void)signal;
    errno = ENOSYS;
    return -1;
#endif
}

static int reap(idtype_t type, id_t id, int *kind, int *code) {
    siginfo_t info = {0};
    int result;
    do {
        result = waitid(type, id, &info, WEXITED | WNOHANG);
    } while (result < 0 && errno == EINTR);
    if (result < 0) {
        return -1;
    }
    if (info.si_pid == 0) {
        return 0;
    }
    *kind = info.si_code == CLD_EXITED ? 0 : 1;
    *code = info.si_status;
    return 1;
}

int fleet_reap_pidfd(int pidfd, int *kind, int *code) {
#ifdef __linux__
    return reap((idtype_t)3 /* P_PIDFD */, (id_t)pidfd, kind, code);
#else
    (void)pidfd, (void)kind, (void)code;
    errno = ENOSYS;
    return -1;
#endif
}

int fleet_reap_pid(pid_t pid, int *kind, int *code) { return reap(P_PID, (id_t)pid, kind, code); }

int fleet_has_children(void) {
    siginfo_t info = {0};
    int result;
    do {
        // Only looks: the status stays with whoever waits for the child.
        result = waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
    } while (result < 0 && errno == EINTR);
    return result == 0 || errno != ECHILD;
}

int fleet_become_subreaper(void) {
#ifdef __linux__
    return prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
#else
    errno = ENOSYS;
    return -1;
#endif
}

int fleet_may_create_namespaces(void) {
#ifdef __linux__
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    struct __user_cap_data_struct data[2] = {{0}};
    if (syscall(SYS_capget, &header, data) < 0) {
        return 0;
    }
    return (data[CAP_SYS_ADMIN / 32].effective & (1U << (CAP_SYS_ADMIN % 32))) != 0;
#else
    return 0;
#endif
}

void fleet_stop_ignoring_children(void) {
    struct sigaction action;
    if (sigaction(SIGCHLD, NULL, &action) == 0 && action.sa_handler == SIG_IGN) {
        action = (struct sigaction){0};
        action.sa_handler = SIG_DFL;
        sigaction(SIGCHLD, &action, NULL);
    }
}

void fleet_block_signals_of_thread(void) {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, NULL);
}

int fleet_set_nonblocking(int fd) {
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) {
        return -1;
    }
    return fcntl(fd, F_SETFD, FD_CLOEXEC);
}

int fleet_pipe(int ends[2]) {
#ifdef __linux__
    return pipe2(ends, O_CLOEXEC);
#else
    if (pipe(ends) < 0) {
        return -1;
    }
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    return 0;
#endif
}

int fleet_open(const char *path, int flags, mode_t mode) { return open(path, flags | O_CLOEXEC, mode); }

int fleet_openat(int directory, const char *path, int flags, mode_t mode) {
    return openat(directory, path, flags | O_CLOEXEC, mode);
}

#ifdef __linux__
// A pidfd, and the question whether it is our child, keep the signal from another process of the same number.
static int kill_child(pid_t pid) {
    int pidfd = fleet_pidfd_open(pid);
    if (pidfd < 0) return 0;
    siginfo_t info = {0};
    int sent = 0;
    if (waitid((idtype_t)3 /* P_PIDFD */, (id_t)pidfd, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == 0) {
        sent = fleet_pidfd_send_signal(pidfd, SIGKILL) == 0;
    }
    close(pidfd);
    return sent;
}
#endif

int fleet_kill_orphans(int rounds) {
#ifdef __linux__
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/children", (int)getpid());
    int fd = fleet_open(path, O_RDONLY, 0);
    if (fd < 0) return 0;
    int sent = 0;
    for (int round = 0; round < rounds; round++) {
        char text[8192];
        ssize_t length = pread(fd, text, sizeof text - 1, 0);
        if (length <= 0) continue;
        text[length] = 0;
        for (char *at = text; *at != 0;) {
            char *end;
            long pid = strtol(at, &end, 10);
            if (end == at) break;
            // A number that the end of the buffer has cut is left for the next round.
            if (pid > 0 && (*end != 0 || length < (ssize_t)sizeof text - 1)) sent += kill_child((pid_t)pid);
            at = *end == ' ' ? end + 1 : end;
        }
    }
    close(fd);
    return sent;
#else
    (void)rounds;
    return 0;
#endif
}
