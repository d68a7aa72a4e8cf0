#include "output/gnuplot.h"

#include "base/assert.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                            " /._-+=:,;()";

void gnuplot_quote(struct text *text, const char *string)
{
    text_put(text, "\"");
    for (; *string; string++) {
        if (strchr(plain, *string)) {
            text_put_bytes(text, string, 1);
        } else {
            text_printf(text, "\\%03o", (unsigned char)*string);
        }
    }
    text_put(text, "\"");
}

/* A file without a name, in the folder that the figures go to. The descriptor, which is none
   of the standard ones even if those are closed, or -1. */
static int open_scratch(const char *folder)
{
    struct text path;

    text_init(&path);
    text_printf(&path, "%s/.gnuplot-XXXXXX", folder);
    int low = mkstemp(path.bytes);
    int file = low;
    if (low >= 0) {
        unlink(path.bytes);
        file = fcntl(low, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        close(low);
    }
    text_fini(&path);
    return file;
}

static bool write_all(int file, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t written = write(file, bytes, size);
        if (written < 0 && errno != EINTR) {
            return false;
        }
        if (written > 0) {
            bytes += written;
            size -= (size_t)written;
        }
    }
    return lseek(file, 0, SEEK_SET) == 0;
}

/* The unnamed file that gnuplot reads: the variables, then the script. */
static int open_script(const struct gnuplot *run, const struct gnuplot_task *task)
{
    struct text text;

    text_init(&text);
    text_printf(&text, "format = '%s'\noutput = ", task->format);
    gnuplot_quote(&text, run->beside.bytes);
    text_printf(&text, "\n%s", task->script);
    int file = open_scratch(task->folder);
    if (file >= 0 && !write_all(file, text.bytes, text.size)) {
        int reason = errno;
        close(file);
        errno = reason;
        file = -1;
    }
    text_fini(&text);
    return file;
}

/* 0, or what posix_spawnp says. */
static int spawn(pid_t *ret_pid, int script, int talk)
{
    /* -d keeps the user's own settings out. A file, unlike a terminal or a pipe, makes gnuplot
       stop at the first mistake, and name its line. */
    char name[] = "gnuplot";
    char defaults[] = "-d";
    char input[] = "/dev/stdin";
    char *arguments[] = { name, defaults, input, NULL };
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;

    if (posix_spawn_file_actions_init(&actions)) {
        out_of_memory();
    }
    if (posix_spawnattr_init(&attributes)) {
        out_of_memory();
    }
    posix_spawn_file_actions_adddup2(&actions, script, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, talk, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, talk, STDERR_FILENO);
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    int reason = posix_spawnp(ret_pid, name, &actions, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return reason;
}

static void forget(struct gnuplot *run)
{
    if (run->talk > 0) {
        close(run->talk);
    }
    text_fini(&run->final);
    text_fini(&run->beside);
    *run = (struct gnuplot){ 0 };
}

int gnuplot_start(struct gnuplot *run, const struct gnuplot_task *task, struct err *err)
{
    int reason = 0;

    *run = (struct gnuplot){ .name = task->name };
    text_init(&run->final);
    text_init(&run->beside);
    text_printf(&run->final, "%s/%s.%s", task->folder, task->name, task->format);
    text_printf(&run->beside, "%s/.%s.%ld.%s", task->folder, task->name, (long)getpid(),
                task->format);
    int script = open_script(run, task);
    run->talk = script >= 0 ? open_scratch(task->folder) : -1;
    if (run->talk < 0) {
        reason = errno;
        err_set(err, ERR_CREATE, "%s: %s", task->folder, strerror(reason));
    } else {
        reason = spawn(&run->pid, script, run->talk);
        if (reason) {
            err_set(err, ERR_RUN, "gnuplot cannot be started: %s", strerror(reason));
        }
    }
    bool is_missing = run->talk >= 0 && reason == ENOENT;
    if (script >= 0) {
        close(script);
    }
    if (reason) {
        forget(run);
    }
    return is_missing ? GNUPLOT_MISSING : reason ? -1 : 0;
}

/* gnuplot does not notice a full disk: the file must end as its format says. */
static bool is_complete(const char *path, const char *format)
{
    const char *end = strcmp(format, "svg") == 0   ? "</svg>"
                      : strcmp(format, "png") == 0 ? "IEND"
                                                   : "%%EOF";
    char tail[33] = { 0 };
    FILE *file = fopen(path, "rb");

    if (!file) {
        return false;
    }
    bool found = false;
    if (fseek(file, -(long)(sizeof(tail) - 1), SEEK_END) == 0) {
        size_t size = fread(tail, 1, sizeof(tail) - 1, file);
        for (size_t i = 0; i + strlen(end) <= size && !found; i++) {
            found = memcmp(tail + i, end, strlen(end)) == 0;
        }
    }
    fclose(file);
    return found;
}

/* What gnuplot printed, on one line. */
static void read_talk(int talk, char *said, size_t size)
{
    size_t used = 0;
    ssize_t found = pread(talk, said, size - 1, 0);

    for (ssize_t i = 0; i < found; i++) {
        bool is_space = said[i] == '\n' || said[i] == '\r' || said[i] == '\t' || said[i] == ' ';
        if (!is_space) {
            said[used++] = said[i];
        } else if (used > 0 && said[used - 1] != ' ') {
            said[used++] = ' ';
        }
    }
    while (used > 0 && said[used - 1] == ' ') {
        used--;
    }
    said[used] = '\0';
}

/* The end of the process of run: 0, or -1 with *err. */
static int wait_for(const struct gnuplot *run, struct err *err)
{
    int status = 0;
    char said[320];

    while (waitpid(run->pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return err_set(err, ERR_RUN, "gnuplot: %s", strerror(errno));
        }
    }
    if (WIFSIGNALED(status)) {
        return err_set(err, ERR_RUN, "figure %s: gnuplot was ended by signal %d", run->name,
                       WTERMSIG(status));
    }
    if (WEXITSTATUS(status) == 127) {
        return err_set(err, ERR_RUN, "figure %s: gnuplot cannot be started", run->name);
    }
    if (WEXITSTATUS(status) != 0) {
        read_talk(run->talk, said, sizeof(said));
        return err_set(err, ERR_RUN, "figure %s: gnuplot: %s", run->name, said);
    }
    return 0;
}

int gnuplot_finish(struct gnuplot *run, struct err *err)
{
    if (run->pid == 0) {
        return 0;
    }
    int result = wait_for(run, err);
    const char *final = run->final.bytes;
    if (result == 0 && !is_complete(run->beside.bytes, strrchr(final, '.') + 1)) {
        result = err_set(err, ERR_WRITE, "%s: gnuplot did not write it whole", final);
    }
    if (result == 0 && rename(run->beside.bytes, final)) {
        result = err_set(err, ERR_CREATE, "%s: %s", final, strerror(errno));
    }
    if (result) {
        unlink(run->beside.bytes);
    }
    forget(run);
    return result;
}
