/*
 * scenario.h - what the user asked for, as plain structs.
 *
 * A scenario is a YAML text (docs/scenario.md has the language) that scenario_load turns into
 * these structs: every value checked, every default filled in, nothing looked up later. It
 * knows nothing of what happens in a run; run/setup.h expands counts and places VMs.
 *
 * Everything hangs off one arena, borrowed pointers included; scenario_fini frees it.
 */
#ifndef SIM_SCENARIO_SCENARIO_H
#define SIM_SCENARIO_SCENARIO_H

#include "base/arena.h"
#include "base/err.h"
#include "base/text.h"
#include "base/units.h"
#include "catalogue/catalogue.h"
#include "catalogue/geometry.h"
#include "model/device.h"
#include "model/health.h"
#include "model/vm.h"
#include "model/workload.h"
#include "policy/limiter.h"
#include "policy/policy.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SCENARIO_BYTES_MAX = 16 * 1024 * 1024,
    SCENARIO_DEPTH_MAX = 64,
    SCENARIO_NODES_MAX = 1000000, /* After aliases have been expanded. */
    SCENARIO_VMS_MAX = 1000000,   /* After counts have been expanded. */
    SCENARIO_ERRORS_MAX = 20,
    TABLES_MAX = 64,  /* Files that add to the catalogue. */
    WARMUP_AUTO = -1, /* warmup: auto */
};

enum sharing_mode {
    SHARING_EXCLUSIVE,
    SHARING_TIME_SLICED,
    SHARING_MPS,
};

/* Where a value came from, for `check --effective` and the first screen. */
enum origin {
    ORIGIN_SCENARIO,
    ORIGIN_DEVICE,   /* The device's own, measured. */
    ORIGIN_VENDOR,   /* The vendor's rule for the profile. */
    ORIGIN_REGISTRY, /* The vendor's registry value that the scenario gives. */
    ORIGIN_ASSUMED,  /* The documented default. */
};

/* How one engine is scheduled. */
struct engine_sharing {
    const struct policy_ops *policy;
    const void *params;   /* policy->params->size bytes, or NULL; a script's source. */
    const char *library;  /* The file that the policy came from; NULL: no library. */
    const char *rm_pvmrl; /* The registry value that it came from, as 0x11; NULL: none. */
    nsec slice_ns;
    enum origin slice_origin;
    struct switch_cost switch_cost;
    enum origin switch_origin;
    uint32_t duplex_ppm; /* Copy engines: speed of a turn while the other direction is busy; 0:
                            as fast as ever. */
};

struct sharing {
    enum sharing_mode mode;
    uint32_t replicas; /* So many VMs at most, as the Kubernetes device plug-in offers a GPU;
                          under mps each has its part of SMs and memory. 0: not said. */
    uint32_t clients;  /* Under mps: so many VMs at most; 0: as the device says. */
    /* engines[ENGINE_COMPUTE] under SHARING_TIME_SLICED and SHARING_EXCLUSIVE (policy fifo);
       the others are fifo with free switches unless the scenario says otherwise. */
    struct engine_sharing engines[ENGINE_COUNT];
    struct place place; /* Of the `sharing:` mapping, or of the GPU's. */
};

/* One MIG instance of a GPU. */
struct mig_entry {
    const char *name;    /* Several may share it; NULL: it was given none. */
    const char *label;   /* Unique on its GPU: small, small1 of several, 3 if it has no name. */
    const char *profile; /* As the vendor writes it: 1g.10gb. */
    const struct mig_profile *mig_profile; /* Of the catalogue. */
    int32_t start;        /* Slice of the placement axis at which it begins; -1: the highest
                             that is free when it is created, which is after time 0. */
    nsec from_ns;         /* When it is asked for; 0: it is there from the start. */
    nsec until_ns;        /* When it is given up; NSEC_MAX: not before the end. */
    struct device device; /* What the instance has: its SMs, memory, bandwidth. */
    struct sharing sharing;
    struct place place;
};

enum admission {
    ADMISSION_REFUSE, /* A VM that does not fit when it starts is refused, and counted. */
    ADMISSION_QUEUE,  /* It waits, first come first served, until it fits. */
};

/* When a card passes for another. */
enum unlock_when {
    UNLOCK_AUTO, /* When it takes no vGPUs by itself. */
    UNLOCK_NO,
    UNLOCK_YES, /* Whenever its id is in a range. */
};

