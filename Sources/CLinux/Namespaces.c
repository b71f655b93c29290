#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>

#ifdef __linux__
#include <limits.h>
#include <linux/openat2.h>
#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

unsigned long fleet_namespace_flags(const struct fleet_spawn_request *request) {
    if (request->namespaces != FLEET_NAMESPACES_CREATE) {
        return 0;
    }
    unsigned long flags = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC;
    return request->maps_user ? flags | CLONE_NEWUSER : flags;
}

static int write_file(const char *path, const char *text) {
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0) {
        return -1;
    }
    ssize_t count = write(fd, text, strlen(text));
    int error = errno;
    close(fd);
    errno = error;
    return count == (ssize_t)strlen(text) ? 0 : -1;
}

// "ID ID 1\n", without the C library's formatting, which is not async-signal-safe.
static void format_mapping(char *buffer, unsigned id) {
    char digits[16];
    int count = 0;
    do {
        digits[count++] = (char)('0' + id % 10);
        id /= 10;
    } while (id > 0);
    for (int copy = 0; copy < 2; copy++) {
        for (int i = count; i > 0; i--) {
            *buffer++ = digits[i - 1];
        }
        *buffer++ = ' ';
    }
    *buffer++ = '1';
    *buffer++ = '\n';
    *buffer = 0;
}

static int map_user(const char *user, const char *group) {
    if (write_file("/proc/self/setgroups", "deny") < 0 || write_file("/proc/self/uid_map", user) < 0) {
        return -1;
    }
    return write_file("/proc/self/gid_map", group);
}

static int make_directories(const char *path) {
    char buffer[4096];
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof buffer) {
        errno = ENAMETOOLONG;
        return -1;
    }
    for (size_t i = 0; i <= length; i++) {
        buffer[i] = path[i];
        if (i > 0 && (path[i] == '/' || path[i] == 0)) {
            buffer[i] = 0;
            if (mkdir(buffer, 0755) < 0 && errno != EEXIST) {
                return -1;
            }
            buffer[i] = path[i];
        }
    }
    return 0;
}

static int is_below(const char *path, const char *directory) {
    size_t length = strlen(directory);
    return strncmp(path, directory, length) == 0 && path[length] == '/';
}

// "/proc/self/fd/N"
static void format_link(char *buffer, int fd) {
    const char *prefix = "/proc/self/fd/";
    size_t length = strlen(prefix);
    memcpy(buffer, prefix, length);
    char digits[16];
    int count = 0;
    do {
        digits[count++] = (char)('0' + fd % 10);
        fd /= 10;
    } while (fd > 0);
    for (int i = count; i > 0; i--) {
        buffer[length++] = digits[i - 1];
    }
    buffer[length] = 0;
}

// Covers a directory with an empty tmpfs in which the kept paths below it stay where they were.
static int cover(const struct fleet_spawn_request *request, const char *directory, const char *options) {
    int kept[FLEET_MAXIMUM_KEPT_PATHS];
    int count = request->kept_path_count;
    for (int i = 0; i < count; i++) {
        kept[i] = -1;
        if (is_below(request->kept_paths[i], directory)) {
            kept[i] = open(request->kept_paths[i], O_PATH | O_DIRECTORY | O_CLOEXEC);
            if (kept[i] < 0) {
                return FLEET_STAGE_KEPT_PATH;
            }
        }
    }
    if (mount("tmpfs", directory, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0) {
        return FLEET_STAGE_TMPFS;
    }
    for (int i = 0; i < count; i++) {
        if (kept[i] < 0) {
            continue;
        }
        char link[64];
        format_link(link, kept[i]);
        if (make_directories(request->kept_paths[i]) < 0
            || mount(link, request->kept_paths[i], NULL, MS_BIND | MS_REC, NULL) < 0) {
            return FLEET_STAGE_KEPT_PATH;
        }
        close(kept[i]);
    }
    return FLEET_STAGE_NONE;
}

static int bring_loopback_up(void) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    struct ifreq interface;
    memset(&interface, 0, sizeof interface);
    memcpy(interface.ifr_name, "lo", 3);
    interface.ifr_flags = IFF_UP | IFF_RUNNING;
    int result = ioctl(fd, SIOCSIFFLAGS, &interface);
    int error = errno;
    close(fd);
    errno = error;
    return result;
}

int fleet_enter_new_namespaces(const struct fleet_spawn_request *request) {
    if (request->maps_user) {
        char user[64], group[64];
        // Inside the unmapped namespace the ids read as the overflow id: the caller recorded ours before.
        format_mapping(user, request->user);
        format_mapping(group, request->group);
        if (map_user(user, group) < 0) {
            return FLEET_STAGE_USER_NAMESPACE;
        }
    }
    if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0) {
        return FLEET_STAGE_MOUNTS;
    }
    if (mount("proc", "/proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL) < 0) {
        return FLEET_STAGE_PROC;
    }
    int stage = FLEET_STAGE_NONE;
    if (request->private_run) {
        stage = cover(request, "/run", "mode=755");
    }
    if (stage == FLEET_STAGE_NONE && request->private_tmp) {
        stage = cover(request, "/tmp", "mode=1777");
    }
    if (stage != FLEET_STAGE_NONE) {
        return stage;
    }
    if (bring_loopback_up() < 0 || write_file("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0") < 0) {
        return FLEET_STAGE_NETWORK;
    }
    if (request->hostname != NULL && sethostname(request->hostname, strlen(request->hostname)) < 0) {
        return FLEET_STAGE_HOSTNAME;
    }
    return FLEET_STAGE_NONE;
}

int fleet_open_child_directory(int directory, const char *name) {
    struct open_how how = {
        .flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, .resolve = RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS};
    long result = syscall(SYS_openat2, directory, name, &how, sizeof how);
    if (result >= 0 || (errno != ENOSYS && errno != EPERM)) {
        return (int)result;
    }
    // Before Linux 5.6, or forbidden: mounts of other file systems are still told apart by the caller.
    return openat(directory, name, (int)how.flags);
}

int fleet_detach_mount(int directory, const char *name) {
    char path[64 + NAME_MAX + 2];
    size_t length = strlen(name);
    if (length > NAME_MAX) {
        errno = ENAMETOOLONG;
        return -1;
    }
    format_link(path, directory);
    size_t start = strlen(path);
    path[start] = '/';
    memcpy(path + start + 1, name, length + 1);
    return umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW);
}

#else

int fleet_open_child_directory(int directory, const char *name) {
    return openat(directory, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int fleet_detach_mount(int directory, const char *name) {
    (void)directory, (void)name;
    errno = ENOTSUP;
    return -1;
}

unsigned long fleet_namespace_flags(const struct fleet_spawn_request *request) {
    (void)request;
    return 0;
}

int fleet_enter_new_namespaces(const struct fleet_spawn_request *request) {
    (void)request;
    errno = ENOTSUP;
    return FLEET_STAGE_MOUNTS;
}

#endif
