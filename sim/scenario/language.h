/*
 * language.h - the parts of the language: what reads each, and the shapes they are made of.
 *
 * Internal to scenario/. Readers refuse what is wrong and leave a usable default behind.
 */
#ifndef SIM_SCENARIO_LANGUAGE_H
#define SIM_SCENARIO_LANGUAGE_H

#include "scenario/shape.h"

struct record;

/* ------------------------------------------------------------------------------ shapes */

extern const struct shape scenario_shape;
extern const struct shape gpu_shape;
extern const struct shape device_shape;
extern const struct shape sharing_shape;
extern const struct shape vm_shape;
extern const struct shape workload_shape;
extern const struct shape slo_shape;
extern const struct shape instance_shape; /* Of mig. */
extern const struct shape repartition_shape;
extern const struct shape schedule_shape;
extern const struct shape queue_shape;

/* A kind of amount or arrival: its own key decides which it is. */
struct kind_shape {
    int kind;           /* enum amount_kind or arrival_kind. */
    struct shape shape; /* Its first member is that key. */
};

extern const struct kind_shape amount_kinds[];
extern const size_t amount_kind_count;
extern const struct kind_shape arrival_kinds[];
extern const size_t arrival_kind_count;

/* The kind whose key the mapping has; NULL, and refused, if it has none or two. `what` is
   "an amount". */
const struct kind_shape *kind_find(struct check *check, const struct node *map,
                                   const struct kind_shape *kinds, size_t count,
                                   const char *what);

/* ----------------------------------------------------------------------------- amounts */

/* Bounds of what an amount may be told to be; doubles hold them exactly. */
#define AMOUNT_TIME_MAX  (100 * DAY)
#define AMOUNT_BYTES_MAX (1024 * TIB)

/* What an amount may be where it stands. */
struct amount_want {
    bool bytes; /* Also bytes, instead of time. */
    bool trace; /* Also `trace`. */
    bool one;   /* Part of a mixture: neither a sequence nor another mixture. */
};

/* Reads an amount; *ret_is_bytes may be NULL where it is always time. Whether it was right. */
bool amount_read(struct check *check, const struct node *node, const struct amount_want *want,
                 struct amount *ret, bool *ret_is_bytes);

/* Whether the amount is 0 now and then, or so small that it rounds to 0 often. */
bool amount_includes_zero(const struct amount *amount);

/* The same amount with every value times `factor`, constants rounded. */
struct amount amount_scaled(struct arena *arena, const struct amount *amount, double factor);

/* ------------------------------------------------------------------------- other parts */

/* Reads an arrival of a workload into workload_entry.workload.arrival and .trace. */
void arrival_read(struct check *check, const struct node *node, struct workload_entry *entry);

/* Reads `trace:` of an arrival into a struct workload_entry. */
void trace_read(struct check *check, const struct node *node, void *target);
extern const struct shape trace_shape;

/* Reads a job: phases and what they ask for. */
void job_read(struct check *check, const struct node *node, struct workload_entry *entry);

extern const struct shape compute_shape;
extern const struct shape host_shape;
extern const char *const phase_words[]; /* In the order of enum phase_kind, then NULL. */

/* Refuses the keys of vGPUs for a VM whose profile, already found, is none. */
void vgpu_check_keys(struct check *check, const struct node *node, const struct vm_entry *vm);

extern const char *const vgpu_sizes_words[]; /* In the order of enum vgpu_sizes, then NULL. */

/* Settles which GPUs have vGPUs of several sizes, once all VMs are read. */
void vgpu_finish(struct check *check);

/* Reads a workload of a VM, but for a name that it was not given. */
void workload_read(struct check *check, const struct node *node, struct workload_entry *entry);

/* Reads `device:` of a GPU; and the mapping that is the whole file of a device. */
void device_read(struct check *check, const struct node *node, struct gpu_entry *gpu);
void device_read_file(struct check *check, const struct node *root, struct gpu_entry *gpu);
extern const struct shape mps_shape; /* Of struct mps_traits. */

/* Reads `measured:` of a device. */
void record_read(struct check *check, const struct node *node, struct record *ret);
extern const struct shape record_shape;
extern const struct shape record_number_shape;
extern const struct shape record_switches_shape;
extern const struct shape record_residual_shape;