/* A card with PCI device id pci_id passes for one with the other two. */
struct pci_info {
    uint32_t pci_id;
    uint32_t device_id;
    uint32_t sub_system_id;
};

/* How a GPU is unlocked, as it was written. */
struct unlock_use {
    int when;              /* enum unlock_when. */
    bool is_given;         /* The scenario says it. */
    uint32_t pci_id;       /* 0: the catalogue's. */
    const char *as;        /* Device that it passes for; NULL: as the ids say. */
    int64_t reserve_bytes; /* Of its memory, what the host keeps. */
    const struct pci_info *map;
    uint32_t map_count;
    struct place place;
};

/* What creating and destroying MIG instances during a run takes. */
struct repartition {
    nsec create_ns;
    nsec destroy_ns;
    nsec drain_ns; /* How long VMs may stay in an instance that is given up; NSEC_MAX: they are
                      waited for. Those that are still there then are evicted. */
    int admission; /* enum admission, of instances for which there is no room. */
    bool is_assumed; /* Nobody said what creating and destroying takes. */
};

/* Whether vGPUs of several sizes may be on a GPU. */
enum vgpu_sizes {
    VGPU_SIZES_AUTO, /* If the device allows it, the policy, too, and the VMs need it. */
    VGPU_SIZES_ONE,
    VGPU_SIZES_MIXED,
};

struct gpu_entry {
    const char *name;
    uint32_t count;
    const struct catalogue_device *catalogue; /* What device was made from; NULL: inline. */
    const struct catalogue_device *card; /* With the GPU's own figures and after unlocking: what
                                            vGPU types it takes. NULL: inline, takes any. */
    struct unlock_use unlock;
    struct thermal thermal;
    bool thermal_given; /* The scenario says it. */
    struct faults faults;
    struct device device;
    struct sharing sharing; /* Of the whole GPU; unused if mig_count > 0. */
    const struct mig_entry *mig;
    uint32_t mig_count;
    const struct mig_set *mig_set; /* What may be on it; NULL if mig_count is 0. */
    struct repartition repartition;
    int vgpu_sizes;   /* enum vgpu_sizes. */
    bool mixed_sizes; /* What that comes to. */
    struct place place;
};

/* Whether the GPU, or a MIG instance of it, is under mps. */
bool gpu_has_mps(const struct gpu_entry *gpu);

/* What a VM has of a partition with that sharing under mps when `replicas` says it: parts per
   million of the SMs, whole per cents, and bytes, whole MiB, of `memory_bytes`. 0: it does not.
   Both are rounded down, as the plug-in does. */
uint32_t replica_share_ppm(const struct sharing *sharing);
int64_t replica_memory_bytes(const struct sharing *sharing, int64_t memory_bytes);

/* Where the times of a trace come from; see arrival.times_ns. */
struct trace_use {
    const char *file;
    const char *vm;      /* Only rows whose column `vm` is this; NULL: all. */
    const char *arrival; /* The column of times. */
    const char *demand;  /* The column of demands; NULL: none. */
    int unit;            /* As column_unit_words; 0: as the names of the columns say. */
    bool repeat;         /* Again and again until the end of the run. */
    double speed;        /* Times are divided by it. */
};

/* Where the values of an empirical amount or a sequence come from. */
struct amount_source {
    const char *file;
    const char *vm; /* As in struct trace_use. */
    const char *column;
    int unit; /* As column_unit_words; 0: as the name of the column says. */
};

/* What a phase asks for, as it was written: phase.demand has copied bytes as time. */
struct phase_demand {
    struct amount amount;
    bool in_bytes;
};

struct workload_entry {
    struct workload workload;
    const struct phase_demand *demands; /* workload.phase_count of them. */
    const struct trace_use *trace;      /* Of an ARRIVAL_TRACE, else NULL. */
    struct place place;
};

/* What a catalogue says of a profile; see catalogue/. */
struct profile_use {
    const char *name; /* L40S-8Q, or 1g.10gb; NULL: the VM gives its memory. */
    bool is_mig;
    const struct vgpu_type *vgpu;  /* Of the catalogue; NULL if it is no vGPU type. */
    const struct mig_profile *mig; /* Of the catalogue; NULL if it is no MIG profile. */
    uint32_t vms_max; /* Largest number of this profile on its GPU; 0: not a vendor profile. */
    uint32_t sharers_max;    /* What the vendor's rules take for that: on an unlocked card the
                                maximum of the type, whatever the card holds. 0: vms_max. */
    uint32_t compute_slices; /* Of a compute instance, as 1c.3g.40gb; 0: it is none. */
};

