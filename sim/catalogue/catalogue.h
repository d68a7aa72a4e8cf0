/*
 * catalogue.h - what is known of real GPUs: devices, vGPU types, MIG profiles, measured costs.
 *
 * The tables are plain CSV files in sim/catalogue/data/, part of the binary (base/embed.h). A
 * table is parsed when it is first asked for, into the caller's arena; all that is returned is
 * borrowed from that arena. Files of the user (`--catalogue DIR`) have the same names and
 * columns and add rows; a row with the key of an earlier one replaces it.
 *
 * What a table does not know is 0 or NULL here, as the field says, and is never guessed. Rows
 * say where they come from: `source` in words, `derived` where a number was computed from
 * others, `remembered` where it was written down from memory.
 *
 * A failing lookup fills *err (kind ERR_SCENARIO, no place: the loader adds it) with what was
 * found and what is allowed, the nearest known name included. Not for two threads at a time.
 */
#ifndef SIM_CATALOGUE_CATALOGUE_H
#define SIM_CATALOGUE_CATALOGUE_H

#include "base/arena.h"
#include "base/err.h"
#include "base/units.h"
#include "model/device.h"
#include "model/health.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    MIG_STARTS_MAX = 16,      /* Start indices of one profile. */
    MIG_AXIS_MAX = 16,        /* Slices on the placement axis of a GPU. */
    VGPU_PLACEMENTS_MAX = 32, /* Placement ids of one vGPU size. */

    /* The driver's limits, whatever the memory would hold; for vGPU types only. */
    VGPU_GPU_MAX = 32,      /* On a GPU without MIG. */
    VGPU_GPU_MIG_MAX = 48,  /* On a GPU with MIG, over all instances. */
    VGPU_INSTANCE_MAX = 12, /* On one MIG instance. */
};

/* Yes, no, or nobody said. */
enum known {
    KNOWN_NOT,
    KNOWN_NO,
    KNOWN_YES,
};

/* A GPU that can be bought, as one row of gpus.csv. */
struct catalogue_device {
    struct device device;     /* device.name is the catalogue name: h100-80gb. */
    const char *board;        /* As the other tables name it: "H100 SXM5 80GB". */
    const char *aliases;      /* Other names, separated by spaces; "" if none. */
    const char *architecture; /* "Hopper". */
    const char *die;
    const char *segment;     /* "datacenter", "workstation" or "consumer". */
    const char *memory_type; /* "GDDR6", "HBM2"; "" if unknown. */
    uint32_t clock_mhz;      /* Boost clock; 0: unknown. */
    uint32_t power_w;        /* Of the board; 0: unknown. */
    uint32_t copy_engines;   /* As the hardware has them; 0: unknown. device.copy_engines is
                                at most 2, and 1 where they are unknown. */
    uint32_t encoders;       /* 0: none or unknown. */
    uint32_t decoders;       /* 0: none or unknown. */
    bool has_mig;
    uint32_t mig_instances_max; /* 0 without MIG. */
    const char *vgpu_supported; /* "yes", "no" or "unlockable". */
    bool has_vgpu;              /* The vendor's vGPU types run on it. */
    const char *passes_for;     /* Board whose vGPU types an unlocked card takes; NULL: none. */
    bool is_relabelled;         /* Unlocked though it need not be: only those types, no more its
                                   own. False in the table. */
    int64_t reserve_bytes;      /* Of its memory, what the host keeps when it is unlocked. 0 in
                                   the table. */
    uint32_t pci_id;            /* PCI device id; 0: unknown. */
    const char *pci_source;     /* Where the id is from; "" if it is unknown. */
    bool remembered;            /* Its figures were written down from memory. */
    const char *source;         /* Of the other figures. */
    const char *note;           /* "" if none. */
};

/* What backs a vGPU. */
enum vgpu_backing {
    VGPU_TIME_SLICED,     /* The whole GPU, by turns. */
    VGPU_MIG,             /* A MIG instance of its own. */
    VGPU_MIG_TIME_SLICED, /* A MIG instance, by turns. */
};

/* A vGPU type, as one row of vgpu_types.csv. Counts are per physical GPU. */
struct vgpu_type {
    const char *name;    /* As the vendor writes it: "NVIDIA L40S-8Q". */
    const char *profile; /* The part behind the brand: "L40S-8Q". Unique. */
    const char *board;
    char series;               /* Q, B, A or C. */
    int64_t framebuffer_bytes; /* What it takes on the host; > 0. */
    int64_t guest_bytes;       /* What the guest may use of it; 0: unknown. */
    int64_t reservation_bytes; /* What the driver keeps of it; 0: unknown. */
    int64_t gsp_heap_bytes;    /* And what the GPU's system processor does; 0: none, unknown. */
    uint32_t vms_max;          /* All of this size on one GPU; > 0. */
    uint32_t vms_max_mixed;    /* In mixed-size mode; 0: not possible, or unknown. */
    uint32_t vms_max_instance; /* In one MIG instance; 0 when not MIG-backed. */
    enum vgpu_backing backing;
    uint32_t mig_slices; /* Compute slices of its MIG instance; 0 when not MIG-backed. */
    uint32_t displays;
    const char *resolution_max; /* "5120x2880". */
    int64_t pixels_max;         /* Over all displays; 0: unknown. */
    uint32_t frl_fps;           /* The frame-rate limiter's frames per second. */
    enum known frl_enabled;
    enum known cuda;
    enum known ecc;
    uint32_t encoder_percent; /* Of the GPU's encoders; 0: unknown. */
    const char *licence;      /* Class: "vWS", "vPC or vWS", "vApps", ... */
    uint32_t type_id;         /* NN of nvidia-NN; 0: unknown. */
    bool derived;             /* vms_max was computed; `source` says how. */
    const char *source;
};

