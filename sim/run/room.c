#include "run/room.h"

#include "base/assert.h"

#include <inttypes.h>
#include <string.h>

bool room_suits(const struct partition *partition, const struct setup *setup,
                const struct vm_entry *vm)
{
    const struct gpu_entry *gpu = &setup->scenario->gpus[partition->gpu];

    if (vm->gpu && vm->gpu_index != partition->gpu) {
        return false;
    }
    if (vm->profile.vgpu && gpu->card && !catalogue_vgpu_fits(gpu->card, vm->profile.vgpu)) {
        return false;
    }
    if (partition->instance) {
        return instance_takes(partition->instance, vm);
    }
    return !vm->profile.is_mig && !vm->instance;
}

static uint32_t mps_clients_max(const struct partition *p)
{
    if (p->sharing->clients > 0) {
        return p->sharing->clients;
    }
    return p->device->mps_clients_max > 0 ? p->device->mps_clients_max : MPS_CLIENTS_MAX;
}

/* What a VM reserves in a partition: what it says, else the part of a replica. */
static int64_t memory_of(const struct guest *guest)
{
    const struct partition *p = guest->partition;

    return guest->vm->memory_bytes > 0
               ? guest->vm->memory_bytes
               : replica_memory_bytes(p->sharing, p->device->memory_bytes);
}

/* What stands in the way where so many replicas share the partition. */
static const char *replica_obstacle(const struct room *room, const struct guest *guest)
{
    const struct partition *p = guest->partition;
    int64_t part = replica_memory_bytes(p->sharing, p->device->memory_bytes);

    if (p->sharing->replicas > 0 && room->vms >= p->sharing->replicas) {
        return "all replicas are taken";
    }
    return part > 0 && guest->vm->memory_bytes > part ? "a replica has less memory" : NULL;
}

/* Whether a VM has a MIG instance for itself. */
static bool takes_whole(const struct vm_entry *vm)
{
    return vm->profile.is_mig && vm->profile.compute_slices == 0 &&
           (!vm->profile.vgpu || vm->profile.vgpu->backing == VGPU_MIG);
}

/* The vendor's maximum of a VM's profile in a partition. */
static uint32_t vendor_max(const struct partition *p, const struct vm_entry *vm)
{
    const struct vgpu_type *type = vm->profile.vgpu;

    return p->instance && type && type->vms_max_instance > 0 ? type->vms_max_instance
                                                             : vm->profile.vms_max;
}

/* ------------------------------------------------------------------------------ mixed sizes */

static bool is_placed(const struct guest *guest)
{
    return guest->partition->has_places && guest->vm->profile.vgpu;
}

static bool is_taken(const struct room *room, uint32_t unit)
{
    return room->taken[unit / 64] >> unit % 64 & 1;
}

static bool is_free(const struct room *room, uint32_t id, uint32_t size)
{
    for (uint32_t unit = id; unit < id + size; unit++) {
        if (unit >= ROOM_UNITS_MAX || is_taken(room, unit)) {
            return false;
        }
    }
    return true;
}

static void mark(struct room *room, uint32_t id, uint32_t size, bool is_taking)
{
    for (uint32_t unit = id; unit < id + size; unit++) {
        assert(is_taken(room, unit) != is_taking);
        room->taken[unit / 64] ^= UINT64_C(1) << unit % 64;
    }
}

/* The place that the guest gets; ROOM_NO_PLACE: none. */
static uint32_t find_place(const struct room *room, const struct guest *guest)
{
    const struct vgpu_placement *places = guest->places;

    for (uint32_t i = 0; places && i < places->id_count; i++) {
        uint32_t wanted = guest->vm->placement_id;
        if ((wanted == ROOM_NO_PLACE || wanted == places->ids[i]) &&
            is_free(room, places->ids[i], places->size)) {
            return places->ids[i];
        }
    }
    return ROOM_NO_PLACE;
}

