#include "catalogue/explain_unlock.h"

#include "base/units.h"
#include "catalogue/tables.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { WIDTH = 80, INDENT = 15 };

/* Items of a list, separated by commas and broken into lines. */
struct list {
    struct text *text;
    size_t column;
    bool has_items;
};

static void begin(struct list *list, struct text *text, const char *label)
{
    text_printf(text, "  %-12s ", label);
    *list = (struct list){ .text = text, .column = INDENT };
}

static void put_item(struct list *list, const char *item)
{
    size_t length = strlen(item);

    if (list->has_items) {
        text_put(list->text, ",");
        if (list->column + 2 + length + 1 > WIDTH) {
            text_printf(list->text, "\n%*s", INDENT, "");
            list->column = INDENT;
        } else {
            text_put(list->text, " ");
            list->column += 2;
        }
    }
    text_put(list->text, item);
    list->column += length;
    list->has_items = true;
}

/* Types that fit with their number, or (fits false) those that do not. */
static void put_types(struct text *text, struct catalogue *catalogue,
                      const struct catalogue_device *device, bool fits)
{
    size_t count;
    const struct vgpu_type *types = catalogue_vgpu_types(catalogue, &count);
    struct list list = { 0 };

    for (size_t i = 0; i < count; i++) {
        uint32_t held = catalogue_vms_max(device, &types[i]);
        char item[64];
        if (strcmp(types[i].board, device->passes_for) != 0 || (held > 0) != fits ||
            types[i].backing != VGPU_TIME_SLICED) {
            continue;
        }
        if (!list.text) {
            begin(&list, text, fits ? "takes" : "too large");
        }
        if (fits) {
            (void)snprintf(item, sizeof(item), "%" PRIu32 " %.40s", held, types[i].profile);
        } else {
            (void)snprintf(item, sizeof(item), "%.40s", types[i].profile);
        }
        put_item(&list, item);
    }
    if (list.text) {
        text_put(text, "\n");
    }
}

/* "20 of 30 SMs", for what it has less of. */
static void put_less(struct list *list, const char *of, double own, double other)
{
    char item[64];

    if (own > 0.0 && own < other) {
        (void)snprintf(item, sizeof(item), "%.4g of %.4g %s", own, other, of);
        put_item(list, item);
    }
}

static void put_lacks(struct text *text, const struct catalogue_device *device,
                      const struct catalogue_device *as)
{
    const double gib = (double)GIB;
    struct list list;

    begin(&list, text, "has only");
    put_less(&list, "GiB", (double)device->device.memory_bytes / gib,
             (double)as->device.memory_bytes / gib);
    put_less(&list, "SMs", device->device.sms, as->device.sms);
    put_less(&list, "GB/s", (double)device->device.bandwidth_bytes / 1e9,
             (double)as->device.bandwidth_bytes / 1e9);
    put_less(&list, "MHz", device->clock_mhz, as->clock_mhz);
    if (!list.has_items) {
        put_item(&list, "what the other has, or more");
    }
    text_put(text, "\n");
    begin(&list, text, "lacks");
    if (as->device.ecc && !device->device.ecc) {
        put_item(&list, "ECC: memory errors stay silent");
    }
    put_item(&list, "data-centre cooling and thermal control");
    put_item(&list, "the vendor's support");
    put_item(&list, "a guest licence of its own");
    text_put(text, "\n");
}

static const char *works(const char *word)
{
    return strcmp(word, "yes") == 0        ? "known to work"
           : strcmp(word, "reported") == 0 ? "users report that it works"
           : strcmp(word, "no") == 0       ? "does not work"
                                           : "whether it works is not known";
}

void explain_unlock(struct text *text, struct catalogue *catalogue,
                    const struct catalogue_device *device)
{
    const struct unlock_entry *entry = catalogue_unlock(catalogue, device->pci_id);

    if (!device->passes_for) {
        return;
    }
    const struct catalogue_device *as = tables_device_of_board(catalogue, device->passes_for);
    text_printf(text, "  %-12s passes for a %s", "unlocked", device->passes_for);
    if (entry) {
        text_printf(text, " by PCI id 0x%04" PRIx32 "; %s", device->pci_id,
                    works(entry->works));
    }
    text_put(text, "\n");
    put_types(text, catalogue, device, true);
    put_types(text, catalogue, device, false);
    if (as) {
        put_lacks(text, device, as);
    }
    text_printf(text, "  %-12s this is a model of it; it unlocks nothing\n", "");
}