/* Where vGPUs of one size may lie in mixed-size mode; one row of vgpu_placements.csv. */
struct vgpu_placement {
    uint32_t gpu_gib;          /* Nominal memory of the GPU. */
    const char *architectures; /* "Ampere and Hopper". */
    int64_t framebuffer_bytes; /* Of the vGPU type. */
    uint32_t size;             /* Units of 1 GiB that it occupies from its id on. */
    uint32_t vms_max;          /* All of this size. */
    uint32_t vms_max_mixed;
    uint32_t ids[VGPU_PLACEMENTS_MAX];
    uint32_t id_count;
    const char *source;
};

/* How well a MIG row is founded. */
enum mig_verified {
    MIG_VERIFIED,
    MIG_PARTLY,  /* Some of its figures were read, others are derived. */
    MIG_DERIVED, /* Computed from a sibling board. */
};

/* A MIG profile of a board, as one row of mig_profiles.csv. */
struct mig_profile {
    const char *name; /* "1g.10gb", "1g.10gb+me". */
    const char *board;
    uint32_t compute_slices; /* > 0. */
    uint32_t memory_slices;  /* 0: unknown. */
    int64_t memory_bytes;    /* 0: unknown. */
    uint32_t sms;            /* 0: unknown. */
    uint32_t copy_engines;   /* 0: none, or unknown. */
    uint32_t encoders;
    uint32_t decoders;
    uint32_t jpeg_decoders;
    uint32_t optical_flow;
    uint32_t instances_max;          /* On a GPU that has nothing else; > 0. */
    uint32_t starts[MIG_STARTS_MAX]; /* Legal start indices, rising. */
    uint32_t start_count;            /* > 0. */
    uint32_t size;                   /* Slices of the placement axis that it occupies; > 0. */
    const char *profile_id;          /* The driver's number; "" if unknown. */
    const char *requires;            /* A condition in words; "" if none. */
    enum mig_verified verified;
    const char *source;
    const char *note;
};

enum unlock_kind {
    UNLOCK_RULE,   /* A range of ids. */
    UNLOCK_DEVICE, /* One device of such a range. */
};

/* What an unlocked card passes for; one row of unlock_map.csv. */
struct unlock_entry {
    enum unlock_kind kind;
    uint32_t id_low, id_high; /* PCI device ids, both included. */
    const char *name;         /* Of the device; "" for a rule. */
    const char *die;
    const char *architecture;
    const char *passes_for; /* Board whose vGPU types it takes; "" if it takes none. */
    uint32_t passes_for_id; /* The PCI device id of that board, and the subsystem id; */
    const char *passes_for_subsystem; /* "keep": that of the card. */
    const char *works;                /* "yes", "no", "unknown", "reported" or "n/a". */
    const char *note;
    const char *source;
};

/* A file of the user that adds to a table; the last part of its path says to which, a number
   and a dash before it left out. */
struct catalogue_file {
    const char *path;  /* As shown in errors. */
    const char *bytes; /* Need not end in '\0'. */
    size_t size;
};

struct catalogue_tables;

struct catalogue {
    struct arena *arena;             /* Borrowed; all that is returned lives there. */
    struct catalogue_tables *tables; /* What has been parsed so far. */
};

/* An empty catalogue; parses nothing. Needs no end: the arena owns all of it. */
void catalogue_init(struct catalogue *catalogue, struct arena *arena);

/* Adds a file; call before the first lookup. 0, or -1 with *err, placed in the file, after
   which the catalogue is of no use. A file whose name is none of the tables' is an error. */
int catalogue_add(struct catalogue *catalogue, const struct catalogue_file *file,
                  struct err *err);

/* ------------------------------------------------------------------------------- devices */

/* The device of that name or alias. 0, or -1 with *err; also when the table does not know how
   many SMs it has. */
int catalogue_device(struct catalogue *catalogue, const char *name,
                     const struct catalogue_device **ret, struct err *err);

/* The device of that name or alias, or NULL. Its device.sms is 0 where it is not known. */
const struct catalogue_device *catalogue_find_device(struct catalogue *catalogue,
                                                     const char *name);

/* Every device, sorted by name. */
const struct catalogue_device *catalogue_devices(struct catalogue *catalogue,
                                                 size_t *ret_count);

/* --------------------------------------------------------------------- vGPU types (vendor) */

