/*
 * rm_pvmrl.h - the vendor's registry value RmPVMRL, which says how vGPUs take turns.
 *
 * The 32 bits, as the open driver header nvrm_registry.h of 595.45.04 has them:
 *
 *   0        the software scheduler is on; else best effort, and nothing else counts
 *   1        adaptive round robin is off (since vGPU 15.0)
 *   3        weights are off (since R590)
 *   7:4      0: equal share, 1: fixed share
 *   21:12    with adaptive rounds: the frequency in Hz, 63 to 960; 0: the type's default
 *   23:16    without: the slice in ms, 1 to 30; 0: the type's default
 *   31:24    with adaptive rounds: the averaging factor, 1 to 60; 0: 33
 *
 * Before vGPU 15.0 there were no adaptive rounds, and 0x00TT0001 and 0x00TT0011 gave the slice:
 * the same value means something else since. What is out of range is not refused: the driver
 * takes the nearest bound, and so does this; bits that say nothing are refused.
 */
#ifndef SIM_CATALOGUE_RM_PVMRL_H
#define SIM_CATALOGUE_RM_PVMRL_H

#include "base/err.h"
#include "base/text.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    RM_AVERAGING_DEFAULT = 33,
    RM_AVERAGING_MAX = 60,
    RM_FREQUENCY_MIN = 63, /* Hz. */
    RM_FREQUENCY_MAX = 960,
    RM_SLICE_MAX = 30, /* ms. */
    RM_ELASTIC_MAX = 32,
};

/* Which drivers the value is for. */
enum rm_driver {
    RM_DRIVER_ANY, /* Not said: what two of them would read differently is refused. */
    RM_DRIVER_BEFORE_15,
    RM_DRIVER_SINCE_15,
    RM_DRIVER_SINCE_590,
};

/* As scenarios write them, from RM_DRIVER_ANY on; NULL after the last. */
extern const char *const rm_driver_words[];

enum rm_policy { RM_BEST_EFFORT, RM_EQUAL_SHARE, RM_FIXED_SHARE };

/* What a value means; what its policy has no use for is 0. */
struct rm_pvmrl {
    enum rm_policy policy;
    bool adaptive;         /* Adaptive round robin, else least scheduled time first. */
    bool weighted;         /* Only of drivers since R590. */
    uint32_t averaging;    /* Adaptive: 1..60. */
    uint32_t frequency_hz; /* Adaptive: 63..960; 0: the type's default. */
    uint32_t slice_ms;     /* Not adaptive: 1..30; 0: the type's default. */
};

/* Reads 0x and one to eight hexadecimal digits. 0, or -1 with *err, whose text is the second
   half of a sentence. */
int rm_pvmrl_read(const char *text, uint32_t *ret, struct err *err);

/* 0, or -1 with *err: bits that say nothing for such a driver, or, for RM_DRIVER_ANY, a value
   that drivers before and since 15.0 read differently. */
int rm_pvmrl_decode(uint32_t value, enum rm_driver driver, struct rm_pvmrl *ret,
                    struct err *err);

/* The value that decodes to that for such a driver, which is not RM_DRIVER_ANY; where there are
   several, the one that no other driver reads differently. Decoded for a driver before 15.0,
   `adaptive` must be false. */
uint32_t rm_pvmrl_encode(const struct rm_pvmrl *meaning, enum rm_driver driver);

/* The fraction of RmPVMRLElasticSchedulingCap (numerator in bits 31:16, denominator in 15:0),
   at most 32, in parts per million. 0, or -1 with *err: a denominator of 0. The whole value 0
   is no extra time. */
int rm_elastic_decode(uint32_t value, uint32_t *ret_ppm, struct err *err);

/* Appends what the value means, field by field, for every driver that knows it; at most 80
   columns. 0, or -1 with *err if it means nothing to any. */
int rm_pvmrl_explain(uint32_t value, struct text *text, struct err *err);

#endif
