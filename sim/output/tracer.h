/*
 * tracer.h - a run as a trace that viewers of timelines open (Perfetto, chrome://tracing).
 *
 * The file is JSON in the Trace Event Format (Google, "Trace Event Format", 2016), times in
 * microseconds with three decimals, which is every nanosecond. A partition is a process. Its
 * engines are threads, whose complete events ("X") are the VMs' stays, and the switches to
 * them; where VMs compute at once (MPS), each has a thread of its own. Jobs that finished are
 * asynchronous events ("b", "e") from arrival to end, named by their VM. What is unfinished at
 * the end of the run, or was dropped, is left out.
 *
 * The text stays in memory until the run is over: about 150 bytes a stay, 250 a job. Partitions
 * may be traced by different threads; the file holds them one after the other.
 */
#ifndef SIM_OUTPUT_TRACER_H
#define SIM_OUTPUT_TRACER_H

#include "base/err.h"
#include "run/probe.h"
#include "run/setup.h"

struct tracer;

/* Borrows the setup. */
struct tracer *tracer_create(const struct setup *setup);

/* Accepts NULL. */
void tracer_free(struct tracer *tracer);

/* Fills one probe for a partition, and returns 1: simulate_listeners.add, with the tracer as
   its context. */
uint32_t tracer_add(void *tracer, uint32_t partition, struct probe *ret_probes);

/* Writes the file; "-" is standard output. 0, or -1 with *err. */
int tracer_write(const struct tracer *tracer, const char *path, struct err *err);

#endif
