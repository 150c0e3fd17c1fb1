/* pri_events.c - libpri's events, which it overwrites with the next call, as events of the border. */
#include <string.h>
#include "pri_parts.h"

_Static_assert((int)PRI_SHIM_UP == PRI_EVENT_DCHAN_UP && (int)PRI_SHIM_OFFERED == PRI_EVENT_RING, "the border's numbers are libpri's");
_Static_assert((int)PRI_SHIM_MORE_DIGITS == PRI_EVENT_INFO_RECEIVED && (int)PRI_SHIM_PROGRESS == PRI_EVENT_PROGRESS, "the same");
_Static_assert((int)PRI_SHIM_RETRIEVE_REJECTED == PRI_EVENT_RETRIEVE_REJ && PRI_SHIM_BY_US == PRI_EVENT_HANGUP_ACK, "the same");

static int32_t timeslot(int encoded)
{
    int channel = encoded & 0xFF;

    return encoded == -1 || channel == 0xFF || channel == 0 ? -1 : channel;
}

/* What does not fit is cut off: libpri itself holds no number of more than 31 digits. */
static void copy_text(char *to, size_t room, const char *from)
{
    size_t octets = strnlen(from, room - 1);

    memcpy(to, from, octets);
    to[octets] = 0;
}

#define COPY(to, from) copy_text((to), sizeof(to), (from))

static void blank(struct pri_shim_event *to, int kind)
{
    memset(to, 0, sizeof(*to));
    to->kind = kind;
    to->channel = to->cause = to->bearer = -1;
}

/* The part of this kind that came with an event; NULL: none. */
static const struct pri_subcommand *part(const struct pri_subcommands *parts, int kind)
{
    for (int index = 0; parts && index < parts->counter_subcmd && index < PRI_MAX_SUBCOMMANDS; index++)
        if (parts->subcmd[index].cmd == kind)
            return &parts->subcmd[index];
    return NULL;
}

static bool of_call(struct pri_shim *shim, struct pri_shim_event *to, const q931_call *call, int channel)
{
    struct slot *slot = pri_slot_of(shim, call, false);

    if (!slot) {
        shim->counters.events_dropped++;
        return false;
    }
    to->call = pri_handle(shim, slot);
    to->channel = timeslot(channel);
    if (to->channel > 0)
        slot->channel = to->channel;
    return true;
}

static bool copy_offer(struct pri_shim *shim, const pri_event_ring *ring, struct pri_shim_event *to)
{
    const struct pri_subcommand *redirecting = part(ring->subcmds, PRI_SUBCMD_REDIRECTING);
    struct slot *slot = pri_adopt(shim, ring->call);

    if (!slot) {
        shim->counters.offers_refused++;
        pri_hangup(shim->pri, ring->call, PRI_CAUSE_NORMAL_CIRCUIT_CONGESTION);
        return false;
    }
    slot->offered = slot->incoming = true;
    slot->complete = ring->complete != 0;
    slot->reference = ring->cref & 0x7FFF;
    of_call(shim, to, ring->call, ring->channel);
    to->flags = (ring->flexible ? 0 : PRI_SHIM_EXCLUSIVE) | (ring->complete ? PRI_SHIM_COMPLETE : 0);
    to->progress = ring->progressmask;
    to->bearer = ring->ctype;
    to->layer1 = ring->layer1;
    to->called_plan = ring->calledplan;
    to->calling_plan = ring->callingplan;
    to->calling_presentation = ring->callingpres;
    to->redirecting_plan = ring->callingplanrdnis;
    to->redirecting_presentation = redirecting ? redirecting->u.redirecting.from.number.presentation : 0;
    to->redirecting_reason = ring->redirectingreason;
    COPY(to->called, ring->callednum);
    COPY(to->calling, ring->callingnum);
    COPY(to->redirecting, ring->redirectingnum);
    COPY(to->name, ring->callingname);
    COPY(to->text, ring->useruserinfo[0] ? ring->useruserinfo : ring->keypad_digits);
    return true;
}