/* Reads `unlock:` of a GPU, and works out what follows once the device is known. */
void unlock_read(struct check *check, const struct node *node, void *target);
void unlock_finish(struct check *check, struct gpu_entry *gpu);
extern const struct shape unlock_shape;
extern const struct shape pci_info_shape;
extern const char *const unlock_words[]; /* In the order of enum unlock_when, then NULL. */

/* Read `thermal:` and `faults:` of a GPU, and check them once all else of it is known. */
void thermal_read(struct check *check, const struct node *node, void *target);
void faults_read(struct check *check, const struct node *node, void *target);
void health_finish(struct check *check, const struct node *node, struct gpu_entry *gpu);
extern const struct shape thermal_shape;
extern const char *const thermal_words[]; /* auto, off, device, then NULL. */
extern const struct shape faults_shape;

/* Reads a `switch:`; whether it was right. */
bool switch_read(struct check *check, const struct node *node, struct switch_cost *ret);
extern const struct shape switch_shape;
extern const char *const preemption_words[]; /* In the order of enum preemption_point. */

/* What a switch costs where nobody says it. */
extern const struct switch_cost assumed_switch;

extern const char *const mode_words[]; /* In the order of enum sharing_mode, then NULL. */
extern const struct shape engine_shape;
extern const struct shape engines_shape;

/* Reads a `policy:`, or sets one of the registry with its default parameters. */
void policy_read(struct check *check, const struct node *node, struct engine_sharing *ret);
void policy_set_name(struct check *check, const char *name, struct place place,
                     struct engine_sharing *ret);

/* The shape of a `policy:` mapping that names this policy, and of one with a script. */
struct shape policy_shape(const struct policy_ops *ops);
extern const struct shape script_shape;

/* Reads a `policy: {rm_pvmrl: ...}`. */
void rm_policy_read(struct check *check, const struct node *map, struct engine_sharing *ret);
extern const struct shape rm_shape;

/* Reads `limiter:` of a VM into a struct vm_entry, and the shape of that mapping. */
void limiter_read(struct check *check, const struct node *node, void *target);
struct shape limiter_shape(const struct limiter_ops *ops);

/* Reads a `sharing:` of a GPU or MIG instance that has that device. node NULL: all defaults,
   placed at `place`. */
void sharing_read(struct check *check, const struct node *node, const struct device *device,
                  struct place place, struct sharing *ret);

/* Fills slices that nobody gave by the vendor's rule, and checks slices against restore. */
void sharing_finish(struct check *check, struct sharing *sharing, uint32_t vms_max);

/* Reads `mig:` into a struct gpu_entry whose device is known. */
void instances_read(struct check *check, const struct node *node, void *target);

/* Reads `repartition:` into a struct gpu_entry; what it is when nobody says it. */
void repartition_read(struct check *check, const struct node *node, void *target);
void repartition_default(struct repartition *ret);

/* Compute instances, named 1c.3g.40gb: whether a name is of that form, whether a VM with such a
   profile may go to an instance, and the profile taken from a GPU: 0, or -1 with *err. */
bool compute_instance_is_name(const char *name);
bool compute_instance_suits(const struct mig_entry *instance, const struct vm_entry *vm);
int compute_instance_use(const struct gpu_entry *gpu, struct vm_entry *vm, struct err *err);

/* Refuses a VM that asks for an instance that there is not, or for a share where it means
   nothing. */
void reach_check(struct check *check, const struct node *node, const struct vm_entry *vm);

/* Of the GPU, or of all its MIG instances. 0: not known, or not the same. */
int64_t gpu_copy_bandwidth(const struct gpu_entry *gpu);

/* Reads a VM's `schedule`; target: its struct vm_entry. */
void schedule_read(struct check *check, const struct node *node, void *target);

/* The GPUs of an entry, counts written out; UINT32_MAX: of all entries. */
uint64_t gpus_of(const struct scenario *scenario, uint32_t gpu_index);

/* Adds the tables that come with the source to the catalogue, before anything is read. */
void tables_start(struct check *check);

/* Members of the scenario: each reads one of its lists. */
void tables_read(struct check *check, const struct node *node, void *scenario);
void gpus_read(struct check *check, const struct node *node, void *scenario);
void vms_read(struct check *check, const struct node *node, void *scenario);
void slos_read(struct check *check, const struct node *node, void *scenario);
void metrics_read(struct check *check, const struct node *node, void *scenario);
void compare_read(struct check *check, const struct node *node, void *scenario);
void sweep_read(struct check *check, const struct node *node, void *scenario);

#endif
