#include "scenario/scenario.h"

#include "base/assert.h"
#include "base/quantity.h"
#include "scenario/inputs.h"
#include "scenario/language.h"
#include "scenario/question.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define SET_FILE "--set"

/* ----------------------------------------------------------------------- the top level */

static void read_name(struct check *check, const struct node *node, void *target)
{
    if (check_name(check, node)) {
        ((struct scenario *)target)->name = node->text;
    }
}

/* Any 64-bit number, which is more than a count may have digits. */
static void read_seed(struct check *check, const struct node *node, void *target)
{
    uint64_t seed = 0;

    if (!check_text(check, node)) {
        return;
    }
    const char *at = node->text;
    for (; *at >= '0' && *at <= '9'; at++) {
        uint64_t digit = (uint64_t)(*at - '0');
        if (seed > (UINT64_MAX - digit) / 10) {
            break;
        }
        seed = seed * 10 + digit;
    }
    if (at == node->text || *at || (node->text[0] == '0' && node->text[1])) {
        check_refuse_value(check, node, "it must be a whole number between 0 and %" PRIu64,
                           UINT64_MAX);
        return;
    }
    ((struct scenario *)target)->seed = seed;
}

static const char *const admission_words[] = { "refuse", "queue", NULL };

/* clang-format off */
static const struct field fields[] = {
    { .name = "duration", .kind = FIELD_TIME, .guess = "s",
      .offset = offsetof(struct scenario, duration_ns),
      .required = true, .min = 1, .max = RUN_LENGTH_MAX, .fallback = 1,
      .doc = "Simulated time." },
    { .name = "warmup", .kind = FIELD_TIME, .guess = "s",
      .offset = offsetof(struct scenario, warmup_ns),
      .min = 0, .max = RUN_LENGTH_MAX, .word = "auto", .word_value = WARMUP_AUTO,
      .doc = "Dropped from the statistics; auto: found from the latencies (MSER-5)." },
    { .name = "admission", .kind = FIELD_CHOICE, .offset = offsetof(struct scenario, admission),
      .choices = admission_words,
      .doc = "What happens to a VM that does not fit when it starts." },
};
static const struct member members[] = {
    { .name = "name", .form = FORM_NAME, .read = read_name,
      .absent = "the file's name without .yaml", .doc = "Names the folder of the results." },
    { .name = "seed", .form = FORM_SEED, .read = read_seed, .absent = "1",
      .doc = "Another seed, another run of the same system." },
    { .name = "catalogue", .form = FORM_FILES, .read = tables_read, .absent = "none",
      .doc = "Files that add to the catalogue, called as its tables are: gpus.csv, ..." },
    { .name = "gpus", .form = FORM_LIST, .required = true, .shape = &gpu_shape,
      .read = gpus_read, .doc = "The GPUs." },
    { .name = "vms", .form = FORM_LIST, .required = true, .shape = &vm_shape,
      .read = vms_read, .doc = "The VMs that share them." },
    { .name = "slo", .form = FORM_LIST, .shape = &slo_shape, .read = slos_read,
      .absent = "none", .doc = "What the VMs were promised." },
    { .name = "metrics", .form = FORM_WORDS, .words = scenario_metric_words,
      .read = metrics_read, .absent = "the default set",
      .doc = "What is measured beyond the default set, because it takes longer." },
    { .name = "compare", .form = FORM_VARY, .read = compare_read, .absent = "none",
      .doc = "Values to try for a path of the scenario, for `vgpusim compare`." },
    { .name = "sweep", .form = FORM_VARY, .read = sweep_read, .absent = "none",
      .doc = "Values to try for a path of the scenario, for `vgpusim sweep`." },
};
/* clang-format on */

const struct shape scenario_shape = {
    .title = "A scenario",
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
    .members = members,
    .member_count = ARRAY_LEN(members),
};

static void check_warmup(struct check *check)
{
    const struct scenario *s = check->scenario;
    const struct node *warmup = node_find(check->root, "warmup");
    struct text text;

    if (!warmup || s->warmup_ns < s->duration_ns) {
        return;
    }
    text_init(&text);
    quantity_write_time(&text, s->duration_ns);
    size_t before = check_enter(check, "warmup");
    check_refuse_value(check, warmup, "it must be shorter than the duration of %s", text.bytes);
    check_leave(check, before);
    text_fini(&text);
}

