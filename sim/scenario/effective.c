#include "scenario/effective.h"

#include "base/quantity.h"
#include "policy/script.h"
#include "scenario/language.h"
#include "scenario/value.h"

#include <inttypes.h>
#include <string.h>

enum { STEP = 2 };

void writer_key(struct writer *writer, const char *key)
{
    text_printf(writer->text, "%*s%s%s:", writer->indent - (writer->has_dash ? STEP : 0), "",
                writer->has_dash ? "- " : "", key);
    writer->has_dash = false;
}

void writer_end(struct writer *writer)
{
    text_put(writer->text, "\n");
}

void writer_file(struct writer *writer, const char *path)
{
    for (uint32_t i = 0; i < writer->scenario->file_count; i++) {
        if (strcmp(writer->scenario->files[i].path, path) == 0) {
            path = writer->scenario->files[i].copy;
            break;
        }
    }
    node_write_string(writer->text, path);
}

static bool is_absent(const struct field *field, const void *target)
{
    return (field->kind == FIELD_TEXT || field->kind == FIELD_FILE) && !field->word &&
           !*(const char *const *)(const void *)((const char *)target + field->offset);
}

static void write_value(struct writer *writer, const struct field *field, const void *target)
{
    if (field->kind == FIELD_FILE) {
        writer_file(writer,
                    *(const char *const *)(const void *)((const char *)target + field->offset));
    } else {
        value_write(writer->text, field, target);
    }
}

void writer_inline(struct writer *writer, bool first, const struct field *field,
                   const void *target)
{
    if (!is_absent(field, target)) {
        text_printf(writer->text, "%s%s: ", first ? "" : ", ", field->name);
        write_value(writer, field, target);
    }
}

static void write_line(struct writer *writer, const char *key, const char *value)
{
    writer_key(writer, key);
    text_put(writer->text, " ");
    node_write_string(writer->text, value);
    writer_end(writer);
}

/* A field of a shape as a line. */
static void write_field(struct writer *writer, const struct shape *shape, const char *name,
                        const void *target)
{
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct field *field = &shape->fields[i];
        if (strcmp(field->name, name) == 0 && !is_absent(field, target)) {
            writer_key(writer, name);
            text_put(writer->text, " ");
            write_value(writer, field, target);
            writer_end(writer);
        }
    }
}

void writer_fields(struct writer *writer, bool first, const struct shape *shape,
                   const void *target)
{
    for (size_t i = 0; i < shape->field_count; i++) {
        writer_inline(writer, first && i == 0, &shape->fields[i], target);
    }
}

/* ------------------------------------------------------------------------------- sharing */

static void write_switch(struct writer *writer, const struct switch_cost *cost)
{
    text_put(writer->text, "{");
    writer_fields(writer, true, &switch_shape, cost);
    text_put(writer->text, "}");
}

static void write_policy(struct writer *writer, const struct engine_sharing *engine)
{
    struct shape shape = policy_shape(engine->policy);

    if (script_is(engine->policy)) {
        const struct script_source *source = engine->params;
        text_put(writer->text, "{script: ");
        writer_file(writer, source->file);
        text_printf(writer->text, ", params: %s}", source->params_text);
        return;
    }
    if (engine->library) {
        text_put(writer->text, "{library: ");
        writer_file(writer, engine->library);
    } else {
        text_printf(writer->text, "{name: %s", engine->policy->name);
    }
    writer_fields(writer, false, &shape, engine->params);
    text_put(writer->text, "}");
}

static void write_origin(struct writer *writer, enum origin origin)
{
    static const char *const words[] = {
        [ORIGIN_SCENARIO] = "",
        [ORIGIN_DEVICE] = " # measured on the device",
        [ORIGIN_VENDOR] = " # the vendor's rule for the profile",
        [ORIGIN_REGISTRY] = " # as the registry value says",
        [ORIGIN_ASSUMED] = " # assumed",
    };

    if (writer->comments) {
        text_put(writer->text, words[origin]);
    }
    writer_end(writer);
}

static void write_engine(struct writer *writer, const char *name,
                         const struct engine_sharing *engine)
{
    writer_key(writer, name);
    text_put(writer->text, " {policy: ");
    write_policy(writer, engine);
    text_put(writer->text, ", slice: ");
    quantity_write_time(writer->text, engine->slice_ns);
    text_put(writer->text, ", switch: ");
    write_switch(writer, &engine->switch_cost);
    text_put(writer->text, "}");
    writer_end(writer);
}

