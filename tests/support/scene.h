/*
 * scene.h - scenario texts for tests: one GPU, shared as said, and the VMs on it.
 */
#ifndef TESTS_SUPPORT_SCENE_H
#define TESTS_SUPPORT_SCENE_H

#include "base/text.h"

#include <stdint.h>

struct scene {
    const char *sharing; /* What stands after `sharing:`, as `{mode: exclusive}`. */
    double duration_ms;
    double warmup_ms;
    uint64_t seed;
};

/* Values stand as in a scenario; keys that are NULL are left out. */
struct scene_vm {
    const char *name;
    uint32_t count; /* 0 stands for 1. */
    const char *weight;
    const char *priority;
    const char *arrival;
    const char *job;
    const char *deadline;
    const char *queue;
};

/* Begins the text with everything but the VMs. */
void scene_put(struct text *text, const struct scene *scene);

/* Adds a VM with one workload, called `jobs`. */
void scene_put_vm(struct text *text, const struct scene_vm *vm);

#endif