static const char *place_obstacle(const struct room *room, const struct guest *guest)
{
    const struct vgpu_placement *places = guest->places;
    bool is_legal = guest->vm->placement_id == ROOM_NO_PLACE;

    if (!places) {
        return "the vendor gives its size no place beside other sizes";
    }
    for (uint32_t i = 0; i < places->id_count; i++) {
        is_legal = is_legal || places->ids[i] == guest->vm->placement_id;
    }
    if (!is_legal) {
        return "its placement_id is none of those of its size";
    }
    if (find_place(room, guest) != ROOM_NO_PLACE) {
        return NULL;
    }
    if (guest->vm->placement_id != ROOM_NO_PLACE) {
        return "another vGPU lies where its placement_id is";
    }
    return room->memory_bytes + guest->vm->memory_bytes > guest->partition->device->memory_bytes
               ? "there is not enough free memory"
               : "there is enough free memory, but no place for its size in it";
}

/* --------------------------------------------------------------------------------- any room */

static const char *one_size_only(const struct partition *p)
{
    if (!p->device->mixed_sizes) {
        return "a GPU takes vGPUs of one size only";
    }
    return p->sharing->engines[ENGINE_COMPUTE].policy == &policy_fixed_share
               ? "fixed_share takes vGPUs of one size only"
               : "a GPU with vgpu_sizes: one takes vGPUs of one size only";
}

/* The limits that hold for the vendor's profiles, whatever the memory. */
static const char *vendor_obstacle(const struct room *room, const struct guest *guest)
{
    const struct partition *p = guest->partition;

    if (room->vendor_vms > 0 && room->vendor_bytes != guest->vm->memory_bytes &&
        !p->mixed_sizes) {
        return one_size_only(p);
    }
    if (room->vendor_vms >= vendor_max(p, guest->vm)) {
        if (guest->vm->profile.vms_max < guest->vm->profile.sharers_max) {
            return "the unlocked card's own memory holds no more of this profile";
        }
        return p->instance ? "the vendor allows no more of this profile on one instance"
                           : "the vendor allows no more of this profile on one GPU";
    }
    if (!guest->vm->profile.vgpu && p->instance) {
        return NULL;
    }
    if (p->instance && room->vendor_vms >= VGPU_INSTANCE_MAX) {
        return "a MIG instance takes at most 12 vGPUs";
    }
    if (p->instance && room->vendor_vms + guest->vgpus_beside >= VGPU_GPU_MIG_MAX) {
        return "a GPU with MIG takes at most 48 vGPUs";
    }
    return !p->instance && room->vendor_vms >= VGPU_GPU_MAX ? "a GPU takes at most 32 vGPUs"
                                                            : NULL;
}

/* Compute instances take slices of their instance, and nobody else is in it. */
static const char *compute_obstacle(const struct room *room, const struct guest *guest)
{
    uint32_t slices = guest->vm->profile.compute_slices;

    if (slices == 0) {
        return room->compute_slices > 0 ? "its instance is cut into compute instances" : NULL;
    }
    if (room->vms > 0 && room->compute_slices == 0) {
        return "others have its instance without compute instances";
    }
    return room->compute_slices + slices >
                   guest->partition->instance->mig_profile->compute_slices
               ? "its instance has too few compute slices left"
               : NULL;
}

const char *room_obstacle(const struct room *room, const struct guest *guest)
{
    const struct vm_entry *vm = guest->vm;
    const struct partition *p = guest->partition;

    if (room->is_whole || (room->vms > 0 && takes_whole(vm))) {
        return "its instance is taken";
    }
    const char *compute = compute_obstacle(room, guest);
    if (compute) {
        return compute;
    }
    const char *replica = replica_obstacle(room, guest);
    if (replica) {
        return replica;
    }
    if (p->sharing->mode == SHARING_MPS && room->vms >= mps_clients_max(p)) {
        return "MPS takes no more clients";
    }
    if (is_placed(guest)) {
        const char *why = place_obstacle(room, guest);
        return why ? why : vendor_obstacle(room, guest);
    }
    bool is_vendor = vm->profile.vms_max > 0;
    bool is_one_size = is_vendor && room->vendor_vms == room->vms &&
                       room->memory_bytes == room->vms * vm->memory_bytes;

    if (!is_one_size && room->memory_bytes + memory_of(guest) > p->device->memory_bytes) {
        return "there is not enough free memory";
    }
    return is_vendor ? vendor_obstacle(room, guest) : NULL;
}

