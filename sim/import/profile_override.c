#include "import/profile_override.h"

#include "base/units.h"
#include "import/notes.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* -------------------------------------------------------------------------------- the keys */

enum kind {
    KIND_U32,
    KIND_FLAG, /* A u32 of which only 0 or not 0 counts. */
    KIND_U64,
    KIND_SIZE, /* A u64 of bytes, or a text with a unit. */
    KIND_TEXT, /* Of at most `max` bytes. */
};

enum { FRAMEBUFFER, RESERVATION, MAX_INSTANCES, FRL, FRL_ENABLED, CUDA, DISPLAYS, ENCODER };

/* The first ones are those that the simulator uses, in the order of the enum. */
static const struct key {
    const char *name;
    enum kind kind;
    size_t max;
    const char *means;
} keys[] = {
    { "framebuffer", KIND_SIZE, 0, "memory that the guest may use" },
    { "framebuffer_reservation", KIND_SIZE, 0, "the host's part of the vGPU" },
    { "max_instances", KIND_U32, 0, "maximum per GPU, for fixed share and the default slice" },
    { "frl_config", KIND_U32, 0, "frames/s of the frame-rate limiter" },
    { "frl_enabled", KIND_FLAG, 0, "whether that is on" },
    { "cuda_enabled", KIND_FLAG, 0, "whether compute jobs are allowed" },
    { "num_displays", KIND_U32, 0, "virtual displays" },
    { "encoder_capacity", KIND_U32, 0, "percent of the encoders" },
    { "gpu_type", KIND_U32, 0, "identity only" },
    { "card_name", KIND_TEXT, 31, "label only" },
    { "vgpu_type", KIND_TEXT, 31, "class and licence; no capacity" },
    { "features", KIND_TEXT, 127, "no capacity" },
    { "display_width", KIND_U32, 0, "pixels; no GPU time of its own" },
    { "display_height", KIND_U32, 0, "pixels; no GPU time of its own" },
    { "max_pixels", KIND_U32, 0, "pixels; no GPU time of its own" },
    { "ecc_supported", KIND_FLAG, 0, "what the guest sees; no capacity" },
    { "mig_instance_size", KIND_U32, 0, "0 for time-sliced types" },
    { "multi_vgpu_supported", KIND_FLAG, 0, "several vGPUs in a VM" },
    { "pci_id", KIND_U64, 0, "which guest driver binds" },
    { "pci_device_id", KIND_U64, 0, "identity only" },
    { "mappable_video_size", KIND_SIZE, 0, "no capacity" },
    { "bar1_length", KIND_U64, 0, "no capacity" },
    { "adapter_name", KIND_TEXT, 63, "label only" },
    { "short_gpu_name", KIND_TEXT, 63, "label only" },
    { "license_type", KIND_TEXT, 127, "no capacity" },
};
enum { KEY_COUNT = ARRAY_LEN(keys) };

static const char *const sections[] = { "profile", "mdev", "vm", NULL };

/* A value of each key, and where it came from. */
struct values {
    struct slot {
        bool is_set;
        uint64_t number;
        const char *text;
        const char *section; /* "profile", "mdev" or "vm". */
    } slots[KEY_COUNT];
};

static size_t find_key(const char *name)
{
    size_t i = 0;

    while (i < KEY_COUNT && strcmp(keys[i].name, name) != 0) {
        i++;
    }
    return i;
}

/* ---------------------------------------------------------------------------------- values */

int override_read_size(const char *text, uint64_t *ret)
{
    static const struct {
        const char *name;
        uint64_t factor;
    } units[] = {
        { "KB", 1000 },
        { "kB", 1000 },
        { "MB", 1000000 },
        { "GB", UINT64_C(1000000000) },
        { "TB", UINT64_C(1000000000000) },
        { "KiB", KIB },
        { "MiB", MIB },
        { "GiB", (uint64_t)GIB },
        { "TiB", (uint64_t)TIB },
    };
    size_t whole = strspn(text, "0123456789");
    const char *rest = text + whole;
    double fraction = 0.0;
    double scale = 0.1;
    uint64_t number = 0;

    if (whole == 0 || whole > 18) {
        return -1;
    }
    for (size_t i = 0; i < whole; i++) {
        number = number * 10 + (uint64_t)(text[i] - '0');
    }
    if (*rest == '\0') {
        *ret = number;
        return 0;
    }
    if (*rest == '.') {
        for (rest++; *rest >= '0' && *rest <= '9'; rest++, scale /= 10.0) {
            fraction += scale * (double)(*rest - '0');
        }
        if (rest[-1] == '.') {
            return -1;
        }
    }
    rest += strspn(rest, " ");
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (strcmp(units[i].name, rest) == 0) {
            if (number > UINT64_MAX / units[i].factor) {
                return -1;
            }
            *ret =
                number * units[i].factor + (uint64_t)(fraction * (double)units[i].factor + 0.5);
            return 0;
        }
    }
    return -1;
}

