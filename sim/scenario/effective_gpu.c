/* effective_gpu.c - how unlocking, heat and faults of a GPU are written back. */
#include "base/quantity.h"
#include "scenario/effective.h"
#include "scenario/language.h"

#include <inttypes.h>

static void write_pci_map(struct text *text, const struct unlock_use *use)
{
    text_put(text, ", pci_info_map: {");
    for (uint32_t i = 0; i < use->map_count; i++) {
        text_printf(text,
                    "%s0x%04" PRIx32 ": {device_id: 0x%04" PRIx32
                    ", sub_system_id: 0x%04" PRIx32 "}",
                    i > 0 ? ", " : "", use->map[i].pci_id, use->map[i].device_id,
                    use->map[i].sub_system_id);
    }
    text_put(text, "}");
}

/* Nothing is said of cards that are what they are. */
static void write_unlock(struct writer *writer, const struct gpu_entry *gpu)
{
    const struct unlock_use *use = &gpu->unlock;

    if (!use->is_given && !(gpu->card && gpu->card->passes_for)) {
        return;
    }
    writer_key(writer, "unlock");
    if (use->pci_id == 0 && !use->as && use->map_count == 0 && use->reserve_bytes == 0) {
        text_printf(writer->text, " %s", unlock_words[use->when]);
        if (writer->comments && gpu->card && gpu->card->passes_for) {
            text_printf(writer->text, " # passes for a %s", gpu->card->passes_for);
        }
        writer_end(writer);
        return;
    }
    text_put(writer->text, " {");
    writer_fields(writer, true, &unlock_shape, use);
    if (use->pci_id > 0) {
        text_printf(writer->text, ", pci_id: 0x%04" PRIx32, use->pci_id);
    }
    if (use->map_count > 0) {
        write_pci_map(writer->text, use);
    }
    text_put(writer->text, "}");
    writer_end(writer);
}

static void write_health(struct writer *writer, const struct gpu_entry *gpu)
{
    const struct thermal *thermal = &gpu->thermal;

    if (gpu->thermal_given || thermal->is_on) {
        writer_key(writer, "thermal");
        text_put(writer->text, thermal->is_on ? " {" : " off");
    }
    if (thermal->is_on) {
        writer_fields(writer, true, &thermal_shape, thermal);
        text_put(writer->text, ", clocks: [");
        for (uint32_t i = 0; i < thermal->clock_count; i++) {
            text_put(writer->text, i > 0 ? ", " : "");
            quantity_write_share(writer->text, thermal->clocks_ppm[i]);
        }
        text_put(writer->text, "]}");
        if (writer->comments && !gpu->thermal_given) {
            text_put(writer->text, " # the catalogue's, partly assumed");
        }
    }
    if (gpu->thermal_given || thermal->is_on) {
        writer_end(writer);
    }
    if (faults_any(&gpu->faults)) {
        writer_key(writer, "faults");
        text_put(writer->text, " {");
        writer_fields(writer, true, &faults_shape, &gpu->faults);
        text_put(writer->text, "}");
        writer_end(writer);
    }
}

void write_card(struct writer *writer, const struct gpu_entry *gpu)
{
    write_unlock(writer, gpu);
    write_health(writer, gpu);
}
