#include "support/scene.h"

#include <inttypes.h>

void scene_put(struct text *text, const struct scene *scene)
{
    text_printf(text,
                "# Does it do what theory says?\n"
                "name: theory\n"
                "duration: %.6fms\n"
                "warmup: %.6fms\n"
                "seed: %" PRIu64 "\n"
                "gpus:\n"
                "  - name: gpu0\n"
                "    device: {sm: 100, memory: 1TiB}\n"
                "    sharing: %s\n"
                "vms:\n",
                scene->duration_ms, scene->warmup_ms, scene->seed, scene->sharing);
}

static void put_key(struct text *text, const char *indent, const char *key, const char *value)
{
    if (value) {
        text_printf(text, "%s%s: %s\n", indent, key, value);
    }
}

void scene_put_vm(struct text *text, const struct scene_vm *vm)
{
    text_printf(text, "  - name: %s\n    gpu: gpu0\n    memory: 64MiB\n", vm->name);
    if (vm->count > 0) {
        text_printf(text, "    count: %" PRIu32 "\n", vm->count);
    }
    put_key(text, "    ", "weight", vm->weight);
    put_key(text, "    ", "priority", vm->priority);
    text_put(text, "    workloads:\n      - name: jobs\n");
    put_key(text, "        ", "arrival", vm->arrival);
    put_key(text, "        ", "job", vm->job);
    put_key(text, "        ", "deadline", vm->deadline);
    put_key(text, "        ", "queue", vm->queue);
}