static int refuse_size(const struct toml_entry *entry, struct err *err)
{
    return err_at(err, entry->value->place,
                  "%s must be whole bytes or a text of a number and its unit, as \"1.5 GiB\": "
                  "KB, kB, MB, GB, TB, KiB, MiB, GiB or TiB; the real tool refuses the file",
                  entry->key);
}

static int read_number(const struct toml_entry *entry, uint64_t most, uint64_t *ret,
                       struct err *err)
{
    const struct toml_value *value = entry->value;

    if (value->kind != TOML_INTEGER) {
        return note_wrong_kind(entry, "a whole number", err);
    }
    if (value->integer < 0 || (uint64_t)value->integer > most) {
        return err_at(err, value->place,
                      "%s is %" PRId64 "; it must be between 0 and %" PRIu64
                      "; the real tool refuses the file",
                      entry->key, value->integer, most);
    }
    *ret = (uint64_t)value->integer;
    return 0;
}

static int read_text(const struct toml_entry *entry, size_t most, const char **ret,
                     struct err *err)
{
    if (entry->value->kind != TOML_TEXT) {
        return note_wrong_kind(entry, "a text", err);
    }
    if (strlen(entry->value->text) > most) {
        return err_at(err, entry->value->place, "%s has %zu bytes; it may have at most %zu",
                      entry->key, strlen(entry->value->text), most);
    }
    *ret = entry->value->text;
    return 0;
}

static int read_value(const struct toml_entry *entry, const struct key *key, struct slot *slot,
                      struct err *err)
{
    const struct toml_value *value = entry->value;

    switch (key->kind) {
    case KIND_TEXT:
        return read_text(entry, key->max, &slot->text, err);
    case KIND_SIZE:
        if (value->kind == TOML_TEXT) {
            return override_read_size(value->text, &slot->number) ? refuse_size(entry, err) : 0;
        }
        return read_number(entry, INT64_MAX, &slot->number, err);
    case KIND_U64:
        return read_number(entry, INT64_MAX, &slot->number, err);
    default:
        return read_number(entry, UINT32_MAX, &slot->number, err);
    }
}

/* The keys of one section; those that are there replace what came before. */
static int read_section(const struct toml_value *table, const char *section,
                        struct values *values, struct text *notes, struct err *err)
{
    const char *known[KEY_COUNT + 1] = { NULL };

    for (size_t i = 0; i < KEY_COUNT; i++) {
        known[i] = keys[i].name;
    }
    for (const struct toml_entry *e = table->first; e; e = e->next) {
        size_t i = find_key(e->key);
        if (i == KEY_COUNT) {
            if (notes) {
                note_unknown(notes, e, known);
            }
            continue;
        }
        struct slot *slot = &values->slots[i];
        if (read_value(e, &keys[i], slot, err)) {
            return -1;
        }
        if (keys[i].kind == KIND_FLAG && slot->number > 1) {
            if (notes) {
                note_put(notes, e->value->place,
                         "%s is %" PRIu64 "; the real tool takes it as 1", e->key,
                         slot->number);
            }
            slot->number = 1;
        }
        slot->is_set = true;
        slot->section = section;
    }
    return 0;
}

/* ---------------------------------------------------------------------- sections and their
 * names */

bool override_vm_of(const char *uuid, char ret[16])
{
    static const char form[] = "xxxxxxxx-0000-0000-0000-dddddddddddd";

    if (strlen(uuid) != strlen(form)) {
        return false;
    }
    for (size_t i = 0; form[i]; i++) {
        bool is_digit = uuid[i] >= '0' && uuid[i] <= '9';
        bool is_hex = is_digit || (uuid[i] >= 'a' && uuid[i] <= 'f');
        bool fits = form[i] == 'x' ? is_hex : form[i] == 'd' ? is_digit : uuid[i] == form[i];
        if (!fits) {
            return false;
        }
    }
    const char *number = uuid + 24;
    while (*number == '0' && number[1]) {
        number++;
    }
    (void)snprintf(ret, 16, "%s", number);
    return true;
}