/* HANGUP leaves the record to us: it is given back at once, so that nothing can be asked of it any more. */
static bool copy_end(struct pri_shim *shim, const pri_event_hangup *hangup, struct pri_shim_event *to)
{
    bool by_us = hangup->e == PRI_EVENT_HANGUP_ACK;
    struct slot *slot = pri_slot_of(shim, hangup->call, true);
    q931_call *call = hangup->call;

    if (!slot)
        slot = pri_slot_of(shim, hangup->call, false);
    to->kind = PRI_SHIM_RELEASED;
    to->value = by_us ? PRI_SHIM_BY_US : PRI_SHIM_BY_FAR_END;
    to->cause = hangup->cause;
    to->channel = timeslot(hangup->channel);
    COPY(to->text, hangup->useruserinfo);
    if (slot) {
        to->call = pri_handle(shim, slot);
        if (to->channel < 0)
            to->channel = slot->channel;
        if (to->cause < 0)
            to->cause = slot->cause;
    }
    if (!by_us && !(slot && slot->gone)) {
        pri_hangup(shim->pri, call, to->cause > 0 ? to->cause : PRI_CAUSE_NORMAL_CLEARING);
        if (slot && !slot->gone)
            pri_destroycall(shim->pri, call);
    }
    if (!slot) {
        shim->counters.events_dropped++;
        return false;
    }
    pri_forget(slot);
    return true;
}

static void copy_connected(const struct pri_subcommands *parts, struct pri_shim_event *to)
{
    const struct pri_subcommand *connected = part(parts, PRI_SUBCMD_CONNECTED_LINE);
    const struct pri_party_number *number = connected ? &connected->u.connected_line.id.number : NULL;

    if (!number || !number->valid)
        return;
    to->calling_plan = number->plan;
    to->calling_presentation = number->presentation;
    COPY(to->calling, number->str);
}

static void note_answer(struct pri_shim *shim, const pri_event_answer *answer)
{
    struct slot *slot = pri_slot_of(shim, answer->call, false);

    if (slot && !slot->incoming)
        slot->reference = answer->cref & 0x7FFF;
}

static bool copy_of_interface(const pri_event *from, struct pri_shim_event *to)
{
    switch (from->e) {
    case PRI_EVENT_RESTART:
        to->channel = timeslot(from->restart.channel);
        break;
    case PRI_EVENT_RESTART_ACK:
        to->channel = timeslot(from->restartack.channel);
        break;
    case PRI_EVENT_SERVICE:
        to->channel = timeslot(from->service.channel);
        to->value = from->service.changestatus;
        break;
    case PRI_EVENT_SERVICE_ACK:
        to->channel = timeslot(from->service_ack.channel);
        to->value = from->service_ack.changestatus;
        break;
    case PRI_EVENT_CONFIG_ERR:
        COPY(to->text, from->err.err);
        break;
    default:
        break;
    }
    return true;
}

static bool copy_progress(struct pri_shim *shim, const pri_event *from, struct pri_shim_event *to)
{
    switch (from->e) {
    case PRI_EVENT_RINGING:
        to->progress = from->ringing.progressmask;
        COPY(to->text, from->ringing.useruserinfo);
        return of_call(shim, to, from->ringing.call, from->ringing.channel);
    case PRI_EVENT_ANSWER:
        to->progress = from->answer.progressmask;
        COPY(to->text, from->answer.useruserinfo);
        copy_connected(from->answer.subcmds, to);
        note_answer(shim, &from->answer);
        return of_call(shim, to, from->answer.call, from->answer.channel);
    case PRI_EVENT_PROGRESS:
        to->cause = from->proceeding.cause > 0 ? from->proceeding.cause : -1;
        to->progress = from->proceeding.progressmask;
        return of_call(shim, to, from->proceeding.call, from->proceeding.channel);
    case PRI_EVENT_PROCEEDING:
        to->progress = from->proceeding.progressmask;
        return of_call(shim, to, from->proceeding.call, from->proceeding.channel);
    default: /* PRI_EVENT_SETUP_ACK */
        to->progress = from->setup_ack.progressmask;
        return of_call(shim, to, from->setup_ack.call, from->setup_ack.channel);
    }
}

