#include "support/placed.h"

#include "support/test.h"

#include <stdio.h>
#include <string.h>

int placed_load(struct placed *w, const char *gpus, const char *vms)
{
    *w = (struct placed){ 0 };
    arena_init(&w->arena);
    (void)snprintf(w->text, sizeof(w->text), "duration: 10s\n%s\nvms:\n%s\n", gpus, vms);
    struct scenario_source source = { .file = "t", .bytes = w->text, .size = strlen(w->text) };
    if (scenario_load(&source, &w->scenario, &w->errors)) {
        return -1;
    }
    return setup_build(&w->scenario, &w->arena, &w->setup, &w->errors);
}

void placed_must_load(struct placed *w, const char *gpus, const char *vms)
{
    if (placed_load(w, gpus, vms)) {
        fail_msg("%s", w->errors.errors[0].text);
    }
}

void placed_unload(struct placed *w)
{
    scenario_fini(&w->scenario);
    arena_fini(&w->arena);
}

void placed_check_places(const struct placed *w, const char *want)
{
    char got[1024] = "";
    size_t at = 0;

    for (uint32_t i = 0; i < w->setup.vm_count; i++) {
        const struct setup_vm *vm = &w->setup.vms[i];
        const char *where =
            vm->partition == UINT32_MAX ? "-" : w->setup.partitions[vm->partition].name;
        at += (size_t)snprintf(&got[at], sizeof(got) - at, "%s%s>%s", i ? " " : "", vm->name,
                               where);
    }
    assert_string_equal(got, want);
}

void placed_check_error(const char *gpus, const char *vms, const char *word)
{
    struct placed w;

    assert_int_equal(placed_load(&w, gpus, vms), -1);
    if (!strstr(w.errors.errors[0].text, word)) {
        fail_msg("%s", w.errors.errors[0].text);
    }
    placed_unload(&w);
}