/* Checks all sections, and says what is of no effect. */
static int check_all(const struct toml_value *root, struct text *notes, struct err *err)
{
    for (const struct toml_entry *s = root->first; s; s = s->next) {
        bool is_known = strcmp(s->key, "profile") == 0 || strcmp(s->key, "mdev") == 0 ||
                        strcmp(s->key, "vm") == 0;
        if (!is_known) {
            note_unknown(notes, s, sections);
            continue;
        }
        if (s->value->kind != TOML_TABLE) {
            return note_wrong_kind(s, "a table", err);
        }
        for (const struct toml_entry *e = s->value->first; e; e = e->next) {
            struct values scratch = { 0 };
            if (e->value->kind != TOML_TABLE) {
                return note_wrong_kind(e, "a table", err);
            }
            if (read_section(e->value, s->key, &scratch, notes, err)) {
                return -1;
            }
            if (strcmp(s->key, "profile") == 0 && strncmp(e->key, "nvidia-", 7) != 0) {
                note_put(notes, e->place,
                         "no vGPU has the type '%.40s'; a type is written nvidia-NN", e->key);
            }
            if (strcmp(s->key, "vm") == 0 &&
                (e->key[0] == '0' || e->key[strspn(e->key, "0123456789")])) {
                note_put(notes, e->place,
                         "[vm.%.40s] never applies: VMs are compared as text, without leading "
                         "zeros",
                         e->key);
            }
        }
    }
    return 0;
}

/* ------------------------------------------------------------------------------- fragments */

static void put_mib(struct text *text, uint64_t bytes)
{
    if (bytes % (uint64_t)MIB == 0) {
        text_printf(text, "%" PRIu64 "MiB", bytes / (uint64_t)MIB);
    } else {
        text_printf(text, "%" PRIu64 "B", bytes);
    }
}

static const struct vgpu_type *find_type(struct catalogue *catalogue, uint32_t type_id)
{
    size_t count;
    const struct vgpu_type *types = catalogue_vgpu_types(catalogue, &count);

    for (size_t i = 0; i < count; i++) {
        if (types[i].type_id == type_id && type_id > 0) {
            return &types[i];
        }
    }
    return NULL;
}

/* What does not stand in the entry itself, as comments. */
static void put_others(struct text *text, const struct values *values, bool has_limiter)
{
    for (size_t i = MAX_INSTANCES; i < KEY_COUNT; i++) {
        const struct slot *slot = &values->slots[i];
        if (!slot->is_set || ((i == FRL || i == FRL_ENABLED) && has_limiter)) {
            continue;
        }
        text_printf(text, "    # %s: ", keys[i].name);
        if (slot->text) {
            for (const char *c = slot->text; *c; c++) { /* A comment is one line. */
                text_put_bytes(text, (unsigned char)*c < 0x20 || *c == 0x7f ? "?" : c, 1);
            }
        } else {
            text_printf(text, "%" PRIu64, slot->number);
        }
        text_printf(text, " (%s; %s)\n", slot->section, keys[i].means);
    }
}

static void put_limiter(struct text *text, const struct values *values,
                        const struct vgpu_type *type)
{
    const struct slot *enabled = &values->slots[FRL_ENABLED];
    const struct slot *fps = &values->slots[FRL];

    if (enabled->is_set && enabled->number == 0) {
        text_put(text, "    frame_limiter: no\n");
    } else if (fps->is_set && fps->number >= 1 && fps->number <= 1000) {
        text_printf(text, "    frame_limit: %" PRIu64 "/s # the type's own is %" PRIu32 "/s\n",
                    fps->number, type->frl_fps);
    }
}

/* Framebuffer and the host's part: of the file, else of the type. */
static void put_memory(struct text *text, const struct values *values,
                       const struct vgpu_type *type)
{
    const struct slot *own = &values->slots[FRAMEBUFFER];
    const struct slot *host = &values->slots[RESERVATION];
    int64_t guest = type->guest_bytes > 0 ? type->guest_bytes : type->framebuffer_bytes;
    uint64_t framebuffer = own->is_set ? own->number : (uint64_t)guest;
    uint64_t reservation =
        host->is_set ? host->number : (uint64_t)(type->framebuffer_bytes - guest);

    text_put(text, "    memory: ");
    put_mib(text, framebuffer + reservation);
    text_put(text, " # framebuffer ");
    put_mib(text, framebuffer);
    text_printf(text, " (%s), reservation ", own->is_set ? own->section : "of the type");
    put_mib(text, reservation);
    text_printf(text, " (%s)\n", host->is_set ? host->section : "of the type");
    if (own->is_set && !host->is_set) {
        text_put(text, "    # Only framebuffer is overridden: the reservation stays, a usual "
                       "mistake.\n");
    }
}