uint32_t room_take(struct room *room, const struct guest *guest)
{
    uint32_t place = is_placed(guest) ? find_place(room, guest) : ROOM_NO_PLACE;

    room->vms++;
    room->is_whole = takes_whole(guest->vm);
    room->compute_slices += guest->vm->profile.compute_slices;
    room->memory_bytes += memory_of(guest);
    if (guest->vm->profile.vms_max > 0) {
        room->vendor_vms++;
        room->vendor_bytes = guest->vm->memory_bytes;
    }
    if (place != ROOM_NO_PLACE) {
        mark(room, place, guest->places->size, true);
    }
    return place;
}

void room_give(struct room *room, const struct guest *guest, uint32_t place)
{
    room->vms--;
    room->is_whole = false;
    room->compute_slices -= guest->vm->profile.compute_slices;
    room->memory_bytes -= memory_of(guest);
    room->vendor_vms -= guest->vm->profile.vms_max > 0;
    if (place != ROOM_NO_PLACE) {
        mark(room, place, guest->places->size, false);
    }
}

/* ------------------------------------------------------------------------- what would fit */

static void put_gib(struct text *text, int64_t bytes)
{
    text_printf(text, "%.6g GiB", (double)bytes / (double)GIB);
}

/* The largest type of the same series that would fit; NULL: none. */
static const struct vgpu_type *smaller_type(const struct room *room, const struct guest *guest,
                                            const struct gpu_entry *gpu)
{
    const struct vgpu_type *asked = guest->vm->profile.vgpu;
    const struct vgpu_type *best = NULL;
    size_t count;

    if (!guest->catalogue || !gpu->card || !asked) {
        return NULL;
    }
    const struct vgpu_type *types = catalogue_vgpu_types(guest->catalogue, &count);
    for (size_t i = 0; i < count; i++) {
        const struct vgpu_type *type = &types[i];
        struct vm_entry vm = *guest->vm;
        struct guest other = *guest;
        vm.profile.vgpu = type;
        vm.profile.vms_max = catalogue_vms_max(gpu->card, type);
        vm.memory_bytes = type->framebuffer_bytes;
        vm.placement_id = ROOM_NO_PLACE;
        other.vm = &vm;
        if (vm.profile.vms_max == 0 || type->series != asked->series ||
            type->backing != asked->backing ||
            type->framebuffer_bytes == asked->framebuffer_bytes ||
            (best && best->framebuffer_bytes >= type->framebuffer_bytes)) {
            continue;
        }
        if (is_placed(guest)) {
            other.places = catalogue_vgpu_placement(guest->catalogue, gpu->card, type);
        }
        best = room_obstacle(room, &other) ? best : type;
    }
    return best;
}

/* The free places of a guest that asked for another. */
static void put_free_places(const struct room *room, const struct guest *guest,
                            struct text *text)
{
    const struct vgpu_placement *places = guest->places;
    const char *before = "; its size may lie at ";

    for (uint32_t i = 0; i < places->id_count; i++) {
        if (is_free(room, places->ids[i], places->size)) {
            text_printf(text, "%s%" PRIu32, before, places->ids[i]);
            before = ", ";
        }
    }
}

void room_put_alternative(const struct room *room, const struct guest *guest,
                          const struct gpu_entry *gpu, struct text *text)
{
    int64_t free_bytes = guest->partition->device->memory_bytes - room->memory_bytes;
    const struct vgpu_type *type = smaller_type(room, guest, gpu);

    if (room->is_whole || takes_whole(guest->vm)) {
        return;
    }
    if (guest->vm->placement_id != ROOM_NO_PLACE && guest->places) {
        put_free_places(room, guest, text);
        return;
    }
    text_put(text, "; ");
    put_gib(text, free_bytes > 0 ? free_bytes : 0);
    text_put(text, " are free");
    if (type) {
        text_printf(text, ", and %s would fit", type->profile);
    } else if (guest->vm->profile.vgpu) {
        text_printf(text, ", and no vGPU type %s would fit",
                    room->vendor_vms > 0 ? "of another size" : "of its series");
    }
}
