/* pri_shim.c - life, time, frames and commands of a D channel. */
#include "pri_shim.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pri_parts.h"

void *__real_malloc(size_t octets);
void __real_free(void *memory);

#define ROUNDS_MOST 1024 /* frames and timers in one step that came to no event */
#define I_HEADER 4
#define REFERENCE_OCTETS_MOST 2

/* ---- frames ---- */

static bool put(struct queue *queue, const uint8_t *frame, int octets)
{
    int place = (queue->first + queue->waiting) % PRI_SHIM_FRAMES;

    if (queue->waiting == PRI_SHIM_FRAMES || octets < 1 || octets > PRI_SHIM_FRAME_MOST)
        return false;
    memcpy(queue->frames[place], frame, (size_t)octets);
    queue->octets[place] = (uint16_t)octets;
    queue->waiting++;
    return true;
}

static int take(struct queue *queue, uint8_t *frame, int room)
{
    int octets = queue->octets[queue->first];

    if (!queue->waiting || octets > room)
        return 0;
    memcpy(frame, queue->frames[queue->first], (size_t)octets);
    queue->first = (queue->first + 1) % PRI_SHIM_FRAMES;
    queue->waiting--;
    return octets;
}

/* libpri reads a frame with its check sequence, which it drops; what stood there does not matter. */
static int read_frame(struct pri *pri, void *buffer, int room)
{
    struct pri_shim *shim = pri_get_userdata(pri);
    int octets;

    if (!shim || room < FCS_OCTETS)
        return 0;
    octets = take(&shim->received, buffer, room - FCS_OCTETS);
    if (!octets)
        return 0;
    memset((uint8_t *)buffer + octets, 0, FCS_OCTETS);
    shim->counters.frames_received++;
    return octets + FCS_OCTETS;
}

/* A frame for which there is no room is lost as on a line: layer 2 sends it again. */
static int write_frame(struct pri *pri, void *buffer, int octets)
{
    struct pri_shim *shim = pri_get_userdata(pri);

    if (!shim || octets <= FCS_OCTETS)
        return octets;
    if (put(&shim->sending, buffer, octets - FCS_OCTETS))
        shim->counters.frames_sent++;
    else
        shim->counters.sent_overflow++;
    return octets;
}

int pri_shim_push(struct pri_shim *shim, const uint8_t *frame, int octets)
{
    if (put(&shim->received, frame, octets))
        return PRI_SHIM_DONE;
    shim->counters.received_overflow++;
    return PRI_SHIM_FULL;
}

int pri_shim_pop(struct pri_shim *shim, uint8_t *frame, int room)
{
    return take(&shim->sending, frame, room);
}

/* ---- remarks ---- */

static void remark(struct pri *pri, char *text)
{
    struct pri_shim *shim = pri_entered();

    (void)pri;
    if (!shim)
        return;
    if (shim->messages_waiting == PRI_SHIM_MESSAGES) {
        shim->counters.messages_lost++;
        return;
    }
    snprintf(shim->messages[(shim->message_first + shim->messages_waiting++) % PRI_SHIM_MESSAGES], PRI_SHIM_MESSAGE_MOST, "%s", text);
}

int pri_shim_message(struct pri_shim *shim, char *text, int room)
{
    if (!shim->messages_waiting || room < 1)
        return 0;
    snprintf(text, (size_t)room, "%s", shim->messages[shim->message_first]);
    shim->message_first = (shim->message_first + 1) % PRI_SHIM_MESSAGES;
    shim->messages_waiting--;
    return 1;
}

/* ---- life ---- */

static struct pri_shim *begin(int switch_type, int options, uint64_t seed, int64_t now_us)
{
    struct pri_shim *shim = __real_malloc(sizeof(*shim));

    if (!shim)
        return NULL;
    memset(shim, 0, sizeof(*shim));
    shim->options = options;
    shim->chance = seed;
    pri_blocks_begin(shim);
    pri_enter(shim, now_us);
    shim->pri = pri_new_cb(-1, options & PRI_SHIM_NETWORK ? PRI_NETWORK : PRI_CPE, switch_type, read_frame, write_frame, shim);
    pri_leave();
    if (!shim->pri) {
        pri_shim_free(shim);
        return NULL;
    }
    return shim;
}

