// What has to run between fork and exec, and the system calls that the C library does not wrap.
//
// Everything that runs in a child before exec is async-signal-safe: no memory is allocated, no lock is taken.
#ifndef FLEET_CLINUX_H
#define FLEET_CLINUX_H

#include <sys/types.h>

// Where a spawn stopped. The numbers are mirrored by `SpawnError.Stage`.
enum fleet_stage {
    FLEET_STAGE_NONE = 0,
    FLEET_STAGE_PIPE = 1,
    FLEET_STAGE_FORK = 2,
    FLEET_STAGE_USER_NAMESPACE = 3,
    FLEET_STAGE_MOUNTS = 4,
    FLEET_STAGE_PROC = 5,
    FLEET_STAGE_TMPFS = 6,
    FLEET_STAGE_KEPT_PATH = 7,
    FLEET_STAGE_NETWORK = 8,
    FLEET_STAGE_HOSTNAME = 9,
    FLEET_STAGE_JOIN = 10,
    FLEET_STAGE_DEATH_SIGNAL = 11,
    FLEET_STAGE_SESSION = 12,
    FLEET_STAGE_DESCRIPTORS = 13,
    FLEET_STAGE_DIRECTORY = 14,
    FLEET_STAGE_EXEC = 15,
    FLEET_STAGE_PIDFD = 16,
};

// Which namespaces the child lives in.
enum fleet_namespaces { FLEET_NAMESPACES_INHERIT = 0, FLEET_NAMESPACES_CREATE = 1, FLEET_NAMESPACES_JOIN = 2 };

// One entry of the child's descriptor table.
struct fleet_descriptor {
    int child;
    int ours;
};

// What to start. Strings and arrays belong to the caller.
struct fleet_spawn_request {
    const char *executable;
    char *const *arguments;
    char *const *environment;
    const char *directory;                       // NULL: ours
    const struct fleet_descriptor *descriptors;  // ascending by `child`; anything else is closed
    int descriptor_count;
    int starts_session;
    int ends_with_parent;
    int niceness;

    int namespaces;           // enum fleet_namespaces
    int maps_user;            // create: a user namespace that maps `user` and `group` to themselves
    unsigned user;
    unsigned group;
    int private_tmp;          // create: an empty tmpfs on /tmp
    int private_run;          // create: an empty tmpfs on /run
    const char *hostname;     // create: NULL keeps it
    const char *const *kept_paths;  // create: directories that stay visible through the tmpfs
    int kept_path_count;            // at most FLEET_MAXIMUM_KEPT_PATHS
    int join_pidfd;           // join: a process of the namespaces
    int join_user;            // join: its user namespace is not ours
};

#define FLEET_MAXIMUM_KEPT_PATHS 16

struct fleet_spawn_result {
    pid_t pid;
    int pidfd;  // -1 where the system has none
    int stage;  // FLEET_STAGE_NONE: started
    int error;  // errno of the stage
};

// Starts a program; must be called on a thread that outlives the child when `ends_with_parent` is set.
void fleet_spawn(const struct fleet_spawn_request *request, struct fleet_spawn_result *result);

// A child's share of a spawn (internal to this module).
void fleet_child_main(const struct fleet_spawn_request *request, int error_pipe, int parent_pidfd, pid_t parent);
int fleet_enter_new_namespaces(const struct fleet_spawn_request *request);
unsigned long fleet_namespace_flags(const struct fleet_spawn_request *request);

// Returns -1 and sets errno like the system calls.
int fleet_pidfd_open(pid_t pid);
int fleet_pidfd_send_signal(int pidfd, int signal);
// Reaps the process of a pidfd without waiting: 1 when it ended (kind 0 exited, 1 signaled), 0 when it runs.
int fleet_reap_pidfd(int pidfd, int *kind, int *code);
// The same by process id; also works where there is no pidfd.
int fleet_reap_pid(pid_t pid, int *kind, int *code);
// Whether we have any child at all, ended or not; of a subreaper without children no descendant is left.
int fleet_has_children(void);
// Kills the children of our first thread, again and again, so many times: orphans come to it faster than a look at all
// processes takes. Returns how many signals were sent.
int fleet_kill_orphans(int rounds);
int fleet_become_subreaper(void);
// Whether this process may create namespaces without a user namespace.
int fleet_may_create_namespaces(void);
// Lets children be waited for even when we were started with SIGCHLD ignored.
void fleet_stop_ignoring_children(void);
void fleet_block_signals_of_thread(void);
// Marks a descriptor non-blocking and close-on-exec.
int fleet_set_nonblocking(int fd);
// A pipe whose ends are both close-on-exec.
int fleet_pipe(int ends[2]);
// Wraps open(2), which is variadic; always close-on-exec.
int fleet_open(const char *path, int flags, mode_t mode);
int fleet_openat(int directory, const char *path, int flags, mode_t mode);
// Opens a directory that lies in another: no link, and no mount (EXDEV), not even one of the same file system.
int fleet_open_child_directory(int directory, const char *name);
// Locks one byte of a file for every holder of this open file, until the last of them closes it: 1 locked (or ours
// already), 0 another open file has it, -1 with errno.
int fleet_lock_byte(int fd, off_t byte);
int fleet_unlock_bytes(int fd, off_t first, off_t count);
// Whether another open file has a byte: 1, 0, or -1 with errno.
int fleet_is_byte_taken(int fd, off_t byte);
// Detaches what is mounted on an entry of a directory; links are not followed.
int fleet_detach_mount(int directory, const char *name);

#endif
