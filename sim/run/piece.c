#include "run/piece.h"

#include "run/inside.h"

static const struct phase *phase_of(const struct run *run, const struct flight *flight)
{
    return &run->streams[flight->stream].workload->phases[flight->phase];
}

nsec piece_kernel(const struct run *run, const struct flight *flight)
{
    nsec whole = flight->demands_ns[flight->phase];
    const struct phase *phase = phase_of(run, flight);
    nsec kernel = phase->kernel_ns;

    if (run->health && kernel > 0) {
        kernel = (nsec)((double)kernel * health_factor(run->health, phase) + 0.5);
    }
    return kernel > 0 && kernel < whole ? kernel : whole;
}

nsec piece_length(const struct run *run, const struct flight *flight)
{
    const struct phase *phase = phase_of(run, flight);
    enum preemption_point point =
        phase->has_preemption ? phase->preemption : run->partition->device->preemption;

    if (phase->kind != PHASE_COMPUTE || point == PREEMPTION_INSTRUCTION) {
        return 0;
    }
    nsec kernel = piece_kernel(run, flight);
    if (point == PREEMPTION_KERNEL || phase->blocks == 0) {
        return kernel;
    }
    uint32_t resident = run->partition->device->sms * run->partition->device->blocks_per_sm;
    nsec waves = resident > 0 ? (phase->blocks + resident - 1) / resident : 1;
    return (kernel + waves - 1) / waves;
}

nsec piece_wait(const struct run *run, const struct flight *flight, nsec ran_ns)
{
    nsec piece = piece_length(run, flight);

    if (piece == 0) {
        return 0;
    }
    /* Waves count from the start of their kernel; the last wave, and the last kernel of the
       phase, may be shorter than the others. */
    nsec kernel = piece_kernel(run, flight);
    nsec done = piece_done(flight, ran_ns);
    nsec wait = piece_rest(done % kernel, piece);
    nsec kernel_end = piece_rest(done, kernel);
    nsec phase_end = flight->remaining_ns - ran_ns;
    wait = wait < kernel_end ? wait : kernel_end;
    return wait < phase_end ? wait : phase_end;
}