static bool copy_hold(struct pri_shim *shim, const pri_event *from, struct pri_shim_event *to)
{
    switch (from->e) {
    case PRI_EVENT_HOLD:
        return of_call(shim, to, from->hold.call, from->hold.channel);
    case PRI_EVENT_HOLD_ACK:
        return of_call(shim, to, from->hold_ack.call, from->hold_ack.channel);
    case PRI_EVENT_HOLD_REJ:
        to->cause = from->hold_rej.cause;
        return of_call(shim, to, from->hold_rej.call, from->hold_rej.channel);
    case PRI_EVENT_RETRIEVE:
        to->flags = from->retrieve.flexible ? 0 : PRI_SHIM_EXCLUSIVE;
        return of_call(shim, to, from->retrieve.call, from->retrieve.channel);
    case PRI_EVENT_RETRIEVE_ACK:
        return of_call(shim, to, from->retrieve_ack.call, from->retrieve_ack.channel);
    default: /* PRI_EVENT_RETRIEVE_REJ */
        to->cause = from->retrieve_rej.cause;
        return of_call(shim, to, from->retrieve_rej.call, from->retrieve_rej.channel);
    }
}

static bool copy_within_call(struct pri_shim *shim, const pri_event *from, struct pri_shim_event *to)
{
    switch (from->e) {
    case PRI_EVENT_INFO_RECEIVED:
        COPY(to->called, from->ring.callednum);
        to->flags = from->ring.complete ? PRI_SHIM_COMPLETE : 0;
        return of_call(shim, to, from->ring.call, from->ring.channel);
    case PRI_EVENT_KEYPAD_DIGIT:
        COPY(to->text, from->digit.digits);
        return of_call(shim, to, from->digit.call, from->digit.channel);
    case PRI_EVENT_NOTIFY:
        to->value = from->notify.info;
        return of_call(shim, to, from->notify.call, from->notify.channel);
    case PRI_EVENT_FACILITY:
        COPY(to->calling, from->facility.callingnum);
        COPY(to->name, from->facility.callingname);
        return of_call(shim, to, from->facility.call, from->facility.channel);
    default: /* PRI_EVENT_HANGUP_REQ */
        to->cause = from->hangup.cause;
        COPY(to->text, from->hangup.useruserinfo);
        return of_call(shim, to, from->hangup.call, from->hangup.channel);
    }
}

bool pri_copy_event(struct pri_shim *shim, pri_event *from, struct pri_shim_event *to)
{
    blank(to, from->e);
    switch (from->e) {
    case PRI_EVENT_DCHAN_UP:
    case PRI_EVENT_DCHAN_DOWN:
    case PRI_EVENT_RESTART:
    case PRI_EVENT_RESTART_ACK:
    case PRI_EVENT_SERVICE:
    case PRI_EVENT_SERVICE_ACK:
    case PRI_EVENT_CONFIG_ERR:
        return copy_of_interface(from, to);
    case PRI_EVENT_RING:
        return copy_offer(shim, &from->ring, to);
    case PRI_EVENT_HANGUP:
    case PRI_EVENT_HANGUP_ACK:
        return copy_end(shim, &from->hangup, to);
    case PRI_EVENT_RINGING:
    case PRI_EVENT_ANSWER:
    case PRI_EVENT_PROGRESS:
    case PRI_EVENT_PROCEEDING:
    case PRI_EVENT_SETUP_ACK:
        return copy_progress(shim, from, to);
    case PRI_EVENT_HOLD:
    case PRI_EVENT_HOLD_ACK:
    case PRI_EVENT_HOLD_REJ:
    case PRI_EVENT_RETRIEVE:
    case PRI_EVENT_RETRIEVE_ACK:
    case PRI_EVENT_RETRIEVE_REJ:
        return copy_hold(shim, from, to);
    case PRI_EVENT_INFO_RECEIVED:
    case PRI_EVENT_KEYPAD_DIGIT:
    case PRI_EVENT_NOTIFY:
    case PRI_EVENT_FACILITY:
    case PRI_EVENT_HANGUP_REQ:
        return copy_within_call(shim, from, to);
    default:
        shim->counters.events_dropped++;
        return false;
    }
}

/* Calls whose record libpri freed without a word: refused offers, and what it gave up. */
bool pri_report_gone(struct pri_shim *shim, struct pri_shim_event *to)
{
    for (int index = 0; index < PRI_SHIM_CALLS; index++) {
        struct slot *slot = &shim->slots[index];

        if (!slot->gone)
            continue;
        blank(to, PRI_SHIM_RELEASED);
        to->value = PRI_SHIM_BY_LIBRARY;
        to->call = pri_handle(shim, slot);
        to->channel = slot->channel;
        to->cause = slot->cause;
        pri_forget(slot);
        return true;
    }
    return false;
}
