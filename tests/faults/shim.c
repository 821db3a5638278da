/* Counts the operations of processes on files below some folders, and lets one of them fail.

   Loaded with LD_PRELOAD, it stands between a program and the C library. What it counts and what it
   does is in a file that all processes of a run map (FAULT_STATE, laid out as `struct state`):
   tests/faults/shim.py writes it. With a journal, it also keeps what fsync made durable and what a
   rename or unlink removed, so that the state of the disk after a power cut can be restored. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

enum kind { OPEN, READ, WRITE, FSYNC, RENAME, UNLINK, MKDIR, FORK, EXEC, SOCKET, KINDS };
enum how { COUNT, ERROR, SHORT, KILL, POWER, FULL };
#define PATH 1024
#define ROOTS 4
#define PIDS 256

struct state {
  int kind, how, error, fired, journal, n_pids, saved, fired_pid;
  long at, counts[KINDS];
  char roots[ROOTS][PATH], log[PATH], fired_path[PATH];
  int pids[PIDS];
};

static struct state *state;
static int log_fd = -1;
static __thread int inside; /* the shim's own calls are not counted */

static void join(void) {
  int at = __sync_fetch_and_add(&state->n_pids, 1);
  if (at < PIDS) state->pids[at] = getpid();
}

/* Follow a state file; called by the constructor, or after a fork by the warm process. */
void fault_open(const char *path) {
  int fd = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
  if (fd < 0) return;
  void *found = mmap(0, sizeof(struct state), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  close(fd);
  if (found == MAP_FAILED) return;
  state = found;
  fd = syscall(SYS_openat, AT_FDCWD, state->log, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  if (log_fd >= 0) close(log_fd);
  log_fd = fcntl(fd, F_DUPFD_CLOEXEC, 700); /* out of the way of the program's own numbers */
  if (log_fd < 0) log_fd = fd; else close(fd);
  join();
}

__attribute__((constructor)) static void start(void) {
  const char *path = getenv("FAULT_STATE");
  if (path) fault_open(path);
}

static int below(const char *path) {
  for (int k = 0; k < ROOTS; k++) {
    size_t n = strlen(state->roots[k]);
    if (n && !strncmp(path, state->roots[k], n) && (path[n] == '/' || !path[n])) return 1;
  }
  return 0;
}

/* Write the absolute path of a name into `out`; return whether it is below the folders. */
static int locate(int dirfd, const char *name, char *out) {
  char link[64];
  if (!state || inside || !name) return 0;
  if (name[0] == '/') {
    snprintf(out, PATH, "%s", name);
  } else {
    if (dirfd == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
    else snprintf(link, sizeof link, "/proc/self/fd/%d", dirfd);
    ssize_t n = syscall(SYS_readlinkat, AT_FDCWD, link, out, PATH - 1);
    if (n < 0) return 0;
    snprintf(out + n, PATH - n, "/%s", name);
  }
  return below(out);
}

static int located(int fd, char *out) {
  char link[64];
  if (!state || inside) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = syscall(SYS_readlinkat, AT_FDCWD, link, out, PATH - 1);
  if (n <= 0 || out[0] != '/') return 0;
  out[n] = 0;
  return below(out);
}

static void say(const char *what, const char *first, const char *second, int saved) {
  char line[3 * PATH];
  int n = snprintf(line, sizeof line, "%s\t%d\t%s\t%s\t%d\n", what, getpid(), first, second, saved);
  if (log_fd >= 0) syscall(SYS_write, log_fd, line, n);
}

/* Keep a second name of a file that is about to be replaced or removed; return its number. */
static int keep(const char *path) {
  char to[PATH + 32];
  if (!state->journal) return 0;
  int number = __sync_add_and_fetch(&state->saved, 1);
  snprintf(to, sizeof to, "%s.%d", state->log, number);
  return syscall(SYS_linkat, AT_FDCWD, path, AT_FDCWD, to, 0) ? 0 : number;
}

/* Copy what a file has now, which fsync made durable; return the number of the copy. */
static int copy(const char *path) {
  char to[PATH + 32], buffer[65536];
  if (!state->journal) return 0;
  int number = __sync_add_and_fetch(&state->saved, 1);
  snprintf(to, sizeof to, "%s.%d", state->log, number);
  int in = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY, 0);
  if (in < 0) return 0;
  int out = syscall(SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT, 0600);
  ssize_t n;
  while ((n = syscall(SYS_read, in, buffer, sizeof buffer)) > 0) syscall(SYS_write, out, buffer, n);
  syscall(SYS_close, in);
  syscall(SYS_close, out);
  return number;
}

static const char *NAMES[] = {"open", "read",  "write", "fsync", "rename",
                              "unlink", "mkdir", "fork",  "exec",  "socket"};

/* Count an operation; return 0 if it is to be done, else ERROR (with errno) or SHORT. */
static int meets(int kind, const char *path) {
  if (!state || inside) return 0;
  if (state->fired && state->how == POWER)
    for (;;) pause();
  if (state->fired && state->how == FULL && (kind == OPEN || kind == WRITE || kind == MKDIR)) {
    errno = state->error;
    return ERROR;
  }
  long n = __sync_add_and_fetch(&state->counts[kind], 1);
  if (kind != state->kind || n != state->at || state->how == COUNT) {
    say(NAMES[kind], path, "", 0);
    return 0;
  }
  state->fired_pid = getpid();
  snprintf(state->fired_path, PATH, "%s", path);
  state->fired = 1;
  say("fault", NAMES[kind], path, 0);
  if (state->how == KILL || state->how == POWER) {
    if (state->how == POWER)
      for (int k = 0; k < state->n_pids && k < PIDS; k++)
        if (state->pids[k] > 1 && state->pids[k] != getpid()) kill(state->pids[k], SIGKILL);
    kill(getpid(), SIGKILL);
    for (;;) pause();
  }
  if (state->how == SHORT) return SHORT;
  errno = state->error;
  return ERROR;
}

/* ---- open */

static int opened(int dirfd, const char *name, int flags, mode_t mode) {
  char path[PATH];
  int writes = (flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC));
  int folder = flags & (O_DIRECTORY | O_PATH);
  if ((!folder || (flags & O_TMPFILE) == O_TMPFILE) && locate(dirfd, name, path)) {
    int is_new = writes && syscall(SYS_faccessat, AT_FDCWD, path, F_OK);
    if (meets(writes ? OPEN : READ, path)) return -1;
    int fd = syscall(SYS_openat, dirfd, name, flags, mode);
    if (fd >= 0 && writes && is_new) say("made", path, "", 0);
    if (fd >= 0 && !is_new && (flags & O_TRUNC)) say("cut", path, "", 0);
    return fd;
  }
  return syscall(SYS_openat, dirfd, name, flags, mode);
}

#define MODE                                              \
  mode_t mode = 0;                                        \
  if (flags & (O_CREAT | __O_TMPFILE)) {                  \
    va_list more;                                         \
    va_start(more, flags);                                \
    mode = va_arg(more, mode_t);                          \
    va_end(more);                                         \
  }
int open(const char *name, int flags, ...) { MODE return opened(AT_FDCWD, name, flags, mode); }
int open64(const char *name, int flags, ...) { MODE return opened(AT_FDCWD, name, flags, mode); }
int openat(int fd, const char *name, int flags, ...) { MODE return opened(fd, name, flags, mode); }
int openat64(int fd, const char *name, int flags, ...) { MODE return opened(fd, name, flags, mode); }
int creat(const char *name, mode_t mode) {
  return opened(AT_FDCWD, name, O_WRONLY | O_CREAT | O_TRUNC, mode);
}

static FILE *stream(const char *symbol, const char *name, const char *mode) {
  FILE *(*real)(const char *, const char *) = dlsym(RTLD_NEXT, symbol);
  char path[PATH];
  int writes = mode[0] != 'r' || strchr(mode, '+');
  if (locate(AT_FDCWD, name, path)) {
    int is_new = writes && syscall(SYS_faccessat, AT_FDCWD, path, F_OK);
    if (meets(writes ? OPEN : READ, path)) return NULL;
    FILE *found = real(name, mode);
    if (found && is_new) say("made", path, "", 0);
    if (found && !is_new && mode[0] == 'w') say("cut", path, "", 0);
    return found;
  }
  return real(name, mode);
}
FILE *fopen(const char *name, const char *mode) { return stream("fopen", name, mode); }
FILE *fopen64(const char *name, const char *mode) { return stream("fopen64", name, mode); }

/* ---- write */

static size_t allowed(int fd, size_t size, int *failed) {
  char path[PATH];
  int met = located(fd, path) ? meets(WRITE, path) : 0;
  *failed = met == ERROR;
  return met == SHORT && size > 1 ? size / 2 : size;
}
ssize_t write(int fd, const void *data, size_t size) {
  int failed;
  size = allowed(fd, size, &failed);
  return failed ? -1 : syscall(SYS_write, fd, data, size);
}
ssize_t pwrite(int fd, const void *data, size_t size, off_t at) {
  int failed;
  size = allowed(fd, size, &failed);
  return failed ? -1 : syscall(SYS_pwrite64, fd, data, size, at);
}
ssize_t pwrite64(int fd, const void *data, size_t size, off_t at) { return pwrite(fd, data, size, at); }
ssize_t writev(int fd, const struct iovec *parts, int n) {
  int failed;
  size_t one = allowed(fd, 2, &failed);
  if (failed) return -1;
  return one == 1 ? syscall(SYS_write, fd, parts[0].iov_base, parts[0].iov_len)
                  : syscall(SYS_writev, fd, parts, n);
}
ssize_t sendfile(int to, int from, off_t *at, size_t size) {
  int failed;
  size = allowed(to, size, &failed);
  return failed ? -1 : syscall(SYS_sendfile, to, from, at, size);
}
ssize_t sendfile64(int to, int from, off_t *at, size_t size) { return sendfile(to, from, at, size); }
ssize_t copy_file_range(int from, off_t *a, int to, off_t *b, size_t size, unsigned flags) {
  int failed;
  size = allowed(to, size, &failed);
  return failed ? -1 : syscall(SYS_copy_file_range, from, a, to, b, size, flags);
}

/* ---- fsync */

static int synced(int fd, int number) {
  char path[PATH];
  struct stat found;
  if (!located(fd, path)) return syscall(number, fd);
  if (meets(FSYNC, path)) return -1;
  int code = syscall(number, fd);
  if (!code && !fstat(fd, &found)) {
    if (S_ISDIR(found.st_mode)) say("durable-names", path, "", 0);
    else say("durable", path, "", copy(path));
  }
  return code;
}
int fsync(int fd) { return synced(fd, SYS_fsync); }
int fdatasync(int fd) { return synced(fd, SYS_fdatasync); }

/* ---- rename */

static int moved(int a, const char *from, int b, const char *to, unsigned flags) {
  char first[PATH], second[PATH];
  int one = locate(a, from, first), other = locate(b, to, second);
  if (!one && !other) return syscall(SYS_renameat2, a, from, b, to, flags);
  if (meets(RENAME, second)) return -1;
  int kept = keep(second);
  int code = syscall(SYS_renameat2, a, from, b, to, flags);
  if (!code) say("moved", first, second, kept);
  return code;
}
int rename(const char *from, const char *to) { return moved(AT_FDCWD, from, AT_FDCWD, to, 0); }
int renameat(int a, const char *from, int b, const char *to) { return moved(a, from, b, to, 0); }
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
  return moved(a, from, b, to, flags);
}

