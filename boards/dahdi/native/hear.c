/* hear.c - the detectors of a channel: keys (dtmf.c), caller id, and those of detect.h. They hear; this file tells it as events. */
#include "fsk.h"
#include "parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define CALLER_ID_HEAD 2 /* octets: type and length */
#define HEAR_ALL (2 * (uint32_t)PUMP_HEAR_SENT_VOICE - 1) /* the highest bit and all below */
#define HEAR_OTHERS (HEAR_ALL & ~(uint32_t)(PUMP_HEAR_KEYS | PUMP_HEAR_CALLER_ID | PUMP_HEAR_CALLER_ID_V23))

/* A key's sound is known to be one only some time after it began: that may be in a block before. */
static void tell_key(struct ears *ears, const struct dtmf_change *change)
{
    struct pump_event event = event_at(ears->pump, change->down ? PUMP_KEY_DOWN : PUMP_KEY_UP, ears->port, change->key);
    int64_t sample = (int64_t)event.sample + change->offset;

    event.sample = sample > 0 ? (uint64_t)sample : 0;
    event.played = change->duration;
    event.level = change->level;
    event_push(ears->pump, &event);
}

static void hear_keys(struct ears *ears, int law, const uint8_t *octets)
{
    struct dtmf_change changes[DTMF_CHANGES];
    int count = dtmf_hear(&ears->keys, law, octets, changes);

    for (int i = 0; i < count; i++)
        tell_key(ears, &changes[i]);
}

static void tell_caller_id(struct ears *ears, int modem, const uint8_t *message, size_t length)
{
    struct pump_event event = event_at(ears->pump, PUMP_CALLER_ID, ears->port, modem);

    if (length <= CALLER_ID_HEAD || length > PUMP_EVENT_DATA)
        return; /* an empty one is made of zeros, which a modem's answer tone may look like */
    event.length = (uint32_t)length;
    memcpy(event.data, message, length);
    event_push(ears->pump, &event);
}

static void caller_id_came(void *user, const uint8_t *message, size_t length)
{
    tell_caller_id(user, PUMP_MODEM_BELL_202, message, length);
}

static void caller_id_came_by_v23(void *user, const uint8_t *message, size_t length)
{
    tell_caller_id(user, PUMP_MODEM_V23, message, length);
}

void ears_warm_up(void)
{
    dtmf_warm_up();
    r2_warm_up();
    fax_warm_up();
}

/* ---- switching ---- */

static int begin_caller_id(struct ears *ears, struct fsk **fsk, int modem, fsk_told *told)
{
    if (*fsk == NULL)
        *fsk = calloc(1, sizeof(**fsk));
    if (*fsk == NULL)
        return -ENOMEM;
    fsk_begin(*fsk, modem, told, ears);
    return 0;
}

static int make_others(struct ears *ears)
{
    if (ears->others == NULL)
        ears->others = calloc(1, sizeof(*ears->others));
    return ears->others == NULL ? -ENOMEM : 0;
}

int ears_learn_tones(struct port *port, const void *windows, uint64_t length)
{
    int result = make_others(&port->ears);

    return result < 0 ? result : progress_learn(&port->ears.others->progress, windows, length);
}

static void begin_others(struct detectors *others, uint32_t begun)
{
    if ((begun & PUMP_HEAR_PROGRESS) != 0)
        progress_reset(&others->progress);
    if ((begun & PUMP_HEAR_R2_FORWARD) != 0)
        r2_reset(&others->r2_forward, false);
    if ((begun & PUMP_HEAR_R2_BACKWARD) != 0)
        r2_reset(&others->r2_backward, true);
    if ((begun & PUMP_HEAR_FAX) != 0)
        fax_reset(&others->fax);
    if ((begun & PUMP_HEAR_VOICE) != 0)
        activity_reset(&others->activity);
    if ((begun & PUMP_HEAR_SENT_VOICE) != 0)
        activity_reset(&others->sent_activity);
    if ((begun & HEAR_SENT) != 0)
        memset(others->sent.sounding, 0, sizeof(others->sent.sounding));
    if ((begun & PUMP_HEAR_BEEP) != 0)
        beep_reset(&others->beep);
    if ((begun & PUMP_HEAR_LEVEL) != 0)
        meter_reset(&others->meter);
}

