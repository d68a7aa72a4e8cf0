/* reference.c - docs/scenario.md, from the same shapes as the loader. */
#include "scenario/language.h"
#include "scenario/value.h"

#include <string.h>

static const char introduction[] =
    "# The scenario language\n"
    "\n"
    "A scenario is one YAML file: the GPUs, the VMs that share them, and what is asked of the\n"
    "results. This page is made from the program's own tables by `vgpusim schema --markdown`;\n"
    "`vgpusim check FILE` says what is wrong with a file, and `vgpusim check --effective "
    "FILE`\n"
    "prints every value that is used, defaults included.\n"
    "\n"
    "```yaml\n"
    "# Which question does this scenario answer?\n"
    "duration: 60s\n"
    "warmup: 2s\n"
    "gpus:\n"
    "  - name: gpu0\n"
    "    device: l40s\n"
    "    sharing: {policy: round_robin, slice: 2ms}\n"
    "vms:\n"
    "  - name: desktop\n"
    "    count: 3\n"
    "    profile: L40S-8Q\n"
    "    workloads:\n"
    "      - arrival: {periodic: 60/s}\n"
    "        job: [{host: 2ms}, {compute: {lognormal: {mean: 5ms, cv: 0.3}}}, {encode: 1ms}]\n"
    "        deadline: 16.67ms\n"
    "```\n"
    "\n"
    "The comment that opens a file is the question that it answers.\n"
    "\n"
    "## Values\n"
    "\n"
    "| kind | units | example |\n"
    "|---|---|---|\n"
    "| time | `ns` `us` `ms` `s` `min` `h` `d` | `16.67ms` |\n"
    "| size | `B` `KiB` `MiB` `GiB` `TiB`, `KB` `MB` `GB` `TB` | `8GiB` |\n"
    "| bandwidth | those of sizes, with `/s` | `864GB/s` |\n"
    "| rate | `/s` `/min` `/h` | `40/s` |\n"
    "| share | `%` | `12.5%` |\n"
    "| power | `mW` `W` `kW` | `180W` |\n"
    "| temperature | `C` | `83C` |\n"
    "| thermal resistance | `K/W` | `0.3K/W` |\n"
    "| number, count | none | `0.3`, `4` |\n"
    "\n"
    "A bare number where a unit belongs is an error, as is a unit where none belongs. Values "
    "are\n"
    "plain decimal numbers: no sign, no exponent. Times are exact: what is finer than 1 ns is "
    "an\n"
    "error, nothing is rounded or clamped. Unknown keys are errors.\n"
    "\n"
    "Anchors (`&a`, `*a`) and merge keys (`<<: *a`) work; tags do not. A file has at most 16 "
    "MiB,\n"
    "64 levels and a million values, aliases written out.\n"
    "\n"
    "Files are named relative to the scenario. `--set PATH=VALUE` replaces a value before the\n"
    "file is checked, as in `--set gpus[0].sharing.policy=fifo`; `[n]` counts from 0, and\n"
    "`vms[desktop]` is the item of that name.\n";

static void write_name_of_form(struct text *text, const struct member *member)
{
    static const char *const names[] = {
        [FORM_MAP] = "a mapping, see below",
        [FORM_LIST] = "a list of mappings, see below",
        [FORM_NAME] = "a name",
        [FORM_SEED] = "a whole number",
        [FORM_TIME] = "a time",
        [FORM_RATE] = "a rate",
        [FORM_RATE_OR_TIME] = "a rate or a time",
        [FORM_RATES] = "a list of rates",
        [FORM_AMOUNT] = "an [amount](#amounts)",
        [FORM_AMOUNTS] = "a list of [amounts](#amounts)",
        [FORM_TIMES_OR_SIZES] = "`[least, largest]`",
        [FORM_MIXTURE] = "a list of `{weight: 90%, of: AMOUNT}`",
        [FORM_DEVICE] = "a name, a file ending in .yaml, or a mapping, see below",
        [FORM_POLICY] = "a name, or `{name: ..., PARAMETER: ...}`, see [policies](#policies)",
        [FORM_LIMITER] = "`{name: ..., PARAMETER: ...}`, see [limiters](#limiters)",
        [FORM_SWITCH] = "a time, or a mapping, see below",
        [FORM_ARRIVAL] = "an [arrival](#arrivals)",
        [FORM_JOB] = "a list of [phases](#jobs)",
        [FORM_BOUND] = "a time, rate or share",
        [FORM_WORDS] = "a list of",
        [FORM_VARY] = "a mapping of paths to lists of values, or of names to variants",
        [FORM_FILES] = "a list of files",
        [FORM_PARAMS] = "a mapping of names to values, lists and mappings",
        [FORM_SHARES] = "a list of shares",
        [FORM_PCI_ID] = "a PCI id, as `0x1b80`",
        [FORM_PCI_MAP] = "a mapping of PCI ids to mappings, see below",
        [FORM_WORD_OR_MAP] = "a mapping, see below, or one of",
    };

    text_put(text, names[member->form]);
    for (size_t i = 0; member->words && member->words[i]; i++) {
        text_printf(text, "%s `%s`", i > 0 ? "," : "", member->words[i]);
    }
}