/* How long a call's record is: only libpri knows, so one is made in a D channel that is thrown away. */
static void measure_a_call(void)
{
    struct pri_shim *shim = begin(PRI_SWITCH_EUROISDN_E1, 0, 0, 0);
    q931_call *call;

    if (!shim)
        return;
    pri_enter(shim, 0);
    call = pri_new_call(shim->pri);
    pri_leave();
    if (call)
        pri_call_size(pri_block_octets(call));
    pri_shim_free(shim);
}

struct pri_shim *pri_shim_new(int switch_type, int options, uint64_t seed, int64_t now_us)
{
    static bool measured;
    struct pri_shim *shim;

    if (!measured) {
        pri_set_message(remark);
        pri_set_error(remark);
        measure_a_call();
        measured = true;
    }
    shim = begin(switch_type, options, seed, now_us);
    if (!shim)
        return NULL;
    pri_enter(shim, now_us);
    pri_set_overlapdial(shim->pri, 1); /* Sending complete is ours to say */
    pri_hangup_fix_enable(shim->pri, 1); /* Q.931 clause 5.3.2 */
    pri_hold_enable(shim->pri, options & PRI_SHIM_HOLD ? 1 : 0);
    pri_set_inbanddisconnect(shim->pri, options & PRI_SHIM_IN_BAND_DISCONNECT ? 1 : 0);
    pri_set_service_message_support(shim->pri, options & PRI_SHIM_SERVICE ? 1 : 0);
    pri_date_time_send_option(shim->pri, PRI_DATE_TIME_SEND_NO);
    if (options & PRI_SHIM_FACILITY)
        pri_facility_enable(shim->pri);
    pri_leave();
    return shim;
}

void pri_shim_free(struct pri_shim *shim)
{
    if (!shim)
        return;
    pri_blocks_free(shim);
    __real_free(shim);
}

int pri_shim_set_timer(struct pri_shim *shim, const char *name, int value)
{
    int timer = pri_timer2idx(name);

    return timer < 0 || pri_set_timer(shim->pri, timer, value) ? PRI_SHIM_REFUSED : PRI_SHIM_DONE;
}

int pri_shim_timer(struct pri_shim *shim, const char *name)
{
    int timer = pri_timer2idx(name);

    return timer < 0 ? -1 : pri_get_timer(shim->pri, timer);
}

void pri_shim_count(struct pri_shim *shim, struct pri_shim_counters *counters)
{
    *counters = shim->counters;
}

/* ---- time ---- */

int64_t pri_shim_next_us(struct pri_shim *shim)
{
    struct timeval *next;
    int64_t due_us, next_us;

    if (shim->received.waiting || pri_any_gone(shim))
        return shim->now_us;
    due_us = pri_endings_due_us(shim);
    next = pri_schedule_next(shim->pri);
    next_us = next ? (int64_t)next->tv_sec * 1000000 + next->tv_usec : -1;
    return next_us < 0 || (due_us >= 0 && due_us < next_us) ? due_us : next_us;
}

/* The call reference of the message in front, without its flag; 0 for one of the interface, and for a frame without a message. */
static int reference_in_front(const struct queue *queue)
{
    const uint8_t *frame = queue->frames[queue->first];
    int octets = queue->octets[queue->first];
    int length = octets > I_HEADER + 1 && !(frame[2] & 1) ? frame[I_HEADER + 1] & 0x0F : 0;
    int value = 0;

    for (int place = 0; place < length && place < REFERENCE_OCTETS_MOST && I_HEADER + 2 + place < octets; place++)
        value = value << 8 | (place ? frame[I_HEADER + 2 + place] : frame[I_HEADER + 2] & 0x7F);
    return value;
}

/* The flag of the reference in front: set in messages of calls that we began. */
static bool ours_in_front(const struct queue *queue)
{
    return queue->octets[queue->first] > I_HEADER + 2 && (queue->frames[queue->first][I_HEADER + 2] & 0x80);
}