int ears_listen(struct pump *pump, struct port *port, uint32_t bits)
{
    struct ears *ears = &port->ears;
    uint32_t begun = bits & ~ears->bits;
    int result = 0;

    if ((bits & ~(uint32_t)HEAR_ALL) != 0)
        return -EINVAL;
    ears->pump = pump;
    ears->port = port->number;
    if ((begun & PUMP_HEAR_KEYS) != 0)
        dtmf_reset(&ears->keys);
    if ((begun & PUMP_HEAR_CALLER_ID) != 0)
        result = begin_caller_id(ears, &ears->bell_202, PUMP_MODEM_BELL_202, caller_id_came);
    if (result == 0 && (begun & PUMP_HEAR_CALLER_ID_V23) != 0)
        result = begin_caller_id(ears, &ears->v23, PUMP_MODEM_V23, caller_id_came_by_v23);
    if (result == 0 && (begun & HEAR_OTHERS) != 0)
        result = make_others(ears);
    if (result < 0)
        return result;
    if ((begun & HEAR_OTHERS) != 0)
        begin_others(ears->others, begun);
    ears->bits = bits;
    return 0;
}

void ears_close(struct port *port)
{
    port->ears.bits = 0;
    if (port->ears.others != NULL)
        progress_learn(&port->ears.others->progress, NULL, 0); /* the next line may have other tones */
}

void ears_destroy(struct port *port)
{
    free(port->ears.bell_202);
    free(port->ears.v23);
    free(port->ears.others);
}

/* ---- hearing ---- */

static void tell_all(struct ears *ears, const struct reports *reports)
{
    for (uint32_t i = 0; i < reports->count; i++) {
        const struct report *report = &reports->list[i];
        struct pump_event event = event_at(ears->pump, report->kind, ears->port, report->value);

        event.level = report->level;
        event.played = report->played;
        if (report->offset >= 0 || event.sample >= (uint64_t)-(int64_t)report->offset)
            event.sample += (uint64_t)(int64_t)report->offset;
        event_push(ears->pump, &event);
    }
}

static void hear_others(struct ears *ears, const int16_t *samples)
{
    struct detectors *others = ears->others;
    struct reports reports = {.count = 0};

    if ((ears->bits & PUMP_HEAR_PROGRESS) != 0)
        progress_hear(&others->progress, &others->sent, samples, &reports);
    if ((ears->bits & PUMP_HEAR_R2_FORWARD) != 0)
        r2_hear(&others->r2_forward, samples, &reports);
    if ((ears->bits & PUMP_HEAR_R2_BACKWARD) != 0)
        r2_hear(&others->r2_backward, samples, &reports);
    if ((ears->bits & PUMP_HEAR_FAX) != 0)
        fax_hear(&others->fax, samples, &reports);
    if ((ears->bits & PUMP_HEAR_VOICE) != 0)
        activity_hear(&others->activity, samples, &reports);
    if ((ears->bits & PUMP_HEAR_BEEP) != 0)
        beep_hear(&others->beep, samples, &others->progress, &reports);
    if ((ears->bits & PUMP_HEAR_LEVEL) != 0)
        meter_hear(&others->meter, samples, &reports);
    tell_all(ears, &reports);
}

static void keep_sent(struct sent *sent, int law, const uint8_t *octets, const int16_t *samples)
{
    sent->newest = (sent->newest + 1) % SENT_KEPT;
    sent->law = law;
    sent->sounding[sent->newest] = octets != NULL;
    if (octets == NULL)
        return;
    memcpy(sent->octets[sent->newest], octets, PUMP_BLOCK);
    sent->power[sent->newest] = mean_square(samples, PUMP_BLOCK);
}

void ears_sent(struct port *port, const uint8_t *octets)
{
    struct ears *ears = &port->ears;
    struct reports reports = {.count = 0};
    int16_t samples[PUMP_BLOCK] = {0};

    if (octets != NULL)
        pump_law_decode(port->law, octets, samples, PUMP_BLOCK);
    keep_sent(&ears->others->sent, port->law, octets, samples);
    if ((ears->bits & PUMP_HEAR_SENT_VOICE) == 0)
        return;
    activity_hear(&ears->others->sent_activity, samples, &reports);
    for (uint32_t i = 0; i < reports.count; i++)
        reports.list[i].value = 1;
    tell_all(ears, &reports);
}

/* All others than the keys' work on samples. */
void ears_hear(struct port *port, const uint8_t *octets)
{
    struct ears *ears = &port->ears;
    int16_t samples[PUMP_BLOCK];

    if ((ears->bits & PUMP_HEAR_KEYS) != 0)
        hear_keys(ears, port->law, octets);
    if ((ears->bits & ~(uint32_t)PUMP_HEAR_KEYS) == 0)
        return;
    pump_law_decode(port->law, octets, samples, PUMP_BLOCK);
    if ((ears->bits & HEAR_OTHERS) != 0)
        hear_others(ears, samples);
    if ((ears->bits & PUMP_HEAR_CALLER_ID) != 0)
        fsk_hear(ears->bell_202, samples, PUMP_BLOCK);
    if ((ears->bits & PUMP_HEAR_CALLER_ID_V23) != 0)
        fsk_hear(ears->v23, samples, PUMP_BLOCK);
}
