/* Inject: one call of the C library fails, as the environment or the program itself asks for.
 *
 * Loaded with LD_PRELOAD. Calls that concern a file below a root (by path or by descriptor), and
 * those that start threads and processes or make pipes, are counted while it is armed. The n-th one
 * fails with an errno; `close` closes all the same; a short write takes half. `inject_limit` lets no
 * more than so many threads and processes be started, for good. Only this process is concerned.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "counted.h"

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define OPEN(name) \
    int name(const char *path, int flags, ...) { \
        va_list rest; \
        mode_t mode; \
        REAL(name); \
        va_start(rest, flags); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
        return path_fails("open", AT_FDCWD, path) ? -1 : real(path, flags, mode); \
    }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
    int name(int folder, const char *path, int flags, ...) { \
        va_list rest; \
        mode_t mode; \
        REAL(name); \
        va_start(rest, flags); \
        mode = va_arg(rest, mode_t); \
        va_end(rest); \
        return path_fails("open", folder, path) ? -1 : real(folder, path, flags, mode); \
    }
OPENAT(openat)
OPENAT(openat64)

#define BY_PATH(type, bad, name, declared, given) \
    type name declared { \
        REAL(name); \
        return path_fails(#name, AT_FDCWD, path) ? bad : real given; \
    }
BY_PATH(int, -1, unlink, (const char *path), (path))
BY_PATH(int, -1, rmdir, (const char *path), (path))
BY_PATH(int, -1, mkdir, (const char *path, mode_t mode), (path, mode))
BY_PATH(int, -1, rename, (const char *path, const char *to), (path, to))
BY_PATH(int, -1, stat, (const char *path, struct stat *found), (path, found))
BY_PATH(int, -1, lstat, (const char *path, struct stat *found), (path, found))
BY_PATH(int, -1, stat64, (const char *path, struct stat64 *found), (path, found))
BY_PATH(int, -1, lstat64, (const char *path, struct stat64 *found), (path, found))
BY_PATH(DIR *, NULL, opendir, (const char *path), (path))

#define IN_FOLDER(name, declared, given) \
    int name declared { \
        REAL(name); \
        return path_fails(#name, folder, path) ? -1 : real given; \
    }
IN_FOLDER(unlinkat, (int folder, const char *path, int flags), (folder, path, flags))
IN_FOLDER(mkdirat, (int folder, const char *path, mode_t mode), (folder, path, mode))
IN_FOLDER(fstatat, (int folder, const char *path, struct stat *found, int flags),
          (folder, path, found, flags))
IN_FOLDER(fstatat64, (int folder, const char *path, struct stat64 *found, int flags),
          (folder, path, found, flags))
IN_FOLDER(utimensat, (int folder, const char *path, const struct timespec times[2], int flags),
          (folder, path, times, flags))

#define BY_FILE(type, bad, name, declared, given) \
    type name declared { \
        REAL(name); \
        return file_fails(#name, file) ? bad : real given; \
    }
BY_FILE(int, -1, fsync, (int file), (file))
BY_FILE(int, -1, flock, (int file, int how), (file, how))
BY_FILE(int, -1, ftruncate, (int file, off_t size), (file, size))
BY_FILE(int, -1, ftruncate64, (int file, off64_t size), (file, size))
BY_FILE(int, -1, fstat, (int file, struct stat *found), (file, found))
BY_FILE(int, -1, fstat64, (int file, struct stat64 *found), (file, found))
BY_FILE(int, -1, futimens, (int file, const struct timespec times[2]), (file, times))
BY_FILE(off_t, -1, lseek, (int file, off_t to, int how), (file, to, how))
BY_FILE(off64_t, -1, lseek64, (int file, off64_t to, int how), (file, to, how))
BY_FILE(ssize_t, -1, read, (int file, void *data, size_t size), (file, data, size))
BY_FILE(ssize_t, -1, pread, (int file, void *data, size_t size, off_t from), (file, data, size, from))
BY_FILE(ssize_t, -1, pread64, (int file, void *data, size_t size, off64_t from),
        (file, data, size, from))
BY_FILE(DIR *, NULL, fdopendir, (int file), (file))

#define WRITE(name, declared, given, fewer) \
    ssize_t name declared { \
        REAL(name); \
        if (!file_fails(#name, file)) return real given; \
        return number == SHORT_WRITE && size > 1 ? real fewer : number == SHORT_WRITE ? real given : -1; \
    }
WRITE(write, (int file, const void *data, size_t size), (file, data, size), (file, data, size / 2))
WRITE(pwrite, (int file, const void *data, size_t size, off_t to), (file, data, size, to),
      (file, data, size / 2, to))
WRITE(pwrite64, (int file, const void *data, size_t size, off64_t to), (file, data, size, to),
      (file, data, size / 2, to))

int close(int file) {
    int failing;
    REAL(close);
    failing = file_fails("close", file);
    if (!failing) return real(file);
    real(file);
    errno = number;
    return -1;
}

void *mmap(void *where, size_t size, int access, int flags, int file, off_t from) {
    REAL(mmap);
    return file >= 0 && file_fails("mmap", file) ? MAP_FAILED : real(where, size, access, flags, file, from);
}

void *mmap64(void *where, size_t size, int access, int flags, int file, off64_t from) {
    REAL(mmap64);
    return file >= 0 && file_fails("mmap", file) ? MAP_FAILED : real(where, size, access, flags, file, from);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *how, void *(*run)(void *), void *with) {
    REAL(pthread_create);
    return start_fails("pthread_create") ? errno : real(thread, how, run, with);
}

pid_t fork(void) {
    REAL(fork);
    return start_fails("fork") ? -1 : real();
}

pid_t vfork(void) { /* not the real one: it would return into a frame that is gone */
    return fork();
}

int pipe2(int ends[2], int flags) {
    REAL(pipe2);
    return armed && kinds != WRITES_ONLY && fails("pipe2", "") ? -1 : real(ends, flags);
}