/*
 * The vGPU type that `profile` names, brand or not, on that device: its board's own types, or
 * those of the board that it passes for. With device NULL (an inline one) any board's. The
 * error of a type of another board names the devices that have it. 0, or -1 with *err.
 */
int catalogue_vgpu_type(struct catalogue *catalogue, const struct catalogue_device *device,
                        const char *profile, const struct vgpu_type **ret, struct err *err);

/* The vGPU type of that name on any board, or NULL. */
const struct vgpu_type *catalogue_find_vgpu_type(struct catalogue *catalogue,
                                                 const char *profile);

/* Every vGPU type, in the order of the table: those of a board are neighbours. */
const struct vgpu_type *catalogue_vgpu_types(struct catalogue *catalogue, size_t *ret_count);

/* Whether the type runs on the device (as catalogue_vgpu_type decides). */
bool catalogue_vgpu_fits(const struct catalogue_device *device, const struct vgpu_type *type);

/* How many of the type a GPU holds: the vendor's maximum, and on an unlocked card at most what
   its own memory holds beside reserve_bytes. 0 when it does not run there. */
uint32_t catalogue_vms_max(const struct catalogue_device *device, const struct vgpu_type *type);

/* How many of the type share one scheduler at most, which is what fixed shares are parts of:
   those of a GPU, or of one MIG instance. > 0. */
uint32_t vgpu_sharers_max(const struct vgpu_type *type);

/* Legal places of the type in mixed-size mode; NULL if the table has none for the device. */
const struct vgpu_placement *catalogue_vgpu_placement(struct catalogue *catalogue,
                                                      const struct catalogue_device *device,
                                                      const struct vgpu_type *type);

/* The vendor's default slice for up to that many sharers: 2 ms up to 8, else 1 ms; and its
   rotation frequency under adaptive round robin: 480 Hz, else 960 Hz. sharers_max > 0. */
nsec vgpu_slice_ns(uint32_t sharers_max);
uint32_t vgpu_frequency_hz(uint32_t sharers_max);

/* --------------------------------------------------------------------------- MIG profiles */

/* Whether a profile's name has the form of a MIG profile, as 1g.10gb, and so is none of a
   vGPU type. */
bool mig_is_profile_name(const char *name);

/* The MIG profile of that name on the device's board. 0, or -1 with *err. */
int catalogue_mig_profile(struct catalogue *catalogue, const struct catalogue_device *device,
                          const char *name, const struct mig_profile **ret, struct err *err);

/* The MIG profiles of the device, neighbours in the table; *ret_count 0 if it has none. */
const struct mig_profile *catalogue_mig_profiles(struct catalogue *catalogue,
                                                 const struct catalogue_device *device,
                                                 size_t *ret_count);

/* Every MIG profile, in the order of the table: those of a board are neighbours. */
const struct mig_profile *catalogue_mig_all(struct catalogue *catalogue, size_t *ret_count);

/*
 * What an instance of the profile has, as a device of its own (name: that of the profile):
 * its SMs and memory, the share of the bandwidth that goes with its memory slices, at most its
 * copy engines, and the switch costs of the whole GPU. 0, or -1 with *err when the table does
 * not know its SMs or memory.
 */
int catalogue_mig_device(struct catalogue *catalogue, const struct catalogue_device *device,
                         const struct mig_profile *profile, struct device *ret,
                         struct err *err);

/* ------------------------------------------------------------- measurements and unlocking */

/* A measured value of a device from measured.csv, in the unit that the key ends in
   ("slice_ns", "switch_preempt_ns", ...). False: not measured. */
bool catalogue_measured(struct catalogue *catalogue, const char *device, const char *key,
                        double *ret);

/* How warm the device gets, from thermal.csv. False, and *ret untouched, if it is not there. */
bool catalogue_thermal(struct catalogue *catalogue, const char *device, struct thermal *ret);

/* What a card with that PCI device id passes for: its own row, else the rule that covers it,
   else NULL. */
const struct unlock_entry *catalogue_unlock(struct catalogue *catalogue, uint32_t pci_id);

/* The device with vGPU types that hosts know by this PCI device id and subsystem id. 0, or -1
   with *err: there is none, or several that the tables cannot tell apart. */
int catalogue_vgpu_board(struct catalogue *catalogue, uint32_t pci_id, uint32_t subsystem_id,
                         const struct catalogue_device **ret, struct err *err);

/*
 * Makes *card, a copy of a device, what it is after unlocking: sets passes_for and
 * is_relabelled as the built-in ranges of PCI ids say. Without `force` a card that takes vGPUs
 * by itself is left alone, and one that cannot be unlocked takes none; with it, as the real
 * tool does, every card is relabelled whose id is in a range. 0, or -1 with *err when force
 * cannot have its way.
 */
int catalogue_unlock_card(struct catalogue *catalogue, struct catalogue_device *card,
                          bool force, struct err *err);

/* The same, to pass for a given device, which must have vGPU types. */
int catalogue_unlock_card_as(struct catalogue *catalogue, struct catalogue_device *card,
                             const struct catalogue_device *as, struct err *err);

#endif
