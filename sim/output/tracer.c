#include "output/tracer.h"

#include "base/assert.h"
#include "base/text.h"
#include "output/out.h"

#include <inttypes.h>
#include <stdlib.h>

enum { VM_THREADS = 100 }; /* The first of them; engines come before. */

/* What is traced of one partition. */
struct track {
    const struct setup *setup;
    const struct partition *partition;
    uint32_t process;
    struct text text;
};

struct tracer {
    const struct setup *setup;
    struct track *tracks; /* Owned; by partition. */
};

struct tracer *tracer_create(const struct setup *setup)
{
    struct tracer *tracer = calloc(1, sizeof(*tracer));

    if (!tracer) {
        out_of_memory();
    }
    tracer->setup = setup;
    tracer->tracks = calloc(setup->partition_count, sizeof(*tracer->tracks));
    if (!tracer->tracks && setup->partition_count > 0) {
        out_of_memory();
    }
    return tracer;
}

void tracer_free(struct tracer *tracer)
{
    if (!tracer) {
        return;
    }
    for (uint32_t i = 0; i < tracer->setup->partition_count; i++) {
        text_fini(&tracer->tracks[i].text);
    }
    free(tracer->tracks);
    free(tracer);
}

/* ------------------------------------------------------------ listening */

/* Names of VMs and workloads have no character that JSON would have to escape. */

static void put_time(struct text *text, const char *key, nsec value)
{
    text_printf(text, ",\"%s\":%" PRId64 ".%03d", key, value / USEC, (int)(value % USEC));
}

static void put_name(struct track *t, uint32_t thread, const char *name)
{
    text_printf(&t->text,
                ",\n{\"ph\":\"M\",\"pid\":%" PRIu32 ",\"tid\":%" PRIu32
                ",\"name\":\"thread_name\",\"args\":{\"name\":\"%s\"}}",
                t->process, thread, name);
}

static bool is_shared(const struct track *t, enum engine_kind engine)
{
    return engine == ENGINE_COMPUTE && t->partition->sharing->mode == SHARING_MPS;
}

static uint32_t thread_of(const struct track *t, const struct stay *stay)
{
    return is_shared(t, stay->engine) ? VM_THREADS + stay->vm : 1 + (uint32_t)stay->engine;
}

static void put_span(struct track *t, const struct stay *stay, const char *name, nsec start_ns,
                     nsec end_ns)
{
    text_printf(&t->text, ",\n{\"ph\":\"X\",\"pid\":%" PRIu32 ",\"tid\":%" PRIu32, t->process,
                thread_of(t, stay));
    put_time(&t->text, "ts", start_ns);
    put_time(&t->text, "dur", end_ns - start_ns);
    text_printf(&t->text, ",\"name\":\"%s\"}", name);
}

static void on_stayed(void *context, const struct stay *stay)
{
    struct track *t = context;

    if (stay->run_start_ns > stay->switch_start_ns) {
        put_span(t, stay, "switch", stay->switch_start_ns, stay->run_start_ns);
    }
    if (stay->run_end_ns > stay->run_start_ns) {
        put_span(t, stay, t->partition->vms[stay->vm].name, stay->run_start_ns,
                 stay->run_end_ns);
    }
}

static void put_edge(struct track *t, const struct job_end *job, char edge, nsec at_ns)
{
    const struct vm *vm = &t->partition->vms[job->vm];

    text_printf(&t->text,
                ",\n{\"ph\":\"%c\",\"cat\":\"job\",\"pid\":%" PRIu32
                ",\"tid\":0,\"id\":\"%s.%" PRIu64 "\"",
                edge, t->process, vm->name, job->number);
    put_time(&t->text, "ts", at_ns);
    text_printf(&t->text, ",\"name\":\"%s jobs\"", vm->name);
}

static const char *workload_name(const struct track *t, const struct job_end *job)
{
    const struct setup_vm *vm = &t->setup->vms[t->partition->setup_vms[job->vm]];

    return t->setup->scenario->vms[vm->entry].workloads[job->workload].workload.name;
}

static void on_finished(void *context, const struct job_end *job)
{
    struct track *t = context;

    put_edge(t, job, 'b', job->arrival_ns);
    text_printf(&t->text, ",\"args\":{\"job\":%" PRIu64 ",\"workload\":\"%s\"}}", job->number,
                workload_name(t, job));
    put_edge(t, job, 'e', job->end_ns);
    text_put(&t->text, "}");
}

uint32_t tracer_add(void *tracer, uint32_t partition, struct probe *ret_probes)
{
    struct tracer *own = tracer;
    struct track *t = &own->tracks[partition];

    t->setup = own->setup;
    t->partition = &own->setup->partitions[partition];
    t->process = 1 + partition;
    text_init(&t->text);
    text_printf(&t->text,
                "%s\n{\"ph\":\"M\",\"pid\":%" PRIu32
                ",\"name\":\"process_name\",\"args\":{\"name\":\"%s\"}}",
                partition > 0 ? "," : "", t->process, t->partition->name);
    for (int i = 0; i < ENGINE_COUNT; i++) {
        if (!is_shared(t, (enum engine_kind)i)) {
            put_name(t, 1 + (uint32_t)i, engine_name((enum engine_kind)i));
        }
    }
    for (uint32_t i = 0; is_shared(t, ENGINE_COMPUTE) && i < t->partition->vm_count; i++) {
        put_name(t, VM_THREADS + i, t->partition->vms[i].name);
    }
    *ret_probes = (struct probe){ .context = t, .finished = on_finished, .stayed = on_stayed };
    return 1;
}

/* ------------------------------------------------------------ writing */

int tracer_write(const struct tracer *tracer, const char *path, struct err *err)
{
    struct out out;

    if (out_open(&out, path, err)) {
        return -1;
    }
    out_text(&out, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[");
    for (uint32_t i = 0; i < tracer->setup->partition_count; i++) {
        const struct text *text = &tracer->tracks[i].text;
        out_bytes(&out, text->bytes, text->size);
    }
    out_text(&out, "\n]}\n");
    return out_close(&out, err);
}
