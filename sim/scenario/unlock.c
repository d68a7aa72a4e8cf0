/*
 * unlock.c - `unlock:` of a GPU: which data-centre card a consumer card passes for.
 *
 * The keys are those of the real tool's config.toml where it has them, so that a file of it can
 * be taken over (`vgpusim import vgpu-unlock-config`).
 */
#include "base/quantity.h"
#include "scenario/language.h"
#include "scenario/value.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { PCI_ID_MAX = 0xffff };

const char *const unlock_words[] = { "auto", "no", "yes", NULL };

/* --------------------------------------------------------------------------- PCI numbers */

/* Decimal, 0x or 0b, as the real tool reads them. */
static bool parse_pci_id(const char *text, uint32_t *ret)
{
    bool is_hex = strncmp(text, "0x", 2) == 0;
    bool is_binary = strncmp(text, "0b", 2) == 0;
    const char *digits = text + (is_hex || is_binary ? 2 : 0);
    size_t length = strspn(digits, is_hex      ? "0123456789abcdefABCDEF"
                                   : is_binary ? "01"
                                               : "0123456789");

    if (length == 0 || digits[length] != '\0') {
        return false;
    }
    errno = 0;
    unsigned long value = strtoul(digits, NULL, is_hex ? 16 : is_binary ? 2 : 10);
    *ret = (uint32_t)value;
    return errno == 0 && value <= PCI_ID_MAX;
}

static bool read_pci_id(struct check *check, const struct node *node, uint32_t *ret)
{
    if (!check_text(check, node)) {
        return false;
    }
    if (!parse_pci_id(node->text, ret)) {
        check_refuse_value(check, node,
                           "it must be a PCI id between 0 and 0xffff, as 0x1b80 or 7040");
        return false;
    }
    return true;
}

/* ---------------------------------------------------------------------------- the shapes */

static void read_own_id(struct check *check, const struct node *node, void *target)
{
    uint32_t id;

    if (read_pci_id(check, node, &id)) {
        ((struct unlock_use *)target)->pci_id = id;
    }
}

static void read_device_id(struct check *check, const struct node *node, void *target)
{
    (void)read_pci_id(check, node, &((struct pci_info *)target)->device_id);
}

static void read_sub_system_id(struct check *check, const struct node *node, void *target)
{
    (void)read_pci_id(check, node, &((struct pci_info *)target)->sub_system_id);
}

/* clang-format off */
static const struct member info_members[] = {
    { .name = "device_id", .form = FORM_PCI_ID, .required = true, .read = read_device_id,
      .doc = "PCI device id of the card that it passes for." },
    { .name = "sub_system_id", .form = FORM_PCI_ID, .required = true,
      .read = read_sub_system_id, .doc = "Its PCI subsystem id." },
};
/* clang-format on */

const struct shape pci_info_shape = {
    .title = "What a PCI device id passes for",
    .members = info_members,
    .member_count = ARRAY_LEN(info_members),
};

static void read_map(struct check *check, const struct node *node, void *target)
{
    struct unlock_use *use = target;

    if (!check_map(check, node)) {
        return;
    }
    struct pci_info *map = arena_take(check->arena, node->count, sizeof(*map));
    for (uint32_t i = 0; i < node->count; i++) {
        size_t before = check_enter(check, node->keys[i].name);
        if (!parse_pci_id(node->keys[i].name, &map[i].pci_id)) {
            check_refuse(check, node->keys[i].place,
                         "%s: the key must be a PCI id between 0 and 0xffff, as 0x1b80",
                         check_subject(check));
        }
        for (uint32_t k = 0; k < i; k++) {
            if (map[k].pci_id == map[i].pci_id) {
                check_refuse(check, node->keys[i].place,
                             "%s: a second key for PCI id 0x%04" PRIx32 "; the first is %s",
                             check_subject(check), map[i].pci_id, node->keys[k].name);
            }
        }
        (void)shape_read(check, node->items[i], &pci_info_shape, &map[i]);
        check_leave(check, before);
    }
    use->map = map;
    use->map_count = node->count;
}

