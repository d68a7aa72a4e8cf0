/* lists.c - what a scenario asks of the results: slo, metrics, compare and sweep. */
#include "base/nearest.h"
#include "base/quantity.h"
#include "scenario/language.h"

#include <string.h>

enum { VARY_VALUES_MAX = 100000, VARIANT_SETS_MAX = 64 };

const char *const scenario_slo_words[] = {
    "latency_mean", "latency_p50", "latency_p90",     "latency_p95", "latency_p99",
    "latency_max",  "throughput",  "deadline_missed", "share",       NULL,
};

const char *const scenario_metric_words[] = { "lag", "alone", "short_windows", "vms", NULL };

/* --------------------------------------------------------------------------------- slo */

/* An objective while it is read. */
struct draft {
    const char *vm;
    int metric;
    double value;
};

/* The bound, in the unit that the metric has. */
static void read_bound(struct check *check, const struct node *node, void *target)
{
    struct draft *draft = target;
    struct err err;
    int64_t whole = 0;
    int result;

    if (!check_text(check, node)) {
        return;
    }
    if (draft->metric == SLO_THROUGHPUT) {
        result = quantity_read_rate(node->text, &draft->value, NULL, &err);
    } else if (draft->metric == SLO_DEADLINE_MISSED || draft->metric == SLO_SHARE) {
        result = quantity_read_share(node->text, &whole, &err);
        draft->value = (double)whole / (double)PPM;
        if (result == 0 && whole > PPM) {
            result = err_set(&err, ERR_SCENARIO, "it must be between 0%% and 100%%");
        }
    } else {
        result = quantity_read_time(node->text, &whole, &err);
        draft->value = (double)whole;
    }
    if (result) {
        check_refuse_value(check, node, "%s", err.text);
    }
}

/* clang-format off */
static const struct field slo_fields[] = {
    { .name = "vm", .kind = FIELD_TEXT, .offset = offsetof(struct draft, vm), .required = true,
      .doc = "Name of an entry of vms; the objective holds for each VM of it." },
    { .name = "metric", .kind = FIELD_CHOICE, .offset = offsetof(struct draft, metric),
      .required = true, .choices = scenario_slo_words,
      .doc = "What is measured: a time, jobs per second, or a share." },
};
static const struct member slo_members[] = {
    { .name = "max", .form = FORM_BOUND, .read = read_bound,
      .doc = "Largest value allowed. Instead: min." },
    { .name = "min", .form = FORM_BOUND, .read = read_bound,
      .doc = "Least value allowed. Instead: max." },
};
/* clang-format on */

const struct shape slo_shape = {
    .title = "An objective",
    .fields = slo_fields,
    .field_count = ARRAY_LEN(slo_fields),
    .members = slo_members,
    .member_count = ARRAY_LEN(slo_members),
};

static bool has_deadline(const struct vm_entry *vm)
{
    for (uint32_t i = 0; i < vm->workload_count; i++) {
        if (vm->workloads[i].workload.deadline_ns != NSEC_MAX) {
            return true;
        }
    }
    return false;
}

static void check_vm(struct check *check, const struct node *node, const struct draft *draft)
{
    const struct scenario *s = check->scenario;
    uint32_t index = names_find(&check->vm_names, draft->vm);

    if (s->vm_count == 0) {
        return;
    }
    if (index == NAME_NONE) {
        size_t before = check_enter(check, "vm");
        names_refuse(check, node_find(node, "vm"), "vms", &check->vm_names);
        check_leave(check, before);
    } else if (draft->metric == SLO_DEADLINE_MISSED && !has_deadline(&s->vms[index])) {
        check_refuse(check, node->place, "%s is about deadlines, and '%s' has none",
                     check_subject(check), draft->vm);
    }
}

static void read_slo(struct check *check, const struct node *node, struct slo_entry *slo)
{
    struct draft draft = { 0 };
    bool has_max = node_find(node, "max") != NULL;

    if (!shape_read(check, node, &slo_shape, &draft)) {
        return;
    }
    if (has_max == (node_find(node, "min") != NULL)) {
        check_refuse(check, node->place, "%s has %s; it takes one of 'max' and 'min'",
                     check_subject(check), has_max ? "both" : "neither");
    }
    if (draft.vm) {
        check_vm(check, node, &draft);
    }
    *slo = (struct slo_entry){
        .vm = draft.vm,
        .metric = (enum slo_metric)draft.metric,
        .is_max = has_max,
        .value = draft.value,
        .place = node->place,
    };
}

void slos_read(struct check *check, const struct node *node, void *scenario)
{
    struct scenario *s = scenario;

    if (!check_list(check, node)) {
        return;
    }
    struct slo_entry *slos = arena_take(check->arena, node->count, sizeof(*slos));
    for (uint32_t i = 0; i < node->count; i++) {
        size_t before = check_enter_item(check, i);
        read_slo(check, node->items[i], &slos[i]);
        check_leave(check, before);
    }
    s->slos = slos;
    s->slo_count = node->count;
}

/* ----------------------------------------------------------------------------- metrics */

static void read_metric(struct check *check, const struct node *node, struct scenario *s)
{
    struct nearest nearest;
    struct text text;

    if (!check_text(check, node)) {
        return;
    }
    nearest_init(&nearest, node->text);
    text_init(&text);
    for (int i = 0; scenario_metric_words[i]; i++) {
        if (strcmp(scenario_metric_words[i], node->text) == 0) {
            s->metrics |= UINT32_C(1) << i;
            s->metric_places[i] = node->place;
            text_fini(&text);
            return;
        }
        nearest_offer(&nearest, scenario_metric_words[i]);
        text_printf(&text, "%s%s", i > 0 ? ", " : "", scenario_metric_words[i]);
    }
    const char *best = nearest_best(&nearest);
    check_refuse_value(check, node, "it must be one of %s%s%s%s", text.bytes,
                       best ? ": did you mean " : "", best ? best : "", best ? "?" : "");
    text_fini(&text);
}