static void put_vm(struct text *text, const struct values *values, const struct vgpu_type *type,
                   const char *name)
{
    bool is_resized = values->slots[FRAMEBUFFER].is_set || values->slots[RESERVATION].is_set;

    text_printf(text, "  - name: %s\n", name);
    text_printf(text, "    # Type %s of %s (nvidia-%" PRIu32 "): the host counts it as ",
                type->profile, type->board, type->type_id);
    put_mib(text, (uint64_t)type->framebuffer_bytes);
    text_printf(text, ",\n    # and lets %" PRIu32 " of it onto a GPU, all of one size.\n",
                type->vms_max);
    if (is_resized) {
        put_memory(text, values, type);
    } else {
        text_printf(text, "    profile: %s\n", type->profile);
        put_limiter(text, values, type);
    }
    put_others(text, values, !is_resized);
}

/* Applies the sections that are about a target, in the tool's order. */
static int apply(const struct toml_value *root, const struct override_target *target,
                 struct values *values, struct err *err)
{
    char own[16];
    char profile[32];
    const char *vm = target->vm;

    if (!vm && target->mdev && override_vm_of(target->mdev, own)) {
        vm = own;
    }
    (void)snprintf(profile, sizeof(profile), "nvidia-%" PRIu32, target->type_id);
    const char *const names[] = { profile, target->mdev, vm };
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        const struct toml_value *table =
            names[i] ? toml_find(toml_find(root, sections[i]), names[i]) : NULL;
        if (table && read_section(table, sections[i], values, NULL, err)) {
            return -1;
        }
    }
    return 0;
}

static int put_target(struct catalogue *catalogue, const struct toml_value *root,
                      const struct override_target *target, struct text *fragment,
                      struct err *err)
{
    const struct vgpu_type *type = find_type(catalogue, target->type_id);
    struct values values = { 0 };
    char name[48];

    if (!type) {
        return err_set(err, ERR_SCENARIO, "no vGPU type of the catalogue is nvidia-%" PRIu32,
                       target->type_id);
    }
    if (apply(root, target, &values, err)) {
        return -1;
    }
    if (target->vm) {
        (void)snprintf(name, sizeof(name), "vm%.40s", target->vm);
    } else {
        (void)snprintf(name, sizeof(name), "nvidia-%" PRIu32, target->type_id);
    }
    put_vm(fragment, &values, type, name);
    return 0;
}

/* NN of nvidia-NN; 0: it is none. */
static uint32_t type_of(const char *key)
{
    uint64_t number = 0;

    if (strncmp(key, "nvidia-", 7) != 0 || key[7] == '0' || strlen(key) > 16 ||
        key[7 + strspn(key + 7, "0123456789")]) {
        return 0;
    }
    for (const char *c = key + 7; *c; c++) {
        number = number * 10 + (uint64_t)(*c - '0');
    }
    return number <= UINT32_MAX ? (uint32_t)number : 0;
}

/* One VM for each type that the file has a section for. */
static int put_types(struct catalogue *catalogue, const struct toml_value *root,
                     struct text *fragment, struct text *notes, struct err *err)
{
    const struct toml_value *profiles = toml_find(root, "profile");
    size_t before = fragment->size;

    for (const struct toml_entry *e = profiles ? profiles->first : NULL; e; e = e->next) {
        struct override_target target = { .type_id = type_of(e->key) };
        if (!find_type(catalogue, target.type_id)) {
            note_put(notes, e->place, "no vGPU type of the catalogue is '%.40s'; never used",
                     e->key);
        } else if (put_target(catalogue, root, &target, fragment, err)) {
            return -1;
        }
    }
    if (toml_find(root, "mdev") || toml_find(root, "vm")) {
        note_put(notes, root->place,
                 "for what [mdev] and [vm] change, say of which vGPU: "
                 "--type NN --mdev UUID or --vm NUMBER");
    }
    if (fragment->size == before) {
        text_put(fragment, "  []\n");
    }
    return 0;
}

int import_profile_override(struct catalogue *catalogue, const struct toml_source *source,
                            const struct override_target *target, struct imported *ret,
                            struct err *err)
{
    const struct toml_value *root;

    if (toml_parse(catalogue->arena, source, &root, err) || check_all(root, &ret->notes, err)) {
        return -1;
    }
    text_put(&ret->fragment,
             "# A part of a scenario: vGPUs as the unlocking tool's overrides have "
             "them. Add\n# workloads and a count. This models unlocking and unlocks "
             "nothing.\nvms:\n");
    return target->type_id > 0 ? put_target(catalogue, root, target, &ret->fragment, err)
                               : put_types(catalogue, root, &ret->fragment, &ret->notes, err);
}
