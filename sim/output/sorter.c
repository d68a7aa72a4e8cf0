#include "output/sorter.h"

#include "base/assert.h"
#include "base/text.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PEN_BYTES_FIRST = 4096,
    BLOCK_BYTES = 64 * 1024, /* Of a file that is being merged. */
    FAN_IN = 32,             /* So many files of a level become one of the next. */
    LEVELS_MAX = 6,          /* More than a disk holds. */
};

struct pen {
    struct sorter *sorter;
    char *bytes; /* Owned. */
    size_t count;
    size_t capacity;
    struct pen *next; /* Of all pens. */
    bool is_taken;
};

/* Files of sorted records, each of about FAN_IN times as many as those of the level below. */
struct level {
    FILE *files[FAN_IN]; /* Owned. */
    uint32_t count;
};

struct sorter {
    const struct sorter_order *order;
    const char *folder;
    size_t pen_bytes;
    pthread_mutex_t lock; /* Of all that follows, but for what is in a pen that is taken. */
    struct pen *pens;     /* Owned. */
    struct level levels[LEVELS_MAX];
    uint32_t file_number; /* Of the next file. */
    int failed;           /* The errno of the first failure; 0: none. */
};

static void *take_bytes(size_t size)
{
    void *bytes = malloc(size);

    if (!bytes) {
        out_of_memory();
    }
    return bytes;
}

struct sorter *sorter_create(const struct sorter_order *order, const char *folder,
                             size_t pen_bytes)
{
    struct sorter *s = calloc(1, sizeof(*s));

    if (!s) {
        out_of_memory();
    }
    s->order = order;
    s->folder = folder;
    s->pen_bytes = pen_bytes;
    (void)pthread_mutex_init(&s->lock, NULL);
    return s;
}

static void close_level(struct level *level)
{
    for (uint32_t i = 0; i < level->count; i++) {
        (void)fclose(level->files[i]);
    }
    level->count = 0;
}

void sorter_free(struct sorter *s)
{
    if (!s) {
        return;
    }
    for (struct pen *next = NULL; s->pens; s->pens = next) {
        next = s->pens->next;
        free(s->pens->bytes);
        free(s->pens);
    }
    for (uint32_t i = 0; i < LEVELS_MAX; i++) {
        close_level(&s->levels[i]);
    }
    (void)pthread_mutex_destroy(&s->lock);
    free(s);
}

/* ------------------------------------------------------------ files */

static void note(struct sorter *s, bool ok)
{
    if (!ok && !s->failed) {
        s->failed = errno ? errno : EIO;
    }
}

/* A file that is gone when it is closed; NULL, and the failure noted, if there is none. */
static FILE *open_file(struct sorter *s)
{
    struct text path;

    text_init(&path);
    text_printf(&path, "%s/%ld.%p.%u.part", s->folder, (long)getpid(), (void *)s,
                s->file_number++);
    errno = 0;
    FILE *file = fopen(path.bytes, "w+bx");
    note(s, file != NULL);
    if (file) {
        (void)setvbuf(file, NULL, _IONBF, 0); /* Only whole blocks are read and written. */
        (void)unlink(path.bytes);
    }
    text_fini(&path);
    return file;
}

/* ------------------------------------------------------------ merging */

/* Where sorted records come from: a file, or memory. */
struct source {
    const char *at;
    const char *end;
    FILE *file;  /* Borrowed; NULL: memory. */
    char *block; /* Owned; of the file. */
};

/* The sources that have records left, as a heap: the least first. */
struct merge {
    struct sorter *sorter;
    struct source *sources;
    uint32_t count;
};

static bool is_before(const struct merge *m, uint32_t a, uint32_t b)
{
    return m->sorter->order->compare(m->sources[a].at, m->sources[b].at) < 0;
}

static void sift(struct merge *m, uint32_t at)
{
    for (;;) {
        uint32_t least = at;
        for (uint32_t child = 2 * at + 1; child <= 2 * at + 2 && child < m->count; child++) {
            least = is_before(m, child, least) ? child : least;
        }
        if (least == at) {
            return;
        }
        struct source moved = m->sources[at];
        m->sources[at] = m->sources[least];
        m->sources[least] = moved;
        at = least;
    }
}

/* Reads on; false: there is no more. */
static bool refill(struct sorter *s, struct source *source)
{
    if (!source->file) {
        return false;
    }
    size_t size = s->order->size;
    size_t count = fread(source->block, size, BLOCK_BYTES / size, source->file);

    note(s, !ferror(source->file));
    source->at = source->block;
    source->end = source->block + count * size;
    return count > 0;
}

static void add_file(struct merge *m, FILE *file)
{
    struct source source = { .file = file, .block = take_bytes(BLOCK_BYTES) };

    errno = 0;
    rewind(file);
    if (refill(m->sorter, &source)) {
        m->sources[m->count++] = source;
    } else {
        free(source.block);
    }
}

static void merge_all(struct merge *m, const struct sorter_sink *sink)
{
    size_t size = m->sorter->order->size;

    for (uint32_t i = m->count; i-- > 0;) {
        sift(m, i);
    }
    while (m->count > 0) {
        struct source *first = &m->sources[0];
        sink->take(sink->context, first->at);
        first->at += size;
        if (first->at == first->end && !refill(m->sorter, first)) {
            free(first->block);
            *first = m->sources[--m->count];
        }
        sift(m, 0);
    }
}