struct vm_entry {
    const char *name;
    uint32_t count;        /* Of VMs, in all. */
    uint32_t per_gpu;      /* Of them on each GPU of `gpu`, or of the scenario; 0: the placement
                              spreads them. */
    const char *gpu;       /* Name of a gpu entry; NULL: any. */
    uint32_t gpu_index;    /* Of that entry; UINT32_MAX if gpu is NULL. */
    const char *instance;  /* The MIG instance that it wants; NULL: any that fits. */
    uint32_t placement_id; /* On a GPU with mixed sizes; UINT32_MAX: any that is free. */
    struct profile_use profile;
    int64_t memory_bytes; /* From the profile or given; 0: reserves none. */
    uint32_t share_ppm;
    nsec preempt_ns;    /* What preempting it costs on compute; 0: as the engine says. */
    bool frame_limiter; /* The vGPU's frame-rate limiter is on; it acts under best_effort. */
    double frame_limit; /* Frames per second that it allows; 0: what the vGPU type says. */
    bool licensed;      /* A vGPU has its licence. */
    uint32_t weight;
    uint32_t priority;
    nsec start_ns;
    nsec stop_ns;
    struct vm_schedule schedule;
    struct limiter_config limiter; /* Beneath the policy of the compute engine. */
    const struct workload_entry *workloads;
    uint32_t workload_count;
    struct place place;
};

/* Whether a VM may go to a MIG instance, by its profile and by the name that it asks for. */
bool instance_takes(const struct mig_entry *instance, const struct vm_entry *vm);

enum slo_metric {
    SLO_LATENCY_MEAN,
    SLO_LATENCY_P50,
    SLO_LATENCY_P90,
    SLO_LATENCY_P95,
    SLO_LATENCY_P99,
    SLO_LATENCY_MAX,
    SLO_THROUGHPUT,
    SLO_DEADLINE_MISSED,
    SLO_SHARE
};

struct slo_entry {
    const char *vm; /* Name of a vm entry: holds for each VM of it. */
    enum slo_metric metric;
    bool is_max;  /* Else the value is the least allowed. */
    double value; /* ns, jobs per second, or a share of 1, as the metric says. */
    struct place place;
};

/* One value of one path. */
struct vary_set {
    const char *path;  /* As `gpus[0].sharing.policy`. */
    const char *value; /* A YAML text. */
};

/* What a variant that has a name changes; set_count may be 0. */
struct vary_settings {
    const struct vary_set *sets;
    uint32_t set_count;
};

/* `compare:` and `sweep:`: one path of the scenario and the texts to put there, or a name and
   named variants, each of which changes what it likes. */
struct vary_entry {
    const char *path;
    const char *const *values; /* value_count YAML texts, or names of variants. */
    uint32_t value_count;
    const struct vary_settings *settings; /* [value_count] of named variants; NULL: a path. */
    struct place place;
};

/* What is collected on request; a bit each in scenario.metrics. */
enum metric_request {
    METRIC_LAG = 1 << 0,
    METRIC_ALONE = 1 << 1,
    METRIC_SHORT_WINDOWS = 1 << 2,
    METRIC_VMS = 1 << 3, /* Of a fleet, too, every VM by itself. */
};

enum { METRIC_REQUESTS = 4 };

/* A file that the scenario names. */
struct scenario_file {
    const char *path; /* As written, relative to the scenario. */
    const char *copy; /* What the effective scenario calls it: inputs/NAME, each unique. */
    const char *bytes;
    size_t size;
};

