/*
 * field.h - a configuration format as data.
 *
 * One row per key gives the loader its offset, the error message its bounds, `check
 * --effective` its default and docs/scenario.md its line. Offsets point into a plain struct.
 */
#ifndef SIM_BASE_FIELD_H
#define SIM_BASE_FIELD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The C type behind each kind is what the loader writes at the offset. */
enum field_kind {
    FIELD_COUNT,  /* uint32_t; a bare whole number. */
    FIELD_NUMBER, /* double; a bare number. min and max are in millionths. */
    FIELD_TIME,   /* nsec; with its unit, as 2ms. */
    FIELD_BYTES,  /* int64_t; with its unit, as 8GiB. */
    FIELD_RATE,   /* double, per second; with its unit, as 40/s. min and max in millionths. */
    FIELD_SHARE,  /* uint32_t, parts per million; in percent, as 25%. */
    FIELD_BOOL,   /* bool; yes or no, true or false. */
    FIELD_CHOICE, /* int; one of the words in choices, its position is the value. */
    FIELD_TEXT,   /* const char *; any text, kept in the scenario's arena. */
    FIELD_FILE,   /* const char *; names a file, relative to the scenario; read at load. */
    FIELD_BANDWIDTH,   /* int64_t, bytes per second; with its unit, as 864GB/s. */
    FIELD_POWER,       /* int64_t, mW; with its unit, as 180W. */
    FIELD_TEMPERATURE, /* int64_t, thousandths of a degree Celsius; as 83C. */
    FIELD_RESISTANCE,  /* int64_t, microkelvin per watt; as 0.3K/W. */
};

struct field {
    const char *name; /* The key. */
    enum field_kind kind;
    size_t offset;    /* Where the value goes; offsetof(struct ..., ...). */
    bool required;    /* A missing key is an error; else fallback is written. */
    int64_t min, max; /* Bounds, both allowed; in the kind's unit. */
    int64_t fallback; /* Value of a missing key (texts and files: always NULL); rates and
                         numbers in millionths. */
    const char *const *choices; /* FIELD_CHOICE: the words, ended by NULL. */
    const char *doc;            /* One sentence for the documentation. */
    const char *guess;          /* Unit proposed for a bare number; NULL: the usual one. */
    const char *word;           /* A word that stands for word_value, as "none"; NULL: none. */
    int64_t word_value;
    const char *absent; /* What a missing key means, where fallback does not say it. */
};

struct field_table {
    const struct field *fields;
    size_t count;
    size_t size; /* Of the struct that the offsets point into. */
};

#endif