/* A file that grows by blocks. */
struct writer {
    struct sorter *sorter;
    FILE *file;
    size_t used; /* Bytes of the block. */
    char block[BLOCK_BYTES];
};

static void write_bytes(struct sorter *s, FILE *file, const char *bytes, size_t size)
{
    errno = 0;
    if (!s->failed && size > 0) {
        note(s, fwrite(bytes, 1, size, file) == size);
    }
}

static void write_record(void *context, const void *record)
{
    struct writer *w = context;
    size_t size = w->sorter->order->size;

    if (BLOCK_BYTES - w->used < size) {
        write_bytes(w->sorter, w->file, w->block, w->used);
        w->used = 0;
    }
    memcpy(w->block + w->used, record, size);
    w->used += size;
}

/* One more file of a level; with it, a level that is full becomes a file of the next. */
static void add_to_level(struct sorter *s, uint32_t at, FILE *file)
{
    struct level *level = &s->levels[at];

    assert(at < LEVELS_MAX);
    level->files[level->count++] = file;
    if (level->count < FAN_IN) {
        return;
    }
    struct source sources[FAN_IN];
    struct merge m = { .sorter = s, .sources = sources };
    struct writer *w = take_bytes(sizeof(*w));
    w->sorter = s;
    w->used = 0;
    w->file = open_file(s);
    for (uint32_t i = 0; w->file && i < FAN_IN; i++) {
        add_file(&m, level->files[i]);
    }
    merge_all(&m, &(struct sorter_sink){ write_record, w });
    close_level(level);
    if (w->file) {
        write_bytes(s, w->file, w->block, w->used);
        add_to_level(s, at + 1, w->file);
    }
    free(w);
}

/* ------------------------------------------------------------ pens */

/* What comes from one partition is nearly in order, and then needs no sorting. */
static void sort(struct pen *pen)
{
    const struct sorter_order *order = pen->sorter->order;

    for (size_t i = 1; i < pen->count; i++) {
        const char *record = pen->bytes + i * order->size;
        if (order->compare(record - order->size, record) > 0) {
            qsort(pen->bytes, pen->count, order->size, order->compare);
            return;
        }
    }
}

/* The pen is full. */
static void spill(struct pen *pen)
{
    struct sorter *s = pen->sorter;

    sort(pen);
    (void)pthread_mutex_lock(&s->lock);
    FILE *file = s->failed ? NULL : open_file(s);
    if (file) {
        write_bytes(s, file, pen->bytes, pen->count * s->order->size);
        add_to_level(s, 0, file);
    }
    (void)pthread_mutex_unlock(&s->lock);
    pen->count = 0;
}

struct pen *sorter_take_pen(struct sorter *s)
{
    (void)pthread_mutex_lock(&s->lock);
    struct pen *pen = s->pens;
    while (pen && pen->is_taken) {
        pen = pen->next;
    }
    if (!pen) {
        pen = take_bytes(sizeof(*pen));
        *pen = (struct pen){ .sorter = s, .next = s->pens };
        s->pens = pen;
    }
    pen->is_taken = true;
    (void)pthread_mutex_unlock(&s->lock);
    return pen;
}

void sorter_return_pen(struct sorter *s, struct pen *pen)
{
    (void)pthread_mutex_lock(&s->lock);
    pen->is_taken = false;
    (void)pthread_mutex_unlock(&s->lock);
}

static void make_room(struct pen *pen)
{
    size_t size = pen->sorter->order->size;

    if (pen->capacity > 0 && 2 * pen->capacity * size > pen->sorter->pen_bytes) {
        spill(pen);
        return;
    }
    pen->capacity = pen->capacity > 0 ? 2 * pen->capacity : PEN_BYTES_FIRST / size;
    pen->bytes = realloc(pen->bytes, pen->capacity * size);
    if (!pen->bytes) {
        out_of_memory();
    }
}

void *pen_add(struct pen *pen)
{
    if (pen->count == pen->capacity) {
        make_room(pen);
    }
    return pen->bytes + pen->sorter->order->size * pen->count++;
}

/* ------------------------------------------------------------ the end */

static void add_pen(struct merge *m, struct pen *pen)
{
    assert(!pen->is_taken);
    if (pen->count > 0) {
        sort(pen);
        m->sources[m->count++] = (struct source){
            .at = pen->bytes,
            .end = pen->bytes + pen->count * m->sorter->order->size,
        };
    }
    pen->count = 0;
}

int sorter_merge(struct sorter *s, const struct sorter_sink *sink, struct err *err)
{
    uint32_t most = LEVELS_MAX * FAN_IN;

    for (const struct pen *pen = s->pens; pen; pen = pen->next) {
        most++;
    }
    struct merge m = { .sorter = s, .sources = take_bytes(most * sizeof(m.sources[0])) };
    for (struct pen *pen = s->pens; pen; pen = pen->next) {
        add_pen(&m, pen);
    }
    for (uint32_t i = 0; i < LEVELS_MAX; i++) {
        for (uint32_t j = 0; j < s->levels[i].count; j++) {
            add_file(&m, s->levels[i].files[j]);
        }
    }
    merge_all(&m, sink);
    free(m.sources);
    for (uint32_t i = 0; i < LEVELS_MAX; i++) {
        close_level(&s->levels[i]);
    }
    return !s->failed ? 0
                      : err_set(err, ERR_WRITE, "cannot write records into %s: %s", s->folder,
                                strerror(s->failed));
}
