#include "base/text.h"
#include "catalogue/catalogue.h"
#include "catalogue/tables.h"

#include <string.h>

const struct mig_profile *catalogue_mig_all(struct catalogue *catalogue, size_t *ret_count)
{
    const struct table *table = tables_get(catalogue, TABLE_MIG_PROFILES);

    *ret_count = table->count;
    return (const struct mig_profile *)(const void *)table->rows;
}

const struct mig_profile *catalogue_mig_profiles(struct catalogue *catalogue,
                                                 const struct catalogue_device *device,
                                                 size_t *ret_count)
{
    size_t count;
    const struct mig_profile *all = catalogue_mig_all(catalogue, &count);
    const struct mig_profile *first = NULL;

    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(all[i].board, device->board) == 0) {
            first = first ? first : &all[i];
            (*ret_count)++;
        }
    }
    return first;
}

bool mig_is_profile_name(const char *name)
{
    size_t digits = strspn(name, "0123456789");
    return digits > 0 && name[digits] == 'g' && name[digits + 1] == '.';
}

static int refuse_mig_profile(struct catalogue *catalogue,
                              const struct catalogue_device *device, const char *name,
                              struct err *err)
{
    size_t count;
    const struct mig_profile *profiles = catalogue_mig_profiles(catalogue, device, &count);
    struct text names;

    if (count == 0) {
        return err_set(err, ERR_SCENARIO, "MIG profile %.60s: %s cannot be split by MIG", name,
                       device->device.name);
    }
    text_init(&names);
    for (size_t i = 0; i < count; i++) {
        text_printf(&names, "%s%s", i ? ", " : "", profiles[i].name);
    }
    (void)err_set(err, ERR_SCENARIO, "%s has no MIG profile \"%.60s\"; it has %s",
                  device->device.name, name, names.bytes);
    text_fini(&names);
    return -1;
}

int catalogue_mig_profile(struct catalogue *catalogue, const struct catalogue_device *device,
                          const char *name, const struct mig_profile **ret, struct err *err)
{
    size_t count;
    const struct mig_profile *profiles = catalogue_mig_profiles(catalogue, device, &count);

    for (size_t i = 0; i < count; i++) {
        if (strcmp(profiles[i].name, name) == 0) {
            *ret = &profiles[i];
            return 0;
        }
    }
    return refuse_mig_profile(catalogue, device, name, err);
}

/* Slices of all of the board's memory: those of its widest profile. */
static uint32_t memory_slices_of(struct catalogue *catalogue,
                                 const struct catalogue_device *device)
{
    size_t count;
    const struct mig_profile *profiles = catalogue_mig_profiles(catalogue, device, &count);
    uint32_t most = 0;

    for (size_t i = 0; i < count; i++) {
        most = profiles[i].memory_slices > most ? profiles[i].memory_slices : most;
    }
    return most;
}

/* An instance takes MPS clients in proportion to its compute slices. */
static uint32_t clients_of(const struct catalogue_device *device,
                           const struct mig_profile *profile)
{
    uint32_t all = device->mig_instances_max > 0 ? device->mig_instances_max : 1;
    uint32_t most = device->device.mps_clients_max * profile->compute_slices / all;

    return most > 0 ? most : 1;
}

int catalogue_mig_device(struct catalogue *catalogue, const struct catalogue_device *device,
                         const struct mig_profile *profile, struct device *ret, struct err *err)
{
    uint32_t all = memory_slices_of(catalogue, device);
    uint32_t engines = profile->copy_engines;

    if (profile->sms == 0 || profile->memory_bytes == 0 || profile->memory_slices == 0) {
        return err_set(err, ERR_SCENARIO,
                       "how many SMs and how much memory %s of %s has is not known; add a row "
                       "to a mig_profiles.csv of your own (--catalogue)",
                       profile->name, device->device.name);
    }
    *ret = device->device;
    ret->name = profile->name;
    ret->sms = profile->sms;
    ret->memory_bytes = profile->memory_bytes;
    ret->bandwidth_bytes = (int64_t)((wide)ret->bandwidth_bytes * profile->memory_slices / all);
    ret->copy_engines = engines >= 2 ? 2 : 1;
    ret->mps_clients_max = clients_of(device, profile);
    return 0;
}