static void write_compute(struct writer *writer, const struct sharing *sharing)
{
    const struct engine_sharing *compute = &sharing->engines[ENGINE_COMPUTE];

    if (sharing->mode == SHARING_TIME_SLICED) {
        writer_key(writer, "policy");
        text_put(writer->text, " ");
        write_policy(writer, compute);
        if (writer->comments && compute->rm_pvmrl) {
            text_printf(writer->text, " # RmPVMRL %s", compute->rm_pvmrl);
        }
        writer_end(writer);
        writer_key(writer, "slice");
        text_put(writer->text, " ");
        quantity_write_time(writer->text, compute->slice_ns);
        write_origin(writer, compute->slice_origin);
    }
    if (sharing->mode != SHARING_MPS) {
        writer_key(writer, "switch");
        text_put(writer->text, " ");
        write_switch(writer, &compute->switch_cost);
        write_origin(writer, compute->switch_origin);
    }
}

static void write_limit(struct writer *writer, const char *key, uint32_t limit)
{
    if (limit > 0) {
        writer_key(writer, key);
        text_printf(writer->text, " %" PRIu32, limit);
        writer_end(writer);
    }
}

static void write_sharing(struct writer *writer, const struct sharing *sharing)
{
    writer_key(writer, "sharing");
    writer_end(writer);
    writer->indent += STEP;
    write_line(writer, "mode", mode_words[sharing->mode]);
    write_limit(writer, "replicas", sharing->replicas);
    write_limit(writer, "clients", sharing->clients);
    write_compute(writer, sharing);
    writer_key(writer, "engines");
    writer_end(writer);
    writer->indent += STEP;
    for (int kind = 0; kind < ENGINE_COUNT; kind++) {
        if (kind != ENGINE_COMPUTE) {
            write_engine(writer, engine_name((enum engine_kind)kind), &sharing->engines[kind]);
        }
    }
    writer->indent -= 2 * STEP;
}

/* ---------------------------------------------------------------------------------- GPUs */

static void write_mps(struct writer *writer, const struct mps_traits *traits)
{
    text_put(writer->text, ", mps: {");
    writer_fields(writer, true, &mps_shape, traits);
    text_put(writer->text, ", jitter: ");
    quantity_write_time(writer->text, (nsec)traits->jitter_ns);
    text_put(writer->text, "}");
}

static void write_device(struct writer *writer, const struct gpu_entry *gpu)
{
    writer_key(writer, "device");
    text_put(writer->text, " {");
    if (gpu->catalogue) {
        text_put(writer->text, "base: ");
        node_write_string(writer->text, gpu->catalogue->device.name);
    }
    writer_fields(writer, !gpu->catalogue, &device_shape, gpu);
    if (gpu->device.has_switch) {
        text_put(writer->text, ", switch: ");
        write_switch(writer, &gpu->device.switch_cost);
    }
    if (gpu_has_mps(gpu) && gpu->device.mps.is_measured) {
        write_mps(writer, &gpu->device.mps);
    }
    text_put(writer->text, "}");
    writer_end(writer);
}

static bool has_life(const struct mig_entry *instance)
{
    return instance->from_ns > 0 || instance->until_ns != NSEC_MAX;
}

static void write_life(struct writer *writer, const struct mig_entry *instance)
{
    writer_key(writer, "from");
    text_put(writer->text, " ");
    quantity_write_time(writer->text, instance->from_ns);
    writer_end(writer);
    if (instance->until_ns != NSEC_MAX) {
        writer_key(writer, "until");
        text_put(writer->text, " ");
        quantity_write_time(writer->text, instance->until_ns);
        writer_end(writer);
    }
}

static void write_instance(struct writer *writer, const struct mig_entry *instance)
{
    writer->has_dash = true;
    if (instance->name) {
        write_line(writer, "name", instance->name);
    }
    write_line(writer, "profile", instance->profile);
    writer_key(writer, "start");
    if (instance->start < 0) {
        text_put(writer->text, " auto");
    } else {
        text_printf(writer->text, " %" PRId32, instance->start);
    }
    writer_end(writer);
    if (has_life(instance)) {
        write_life(writer, instance);
    }
    write_sharing(writer, &instance->sharing);
}