/* ---- unlink */

static int removed(int dirfd, const char *name, int flags) {
  char path[PATH];
  if (!locate(dirfd, name, path)) return syscall(SYS_unlinkat, dirfd, name, flags);
  if (meets(UNLINK, path)) return -1;
  int kept = flags & AT_REMOVEDIR ? 0 : keep(path);
  int code = syscall(SYS_unlinkat, dirfd, name, flags);
  if (!code) say("removed", path, "", kept);
  return code;
}
int unlink(const char *name) { return removed(AT_FDCWD, name, 0); }
int unlinkat(int dirfd, const char *name, int flags) { return removed(dirfd, name, flags); }
int rmdir(const char *name) { return removed(AT_FDCWD, name, AT_REMOVEDIR); }

/* ---- mkdir */

static int made(int dirfd, const char *name, mode_t mode) {
  char path[PATH];
  if (!locate(dirfd, name, path)) return syscall(SYS_mkdirat, dirfd, name, mode);
  if (meets(MKDIR, path)) return -1;
  int code = syscall(SYS_mkdirat, dirfd, name, mode);
  if (!code) say("folder", path, "", 0);
  return code;
}
int mkdir(const char *name, mode_t mode) { return made(AT_FDCWD, name, mode); }
int mkdirat(int dirfd, const char *name, mode_t mode) { return made(dirfd, name, mode); }