/* A stray message makes libpri begin a record that nothing ends, unless the message offered a call. */
static pri_event *read_one(struct pri_shim *shim)
{
    int reference = reference_in_front(&shim->received);
    pri_event *event;

    if (reference) {
        bool heard_out = pri_is_heard_out(shim, reference, ours_in_front(&shim->received));

        pri_answer_offers(shim, reference);
        pri_set_inbanddisconnect(shim->pri, shim->options & PRI_SHIM_IN_BAND_DISCONNECT && heard_out ? 1 : 0);
    }
    shim->born = NULL;
    event = pri_check_event(shim->pri);
    if (shim->born && reference && !(event && event->e == PRI_EVENT_RING && event->ring.call == shim->born)) {
        shim->counters.orphans_removed++;
        pri_destroycall(shim->pri, shim->born);
    }
    return event;
}

/* The next frame, or when none waits the timers that are due; false when there was neither. */
static bool go_on(struct pri_shim *shim, pri_event **from)
{
    if (shim->received.waiting) {
        *from = read_one(shim);
        return true;
    }
    *from = pri_schedule_run(shim->pri);
    return *from || pri_any_gone(shim);
}

int pri_shim_step(struct pri_shim *shim, int64_t now_us, struct pri_shim_event *event)
{
    bool told = false, moved = true;

    pri_enter(shim, now_us);
    pri_press_endings(shim);
    for (int round = 0; !told && moved && round < ROUNDS_MOST; round++) {
        pri_event *from = NULL;

        told = pri_report_gone(shim, event);
        if (!told)
            moved = go_on(shim, &from);
        if (from)
            told = pri_copy_event(shim, from, event);
    }
    pri_leave();
    return told ? 1 : 0;
}

/* ---- commands ---- */

static struct pri_sr *written(const struct pri_shim_setup *wanted)
{
    struct pri_sr *setup = pri_sr_new();
    const char *calling = wanted->calling[0] ? wanted->calling : NULL;

    if (!setup)
        return NULL;
    pri_sr_set_channel(setup, wanted->channel, wanted->flags & PRI_SHIM_EXCLUSIVE ? 1 : 0, 0);
    pri_sr_set_bearer(setup, wanted->bearer, wanted->layer1);
    pri_sr_set_called(setup, (char *)wanted->called, wanted->called_plan, wanted->flags & PRI_SHIM_COMPLETE ? 1 : 0);
    pri_sr_set_caller(setup, (char *)calling, wanted->name[0] ? (char *)wanted->name : NULL, wanted->calling_plan, wanted->calling_presentation);
    if (wanted->redirecting[0])
        pri_sr_set_redirecting(setup, (char *)wanted->redirecting, wanted->redirecting_plan, wanted->redirecting_presentation,
                               wanted->redirecting_reason);
    if (wanted->text[0])
        pri_sr_set_useruser(setup, wanted->text);
    return setup;
}

static int set_up(struct pri_shim *shim, const struct pri_shim_setup *wanted, uint32_t *call)
{
    q931_call *record = pri_new_call(shim->pri);
    struct slot *slot = record ? pri_adopt(shim, record) : NULL;
    struct pri_sr *setup = slot ? written(wanted) : NULL;
    int refused = setup ? pri_setup(shim->pri, record, setup) : -1;

    pri_sr_free(setup);
    if (slot && !refused) {
        slot->channel = wanted->channel;
        *call = pri_handle(shim, slot);
        return PRI_SHIM_DONE;
    }
    if (slot)
        pri_forget(slot);
    if (record)
        pri_destroycall(shim->pri, record);
    return setup ? PRI_SHIM_REFUSED : PRI_SHIM_FULL;
}

int pri_shim_set_up(struct pri_shim *shim, int64_t now_us, const struct pri_shim_setup *wanted, uint32_t *call)
{
    int result;

    pri_enter(shim, now_us);
    result = set_up(shim, wanted, call);
    pri_leave();
    return result;
}