void metrics_read(struct check *check, const struct node *node, void *scenario)
{
    if (!check_list(check, node)) {
        return;
    }
    for (uint32_t i = 0; i < node->count; i++) {
        size_t before = check_enter_item(check, i);
        read_metric(check, node->items[i], scenario);
        check_leave(check, before);
    }
}

/* ------------------------------------------------------------------- compare and sweep */

/* A value as a YAML text: what stands in quotes is one already. */
static const char *value_text(struct check *check, const struct node *node)
{
    struct text text;

    if (node->kind == NODE_TEXT && !node->is_empty) {
        return node->text;
    }
    text_init(&text);
    node_write(&text, node);
    const char *kept = arena_string(check->arena, text.bytes);
    text_fini(&text);
    return kept;
}

/* A wrong path is said here and now, in what the earlier settings have made of the tree; a
   wrong value when it is its turn. */
static void check_set(struct check *check, struct arena *scratch, const struct node **tree,
                      const struct node_path *path)
{
    struct err err;

    if (node_set(scratch, *tree, path, tree, &err)) {
        check_add(check, &err);
    } else {
        shape_check_path(check, &scenario_shape, path);
    }
}

static void read_values(struct check *check, const struct node *node,
                        const struct node_key *key, struct vary_entry *entry)
{
    struct node_path path = { .text = key->name, .place = key->place };
    const struct node *tree = check->root;
    const char **values = arena_take(check->arena, node->count, sizeof(*values));
    struct arena scratch;

    for (uint32_t i = 0; i < node->count; i++) {
        values[i] = value_text(check, node->items[i]);
    }
    entry->values = values;
    entry->value_count = node->count;
    path.value = node->items[0];
    arena_init(&scratch);
    check_set(check, &scratch, &tree, &path);
    arena_fini(&scratch);
}

/* What a value is once it stands in the tree: a text is read as YAML. NULL if it is none. */
static const struct node *value_node(struct check *check, struct arena *scratch,
                                     const struct node *node)
{
    const struct node *value = node;
    struct err err;

    if (node->kind == NODE_TEXT && !node->is_empty && node->text[0] != '\0') {
        struct node_text text = { node->place.file, node->text, strlen(node->text) };
        if (node_parse(scratch, &text, &value, &err)) {
            check_refuse_value(check, node, "it is no YAML: %s", err.text);
            return NULL;
        }
    }
    return value;
}

/* The settings of one variant. */
static void read_settings(struct check *check, const struct node *node,
                          struct vary_settings *settings)
{
    const struct node *tree = check->root;
    struct arena scratch;

    if (!check_map(check, node)) {
        return;
    }
    if (node->count > VARIANT_SETS_MAX) {
        check_refuse(check, node->place, "%s changes more than %d values", check_subject(check),
                     VARIANT_SETS_MAX);
        return;
    }
    struct vary_set *sets = arena_take(check->arena, node->count, sizeof(*sets));
    arena_init(&scratch);
    for (uint32_t i = 0; i < node->count; i++) {
        const struct node_path path = { .text = node->keys[i].name,
                                        .value = value_node(check, &scratch, node->items[i]),
                                        .place = node->keys[i].place };
        sets[i] = (struct vary_set){ path.text, value_text(check, node->items[i]) };
        if (path.value) {
            check_set(check, &scratch, &tree, &path);
        }
    }
    arena_fini(&scratch);
    settings->sets = sets;
    settings->set_count = node->count;
}

static void read_variants(struct check *check, const struct node *node,
                          struct vary_entry *entry)
{
    const char **names = arena_take(check->arena, node->count, sizeof(*names));
    struct vary_settings *settings = arena_take(check->arena, node->count, sizeof(*settings));

    for (uint32_t i = 0; i < node->count; i++) {
        size_t before = check_enter(check, node->keys[i].name);
        names[i] = node->keys[i].name;
        read_settings(check, node->items[i], &settings[i]);
        check_leave(check, before);
    }
    entry->values = names;
    entry->settings = settings;
    entry->value_count = node->count;
}

static void read_vary(struct check *check, const struct node *node, const struct node_key *key,
                      struct vary_entry *entry)
{
    bool is_list = node->kind == NODE_LIST;

    entry->path = key->name;
    entry->place = key->place;
    if ((!is_list && node->kind != NODE_MAP) || node->count == 0 ||
        node->count > VARY_VALUES_MAX) {
        check_refuse_value(check, node,
                           "it must be a list of 1 to %d values, or a mapping of as many "
                           "named variants",
                           VARY_VALUES_MAX);
    } else if (is_list) {
        read_values(check, node, key, entry);
    } else {
        read_variants(check, node, entry);
    }
}

static uint32_t read_varies(struct check *check, const struct node *node,
                            const struct vary_entry **ret)
{
    if (!check_map(check, node)) {
        return 0;
    }
    struct vary_entry *entries = arena_take(check->arena, node->count, sizeof(*entries));
    for (uint32_t i = 0; i < node->count; i++) {
        size_t before = check_enter(check, node->keys[i].name);
        read_vary(check, node->items[i], &node->keys[i], &entries[i]);
        check_leave(check, before);
    }
    *ret = entries;
    return node->count;
}

void compare_read(struct check *check, const struct node *node, void *scenario)
{
    struct scenario *s = scenario;

    s->compare_count = read_varies(check, node, &s->compare);
}

void sweep_read(struct check *check, const struct node *node, void *scenario)
{
    struct scenario *s = scenario;

    s->sweep_count = read_varies(check, node, &s->sweep);
}