static void write_gpu(struct writer *writer, const struct gpu_entry *gpu)
{
    writer->has_dash = true;
    write_line(writer, "name", gpu->name);
    write_field(writer, &gpu_shape, "count", gpu);
    if (gpu->mig_count == 0) {
        write_field(writer, &gpu_shape, "vgpu_sizes", gpu);
    }
    write_device(writer, gpu);
    write_card(writer, gpu);
    if (gpu->mig_count == 0) {
        write_sharing(writer, &gpu->sharing);
        return;
    }
    bool changes = false;
    writer_key(writer, "mig");
    writer_end(writer);
    writer->indent += 2 * STEP;
    for (uint32_t i = 0; i < gpu->mig_count; i++) {
        write_instance(writer, &gpu->mig[i]);
        changes = changes || has_life(&gpu->mig[i]);
    }
    writer->indent -= 2 * STEP;
    if (changes) {
        writer_key(writer, "repartition");
        text_put(writer->text, " {");
        writer_fields(writer, true, &repartition_shape, &gpu->repartition);
        text_put(writer->text, "}");
        write_origin(writer, gpu->repartition.is_assumed ? ORIGIN_ASSUMED : ORIGIN_SCENARIO);
    }
}

/* ----------------------------------------------------------------------------------- VMs */

static void write_limiter(struct writer *writer, const struct limiter_config *limiter)
{
    if (limiter->ops) {
        struct shape shape = limiter_shape(limiter->ops);
        writer_key(writer, "limiter");
        text_printf(writer->text, " {name: %s", limiter->ops->name);
        writer_fields(writer, false, &shape, limiter->params);
        text_put(writer->text, "}");
        writer_end(writer);
    }
}

/* With what its guest sees of the memory, where that is known. */
static void write_profile(struct writer *writer, const struct vm_entry *vm)
{
    const struct vgpu_type *type = vm->profile.vgpu;

    writer_key(writer, "profile");
    text_put(writer->text, " ");
    node_write_string(writer->text, vm->profile.name);
    if (writer->comments && type && type->guest_bytes > 0) {
        text_printf(writer->text, " # %.6g GiB on the host, %.6g GiB for the guest",
                    (double)type->framebuffer_bytes / (double)GIB,
                    (double)type->guest_bytes / (double)GIB);
    }
    writer_end(writer);
}

static void write_vm(struct writer *writer, const struct vm_entry *vm)
{
    static const char *const keys[] = { "weight", "priority", "start", "stop" };
    static const char *const vgpu_keys[] = { "placement_id", "frame_limiter", "frame_limit",
                                             "licensed" };

    writer->has_dash = true;
    write_line(writer, "name", vm->name);
    write_field(writer, &vm_shape, vm->per_gpu > 0 ? "per_gpu" : "count", vm);
    write_field(writer, &vm_shape, "gpu", vm);
    write_field(writer, &vm_shape, "instance", vm);
    if (vm->profile.name) {
        write_profile(writer, vm);
    } else {
        write_field(writer, &vm_shape, "memory", vm);
    }
    struct reach reach = reach_of(writer->scenario, vm, &writer->anywhere);
    if (reach.any_mps && reach.replicas == 0 && !reach.without_shares &&
        vm->profile.compute_slices == 0) {
        write_field(writer, &vm_shape, "share", vm);
    }
    for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
        write_field(writer, &vm_shape, keys[i], vm);
    }
    for (size_t i = 0; vm->profile.vgpu && i < ARRAY_LEN(vgpu_keys); i++) {
        write_field(writer, &vm_shape, vgpu_keys[i], vm);
    }
    writer_key(writer, "schedule");
    text_put(writer->text, " {");
    writer_fields(writer, true, &schedule_shape, &vm->schedule);
    text_put(writer->text, "}");
    writer_end(writer);
    write_limiter(writer, &vm->limiter);
    write_workloads(writer, vm);
}

void scenario_write_effective(const struct scenario *scenario, bool comments, struct text *text)
{
    struct writer writer = { .scenario = scenario, .text = text, .comments = comments };

    if (scenario->question[0]) {
        text_printf(text, "# %s\n", scenario->question);
    }
    write_line(&writer, "name", scenario->name);
    write_field(&writer, &scenario_shape, "duration", scenario);
    write_field(&writer, &scenario_shape, "warmup", scenario);
    text_printf(text, "seed: %" PRIu64 "\n", scenario->seed);
    write_field(&writer, &scenario_shape, "admission", scenario);
    for (uint32_t i = 0; i < scenario->table_count; i++) {
        text_put(text, i == 0 ? "catalogue: [" : ", ");
        writer_file(&writer, scenario->table_files[i]);
        text_put(text, i + 1 == scenario->table_count ? "]\n" : "");
    }
    text_put(text, "gpus:\n");
    writer.anywhere = reach_anywhere(scenario);
    writer.indent = 2 * STEP;
    for (uint32_t i = 0; i < scenario->gpu_count; i++) {
        write_gpu(&writer, &scenario->gpus[i]);
    }
    text_put(text, "vms:\n");
    for (uint32_t i = 0; i < scenario->vm_count; i++) {
        write_vm(&writer, &scenario->vms[i]);
    }
    write_requests(&writer);
}