struct scenario {
    const char *name;
    const char *question; /* The file's opening comment, without '#'; "" if it has none. */
    nsec duration_ns;     /* > 0, <= RUN_LENGTH_MAX. */
    nsec warmup_ns;       /* 0 <= warmup < duration, or WARMUP_AUTO. */
    uint64_t seed;
    enum admission admission;
    const struct gpu_entry *gpus;
    uint32_t gpu_count;
    const struct vm_entry *vms;
    uint32_t vm_count;
    const struct slo_entry *slos;
    uint32_t slo_count;
    const struct vary_entry *compare;
    uint32_t compare_count;
    const struct vary_entry *sweep;
    uint32_t sweep_count;
    uint32_t metrics;
    struct place metric_places[METRIC_REQUESTS]; /* Of what is requested, by bit. */
    const struct scenario_file *files;           /* Every file that it names, each once. */
    uint32_t file_count;
    const char *const *table_files; /* Those of them that added to the catalogue, in order. */
    uint32_t table_count;
    struct catalogue_tables *tables; /* Of devices, vGPU types and, where a GPU has mixed sizes,
                                        their places, all parsed; NULL: none. Borrowed. */
    struct arena arena;              /* Owned. */
};

struct file_bytes {
    const char *bytes;
    size_t size;
};

/* Reads a file that a scenario names: cli passes this in, so that scenario/ opens nothing.
   On success the bytes live in `arena`. */
struct file_reader {
    int (*read)(void *context, const char *path, struct arena *arena, struct file_bytes *ret,
                struct err *err);
    void *context;
};

/* Loads a policy from a shared object that a scenario names: cli passes this in. */
struct library_loader {
    /* 0, or -1 with *err, whose text is the second half of a sentence about the file. */
    int (*load)(void *context, const char *path, const struct policy_ops **ret,
                struct err *err);
    void *context;
};

/* A replacement of a value before checking, as `--set vms[0].count=4`. */
struct scenario_set {
    const char *path;
    const char *value; /* A YAML text. */
};

struct scenario_source {
    const char *file;  /* As shown in errors. Borrowed for the life of the scenario. */
    const char *bytes; /* The text; not changed. Borrowed until the scenario is freed. */
    size_t size;
    const struct scenario_set *sets;
    uint32_t set_count;
    struct file_reader reader;
    struct library_loader libraries;     /* load NULL: none are allowed. */
    const struct catalogue_file *tables; /* table_count files that add to the catalogue, before
                                            those that the scenario names; copied like these.
                                            Borrowed for the life of the scenario. */
    uint32_t table_count;
    struct catalogue *catalogue; /* Borrowed for the life of the scenario; NULL: the built-in
                                    tables, parsed anew for each load. */
};

/* Errors of one text, in the order of their places, the first SCENARIO_ERRORS_MAX. */
struct err_list {
    struct err errors[SCENARIO_ERRORS_MAX];
    uint32_t count;
    bool more; /* Others were found and left out. */
};

/*
 * Loads and checks a scenario. 0, or -1 with the errors and a *ret that holds nothing but
 * what the errors point to. scenario_fini frees it in either case.
 *
 * An error is placed in the scenario's text, in a file that it names, or, where a set is
 * wrong, in the line of that set (from 1) of a file called "--set", whose line n holds set
 * number n as PATH=VALUE. scenario_bytes finds the text of each.
 */
int scenario_load(const struct scenario_source *source, struct scenario *ret,
                  struct err_list *errors);

/* Whether all figures of the catalogue that the scenario rests on were read somewhere: not
   derived from others, and not written down from memory. 0, or -1 with the errors. */
int scenario_check_sources(const struct scenario *scenario, struct err_list *errors);

/* The bytes of a file that an error is placed in, for showing the line: allocated in `arena`
   or borrowed from the source. 0, or -1 if there is no such file (any more). */
int scenario_bytes(const struct scenario_source *source, const char *file, struct arena *arena,
                   struct file_bytes *ret);

/*
 * Appends the scenario as YAML with every value in it, such that loading that gives an equal
 * scenario. Files are called by the name of their copy, and `--set` values are in place. With
 * `comments`, values that nobody gave are followed by where they come from.
 */
void scenario_write_effective(const struct scenario *scenario, bool comments,
                              struct text *text);

/* Appends the reference of the language as Markdown, and as a JSON Schema (draft 7). */
void scenario_write_reference(struct text *text);
void scenario_write_schema(struct text *text);

/* A file that the scenario names, by its path as written; NULL if it names no such file. */
const struct scenario_file *scenario_file(const struct scenario *scenario, const char *path);

/* The word of a metric request and of an SLO's metric, as scenarios write them; NULL after
   the last. A request's bit is 1 << index. */
extern const char *const scenario_metric_words[];
extern const char *const scenario_slo_words[];

/* Frees what scenario_load made; accepts a zeroed scenario. */
void scenario_fini(struct scenario *scenario);

#endif
