/* compute_instance.c - profiles such as 1c.3g.40gb: a part of a MIG instance's SMs. */
#include "scenario/language.h"

#include <string.h>

/* The instance's profile in the name of a compute instance, and its slices; NULL: it is not
   of that form. */
static const char *split_name(const char *name, uint32_t *ret_slices)
{
    if (name[0] < '1' || name[0] > '9' || strncmp(&name[1], "c.", 2) != 0 ||
        !mig_is_profile_name(&name[3])) {
        return NULL;
    }
    *ret_slices = (uint32_t)(name[0] - '0');
    return &name[3];
}

bool compute_instance_is_name(const char *name)
{
    uint32_t slices;

    return split_name(name, &slices) != NULL;
}

bool compute_instance_suits(const struct mig_entry *instance, const struct vm_entry *vm)
{
    uint32_t slices;
    const char *profile = split_name(vm->profile.name, &slices);

    return strcmp(instance->mig_profile->name, profile) == 0 &&
           (!vm->profile.mig || vm->profile.mig == instance->mig_profile) &&
           instance->sharing.mode == SHARING_MPS;
}

/* The vendor's table: an instance takes compute instances of 1 slice and of its own width; of
   2 slices from 2g on; of 3 and 4 only in a 7g besides. */
static bool is_width(uint32_t slices, uint32_t all)
{
    return slices == 1 || slices == all || (slices == 2 && all > 2) ||
           ((slices == 3 || slices == 4) && all == 7);
}

/* SMs of so many slices: those of the smallest instance that has as many; 0: not known. */
static uint32_t sms_of(const struct gpu_entry *gpu, uint32_t slices)
{
    struct mig_set basic = mig_set_basic(gpu->mig_set);

    for (uint32_t i = 0; i < basic.count; i++) {
        if (basic.profiles[i]->compute_slices == slices) {
            return basic.profiles[i]->sms;
        }
    }
    return 0;
}

static int refuse_width(const struct mig_profile *profile, uint32_t slices, struct err *err)
{
    struct text widths;

    text_init(&widths);
    for (uint32_t i = 1; i <= profile->compute_slices; i++) {
        if (is_width(i, profile->compute_slices)) {
            text_printf(&widths, "%s%uc", i > 1 ? ", " : "", i);
        }
    }
    (void)err_set(err, ERR_SCENARIO, "%s takes no compute instance of %u slices; it takes %s",
                  profile->name, slices, widths.bytes);
    text_fini(&widths);
    return -1;
}

static int take(const struct gpu_entry *gpu, const struct mig_entry *instance,
                struct vm_entry *vm, struct err *err)
{
    uint32_t all = instance->mig_profile->compute_slices;
    uint32_t slices = vm->profile.compute_slices;
    uint32_t sms = slices == all ? instance->device.sms : sms_of(gpu, slices);

    if (!is_width(slices, all) || sms == 0 || sms > instance->device.sms) {
        return refuse_width(instance->mig_profile, slices, err);
    }
    vm->profile.mig = instance->mig_profile;
    vm->share_ppm =
        (uint32_t)(((int64_t)sms * PPM + instance->device.sms - 1) / instance->device.sms);
    return 0;
}

int compute_instance_use(const struct gpu_entry *gpu, struct vm_entry *vm, struct err *err)
{
    struct vm_entry own = *vm;

    (void)split_name(vm->profile.name, &own.profile.compute_slices);
    own.profile.is_mig = true;
    for (uint32_t i = 0; i < gpu->mig_count; i++) {
        if (instance_takes(&gpu->mig[i], &own)) {
            if (take(gpu, &gpu->mig[i], &own, err)) {
                return -1;
            }
            *vm = own;
            return 0;
        }
    }
    return err_set(err, ERR_SCENARIO,
                   "gpu '%.64s' has no MIG instance of that profile under mode: mps, whose "
                   "compute instances would run side by side",
                   gpu->name);
}
