#include "catalogue/catalogue.h"

#include "catalogue/tables.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

bool catalogue_measured(struct catalogue *catalogue, const char *device, const char *key,
                        double *ret)
{
    const struct table *measured = tables_get(catalogue, TABLE_MEASURED);

    for (size_t i = 0; i < measured->count; i++) {
        const struct measured *row = table_row(measured, i);
        if (strcmp(row->device, device) == 0 && strcmp(row->key, key) == 0) {
            *ret = row->value;
            return true;
        }
    }
    return false;
}

/* The first row of that kind that covers the id, or NULL. */
static const struct unlock_entry *find_row(struct catalogue *catalogue, enum unlock_kind kind,
                                           uint32_t pci_id)
{
    const struct table *map = tables_get(catalogue, TABLE_UNLOCK);

    for (size_t i = 0; i < map->count; i++) {
        const struct unlock_entry *entry = table_row(map, i);
        if (entry->kind == kind && pci_id >= entry->id_low && pci_id <= entry->id_high) {
            return entry;
        }
    }
    return NULL;
}

const struct unlock_entry *catalogue_unlock(struct catalogue *catalogue, uint32_t pci_id)
{
    const struct unlock_entry *own = find_row(catalogue, UNLOCK_DEVICE, pci_id);

    return own ? own : find_row(catalogue, UNLOCK_RULE, pci_id);
}

enum subsystem { SUBSYSTEM_UNKNOWN, SUBSYSTEM_OWN, SUBSYSTEM_OTHER };

/* What the map knows of a board's subsystem id. */
static enum subsystem subsystem_of(const struct table *map,
                                   const struct catalogue_device *device, uint32_t subsystem_id)
{
    for (size_t i = 0; i < map->count; i++) {
        const struct unlock_entry *entry = table_row(map, i);
        if (entry->passes_for_id == device->pci_id &&
            strcmp(entry->passes_for, device->board) == 0 &&
            strncmp(entry->passes_for_subsystem, "0x", 2) == 0) {
            return strtoul(entry->passes_for_subsystem, NULL, 16) == subsystem_id
                       ? SUBSYSTEM_OWN
                       : SUBSYSTEM_OTHER;
        }
    }
    return SUBSYSTEM_UNKNOWN;
}

int catalogue_vgpu_board(struct catalogue *catalogue, uint32_t pci_id, uint32_t subsystem_id,
                         const struct catalogue_device **ret, struct err *err)
{
    const struct table *map = tables_get(catalogue, TABLE_UNLOCK);
    const struct catalogue_device *found = NULL;
    size_t count;
    const struct catalogue_device *devices = catalogue_devices(catalogue, &count);

    for (size_t i = 0; i < count; i++) {
        const struct catalogue_device *device = &devices[i];
        if (device->pci_id != pci_id || !device->has_vgpu) {
            continue;
        }
        enum subsystem known = subsystem_of(map, device, subsystem_id);
        if (known == SUBSYSTEM_OTHER) {
            continue;
        }
        if (known == SUBSYSTEM_OWN) {
            *ret = device;
            return 0;
        }
        if (found) {
            return err_set(err, ERR_SCENARIO,
                           "PCI device id 0x%04" PRIx32 " is that of %s and of %s; say which "
                           "with passes_for",
                           pci_id, found->device.name, device->device.name);
        }
        found = device;
    }
    if (!found) {
        return err_set(err, ERR_SCENARIO,
                       "no device with vGPU types has the PCI device id 0x%04" PRIx32, pci_id);
    }
    *ret = found;
    return 0;
}

int catalogue_unlock_card_as(struct catalogue *catalogue, struct catalogue_device *card,
                             const struct catalogue_device *as, struct err *err)
{
    size_t count;
    const struct vgpu_type *types = catalogue_vgpu_types(catalogue, &count);
    bool has_types = false;

    for (size_t i = 0; i < count; i++) {
        has_types = has_types || strcmp(types[i].board, as->board) == 0;
    }
    if (!as->has_vgpu || !has_types) {
        return err_set(err, ERR_SCENARIO, "%s has no vGPU types of its own to take",
                       as->device.name);
    }
    if (strcmp(as->board, card->board) != 0) {
        card->passes_for = as->board;
        card->is_relabelled = true;
    }
    return 0;
}

static bool is_word(const char *word, const char *other)
{
    return strcmp(word, other) == 0;
}

/* Why nothing comes of unlocking a card. */
static int refuse_card(struct catalogue *catalogue, const struct catalogue_device *card,
                       const struct unlock_entry *entry, struct err *err)
{
    const struct unlock_entry *rule = find_row(catalogue, UNLOCK_RULE, card->pci_id);
    const char *name = card->device.name;

    if (card->pci_id == 0) {
        return err_set(err, ERR_SCENARIO,
                       "the PCI device id of %s is not known; give its pci_id", name);
    }
    if (entry) {
        return err_set(err, ERR_SCENARIO,
                       "%s (0x%04" PRIx32 ") would be relabelled as %s, which does not work: "
                       "%s",
                       name, card->pci_id, entry->passes_for, rule ? rule->note : entry->note);
    }
    return err_set(err, ERR_SCENARIO,
                   "%s (0x%04" PRIx32 ") is in none of the ranges of PCI device ids that are "
                   "unlocked; pci_info_map or passes_for can say what it passes for",
                   name, card->pci_id);
}

int catalogue_unlock_card(struct catalogue *catalogue, struct catalogue_device *card,
                          bool force, struct err *err)
{
    const struct unlock_entry *entry = catalogue_unlock(catalogue, card->pci_id);
    bool works = entry && entry->passes_for[0] != '\0' && !is_word(entry->works, "no");

    if (!force && card->pci_id == 0) {
        return 0; /* What the table says of it stays. */
    }
    if (!force) {
        card->passes_for = works && !card->has_vgpu ? entry->passes_for : NULL;
        return 0;
    }
    if (!works) {
        return refuse_card(catalogue, card, entry, err);
    }
    if (!is_word(entry->passes_for, card->board)) {
        card->passes_for = entry->passes_for;
        card->is_relabelled = true;
    }
    return 0;
}