/* ----------------------------------------------------------------- what GPUs will hold */

/* The vendor's largest number of VMs, if all profiles agree on it; 0: none, or they do not. */
static void agree(uint32_t *agreed, uint32_t vms_max)
{
    if (vms_max == 0 || *agreed == UINT32_MAX) {
        return;
    }
    *agreed = *agreed == 0 || *agreed == vms_max ? vms_max : UINT32_MAX;
}

static uint32_t agreed_of(uint32_t a, uint32_t b)
{
    agree(&a, b);
    return a == UINT32_MAX || b == UINT32_MAX ? 0 : a;
}

/* For each GPU and, in the last row, for VMs that may go anywhere: what whole GPUs hold, then
   what instances of so many compute slices hold whose VMs take turns. */
enum { SLICES_MAX = 16, ROW = 1 + SLICES_MAX };

static void note_vm(uint32_t *row, const struct vm_entry *vm)
{
    const struct vgpu_type *type = vm->profile.vgpu;

    if (!vm->profile.is_mig) {
        agree(&row[0], vm->profile.sharers_max);
    } else if (type && type->backing == VGPU_MIG_TIME_SLICED && type->mig_slices < ROW) {
        agree(&row[type->mig_slices], type->vms_max_instance);
    }
}

static void finish_gpu(struct check *check, struct gpu_entry *gpu, const uint32_t *row,
                       const uint32_t *anywhere)
{
    for (uint32_t k = 0; k < gpu->mig_count; k++) {
        struct mig_entry *instance = (struct mig_entry *)&gpu->mig[k];
        uint32_t slices = instance->mig_profile ? instance->mig_profile->compute_slices : 0;
        bool is_known = slices > 0 && slices < ROW;
        sharing_finish(check, &instance->sharing,
                       is_known ? agreed_of(row[slices], anywhere[slices]) : 0);
    }
    if (gpu->mig_count == 0) {
        sharing_finish(check, &gpu->sharing, agreed_of(row[0], anywhere[0]));
    }
}

static void finish_sharing(struct check *check)
{
    struct scenario *s = check->scenario;
    uint32_t *rows = arena_take(check->arena, ((size_t)s->gpu_count + 1) * ROW, sizeof(*rows));
    uint32_t *anywhere = &rows[(size_t)s->gpu_count * ROW];

    for (uint32_t i = 0; i < s->vm_count; i++) {
        uint32_t gpu = s->vms[i].gpu_index;
        note_vm(gpu == UINT32_MAX ? anywhere : &rows[(size_t)gpu * ROW], &s->vms[i]);
    }
    for (uint32_t i = 0; i < s->gpu_count; i++) {
        size_t before = check_enter(check, "gpus");
        (void)check_enter_item(check, i);
        finish_gpu(check, (struct gpu_entry *)&s->gpus[i], &rows[(size_t)i * ROW], anywhere);
        check_leave(check, before);
    }
}

/* ---------------------------------------------------------------------------------
 * replacements */

/* PATH=VALUE, which is what a set looks like as a line. */
static int apply_set(struct check *check, uint32_t number, struct err *err)
{
    const struct scenario_set *set = &check->source->sets[number];
    size_t path_length = strlen(set->path);
    size_t size = strlen(set->value);
    struct place place = { SET_FILE, number + 1, 1 };
    struct node_path path = { .text = arena_string(check->arena, set->path), .place = place };
    struct node_text text = { SET_FILE, set->value, size };
    const struct node *value;

    if (size == 0) {
        return err_at(err, place, "no value; a set is PATH=VALUE");
    }
    if (node_parse(check->arena, &text, &value, err)) {
        /* Its places begin at the value. */
        err->place.column += err->place.line == 1 ? (uint32_t)path_length + 1 : 0;
        err->place.line = number + 1;
        return -1;
    }
    path.value = node_moved(check->arena, value, number, (uint32_t)path_length + 1);
    return node_set(check->arena, check->root, &path, &check->root, err);
}

/* ----------------------------------------------------------------------------- loading */

