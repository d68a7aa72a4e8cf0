/*
 * profile_override.h - the unlocking tool's profile_override.toml as VMs of a scenario.
 *
 * A section [profile.nvidia-NN] changes all vGPUs of a type, [mdev.UUID] one device, [vm.ID]
 * one VM; for each key the later of these three wins. Keys are compared as text: [vm.0104] is
 * not VM 104. A UUID of the form XXXXXXXX-0000-0000-0000-DDDDDDDDDDDD, the last group digits,
 * belongs to the VM of that number.
 */
#ifndef SIM_IMPORT_PROFILE_OVERRIDE_H
#define SIM_IMPORT_PROFILE_OVERRIDE_H

#include "catalogue/catalogue.h"
#include "import/imported.h"
#include "import/toml.h"

/* Which vGPU; type 0: one of each type that the file has a section for. */
struct override_target {
    uint32_t type_id; /* NN of nvidia-NN. */
    const char *mdev; /* UUID; NULL: none. */
    const char *vm;   /* Number as text; NULL: as the UUID says. */
};

/* Appends a fragment of a scenario and, in the notes, what is ignored and by whom. 0, or -1
 *with err, placed where the file is what the real tool refuses. */
int import_profile_override(struct catalogue *catalogue, const struct toml_source *source,
                            const struct override_target *target, struct imported *ret,
                            struct err *err);

/* A size as the tool reads it: a number with an optional fraction, blanks, and one of KB, kB,
   MB, GB, TB, KiB, MiB, GiB, TiB; whole bytes without. 0, or -1. */
int override_read_size(const char *text, uint64_t *ret);

/* The number of the VM that a device of that UUID belongs to, as text in `ret`; false: none. */
bool override_vm_of(const char *uuid, char ret[16]);

#endif
