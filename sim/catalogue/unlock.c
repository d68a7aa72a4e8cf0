#include "catalogue/catalogue.h"
#include "catalogue/tables.h"

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

const struct unlock_entry *catalogue_unlock(struct catalogue *catalogue, uint32_t pci_id)
{
    const struct table *map = tables_get(catalogue, TABLE_UNLOCK);
    const struct unlock_entry *rule = NULL;

    for (size_t i = 0; i < map->count; i++) {
        const struct unlock_entry *entry = table_row(map, i);
        if (pci_id < entry->id_low || pci_id > entry->id_high) {
            continue;
        }
        if (entry->kind == UNLOCK_DEVICE) {
            return entry;
        }
        rule = rule ? rule : entry;
    }
    return rule;
}