/* ---- processes */

pid_t fork(void) {
  pid_t (*real)(void) = dlsym(RTLD_NEXT, "fork");
  if (meets(FORK, "fork")) return -1;
  pid_t child = real();
  if (!child && state) join();
  return child;
}
/* A function cannot wrap vfork, whose child returns into its frame; fork does the same here. */
pid_t vfork(void) { return fork(); }

int execve(const char *name, char *const words[], char *const variables[]) {
  if (meets(EXEC, name)) return -1;
  return syscall(SYS_execve, name, words, variables);
}
int posix_spawn(pid_t *pid, const char *name, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *how, char *const words[], char *const variables[]) {
  int (*real)(pid_t *, const char *, const posix_spawn_file_actions_t *, const posix_spawnattr_t *,
              char *const[], char *const[]) = dlsym(RTLD_NEXT, "posix_spawn");
  if (meets(FORK, name) || meets(EXEC, name)) return errno;
  return real(pid, name, actions, how, words, variables);
}

/* ---- sockets, wherever they are */

int socket(int domain, int type, int protocol) {
  if (meets(SOCKET, "socket")) return -1;
  return syscall(SYS_socket, domain, type, protocol);
}
int connect(int fd, const struct sockaddr *to, socklen_t size) {
  if (meets(SOCKET, "connect")) return -1;
  return syscall(SYS_connect, fd, to, size);
}
int bind(int fd, const struct sockaddr *to, socklen_t size) {
  if (meets(SOCKET, "bind")) return -1;
  return syscall(SYS_bind, fd, to, size);
}
