/* effective_workload.c - workloads, arrivals and amounts, written back. */
#include "base/assert.h"
#include "base/quantity.h"
#include "scenario/columns.h"
#include "scenario/effective.h"
#include "scenario/language.h"
#include "scenario/value.h"

#include <math.h>

enum { STEP = 2 };

/* ------------------------------------------------------------------------------- amounts */

static void write_quantity(struct writer *writer, double value, bool in_bytes)
{
    if (in_bytes) {
        quantity_write_bytes(writer->text, (int64_t)value);
    } else {
        quantity_write_time(writer->text, (nsec)value);
    }
}

static const char *kind_name(const struct kind_shape *kinds, size_t count, int kind)
{
    for (size_t i = 0; i < count; i++) {
        if (kinds[i].kind == kind) {
            return kinds[i].shape.members[0].name;
        }
    }
    assert_never("a kind that the language has");
    return "";
}

static void write_measured(struct writer *writer, const struct amount_source *source)
{
    struct text *text = writer->text;

    text_put(text, "{file: ");
    writer_file(writer, source->file);
    text_put(text, ", column: ");
    node_write_string(text, source->column);
    if (source->vm) {
        text_put(text, ", vm: ");
        node_write_string(text, source->vm);
    }
    text_printf(text, ", unit: %s}", column_unit_words[source->unit]);
}

static void write_amount(struct writer *writer, const struct amount *amount, bool in_bytes);

static void write_mixture(struct writer *writer, const struct amount *amount, bool in_bytes)
{
    text_put(writer->text, "[");
    for (uint32_t i = 0; i < amount->part_count; i++) {
        text_put(writer->text, i > 0 ? ", {weight: " : "{weight: ");
        quantity_write_share(writer->text, (int64_t)(amount->weights[i] * (double)PPM + 0.5));
        text_put(writer->text, ", of: ");
        write_amount(writer, &amount->parts[i], in_bytes);
        text_put(writer->text, "}");
    }
    text_put(writer->text, "]");
}

/* What stands behind the key of a distribution. */
static void write_parameters(struct writer *writer, const struct amount *amount, bool in_bytes)
{
    struct text *text = writer->text;

    switch (amount->kind) {
    case AMOUNT_EXPONENTIAL:
        write_quantity(writer, amount->mean, in_bytes);
        return;
    case AMOUNT_UNIFORM:
        text_put(text, "[");
        write_quantity(writer, amount->low, in_bytes);
        text_put(text, ", ");
        write_quantity(writer, amount->high, in_bytes);
        text_put(text, "]");
        return;
    case AMOUNT_EMPIRICAL:
    case AMOUNT_SEQUENCE:
        write_measured(writer, amount->source);
        return;
    case AMOUNT_MIXTURE:
        write_mixture(writer, amount, in_bytes);
        return;
    case AMOUNT_PARETO:
    case AMOUNT_WEIBULL:
        /* Whoever gave the mean gets it back; the scale was worked out from it. */
        text_put(text, amount->mean > 0.0 ? "{mean: " : "{scale: ");
        write_quantity(writer, amount->mean > 0.0 ? amount->mean : amount->scale, in_bytes);
        text_put(text, ", shape: ");
        quantity_write_number(text, amount->shape);
        text_put(text, "}");
        return;
    default:
        text_put(text, "{mean: ");
        write_quantity(writer, amount->mean, in_bytes);
        text_put(text, ", cv: ");
        quantity_write_number(text, amount->cv);
        text_put(text, "}");
        return;
    }
}

static void write_amount(struct writer *writer, const struct amount *amount, bool in_bytes)
{
    if (amount->kind == AMOUNT_CONSTANT) {
        write_quantity(writer, amount->mean, in_bytes);
    } else if (amount->kind == AMOUNT_TRACE) {
        text_put(writer->text, "trace");
    } else {
        text_printf(writer->text,
                    "{%s: ", kind_name(amount_kinds, amount_kind_count, (int)amount->kind));
        write_parameters(writer, amount, in_bytes);
        text_put(writer->text, "}");
    }
}

static void write_time_amount(struct writer *writer, const char *before,
                              const struct amount *amount)
{
    text_put(writer->text, before);
    write_amount(writer, amount, false);
}

/* ------------------------------------------------------------------------------ arrivals */

static void write_gap(struct writer *writer, const char *before, double gap_ns)
{
    text_put(writer->text, before);
    quantity_write_gap(writer->text, gap_ns);
}

static void write_states(struct writer *writer, const struct arrival *arrival)
{
    text_put(writer->text, "{rates: [");
    for (uint32_t i = 0; i < arrival->state_count; i++) {
        write_gap(writer, i > 0 ? ", " : "", arrival->gaps_ns[i]);
    }
    text_put(writer->text, "], stay: [");
    for (uint32_t i = 0; i < arrival->state_count; i++) {
        write_time_amount(writer, i > 0 ? ", " : "", &arrival->stays[i]);
    }
    text_put(writer->text, "]}");
}

static void write_period(struct writer *writer, const struct arrival *arrival)
{
    if (arrival->period_ns == floor(arrival->period_ns)) {
        quantity_write_time(writer->text, (nsec)arrival->period_ns);
    } else {
        quantity_write_gap(writer->text, arrival->period_ns);
    }
    if (arrival->has_jitter) {
        write_time_amount(writer, ", jitter: ", &arrival->jitter);
    }
}

