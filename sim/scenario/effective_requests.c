/* effective_requests.c - what is asked of the results, written back. */
#include "scenario/effective.h"

#include "base/quantity.h"
#include "scenario/language.h"

#include <inttypes.h>

static void write_slo(struct writer *writer, const struct slo_entry *slo)
{
    struct text *text = writer->text;

    text_put(text, "  - {vm: ");
    node_write_string(text, slo->vm);
    text_printf(text, ", metric: %s, %s: ", scenario_slo_words[slo->metric],
                slo->is_max ? "max" : "min");
    if (slo->metric == SLO_THROUGHPUT) {
        quantity_write_rate(text, slo->value);
    } else if (slo->metric == SLO_DEADLINE_MISSED || slo->metric == SLO_SHARE) {
        quantity_write_share(text, (int64_t)(slo->value * (double)PPM + 0.5));
    } else {
        quantity_write_time(text, (nsec)slo->value);
    }
    text_put(text, "}\n");
}

static void write_variants(struct text *text, const struct vary_entry *entry)
{
    text_put(text, "\n");
    for (uint32_t i = 0; i < entry->value_count; i++) {
        const struct vary_settings *settings = &entry->settings[i];
        text_put(text, "    ");
        node_write_string(text, entry->values[i]);
        text_put(text, ": {");
        for (uint32_t k = 0; k < settings->set_count; k++) {
            text_put(text, k > 0 ? ", " : "");
            node_write_string(text, settings->sets[k].path);
            text_put(text, ": ");
            node_write_string(text, settings->sets[k].value);
        }
        text_put(text, "}\n");
    }
}

static void write_varies(struct writer *writer, const char *key,
                         const struct vary_entry *entries, uint32_t count)
{
    struct text *text = writer->text;

    if (count > 0) {
        text_printf(text, "%s:\n", key);
    }
    for (uint32_t i = 0; i < count; i++) {
        text_put(text, "  ");
        node_write_string(text, entries[i].path);
        text_put(text, ":");
        if (entries[i].settings) {
            write_variants(text, &entries[i]);
            continue;
        }
        text_put(text, " [");
        for (uint32_t k = 0; k < entries[i].value_count; k++) {
            text_put(text, k > 0 ? ", " : "");
            node_write_string(text, entries[i].values[k]);
        }
        text_put(text, "]\n");
    }
}

void write_requests(struct writer *writer)
{
    const struct scenario *s = writer->scenario;
    bool is_first = true;

    if (s->slo_count > 0) {
        text_put(writer->text, "slo:\n");
    }
    for (uint32_t i = 0; i < s->slo_count; i++) {
        write_slo(writer, &s->slos[i]);
    }
    text_put(writer->text, "metrics: [");
    for (int i = 0; scenario_metric_words[i]; i++) {
        if (s->metrics & UINT32_C(1) << i) {
            text_printf(writer->text, "%s%s", is_first ? "" : ", ", scenario_metric_words[i]);
            is_first = false;
        }
    }
    text_put(writer->text, "]\n");
    write_varies(writer, "compare", s->compare, s->compare_count);
    write_varies(writer, "sweep", s->sweep, s->sweep_count);
}
