#include "run/grid.h"

#include "base/assert.h"
#include "engine/exact.h"

/* Below any weight that matters, and far above the least double. */
static const double weight_least = 1e-100;

void grid_rules_init(struct grid_rules *rules, const struct device *device)
{
    const struct mps_traits *traits = device->mps.is_measured ? &device->mps : &mps_assumed;
    double weight = 1.0;

    *rules = (struct grid_rules){ .traits = traits, .sms = device->sms };
    rules->slots = device->blocks_per_sm > 0 ? device->blocks_per_sm : GRID_SLOTS_ASSUMED;
    assert(rules->slots <= GRID_SLOTS_MAX);
    for (uint32_t i = 0; i < rules->slots; i++) {
        rules->weights[i] = weight > weight_least ? weight : weight_least;
        rules->sums[i + 1] = rules->sums[i] + rules->weights[i];
        weight *= traits->leak;
    }
}

uint32_t grid_sms(uint32_t device_sms, uint32_t share_ppm)
{
    uint64_t pairs = (uint64_t)device_sms * share_ppm / (2 * (uint64_t)PPM);
    uint32_t sms = pairs > 0 ? 2 * (uint32_t)pairs : 2;

    /* A device with an odd number of SMs, or with one, is whole at 100 %. */
    return share_ppm >= (uint32_t)PPM || sms > device_sms ? device_sms : sms;
}

/* Time of so many layers of length 1 alone: as sms.c runs them. */
static double layers_alone(const struct grid_rules *rules, uint32_t layers)
{
    double rest[GRID_SLOTS_MAX];
    uint32_t resident = 0;
    double time = 0.0;

    while (layers > 0 || resident > 0) {
        for (; resident < rules->slots && layers > 0; layers--) {
            rest[resident++] = 1.0;
        }
        double step = rest[0] * rules->sums[resident];
        time += resident == 1 ? step * rules->traits->alone : step;
        for (uint32_t i = 1; i < resident; i++) {
            rest[i - 1] = rest[i] - step * rules->weights[i] / rules->sums[resident];
        }
        resident--;
    }
    return time;
}

double grid_part(const struct device *device, uint32_t blocks)
{
    struct grid_rules rules;

    grid_rules_init(&rules, device);
    uint32_t layers = grid_divide_up(blocks, rules.sms);
    return layers_alone(&rules, layers) / layers_alone(&rules, GRID_FULL);
}

double grid_wave(const struct grid_rules *rules, const struct grid *grid, uint32_t resident)
{
    const struct mps_traits *traits = rules->traits;
    double full = (double)resident / (double)(GRID_FULL * rules->sms);
    double sum = exact_pow(grid->latency, traits->bend) +
                 exact_pow(traits->bandwidth * full, traits->bend);

    return exact_pow(sum, 1.0 / traits->bend);
}

/* Time of all waves alone, in units of grid_wave. */
static double waves_alone(const struct grid_rules *rules, const struct grid *grid)
{
    uint32_t whole = grid->blocks / grid->wave_blocks;
    uint32_t last = grid->blocks % grid->wave_blocks;
    double time = whole > 0 ? (double)whole * grid_wave(rules, grid, grid->wave_blocks) : 0.0;

    return last > 0 ? time + grid_wave(rules, grid, last) : time;
}

/* Layers and waves on so many SMs, without regard to what they are parts of. */
static void lay_out(struct grid *grid, const struct grid_rules *rules, uint32_t blocks,
                    uint32_t sms)
{
    const struct mps_traits *traits = rules->traits;

    grid->sms = sms < blocks ? sms : blocks;
    grid->layers = grid_divide_up(blocks, grid->sms);
    grid->last_sms = blocks - (grid->layers - 1) * grid->sms;
    grid->blocks = blocks;
    uint64_t room = (uint64_t)grid->sms * rules->slots;
    grid->wave_blocks = room < blocks ? (uint32_t)room : blocks;
    double dense = (double)blocks / (double)grid->sms;
    double most = (double)(rules->slots < 2 * GRID_FULL ? rules->slots : 2 * GRID_FULL);
    dense = dense < most ? dense : most;
    dense = dense > GRID_FULL ? dense - GRID_FULL : 0.0;
    grid->latency = traits->latency + traits->latency_step * dense / GRID_FULL;
}

/* Fewer, longer layers of the same work. */
static double join_layers(uint32_t *layers)
{
    uint32_t before = *layers;

    *layers = grid_divide_up(before, grid_divide_up(before, GRID_LAYERS_MAX));
    return (double)before / (double)*layers;
}

/* The same for waves: how much longer each becomes. */
static double join_waves(struct grid *grid)
{
    uint32_t before = grid_divide_up(grid->blocks, grid->wave_blocks);
    uint32_t after = grid_divide_up(before, grid_divide_up(before, GRID_LAYERS_MAX));

    if (after == before) {
        return 1.0;
    }
    grid->blocks = after * grid->wave_blocks;
    return (double)before / (double)after;
}

void grid_init(struct grid *grid, const struct grid_rules *rules, const struct phase *phase,
               uint32_t sms)
{
    uint32_t blocks = phase->blocks > 0 ? phase->blocks : GRID_FULL * rules->sms;
    double memory = (double)phase->memory_bound_ppm / (double)PPM;
    struct grid whole;

    lay_out(&whole, rules, blocks, rules->sms);
    lay_out(grid, rules, blocks, sms);
    double length = join_layers(&grid->layers);
    double whole_length = join_layers(&whole.layers);
    double block = 1.0 / (whole_length * layers_alone(rules, whole.layers));
    double wave = join_waves(grid) / waves_alone(rules, &whole);
    grid->layer_part = (1.0 - memory) * block * length;
    grid->wave_part = memory * wave;
    grid->stretch = grid->layer_part * layers_alone(rules, grid->layers) +
                    grid->wave_part * waves_alone(rules, grid);
    grid->stretch = grid->stretch > 1.0 ? grid->stretch : 1.0;
    if (phase->memory_bound_ppm == 0) {
        grid->blocks = 0;
    } else if (phase->memory_bound_ppm >= PPM) {
        grid->layers = 0;
    }
}
