/* Counted: which call fails now. The n-th of those that are counted while inject.c is armed.
 *
 * A call is counted where it concerns a file below a root, by path or by descriptor, or starts a
 * thread or a process, or makes a pipe.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char root[PATH_MAX];
static char hit[PATH_MAX + 64];
static volatile long count, at;
static volatile int number, armed, kinds;
static volatile long started, limit = -1;

enum { SHORT_WRITE = -1, STARTS_ONLY = 1, WRITES_ONLY = 2 };

/* Count the calls below `path` from now on, and fail the n-th; n = 0 only counts. `only` some. */
void inject_arm(const char *path, long n, int with, int only) {
    snprintf(root, sizeof root, "%s", path);
    hit[0] = 0, count = 0, at = n, number = with, kinds = only, armed = 1;
}

/* Count no more: how many calls there were. */
long inject_disarm(void) {
    armed = 0;
    return count;
}

/* What failed: the call and its file; empty where nothing did. */
const char *inject_hit(void) { return hit; }

__attribute__((constructor)) static void begin(void) {
    const char *most = getenv("INJECT_LIMIT");
    if (most) limit = atol(most);
}

static int below(const char *path) {
    size_t length = strlen(root);
    return length && !strncmp(path, root, length) && (path[length] == '/' || !path[length]);
}

static int fails(const char *call, const char *path) {
    if (__sync_add_and_fetch(&count, 1) != at) return 0;
    snprintf(hit, sizeof hit, "%s %s", call, path);
    errno = number;
    return 1;
}

/* Whether a call on a path fails now; a relative one is below the root, if the process is there. */
static int path_fails(const char *call, int folder, const char *path) {
    char whole[PATH_MAX], here[PATH_MAX], link[64];
    if (!armed || kinds || !path) return 0;
    if (path[0] != '/') {
        ssize_t size;
        snprintf(link, sizeof link, folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", folder);
        size = syscall(SYS_readlinkat, AT_FDCWD, link, here, sizeof here - 1);
        if (size < 0) return 0;
        here[size] = 0;
        if (snprintf(whole, sizeof whole, "%s/%s", here, path) >= (int)sizeof whole) return 0;
        path = whole;
    }
    return below(path) && fails(call, path);
}

static int file_fails(const char *call, int file) {
    char link[64], path[PATH_MAX];
    ssize_t size;
    int before = errno;
    if (!armed || kinds == STARTS_ONLY || (kinds && !strstr(call, "write"))) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    size = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof path - 1);
    errno = before;
    if (size < 0) return 0;
    path[size] = 0;
    return below(path) && fails(call, path);
}

static int start_fails(const char *call) {
    if (limit >= 0 && __sync_add_and_fetch(&started, 1) > limit) {
        errno = EAGAIN;
        return 1;
    }
    return armed && kinds != WRITES_ONLY && fails(call, "");
}