static void write_row(struct text *text, const char *name, bool is_required)
{
    text_printf(text, is_required ? "| **`%s`** | " : "| `%s` | ", name);
}

static void write_field(struct text *text, const struct field *field)
{
    write_row(text, field->name, field->required);
    value_write_allowed(text, field);
    text_put(text, " | ");
    if (field->required) {
        text_put(text, "required");
    } else {
        value_write_fallback(text, field);
    }
    text_printf(text, " | %s |\n", field->doc);
}

static void write_member(struct text *text, const struct member *member)
{
    write_row(text, member->name, member->required);
    write_name_of_form(text, member);
    text_printf(text, " | %s | %s |\n",
                member->required ? "required"
                : member->absent ? member->absent
                                 : "",
                member->doc);
}

static void write_table(struct text *text, const struct shape *shape)
{
    text_put(text, "\n| key | value | if missing | meaning |\n|---|---|---|---|\n");
    for (size_t i = 0; i < shape->member_count; i++) {
        if (strcmp(shape->members[i].name, "name") == 0) {
            write_member(text, &shape->members[i]);
        }
    }
    for (size_t i = 0; i < shape->field_count; i++) {
        write_field(text, &shape->fields[i]);
    }
    for (size_t i = 0; i < shape->member_count; i++) {
        if (strcmp(shape->members[i].name, "name") != 0) {
            write_member(text, &shape->members[i]);
        }
    }
}

static void write_section(struct text *text, const char *path, const struct shape *shape)
{
    text_printf(text, "\n### `%s`\n", path);
    if (shape->doc) {
        text_printf(text, "\n%s\n", shape->doc);
    }
    write_table(text, shape);
}

/* The kinds of amounts or arrivals: a table of their keys, then what stands behind each. */
static void write_kinds(struct text *text, const struct kind_shape *kinds, size_t count)
{
    text_put(text, "\n| kind | value | meaning |\n|---|---|---|\n");
    for (size_t i = 0; i < count; i++) {
        const struct member *member = &kinds[i].shape.members[0];
        text_printf(text, "| `%s` | ", member->name);
        write_name_of_form(text, member);
        text_printf(text, " | %s |\n", member->doc);
    }
    for (size_t i = 0; i < count; i++) {
        const struct member *member = &kinds[i].shape.members[0];
        if (member->shape && member->form == FORM_MAP) {
            text_printf(text, "\n`%s`:\n", member->name);
            write_table(text, member->shape);
        }
    }
}

static void write_workload(struct text *text)
{
    text_put(text, "\n## Workloads\n");
    write_section(text, "vms[].workloads[]", &workload_shape);
    write_section(text, "vms[].workloads[].queue", &queue_shape);
    text_put(text,
             "\n## Arrivals\n\n"
             "An arrival is a mapping with one of these keys and, beside it, `offset`: a\n"
             "time that is added to every arrival (default 0s). `periodic` also takes\n"
             "`jitter`: an amount by which each arrival is late; a plain time `T` means\n"
             "`{uniform: [0s, T]}`.\n");
    write_kinds(text, arrival_kinds, arrival_kind_count);
    text_put(text,
             "\n## Jobs\n\n"
             "A job is a list of phases, in order. A phase is a mapping with one key:\n\n");
    for (int i = 0; phase_words[i]; i++) {
        text_printf(text, "- `%s`\n", phase_words[i]);
    }
    text_put(text,
             "\nand the amount of time that it takes there alone. Copies may be given in\n"
             "bytes where the device's `copy_bandwidth` is known. `trace` stands for the\n"
             "demand in the row of the trace that the job came from. A compute phase has a\n"
             "long form:\n");
    write_table(text, &compute_shape);
    text_put(text, "\nand a host phase too:\n");
    write_table(text, &host_shape);
    text_put(text,
             "\n## Amounts\n\n"
             "An amount is a plain value, as `5ms`, or a mapping with one of these keys:\n");
    write_kinds(text, amount_kinds, amount_kind_count);
}