/* clang-format off */
static const struct field fields[] = {
    { .name = "spoof", .kind = FIELD_CHOICE, .offset = offsetof(struct unlock_use, when),
      .choices = unlock_words, .fallback = UNLOCK_YES,
      .doc = "yes: by its id, also a card that takes vGPUs by itself, as the real tool does; "
             "auto: only one that needs it; no: not at all." },
    { .name = "passes_for", .kind = FIELD_TEXT, .offset = offsetof(struct unlock_use, as),
      .absent = "what its id says",
      .doc = "A device of the catalogue, instead of what the ids say." },
    { .name = "reserve", .kind = FIELD_BYTES,
      .offset = offsetof(struct unlock_use, reserve_bytes), .min = 0, .max = 100 * TIB,
      .doc = "Of the card's own memory, what the host keeps for itself." },
};
static const struct member members[] = {
    { .name = "pci_id", .form = FORM_PCI_ID, .read = read_own_id,
      .absent = "the catalogue's", .doc = "The card's own PCI device id." },
    { .name = "pci_info_map", .form = FORM_PCI_MAP, .shape = &pci_info_shape, .read = read_map,
      .absent = "the built-in ranges",
      .doc = "By PCI device id, what cards pass for; wins over the ranges." },
};
/* clang-format on */

const struct shape unlock_shape = {
    .title = "How a card is unlocked",
    .doc = "A consumer card that passes for a data-centre card takes the vGPU types of that "
           "card, as far as its own\nmemory goes, and keeps its own SMs, bandwidth and clocks. "
           "This models what vgpu_unlock does; it unlocks\nnothing.",
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .members = members,
    .member_count = ARRAY_LEN(members),
};

void unlock_read(struct check *check, const struct node *node, void *target)
{
    struct unlock_use *use = &((struct gpu_entry *)target)->unlock;
    uint32_t errors = check->errors->count;
    struct field word = fields[0];

    use->place = node->place;
    use->is_given = true;
    if (node->kind == NODE_TEXT) {
        (void)value_read(check, node, &word, use);
    } else {
        (void)shape_read(check, node, &unlock_shape, use);
    }
    if (check->errors->count != errors) { /* What follows from it would only confuse. */
        use->when = UNLOCK_NO;
        use->reserve_bytes = 0;
    }
}

/* --------------------------------------------------------------------------- what it does */

/* What the GPU is without unlocking. */
static struct catalogue_device *plain_card(struct check *check, const struct gpu_entry *gpu)
{
    struct catalogue_device *card = arena_take(check->arena, 1, sizeof(*card));

    if (gpu->catalogue) {
        *card = *gpu->catalogue;
    } else {
        *card = (struct catalogue_device){ .board = "",
                                           .aliases = "",
                                           .architecture = "",
                                           .die = "",
                                           .segment = "",
                                           .vgpu_supported = "no",
                                           .source = "",
                                           .note = "" };
    }
    card->device = gpu->device;
    card->reserve_bytes = gpu->unlock.reserve_bytes;
    if (gpu->unlock.pci_id > 0) {
        card->pci_id = gpu->unlock.pci_id;
    }
    return card;
}

static const struct pci_info *find_in_map(const struct unlock_use *use, uint32_t pci_id)
{
    for (uint32_t i = 0; i < use->map_count; i++) {
        if (use->map[i].pci_id == pci_id) {
            return &use->map[i];
        }
    }
    return NULL;
}

static int relabel(struct check *check, const struct unlock_use *use,
                   struct catalogue_device *card, struct err *err)
{
    const struct catalogue_device *as;
    const struct pci_info *info = find_in_map(use, card->pci_id);

    if (use->when == UNLOCK_NO || (use->when == UNLOCK_AUTO && card->has_vgpu)) {
        card->passes_for = NULL;
        return 0;
    }
    if (use->as) {
        return catalogue_device(check->catalogue, use->as, &as, err)
                   ? -1
                   : catalogue_unlock_card_as(check->catalogue, card, as, err);
    }
    if (info) {
        return catalogue_vgpu_board(check->catalogue, info->device_id, info->sub_system_id, &as,
                                    err)
                   ? -1
                   : catalogue_unlock_card_as(check->catalogue, card, as, err);
    }
    return catalogue_unlock_card(check->catalogue, card, use->when == UNLOCK_YES, err);
}

void unlock_finish(struct check *check, struct gpu_entry *gpu)
{
    struct unlock_use *use = &gpu->unlock;
    struct err err;

    gpu->card = NULL;
    if (gpu->device.sms == 0 || (!gpu->catalogue && !use->is_given)) {
        return; /* Refused already, or anything that the vendor has may run there. */
    }
    struct catalogue_device *card = plain_card(check, gpu);
    if (use->reserve_bytes >= gpu->device.memory_bytes) {
        check_refuse(check, use->place, "%s.unlock.reserve is all of the card's memory",
                     check_subject(check));
    } else if (relabel(check, use, card, &err)) {
        check_refuse(check, use->place, "%s.unlock: %s", check_subject(check), err.text);
    }
    gpu->card = card;
}
