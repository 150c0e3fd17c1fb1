/* pri_calls.c - the calls of a D channel by their handles, and their ends.
 *
 * A handle is a slot and the slot's generation: it is never given twice within 16 million calls of a slot. When libpri frees a call's record,
 * whatever the reason, the slot is marked, and its end is told once.
 */
#include <string.h>
#include "pri_parts.h"

#define SLOT_BITS 8
#define GENERATION_MOST 0xFFFFFFu
#define SLACK_MS 1000
#define NO_CIRCUIT PRI_CAUSE_NORMAL_CIRCUIT_CONGESTION

static struct slot *named(struct pri_shim *shim, uint32_t call)
{
    uint32_t index = call & ((1u << SLOT_BITS) - 1);
    struct slot *slot = index < PRI_SHIM_CALLS ? &shim->slots[index] : NULL;

    return slot && slot->call && slot->generation == call >> SLOT_BITS ? slot : NULL;
}

struct slot *pri_slot(struct pri_shim *shim, uint32_t call)
{
    struct slot *slot = named(shim, call);

    return slot && !slot->gone ? slot : NULL;
}

bool pri_end_is_due(struct pri_shim *shim, uint32_t call)
{
    struct slot *slot = named(shim, call);

    return slot && slot->gone;
}

struct slot *pri_slot_of(struct pri_shim *shim, const void *call, bool gone)
{
    for (int index = 0; call && index < PRI_SHIM_CALLS; index++)
        if (shim->slots[index].call == call && shim->slots[index].gone == gone)
            return &shim->slots[index];
    return NULL;
}

struct slot *pri_adopt(struct pri_shim *shim, q931_call *call)
{
    for (int tries = 0; tries < PRI_SHIM_CALLS; tries++) {
        struct slot *slot = &shim->slots[shim->slot_tried++ % PRI_SHIM_CALLS];

        if (slot->call)
            continue;
        slot->generation = slot->generation % GENERATION_MOST + 1;
        slot->call = call;
        slot->cause = slot->channel = -1;
        return slot;
    }
    return NULL;
}

void pri_forget(struct slot *slot)
{
    uint32_t generation = slot->generation;

    memset(slot, 0, sizeof(*slot));
    slot->generation = generation;
}

uint32_t pri_handle(const struct pri_shim *shim, const struct slot *slot)
{
    return slot->generation << SLOT_BITS | (uint32_t)(slot - shim->slots);
}

void pri_record_freed(struct pri_shim *shim, const void *record)
{
    struct slot *slot = pri_slot_of(shim, record, false);

    if (slot)
        slot->gone = true;
}

bool pri_any_gone(const struct pri_shim *shim)
{
    for (int index = 0; index < PRI_SHIM_CALLS; index++)
        if (shim->slots[index].gone)
            return true;
    return false;
}

/* Causes with which libpri itself refuses an offer outright (Q.931 clause 5.2.5.1); with any other it would say nothing at all. */
static bool refuses_outright(int cause)
{
    switch (cause) {
    case PRI_CAUSE_UNALLOCATED:
    case PRI_CAUSE_NORMAL_CIRCUIT_CONGESTION:
    case PRI_CAUSE_REQUESTED_CHAN_UNAVAIL:
    case PRI_CAUSE_INVALID_CALL_REFERENCE:
    case PRI_CAUSE_IDENTIFIED_CHANNEL_NOTEXIST:
    case PRI_CAUSE_INCOMPATIBLE_DESTINATION:
        return true;
    default:
        return false;
    }
}

/* T305, twice T308, and a second for frames that wait their turn: then a call that we cleared is over in any case. */
static int64_t clearing_us(const struct pri_shim *shim)
{
    int t305_ms = pri_get_timer(shim->pri, PRI_TIMER_T305), t308_ms = pri_get_timer(shim->pri, PRI_TIMER_T308);

    return ((int64_t)t305_ms + 2 * (int64_t)t308_ms + SLACK_MS) * 1000;
}

/* A second hang-up would make libpri forget that the far end has still to answer the first. */
int pri_hang_up(struct pri_shim *shim, struct slot *slot, int channel, int cause)
{
    if (slot->hung_up)
        return PRI_SHIM_DONE;
    if (slot->offered && !refuses_outright(cause)) {
        if (channel <= 0)
            channel = slot->channel;
        if (channel <= 0)
            cause = NO_CIRCUIT; /* nothing can proceed without a channel */
        else
            pri_proceeding(shim->pri, slot->call, channel, 0);
    }
    slot->offered = false;
    slot->hung_up = true;
    slot->cause = cause;
    slot->due_us = shim->now_us + clearing_us(shim);
    return pri_hangup(shim->pri, slot->call, cause) ? PRI_SHIM_REFUSED : PRI_SHIM_DONE;
}

/* libpri loses a call that the far end clears before anything was answered: so no message of that call is read before something was. */
void pri_answer_offers(struct pri_shim *shim, int reference)
{
    for (int index = 0; index < PRI_SHIM_CALLS; index++) {
        struct slot *slot = &shim->slots[index];

        if (!slot->call || slot->gone || !slot->offered || slot->reference != reference)
            continue;
        shim->counters.offers_answered++;
        if (slot->channel <= 0) {
            pri_hang_up(shim, slot, -1, NO_CIRCUIT);
            continue;
        }
        slot->offered = false;
        if (slot->complete || !(shim->options & PRI_SHIM_OVERLAP))
            pri_proceeding(shim->pri, slot->call, slot->channel, 0);
        else
            pri_setup_ack(shim->pri, slot->call, slot->channel, 0, 0);
    }
}

/* Whether an announcement in a DISCONNECT is for somebody: not for a caller who has gone, nor after a conversation. libpri would keep such a
 * DISCONNECT to itself then, and the call would last until the far end's patience is over.
 */
bool pri_is_heard_out(const struct pri_shim *shim, int reference, bool ours)
{
    for (int index = 0; index < PRI_SHIM_CALLS; index++) {
        const struct slot *slot = &shim->slots[index];

        if (slot->call && !slot->gone && slot->reference == reference && slot->incoming != ours)
            return false;
    }
    return true;
}

int64_t pri_endings_due_us(const struct pri_shim *shim)
{
    int64_t first = -1;

    for (int index = 0; index < PRI_SHIM_CALLS; index++) {
        const struct slot *slot = &shim->slots[index];

        if (slot->call && !slot->gone && slot->due_us && (first < 0 || slot->due_us < first))
            first = slot->due_us;
    }
    return first;
}

/* libpri stops its timer when a call that we cleared is cleared by the far end with an announcement, and then waits for ever: it is asked to
 * release once more, and if that ends nothing either the record is removed.
 */
void pri_press_endings(struct pri_shim *shim)
{
    for (int index = 0; index < PRI_SHIM_CALLS; index++) {
        struct slot *slot = &shim->slots[index];

        if (!slot->call || slot->gone || !slot->due_us || slot->due_us > shim->now_us)
            continue;
        slot->due_us = shim->now_us + clearing_us(shim);
        if (slot->pressed) {
            shim->counters.calls_abandoned++;
            pri_destroycall(shim->pri, slot->call);
        } else {
            slot->pressed = true;
            pri_hangup(shim->pri, slot->call, slot->cause);
        }
    }
}
