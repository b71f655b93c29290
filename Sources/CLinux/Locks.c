#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#ifdef F_OFD_SETLK
// Locks that belong to the open file, so that processes which share it hold them together.
static int call(int fd, int command, struct flock *lock) {
    int result;
    do {
        result = fcntl(fd, command, lock);
    } while (result != 0 && errno == EINTR);
    return result;
}

static struct flock bytes(short type, off_t first, off_t count) {
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = first, .l_len = count};
    return lock;
}

int fleet_lock_byte(int fd, off_t byte) {
    struct flock lock = bytes(F_WRLCK, byte, 1);
    if (call(fd, F_OFD_SETLK, &lock) == 0) return 1;
    return errno == EAGAIN || errno == EACCES ? 0 : -1;
}

int fleet_unlock_bytes(int fd, off_t first, off_t count) {
    struct flock lock = bytes(F_UNLCK, first, count);
    return call(fd, F_OFD_SETLK, &lock);
}

int fleet_is_byte_taken(int fd, off_t byte) {
    struct flock lock = bytes(F_WRLCK, byte, 1);
    if (call(fd, F_OFD_GETLK, &lock) != 0) return -1;
    return lock.l_type != F_UNLCK;
}
#else
int fleet_lock_byte(int fd, off_t byte) {
    (void)fd, (void)byte;
    errno = ENOTSUP;
    return -1;
}

int fleet_unlock_bytes(int fd, off_t first, off_t count) {
    (void)fd, (void)first, (void)count;
    errno = ENOTSUP;
    return -1;
}

int fleet_is_byte_taken(int fd, off_t byte) {
    (void)fd, (void)byte;
    errno = ENOTSUP;
    return -1;
}
#endif