static void write_registry_value(struct text *text)
{
    text_put(text, "\n### A registry value\n\n"
                   "`{rm_pvmrl: 0x3c3c0011}` is best_effort, equal_share or fixed_share as "
                   "NVIDIA's driver is\n"
                   "told it; `vgpusim explain 0x3c3c0011` decodes one field by field. It also "
                   "says the slice,\n"
                   "unless it leaves it to the default.\n");
    write_table(text, &rm_shape);
}

static void write_own_policies(struct text *text)
{
    text_put(text, "\n### Your own\n\n"
                   "`{script: FILE, params: {...}}` is a policy that you wrote in Lua, and\n"
                   "`{library: FILE, PARAMETER: ...}` one in a shared object, which runs as "
                   "machine code\n"
                   "and therefore only with `--allow-library`. Files are named relative to the "
                   "scenario;\n"
                   "[adding a policy](adding-a-policy.md) shows how to write them.\n");
    write_table(text, &script_shape);
}

static void write_policies(struct text *text)
{
    text_put(text, "\n## Policies\n");
    for (size_t i = 0; i < policy_registry_count; i++) {
        const struct policy_ops *ops = policy_registry[i];
        const struct field_table *params = ops->params;
        text_printf(text, "\n### `%s`\n\n%s\n", ops->name, ops->about);
        if (params && params->count > 0) {
            struct shape shape = { .fields = params->fields, .field_count = params->count };
            write_table(text, &shape);
        }
    }
    write_registry_value(text);
    write_own_policies(text);
}

static void write_limiters(struct text *text)
{
    text_put(text,
             "\n## Limiters\n\n"
             "A limiter is the scheduler inside a VM or container: it holds the VM back "
             "before the\n"
             "GPU's policy sees its work. `limiter: {name: NAME, PARAMETER: ...}` of a VM "
             "on a GPU\n"
             "that is shared by time; it is about the compute engine.\n");
    for (size_t i = 0; i < limiter_registry_count; i++) {
        const struct limiter_ops *ops = limiter_registry[i];
        struct shape shape = { .fields = ops->params->fields,
                               .field_count = ops->params->count };
        text_printf(text, "\n### limiter `%s`\n\n%s\n", ops->name, ops->about);
        write_table(text, &shape);
    }
}

void scenario_write_reference(struct text *text)
{
    text_put(text, introduction);
    text_put(text, "\n## The scenario\n");
    write_table(text, &scenario_shape);
    text_put(text, "\n## GPUs\n");
    write_section(text, "gpus[]", &gpu_shape);
    write_section(text, "gpus[].device", &device_shape);
    write_section(text, "gpus[].device.mps", &mps_shape);
    write_section(text, "gpus[].device.measured", &record_shape);
    write_section(text, "gpus[].device.measured.numbers[]", &record_number_shape);
    write_section(text, "gpus[].device.measured.switches[]", &record_switches_shape);
    write_section(text, "gpus[].device.measured.residuals[]", &record_residual_shape);
    write_section(text, "gpus[].unlock", &unlock_shape);
    write_section(text, "gpus[].unlock.pci_info_map.ID", &pci_info_shape);
    write_section(text, "gpus[].thermal", &thermal_shape);
    write_section(text, "gpus[].faults", &faults_shape);
    write_section(text, "gpus[].sharing", &sharing_shape);
    write_section(text, "gpus[].sharing.switch", &switch_shape);
    write_section(text, "gpus[].sharing.engines", &engines_shape);
    write_section(text, "gpus[].sharing.engines.ENGINE", &engine_shape);
    write_section(text, "gpus[].mig[]", &instance_shape);
    write_section(text, "gpus[].repartition", &repartition_shape);
    text_put(text, "\n## VMs\n");
    write_section(text, "vms[]", &vm_shape);
    write_section(text, "vms[].schedule", &schedule_shape);
    write_workload(text);
    write_policies(text);
    write_limiters(text);
    text_put(text, "\n## Objectives\n");
    write_section(text, "slo[]", &slo_shape);
    text_put(
        text,
        "\n## Variants\n\n"
        "`compare:` and `sweep:` map paths to lists of values; all combinations are run.\n"
        "A value in quotes is read as YAML. A key that is mapped to a mapping is a name, and "
        "has\n"
        "named variants, each of which changes as many values as it likes, in their "
        "order.\n\n"
        "```yaml\n"
        "compare:\n"
        "  gpus[0].sharing.policy: [fifo, {name: round_robin}, '{name: fixed_share}']\n"
        "  load:\n"
        "    as it is: {}\n"
        "    crowded: {'vms[0].count': 8, 'vms[1].weight': 50}\n"
        "```\n");
}
