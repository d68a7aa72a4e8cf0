/*
 * rm_policy.c - `policy: {rm_pvmrl: 0x3c3c0011}`: a policy given as the vendor's registry
 * value.
 */
#include "catalogue/rm_pvmrl.h"
#include "policy/slots.h"
#include "scenario/language.h"

/* The mapping while it is read. */
struct draft {
    const char *value;
    int driver; /* enum rm_driver. */
    int idle_slots;
    uint32_t slots;
    const char *elastic;
};

/* clang-format off */
static const struct field fields[] = {
    { .name = "rm_pvmrl", .kind = FIELD_TEXT, .offset = offsetof(struct draft, value),
      .required = true, .doc = "The value of RmPVMRL in hexadecimal, as 0x3c3c0011." },
    { .name = "driver", .kind = FIELD_CHOICE, .offset = offsetof(struct draft, driver),
      .choices = rm_driver_words, .fallback = RM_DRIVER_ANY,
      .doc = "Which drivers read it: of vGPU software before 15.0, since 15.0, or of branch "
             "R590 and later; any: a value that they read differently is refused." },
    { .name = "idle_slots", .kind = FIELD_CHOICE, .offset = offsetof(struct draft, idle_slots),
      .choices = slots_idle_slots, .fallback = IDLE_SLOTS_KEEP,
      .doc = "As of equal_share and fixed_share." },
    { .name = "slots", .kind = FIELD_COUNT, .offset = offsetof(struct draft, slots),
      .min = 0, .max = SLOTS_MAX, .fallback = 0, .doc = "As of fixed_share." },
    { .name = "elastic_cap", .kind = FIELD_TEXT, .offset = offsetof(struct draft, elastic),
      .absent = "0x0",
      .doc = "The value of RmPVMRLElasticSchedulingCap, as 0x0003000A for 3/10; with fixed "
             "share by weight only, which drivers since R590 have." },
};
/* clang-format on */

const struct shape rm_shape = {
    .title = "A registry value",
    .doc = "A policy as the vendor's driver is told it.",
    .fields = fields,
    .field_count = ARRAY_LEN(fields),
};

/* Keys that say nothing about this policy are refused rather than ignored. */
static bool refuse_idle_key(struct check *check, const struct node *map, const char *key,
                            const struct policy_ops *ops)
{
    const struct node *value = node_find(map, key);

    if (value) {
        check_refuse(check, value->place, "%s.%s has no meaning: the value says %s",
                     check_subject(check), key, ops->name);
    }
    return value != NULL;
}

static void set_elastic(struct check *check, const struct node *map, const struct draft *draft,
                        struct engine_sharing *ret)
{
    struct slots_params *params = (struct slots_params *)ret->params;
    const struct node *node = node_find(map, "elastic_cap");
    struct err err;
    uint32_t value;

    size_t before = check_enter(check, "elastic_cap");
    if (draft->elastic && !params->weights) {
        check_refuse_value(check, node,
                           "it is for fixed share by weight: rm_pvmrl with bit 3 unset, and "
                           "driver: since_590");
    } else if (draft->elastic && (rm_pvmrl_read(draft->elastic, &value, &err) ||
                                  rm_elastic_decode(value, &params->elastic_ppm, &err))) {
        check_refuse_value(check, node, "%s", err.text);
    }
    check_leave(check, before);
}

static void set_slots(const struct draft *draft, const struct rm_pvmrl *meaning,
                      struct engine_sharing *ret)
{
    struct slots_params *params = (struct slots_params *)ret->params;

    params->order = meaning->adaptive ? SLOTS_ADAPTIVE : SLOTS_LEAST_SERVED;
    params->averaging = meaning->adaptive ? meaning->averaging : SLOTS_AVERAGING;
    params->frequency = (double)meaning->frequency_hz;
    params->weights = meaning->weighted;
    params->idle_slots = draft->idle_slots;
    params->slots = draft->slots;
    if (meaning->frequency_hz > 0 || meaning->slice_ms > 0) {
        ret->slice_ns = meaning->slice_ms > 0
                            ? (nsec)meaning->slice_ms * MSEC
                            : (SEC + meaning->frequency_hz / 2) / (nsec)meaning->frequency_hz;
        ret->slice_origin = ORIGIN_REGISTRY;
    }
}

void rm_policy_read(struct check *check, const struct node *map, struct engine_sharing *ret)
{
    static const char *const names[] = { "best_effort", "equal_share", "fixed_share" };
    struct draft draft = { .value = NULL };
    const struct node *node = node_find(map, "rm_pvmrl");
    struct rm_pvmrl meaning;
    struct err err;
    uint32_t value;

    (void)shape_read(check, map, &rm_shape, &draft);
    if (!draft.value) {
        return;
    }
    size_t before = check_enter(check, "rm_pvmrl");
    if (rm_pvmrl_read(draft.value, &value, &err) ||
        rm_pvmrl_decode(value, (enum rm_driver)draft.driver, &meaning, &err)) {
        check_refuse_value(check, node, "%s", err.text);
        check_leave(check, before);
        return;
    }
    check_leave(check, before);
    policy_set_name(check, names[meaning.policy], map->place, ret);
    ret->rm_pvmrl = draft.value;
    bool has_idle = meaning.policy == RM_BEST_EFFORT &&
                    refuse_idle_key(check, map, "idle_slots", ret->policy);
    has_idle = (meaning.policy != RM_FIXED_SHARE &&
                refuse_idle_key(check, map, "slots", ret->policy)) ||
               has_idle;
    has_idle = (meaning.policy != RM_FIXED_SHARE &&
                refuse_idle_key(check, map, "elastic_cap", ret->policy)) ||
               has_idle;
    if (!has_idle && meaning.policy != RM_BEST_EFFORT) {
        set_slots(&draft, &meaning, ret);
        set_elastic(check, map, &draft, ret);
    }
}
