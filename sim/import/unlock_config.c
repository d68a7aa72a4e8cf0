#include "import/unlock_config.h"

#include "base/units.h"
#include "import/notes.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { ID_MAX = 0xffff };

static const char *const keys[] = { "unlock", "unlock_migration", "pci_info_map", NULL };
static const char *const info_keys[] = { "device_id", "sub_system_id", NULL };

static bool is_one_of(const char *key, const char *const *known)
{
    for (size_t i = 0; known[i]; i++) {
        if (strcmp(key, known[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* Text in decimal, 0x or 0b. */
static bool parse_id(const char *text, int64_t *ret)
{
    int base = strncmp(text, "0x", 2) == 0 ? 16 : strncmp(text, "0b", 2) == 0 ? 2 : 10;
    const char *digits = text + (base == 10 ? 0 : 2);
    const char *set = base == 16 ? "0123456789abcdefABCDEF" : base == 2 ? "01" : "0123456789";
    size_t length = strspn(digits, set);

    if (length == 0 || digits[length]) {
        return false;
    }
    errno = 0;
    *ret = strtoll(digits, NULL, base);
    return errno == 0 && *ret <= ID_MAX;
}

static int read_id(const struct toml_entry *entry, int64_t *ret, struct err *err)
{
    const struct toml_value *value = entry->value;

    if (value->kind == TOML_TEXT && parse_id(value->text, ret)) {
        return 0;
    }
    if (value->kind == TOML_INTEGER && value->integer >= 0 && value->integer <= ID_MAX) {
        *ret = value->integer;
        return 0;
    }
    return err_at(err, value->place,
                  "%.60s must be a PCI id between 0 and 0xffff, as a whole number or a text in "
                  "decimal, 0x or 0b",
                  entry->key);
}

/* One entry of pci_info_map. */
static int put_info(const struct toml_entry *entry, bool is_first, struct text *fragment,
                    struct text *notes, struct err *err)
{
    int64_t ids[2] = { -1, -1 };
    int64_t own;

    if (!parse_id(entry->key, &own)) {
        return err_at(err, entry->place,
                      "'%.60s' is no PCI id between 0 and 0xffff in decimal, 0x or 0b",
                      entry->key);
    }
    if (entry->value->kind != TOML_TABLE) {
        return note_wrong_kind(entry, "a table", err);
    }
    for (const struct toml_entry *e = entry->value->first; e; e = e->next) {
        if (!is_one_of(e->key, info_keys)) {
            note_unknown(notes, e, info_keys);
        } else if (read_id(e, &ids[strcmp(e->key, info_keys[1]) == 0], err)) {
            return -1;
        }
    }
    if (ids[0] < 0 || ids[1] < 0) {
        return err_at(err, entry->place, "pci_info_map.%.60s lacks the key '%s'", entry->key,
                      info_keys[ids[0] >= 0]);
    }
    text_printf(fragment,
                "%s0x%04" PRIx64 ": {device_id: 0x%04" PRIx64 ", sub_system_id: 0x%04" PRIx64
                "}",
                is_first ? "" : ", ", (uint64_t)own, (uint64_t)ids[0], (uint64_t)ids[1]);
    return 0;
}

static int put_map(const struct toml_entry *entry, struct text *fragment, struct text *notes,
                   struct err *err)
{
    if (entry->value->kind != TOML_TABLE) {
        return note_wrong_kind(entry, "a table", err);
    }
    text_put(fragment, ", pci_info_map: {");
    for (const struct toml_entry *e = entry->value->first; e; e = e->next) {
        if (put_info(e, e == entry->value->first, fragment, notes, err)) {
            return -1;
        }
    }
    text_put(fragment, "}");
    return 0;
}

static int put_config(const struct toml_value *root, struct text *fragment, struct text *notes,
                      struct err *err)
{
    const struct toml_value *unlock = toml_find(root, "unlock");
    const struct toml_entry *map = NULL;

    for (const struct toml_entry *e = root->first; e; e = e->next) {
        bool is_map = strcmp(e->key, "pci_info_map") == 0;
        if (!is_one_of(e->key, keys)) {
            note_unknown(notes, e, keys);
        } else if (!is_map && e->value->kind != TOML_BOOL) {
            return note_wrong_kind(e, "true or false", err);
        } else if (strcmp(e->key, "unlock_migration") == 0) {
            note_put(notes, e->place,
                     "unlock_migration changes no capacity; the simulator leaves it out");
        }
        map = is_map ? e : map;
    }
    text_printf(fragment, "    unlock: {spoof: %s",
                unlock && unlock->integer == 0 ? "no" : "yes");
    if (map && put_map(map, fragment, notes, err)) {
        return -1;
    }
    text_put(fragment, "}\n");
    return 0;
}

int import_unlock_config(struct arena *arena, const struct toml_source *source,
                         struct imported *ret, struct err *err)
{
    const struct toml_value *root;

    if (toml_parse(arena, source, &root, err)) {
        return -1;
    }
    text_put(&ret->fragment,
             "# A part of a scenario: a GPU as the unlocking tool's configuration has "
             "it.\n# Choose its device; this models unlocking and unlocks nothing.\n"
             "gpus:\n  - name: gpu0\n    device: gtx-1080\n");
    return put_config(root, &ret->fragment, &ret->notes, err);
}
