#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#include <sys/syscall.h>
#endif

// What travels back over the error pipe.
struct report {
    int stage;  // FLEET_STAGE_NONE: `value` is the process id of the real child
    int value;  // else errno
};

static void send_report(int pipe, int stage, int value) {
    struct report report = {stage, value};
    ssize_t count;
    do {
        count = write(pipe, &report, sizeof report);
    } while (count < 0 && errno == EINTR);
}

static void fail(int pipe, int stage) {
    send_report(pipe, stage, errno);
    _exit(127);
}

static pid_t clone_process(unsigned long flags) {
#ifdef __linux__
    // The C library's fork cannot take flags; without a stack of its own the child goes on in a copy of ours.
    return (pid_t)syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, NULL);
#else
    (void)flags;
    return fork();
#endif
}

static void reset_signals(void) {
#ifdef __linux__
    // Past the C library, which hides two signals that some launchers leave ignored. All zero is SIG_DFL.
    unsigned long action[8] = {0};
    for (int number = 1; number <= 64; number++) {
        syscall(SYS_rt_sigaction, number, action, NULL, 8);
    }
#else
    struct sigaction action = {0};
    action.sa_handler = SIG_DFL;
    for (int number = 1; number < NSIG; number++) {
        sigaction(number, &action, NULL);
    }
#endif
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void close_from(int first) {
#if defined(__linux__) && defined(SYS_close_range)
    if (syscall(SYS_close_range, (unsigned)first, ~0U, 0) == 0) {
        return;
    }
#endif
    struct rlimit limit;
    int last = getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < 65536 ? (int)limit.rlim_cur : 65536;
    for (int fd = first; fd < last; fd++) {
        close(fd);
    }
}

// Makes the table exactly what was asked for. The error pipe moves; `error_pipe` always holds where it is now.
static int arrange_descriptors(const struct fleet_spawn_request *request, int *error_pipe) {
    int count = request->descriptor_count;
    int highest = count > 0 ? request->descriptors[count - 1].child : 2;
    // First everything moves above the wanted numbers, so that no dup2 overwrites a source that is still needed.
    int sources[64];
    if (count > 64) {
        errno = EMFILE;
        return -1;
    }
    int moved_pipe = fcntl(*error_pipe, F_DUPFD_CLOEXEC, highest + 1);
    if (moved_pipe < 0) {
        return -1;
    }
    *error_pipe = moved_pipe;
    for (int i = 0; i < count; i++) {
        sources[i] = fcntl(request->descriptors[i].ours, F_DUPFD_CLOEXEC, highest + 1);
        if (sources[i] < 0) {
            return -1;
        }
    }
    int next = 0;
    for (int i = 0; i < count; i++) {
        for (; next < request->descriptors[i].child; next++) {
            close(next);
        }
        if (dup2(sources[i], next) < 0) {
            return -1;
        }
        next++;
    }
    // The pipe goes right above the table; everything after it is closed.
    if (moved_pipe != highest + 1) {
        if (dup2(moved_pipe, highest + 1) < 0 || fcntl(highest + 1, F_SETFD, FD_CLOEXEC) < 0) {
            return -1;
        }
    }
    *error_pipe = highest + 1;
    close_from(highest + 2);
    return 0;
}

static void die_with_parent(int error_pipe, int parent_pidfd, pid_t parent) {
#ifdef __linux__
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) {
        fail(error_pipe, FLEET_STAGE_DEATH_SIGNAL);
    }
    // The parent may have ended before the line above. In another PID namespace getppid says 0, so a pidfd is asked too.
    pid_t now = getppid();
    struct pollfd poller = {.fd = parent_pidfd, .events = POLLIN};
    if ((now != 0 && now != parent) || (parent_pidfd >= 0 && poll(&poller, 1, 0) > 0)) {
        _exit(127);
    }
#else
    (void)error_pipe, (void)parent_pidfd, (void)parent;
#endif
}

void fleet_child_main(const struct fleet_spawn_request *request, int error_pipe, int parent_pidfd, pid_t parent) {
    if (request->ends_with_parent) {
        die_with_parent(error_pipe, parent_pidfd, parent);
    }
    if (request->namespaces == FLEET_NAMESPACES_CREATE) {
        int stage = fleet_enter_new_namespaces(request);
        if (stage != FLEET_STAGE_NONE) {
            fail(error_pipe, stage);
        }
    }
    if (request->starts_session && setsid() < 0) {
        fail(error_pipe, FLEET_STAGE_SESSION);
    }
    if (request->niceness != 0) {
        // Being less nice than wished is no reason not to start.
        (void)setpriority(PRIO_PROCESS, 0, request->niceness);
    }
    if (request->directory != NULL && chdir(request->directory) < 0) {
        fail(error_pipe, FLEET_STAGE_DIRECTORY);
    }
    if (arrange_descriptors(request, &error_pipe) < 0) {
        fail(error_pipe, FLEET_STAGE_DESCRIPTORS);
    }
    reset_signals();
    execve(request->executable, request->arguments, request->environment);
    fail(error_pipe, FLEET_STAGE_EXEC);
}

