/* realpath is an X/Open function. */
#define _XOPEN_SOURCE 700

#include "output/out.h"

#include "base/assert.h"
#include "base/text.h"
#include "output/digits.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *copy_of(const char *text)
{
    char *copy = strdup(text);

    if (!copy) {
        out_of_memory();
    }
    return copy;
}

/* The name that the file has until it is whole: of this process, so that two runs into one
   folder do not write into each other's. */
static char *temporary_name(const char *path)
{
    size_t size = strlen(path) + 32;
    char *name = malloc(size);

    if (!name) {
        out_of_memory();
    }
    (void)snprintf(name, size, "%s.%ld.part", path, (long)getpid());
    return name;
}

/* Where a link leads, so that it stays a link; a path that does not exist is its own. */
static char *real_path(const char *path)
{
    char *resolved = realpath(path, NULL);
    return resolved ? resolved : copy_of(path);
}

static bool is_special(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 && !S_ISREG(status.st_mode);
}

int out_open(struct out *o, const char *path, struct err *err)
{
    o->failed = 0;
    o->used = 0;
    o->temporary = NULL;
    if (strcmp(path, "-") == 0) {
        o->path = copy_of("standard output");
        o->stream = stdout;
        return 0;
    }
    o->path = real_path(path);
    if (!is_special(o->path)) {
        o->temporary = temporary_name(o->path);
    }
    o->stream = fopen(o->temporary ? o->temporary : o->path, "w");
    if (!o->stream) {
        int reason = errno;
        free(o->path);
        free(o->temporary);
        return err_set(err, ERR_CREATE, "cannot create %s: %s", path, strerror(reason));
    }
    /* Our buffer is the only one. */
    (void)setvbuf(o->stream, NULL, _IONBF, 0);
    return 0;
}

int out_open_in(struct out *o, const char *folder, const char *name, struct err *err)
{
    struct text path;

    text_init(&path);
    text_printf(&path, "%s/%s", folder, name);
    int status = out_open(o, path.bytes, err);
    text_fini(&path);
    return status;
}

static void note(struct out *o, bool ok)
{
    if (!ok && !o->failed) {
        o->failed = errno ? errno : EIO;
    }
}

static void put(struct out *o, const char *bytes, size_t size)
{
    errno = 0;
    if (size > 0 && !o->failed) {
        note(o, fwrite(bytes, 1, size, o->stream) == size);
    }
}

void out_flush(struct out *o)
{
    put(o, o->buffer, o->used);
    o->used = 0;
}

/* Frees everything but the file system's part. */
static void release(struct out *o)
{
    free(o->path);
    free(o->temporary);
    o->path = NULL;
    o->temporary = NULL;
    o->stream = NULL;
}

static void end_stream(struct out *o)
{
    errno = 0;
    if (o->stream == stdout) {
        note(o, fflush(stdout) == 0);
    } else {
        note(o, fclose(o->stream) == 0);
    }
}

int out_close(struct out *o, struct err *err)
{
    int status = 0;

    out_flush(o);
    end_stream(o);
    if (o->temporary && !o->failed) {
        /* A file that takes another's place is written to the disk at once by ext4 (option
           auto_da_alloc), which takes milliseconds; one that is new is not. */
        (void)unlink(o->path);
        note(o, rename(o->temporary, o->path) == 0);
    }
    if (o->failed) {
        if (o->temporary) {
            (void)unlink(o->temporary);
        }
        status = err_set(err, ERR_WRITE, "cannot write %s: %s", o->path, strerror(o->failed));
    }
    release(o);
    return status;
}

void out_abandon(struct out *o)
{
    if (!o->stream) {
        return;
    }
    o->used = 0;
    end_stream(o);
    if (o->temporary) {
        (void)unlink(o->temporary);
    }
    release(o);
}

void out_bytes(struct out *o, const char *bytes, size_t size)
{
    if (size > OUT_BUFFER - o->used) {
        out_flush(o);
    }
    if (size > OUT_BUFFER) {
        put(o, bytes, size);
        return;
    }
    memcpy(o->buffer + o->used, bytes, size);
    o->used += size;
}

void out_text(struct out *o, const char *text)
{
    out_bytes(o, text, strlen(text));
}