/* The file's name without folder and ending, fit to be a name. */
static const char *default_name(struct arena *arena, const char *file)
{
    const char *slash = strrchr(file, '/');
    char *name = arena_string(arena, slash ? slash + 1 : file);
    char *end = strrchr(name, '.');

    if (end && (strcmp(end, ".yaml") == 0 || strcmp(end, ".yml") == 0)) {
        *end = '\0';
    }
    if (strlen(name) > 64) {
        name[64] = '\0';
    }
    for (char *at = name; *at; at++) {
        bool is_inner = *at == '-' || *at == '.';
        if (!((*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
              (*at >= '0' && *at <= '9') || *at == '_' || (is_inner && at > name))) {
            *at = '_';
        }
    }
    return name[0] && strcmp(name, "_") != 0 ? name : "scenario";
}

static void read_scenario(struct check *check)
{
    struct scenario *s = check->scenario;

    s->name = default_name(check->arena, check->source->file);
    s->seed = 1;
    tables_start(check);
    s->question = question_of(check->arena, check->source->bytes, check->source->size);
    (void)shape_read(check, check->root, &scenario_shape, s);
    if (check->root->kind != NODE_MAP) {
        return;
    }
    check_warmup(check);
    if (check->has_gpus) {
        finish_sharing(check);
        vgpu_finish(check);
    }
    inputs_publish(check);
}

/* Parses and replaces; the first error ends it, as what follows would build on it. */
static void read_tree(struct check *check)
{
    const struct scenario_source *source = check->source;
    struct node_text text = { source->file, source->bytes, source->size };
    struct err err;

    if (node_parse(check->arena, &text, &check->root, &err)) {
        check_add(check, &err);
        return;
    }
    for (uint32_t i = 0; i < source->set_count; i++) {
        if (apply_set(check, i, &err)) {
            check_add(check, &err);
        }
    }
    if (check->errors->count == 0) {
        read_scenario(check);
    }
}

int scenario_load(const struct scenario_source *source, struct scenario *ret,
                  struct err_list *errors)
{
    struct scenario scenario = { 0 };
    struct catalogue built_in;
    struct check *check = calloc(1, sizeof(*check));
    struct inputs *inputs = calloc(1, sizeof(*inputs));

    if (!check || !inputs) {
        out_of_memory();
    }
    *errors = (struct err_list){ .count = 0 };
    arena_init(&scenario.arena);
    catalogue_init(&built_in, &scenario.arena);
    check->kind = ERR_SCENARIO;
    check->source = source;
    check->scenario = &scenario;
    check->arena = &scenario.arena;
    check->errors = errors;
    check->catalogue = source->catalogue ? source->catalogue : &built_in;
    check->inputs = inputs;
    read_tree(check);
    struct catalogue_tables *tables = check->catalogue->tables;
    free(inputs);
    free(check);
    if (errors->count > 0) {
        /* Places name files, and those names live in the arena. */
        *ret = (struct scenario){ .arena = scenario.arena };
        return -1;
    }
    scenario.tables = tables;
    *ret = scenario;
    return 0;
}

void scenario_fini(struct scenario *scenario)
{
    arena_fini(&scenario->arena);
    *scenario = (struct scenario){ 0 };
}

int scenario_bytes(const struct scenario_source *source, const char *file, struct arena *arena,
                   struct file_bytes *ret)
{
    const struct file_reader *reader = &source->reader;
    struct err err;
    struct text text;

    if (strcmp(file, source->file) == 0) {
        *ret = (struct file_bytes){ source->bytes, source->size };
        return 0;
    }
    if (strcmp(file, SET_FILE) != 0) {
        return reader->read ? reader->read(reader->context, file, arena, ret, &err) : -1;
    }
    text_init(&text);
    for (uint32_t i = 0; i < source->set_count; i++) {
        text_printf(&text, "%s=%s\n", source->sets[i].path, source->sets[i].value);
    }
    *ret = (struct file_bytes){ arena_string(arena, text.bytes), text.size };
    text_fini(&text);
    return 0;
}

const struct scenario_file *scenario_file(const struct scenario *scenario, const char *path)
{
    for (uint32_t i = 0; i < scenario->file_count; i++) {
        if (strcmp(scenario->files[i].path, path) == 0) {
            return &scenario->files[i];
        }
    }
    return NULL;
}