static int of_call(struct pri_shim *shim, struct slot *slot, int command, int channel, int value)
{
    struct pri *pri = shim->pri;
    q931_call *call = slot->call;

    switch (command) {
    case PRI_SHIM_ACKNOWLEDGE_SETUP:
        return pri_setup_ack(pri, call, channel, 0, value);
    case PRI_SHIM_PROCEED:
        return pri_proceeding(pri, call, channel, value);
    case PRI_SHIM_SEND_PROGRESS:
        return value > 0 ? pri_progress_with_cause(pri, call, channel, 1, value) : pri_progress(pri, call, channel, 1);
    case PRI_SHIM_ALERT:
        return pri_acknowledge(pri, call, channel, value);
    case PRI_SHIM_ANSWER:
        return pri_answer(pri, call, channel, 0);
    case PRI_SHIM_NOTIFY:
        return pri_notify(pri, call, channel, value);
    case PRI_SHIM_SEND_HOLD:
        return pri_hold(pri, call);
    case PRI_SHIM_ACKNOWLEDGE_HOLD:
        return pri_hold_ack(pri, call);
    case PRI_SHIM_REJECT_HOLD:
        return pri_hold_rej(pri, call, value);
    case PRI_SHIM_SEND_RETRIEVE:
        return pri_retrieve(pri, call, channel);
    case PRI_SHIM_ACKNOWLEDGE_RETRIEVE:
        return pri_retrieve_ack(pri, call, channel);
    case PRI_SHIM_REJECT_RETRIEVE:
        return pri_retrieve_rej(pri, call, value);
    default:
        return -1;
    }
}

/* The first answer to an offer names a channel (Q.931 clause 5.2.3): the one that was offered, unless another is given. */
static int command_of_call(struct pri_shim *shim, struct slot *slot, int command, int channel, int value)
{
    if (command == PRI_SHIM_HANG_UP)
        return pri_hang_up(shim, slot, channel, value);
    if (slot->hung_up)
        return PRI_SHIM_STALE;
    if (slot->offered && channel <= 0)
        channel = slot->channel;
    if (slot->offered && channel <= 0)
        return PRI_SHIM_REFUSED;
    if (channel > 0)
        slot->channel = channel;
    slot->offered = false;
    return of_call(shim, slot, command, channel > 0 ? channel : 0, value) ? PRI_SHIM_REFUSED : PRI_SHIM_DONE;
}

static int do_command(struct pri_shim *shim, int command, uint32_t call, int channel, int value)
{
    struct slot *slot;

    if (command == PRI_SHIM_RESTART)
        return pri_reset(shim->pri, channel) ? PRI_SHIM_REFUSED : PRI_SHIM_DONE;
    if (command == PRI_SHIM_SEND_SERVICE)
        return pri_maintenance_service(shim->pri, 0, channel, value) ? PRI_SHIM_REFUSED : PRI_SHIM_DONE;
    if (command == PRI_SHIM_HANG_UP && pri_end_is_due(shim, call))
        return PRI_SHIM_DONE;
    slot = pri_slot(shim, call);
    return slot ? command_of_call(shim, slot, command, channel, value) : PRI_SHIM_STALE;
}

int pri_shim_do(struct pri_shim *shim, int64_t now_us, int command, uint32_t call, int channel, int value)
{
    int result;

    pri_enter(shim, now_us);
    result = do_command(shim, command, call, channel, value);
    pri_leave();
    return result;
}

int pri_shim_hang_up_announced(struct pri_shim *shim, int64_t now_us, uint32_t call, int cause, int for_ms, int *reference)
{
    struct slot *slot = pri_slot(shim, call);
    int t305_ms, result;

    *reference = 0;
    if (!slot)
        return pri_end_is_due(shim, call) ? PRI_SHIM_DONE : PRI_SHIM_STALE;
    pri_enter(shim, now_us);
    t305_ms = pri_get_timer(shim->pri, PRI_TIMER_T305);
    pri_set_timer(shim->pri, PRI_TIMER_T305, for_ms); /* libpri has no T306: what it begins now runs so long, as that would */
    *reference = slot->incoming && !slot->hung_up ? slot->reference : 0;
    result = pri_hang_up(shim, slot, -1, cause);
    pri_set_timer(shim->pri, PRI_TIMER_T305, t305_ms);
    pri_leave();
    return result;
}

int pri_shim_digits(struct pri_shim *shim, int64_t now_us, uint32_t call, const char *digits, int keypad)
{
    struct slot *slot = pri_slot(shim, call);
    int refused = 0;

    if (!slot || slot->hung_up)
        return PRI_SHIM_STALE;
    pri_enter(shim, now_us);
    if (keypad)
        refused = pri_keypad_facility(shim->pri, slot->call, digits);
    else
        for (; *digits && !refused; digits++)
            refused = pri_information(shim->pri, slot->call, *digits);
    pri_leave();
    return refused ? PRI_SHIM_REFUSED : PRI_SHIM_DONE;
}