/* Room in the buffer for one number, which is put there at once. */
static char *room(struct out *o)
{
    if (OUT_BUFFER - o->used < DIGITS_SIZE) {
        out_flush(o);
    }
    return o->buffer + o->used;
}

void out_int(struct out *o, int64_t value)
{
    o->used += digits_of_int(room(o), value);
}

void out_wide(struct out *o, wide value)
{
    const wide unit = 1000000000000000000;

    if (value < 0) {
        out_char(o, '-');
        value = -value;
    }
    if (value < unit) {
        out_int(o, (int64_t)value);
        return;
    }
    out_wide(o, value / unit);
    out_format(o, "%018lld", (long long)(value % unit));
}

void out_real(struct out *o, double value)
{
    if (!isnan(value)) {
        o->used += digits_of_real(room(o), value);
    }
}

void out_format(struct out *o, const char *format, ...)
{
    char small[512];
    va_list arguments;
    va_list again;

    va_start(arguments, format);
    va_copy(again, arguments);
    int size = vsnprintf(small, sizeof(small), format, arguments);
    va_end(arguments);
    assert(size >= 0);
    if ((size_t)size < sizeof(small)) {
        out_bytes(o, small, (size_t)size);
    } else {
        char *large = malloc((size_t)size + 1);
        if (!large) {
            out_of_memory();
        }
        (void)vsnprintf(large, (size_t)size + 1, format, again);
        out_bytes(o, large, (size_t)size);
        free(large);
    }
    va_end(again);
}

static void quoted_cell(struct out *o, const char *text)
{
    out_char(o, '"');
    for (; *text; text++) {
        if (*text == '"') {
            out_char(o, '"');
        }
        out_char(o, *text);
    }
    out_char(o, '"');
}

/* Most are a few plain letters: looked at and copied in one go. */
void out_cell(struct out *o, const char *text)
{
    char *to = o->buffer + o->used;
    size_t room = OUT_BUFFER - o->used;
    size_t size = 0;

    for (; size < room && text[size]; size++) {
        char c = text[size];
        if (c == ',' || c == '"' || c == '\r' || c == '\n') {
            quoted_cell(o, text);
            return;
        }
        to[size] = c;
    }
    if (size == room) { /* The slow way; what was copied does not count. */
        if (strpbrk(text, ",\"\r\n")) {
            quoted_cell(o, text);
        } else {
            out_text(o, text);
        }
        return;
    }
    o->used += size;
}

static int make_one(const char *path)
{
    if (mkdir(path, 0777) == 0) {
        return 0;
    }
    struct stat status;
    int reason = errno;
    if (reason == EEXIST && stat(path, &status) == 0 && S_ISDIR(status.st_mode)) {
        return 0;
    }
    errno = reason == EEXIST ? ENOTDIR : reason;
    return -1;
}

int out_folder(const char *path, struct err *err)
{
    char *partial = copy_of(path);
    int status = 0;

    for (char *slash = partial + 1; *partial && status == 0; slash++) {
        if (*slash == '/' || *slash == '\0') {
            char kept = *slash;
            *slash = '\0';
            status = make_one(partial);
            *slash = kept;
        }
        if (*slash == '\0') {
            break;
        }
    }
    if (status != 0 || !*partial) {
        status = err_set(err, ERR_CREATE, "cannot create the folder %s: %s", path,
                         *partial ? strerror(errno) : "its name is empty");
    }
    free(partial);
    return status;
}

size_t out_folder_old(const char *path)
{
    char *partial = copy_of(path);
    struct stat status;
    size_t old = 0;

    for (size_t i = 1; *partial; i++) {
        char kept = partial[i];
        if (kept == '/' || kept == '\0') {
            partial[i] = '\0';
            if (stat(partial, &status) != 0) {
                break;
            }
            partial[i] = kept;
            old = i;
        }
        if (kept == '\0') {
            break;
        }
    }
    free(partial);
    return old;
}

void out_folder_remove(const char *path, size_t old)
{
    char *partial = copy_of(path);
    size_t size = strlen(partial);

    while (size > old) {
        while (size > old && partial[size - 1] == '/') {
            size--;
        }
        partial[size] = '\0';
        if (size == old || rmdir(partial) != 0) {
            break;
        }
        while (size > old && partial[size - 1] != '/') {
            size--;
        }
    }
    free(partial);
}