#ifdef __linux__
// Joins the namespaces and puts the real child into them, as a child of our parent: it is waited for directly.
static void join_and_clone(const struct fleet_spawn_request *request, int error_pipe, int parent_pidfd, pid_t parent) {
    int flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC;
    if (request->join_user) {
        flags |= CLONE_NEWUSER;
    }
    if (setns(request->join_pidfd, flags) < 0) {
        fail(error_pipe, FLEET_STAGE_JOIN);
    }
    pid_t pid = clone_process(CLONE_PARENT);
    if (pid < 0) {
        fail(error_pipe, FLEET_STAGE_FORK);
    }
    if (pid == 0) {
        fleet_child_main(request, error_pipe, parent_pidfd, parent);
    }
    send_report(error_pipe, FLEET_STAGE_NONE, pid);
    _exit(0);
}
#endif

static void collect(pid_t pid) {
    int status;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
}

// Reads reports until every copy of the pipe's other end is closed by exec or exit.
static void read_reports(int pipe, struct fleet_spawn_result *result) {
    struct report report;
    for (;;) {
        ssize_t count = read(pipe, &report, sizeof report);
        if (count < 0 && errno == EINTR) {
            continue;
        }
        if (count != (ssize_t)sizeof report) {
            return;
        }
        if (report.stage == FLEET_STAGE_NONE) {
            result->pid = report.value;
        } else {
            result->stage = report.stage;
            result->error = report.value;
        }
    }
}

// Makes the child, which never returns from here; -1 in the parent when the system refuses.
static pid_t start_child(
    const struct fleet_spawn_request *request, int error_pipe, int parent_pidfd, pid_t parent) {
#ifdef __linux__
    if (request->namespaces == FLEET_NAMESPACES_INHERIT) {
        // We wait, and it borrows our memory until its exec: a copy of our page tables would cost more than all else.
        pid_t pid = vfork();
        if (pid == 0) {
            fleet_child_main(request, error_pipe, parent_pidfd, parent);
        }
        return pid;
    }
#endif
    pid_t pid = clone_process(fleet_namespace_flags(request));
    if (pid == 0) {
#ifdef __linux__
        if (request->namespaces == FLEET_NAMESPACES_JOIN) {
            join_and_clone(request, error_pipe, parent_pidfd, parent);
        }
#endif
        fleet_child_main(request, error_pipe, parent_pidfd, parent);
    }
    return pid;
}

void fleet_spawn(const struct fleet_spawn_request *request, struct fleet_spawn_result *result) {
    *result = (struct fleet_spawn_result){.pid = -1, .pidfd = -1};
    int pipes[2];
    if (fleet_pipe(pipes) < 0) {
        result->stage = FLEET_STAGE_PIPE;
        result->error = errno;
        return;
    }
    int parent_pidfd = request->ends_with_parent ? fleet_pidfd_open(getpid()) : -1;
    pid_t parent = getpid();
    // No handler of ours may run in the child before it has reset them.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pid_t pid = start_child(request, pipes[1], parent_pidfd, parent);
    int fork_error = errno;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    close(pipes[1]);
    if (parent_pidfd >= 0) {
        close(parent_pidfd);
    }
    if (pid < 0) {
        close(pipes[0]);
        result->stage = FLEET_STAGE_FORK;
        result->error = fork_error;
        return;
    }
    int joins = request->namespaces == FLEET_NAMESPACES_JOIN;
    if (!joins) {
        result->pid = pid;
    }
    read_reports(pipes[0], result);
    close(pipes[0]);
    if (joins) {
        collect(pid);
        if (result->pid < 0 && result->stage == FLEET_STAGE_NONE) {
            result->stage = FLEET_STAGE_JOIN;
            result->error = ECHILD;
        }
    }
    if (result->stage != FLEET_STAGE_NONE) {
        if (result->pid > 0) {
            collect(result->pid);
        }
        result->pid = -1;
        return;
    }
    result->pidfd = fleet_pidfd_open(result->pid);
#ifdef __linux__
    if (result->pidfd < 0) {
        result->stage = FLEET_STAGE_PIDFD;
        result->error = errno;
        kill(result->pid, SIGKILL);
        collect(result->pid);
        result->pid = -1;
    }
#endif
}