static void write_trace(struct writer *writer, const struct trace_use *trace)
{
    text_put(writer->text, "{file: ");
    writer_file(writer, trace->file);
    for (size_t i = 1; i < trace_shape.field_count; i++) {
        writer_inline(writer, false, &trace_shape.fields[i], trace);
    }
    text_put(writer->text, "}");
}

/* What stands behind the key of an arrival. */
static void write_kind(struct writer *writer, const struct workload_entry *entry)
{
    const struct arrival *arrival = &entry->workload.arrival;
    struct text *text = writer->text;

    switch (arrival->kind) {
    case ARRIVAL_PERIODIC:
        write_period(writer, arrival);
        return;
    case ARRIVAL_POISSON:
        write_gap(writer, "", arrival->mean_gap_ns);
        return;
    case ARRIVAL_CLOSED:
        write_time_amount(writer, "{think: ", &arrival->think);
        text_printf(text, ", clients: %u}", arrival->clients);
        return;
    case ARRIVAL_GAMMA:
        write_gap(writer, "{rate: ", arrival->mean_gap_ns);
        text_put(text, ", cv: ");
        quantity_write_number(text, arrival->cv);
        text_put(text, "}");
        return;
    case ARRIVAL_ON_OFF:
        write_gap(writer, "{rate: ", arrival->mean_gap_ns);
        write_time_amount(writer, ", on: ", &arrival->on);
        write_time_amount(writer, ", off: ", &arrival->off);
        text_put(text, "}");
        return;
    case ARRIVAL_MMPP:
        write_states(writer, arrival);
        return;
    case ARRIVAL_DIURNAL:
        write_gap(writer, "{rate: ", arrival->mean_gap_ns);
        text_put(text, ", amplitude: ");
        quantity_write_share(text, (int64_t)(arrival->amplitude * (double)PPM + 0.5));
        text_put(text, ", period: ");
        quantity_write_time(text, arrival->cycle_ns);
        text_put(text, "}");
        return;
    case ARRIVAL_TRACE:
        write_trace(writer, entry->trace);
        return;
    }
}

static void write_arrival(struct writer *writer, const struct workload_entry *entry)
{
    const struct arrival *arrival = &entry->workload.arrival;

    writer_key(writer, "arrival");
    text_printf(writer->text,
                " {%s: ", kind_name(arrival_kinds, arrival_kind_count, (int)arrival->kind));
    write_kind(writer, entry);
    text_put(writer->text, ", offset: ");
    quantity_write_time(writer->text, arrival->offset_ns);
    text_put(writer->text, "}");
    writer_end(writer);
}

/* ----------------------------------------------------------------------------- workloads */

static void write_compute(struct writer *writer, const struct phase *phase,
                          const struct amount *demand)
{
    struct text *text = writer->text;

    write_time_amount(writer, "{demand: ", demand);
    if (phase->blocks > 0) {
        text_printf(text, ", blocks: %u", phase->blocks);
    } else {
        text_put(text, ", blocks: fill");
    }
    text_put(text, ", memory_bound: ");
    quantity_write_share(text, phase->memory_bound_ppm);
    text_put(text, ", kernel: ");
    if (phase->kernel_ns > 0) {
        quantity_write_time(text, phase->kernel_ns);
    } else {
        text_put(text, "whole");
    }
    text_printf(text, ", preemption: %s}",
                phase->has_preemption ? preemption_words[phase->preemption] : "device");
}

static void write_job(struct writer *writer, const struct workload_entry *entry)
{
    writer_key(writer, "job");
    writer_end(writer);
    for (uint32_t i = 0; i < entry->workload.phase_count; i++) {
        const struct phase *phase = &entry->workload.phases[i];
        const struct phase_demand *demand = &entry->demands[i];
        text_printf(writer->text, "%*s- %s: ", writer->indent + STEP, "",
                    phase_words[phase->kind]);
        if (phase->kind == PHASE_COMPUTE) {
            write_compute(writer, phase, &demand->amount);
        } else if (phase->from_begin) {
            write_time_amount(writer, "{demand: ", &demand->amount);
            text_put(writer->text, ", ahead: yes}");
        } else {
            write_amount(writer, &demand->amount, demand->in_bytes);
        }
        writer_end(writer);
    }
}

static void write_workload(struct writer *writer, const struct workload_entry *entry)
{
    writer->has_dash = true;
    writer_key(writer, "name");
    text_put(writer->text, " ");
    node_write_string(writer->text, entry->workload.name);
    writer_end(writer);
    for (size_t i = 0; i < workload_shape.field_count; i++) {
        writer_key(writer, workload_shape.fields[i].name);
        text_put(writer->text, " ");
        value_write(writer->text, &workload_shape.fields[i], entry);
        writer_end(writer);
    }
    write_arrival(writer, entry);
    write_job(writer, entry);
    writer_key(writer, "queue");
    text_put(writer->text, " {");
    for (size_t i = 0; i < queue_shape.field_count; i++) {
        writer_inline(writer, i == 0, &queue_shape.fields[i], entry);
    }
    text_put(writer->text, "}");
    writer_end(writer);
}

void write_workloads(struct writer *writer, const struct vm_entry *vm)
{
    writer_key(writer, "workloads");
    text_put(writer->text, vm->workload_count > 0 ? "" : " []");
    writer_end(writer);
    writer->indent += 2 * STEP;
    for (uint32_t i = 0; i < vm->workload_count; i++) {
        write_workload(writer, &vm->workloads[i]);
    }
    writer->indent -= 2 * STEP;
}
