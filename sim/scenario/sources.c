/*
 * sources.c - how well the figures are founded that a scenario takes from the catalogue.
 */
#include "scenario/scenario.h"

#include <stdio.h>

static void add(struct err_list *errors, struct place place, const char *text)
{
    if (errors->count == SCENARIO_ERRORS_MAX) {
        errors->more = true;
        return;
    }
    (void)err_at(&errors->errors[errors->count++], place, "%s", text);
}

static void check_gpu(const struct gpu_entry *gpu, struct err_list *errors)
{
    char text[400];

    if (gpu->catalogue && gpu->catalogue->remembered) {
        (void)snprintf(text, sizeof(text),
                       "--strict: figures of %.60s were written down from memory; describe the "
                       "device inline, or add a gpus.csv with a source (--catalogue)",
                       gpu->catalogue->device.name);
        add(errors, gpu->place, text);
    }
    for (uint32_t i = 0; i < gpu->mig_count; i++) {
        const struct mig_profile *profile = gpu->mig[i].mig_profile;
        if (profile && profile->verified != MIG_VERIFIED) {
            (void)snprintf(text, sizeof(text),
                           "--strict: figures of MIG profile %.40s of %.60s are %s; add a "
                           "mig_profiles.csv with a source (--catalogue)",
                           profile->name, profile->board,
                           profile->verified == MIG_PARTLY ? "partly derived"
                                                           : "derived from a sibling board");
            add(errors, gpu->mig[i].place, text);
        }
    }
}

static void check_vm(const struct vm_entry *vm, struct err_list *errors)
{
    const struct vgpu_type *type = vm->profile.vgpu;
    char text[400];

    if (type && type->derived) {
        (void)snprintf(text, sizeof(text),
                       "--strict: the maximum of %.40s was computed (%.160s); add a "
                       "vgpu_types.csv with a source (--catalogue)",
                       type->profile, type->source);
        add(errors, vm->place, text);
    }
    if (type && !vm->licensed) {
        add(errors, vm->place,
            "--strict: how a missing licence slows a vGPU is from memory; leave out licensed: "
            "no");
    }
}

int scenario_check_sources(const struct scenario *scenario, struct err_list *errors)
{
    *errors = (struct err_list){ .count = 0 };
    for (uint32_t i = 0; i < scenario->gpu_count; i++) {
        check_gpu(&scenario->gpus[i], errors);
    }
    for (uint32_t i = 0; i < scenario->vm_count; i++) {
        check_vm(&scenario->vms[i], errors);
    }
    return errors->count > 0 ? -1 : 0;
}
