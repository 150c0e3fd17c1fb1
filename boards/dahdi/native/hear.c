/* hear.c - the detectors of a channel: keys, call progress (progress.c) and caller id.
 *
 * Keys are received by spandsp behind a 450 Hz notch, because the dial tone that we send comes back through the telephone's hybrid
 * and would drown them. Spandsp splits a key at a drop-out of 10 ms, which receivers have to bridge: a release is therefore told
 * only when the same key did not come back within about 25 ms.
 */
#include "parts.h"

#include <errno.h>
#include <spandsp.h>
#include <string.h>

#define NOTCH_RADIUS 0.97
#define BRIDGED_SAMPLES 255 /* the receiver counts breaks in blocks of 102 samples: two are bridged, three are a pause */
#define LEAVE (-1)          /* parameters of the receiver that stay as they are */
#define LEAVE_THRESHOLD (-99)
#define LOW_OVER_HIGH_DB 8
#define HIGH_OVER_LOW_DB 7 /* to accept 6 dB fully */
#define HEAR_ALL (PUMP_HEAR_KEYS | PUMP_HEAR_PROGRESS | PUMP_HEAR_CALLER_ID)

static void tell_key(struct ears *ears, uint32_t kind, char key)
{
    struct pump_event event = event_at(ears->pump, kind, ears->port, key);

    event_push(ears->pump, &event);
}

static void release_key(struct ears *ears)
{
    if (ears->keys.key != 0)
        tell_key(ears, PUMP_KEY_UP, ears->keys.key);
    ears->keys.key = 0;
    ears->keys.released = false;
}

/* From spandsp: a key began (its character) or ended (0); duration is that of what was before, in samples. */
static void key_changed(void *user, int code, int level, int duration)
{
    struct ears *ears = user;
    struct keys *keys = &ears->keys;

    (void)level;
    if (code == 0) {
        keys->released = keys->key != 0;
        keys->since_release = 0;
        return;
    }
    if (keys->released && keys->key == code && duration < BRIDGED_SAMPLES) {
        keys->released = false;
        return;
    }
    release_key(ears);
    keys->key = (char)code;
    tell_key(ears, PUMP_KEY_DOWN, keys->key);
}

static void caller_id_came(void *user, const uint8_t *message, int length)
{
    struct ears *ears = user;
    struct pump_event event = event_at(ears->pump, PUMP_CALLER_ID, ears->port, 0);

    if (length <= 0 || length > PUMP_EVENT_DATA)
        return;
    event.length = (uint32_t)length;
    memcpy(event.data, message, (size_t)length);
    event_push(ears->pump, &event);
}

static void digits_unused(void *user, const char *digits, int count)
{
    (void)user;
    (void)digits;
    (void)count;
}

void ears_warm_up(void)
{
    dtmf_rx_free(dtmf_rx_init(NULL, digits_unused, NULL));
    adsi_rx_free(adsi_rx_init(NULL, ADSI_STANDARD_CLASS, caller_id_came, NULL));
}

/* ---- switching ---- */

static int begin_keys(struct ears *ears)
{
    dtmf_rx_state_t *dtmf = dtmf_rx_init(ears->dtmf, digits_unused, ears);

    if (dtmf == NULL)
        return -ENOMEM;
    dtmf_rx_set_realtime_callback(dtmf, key_changed, ears);
    dtmf_rx_parms(dtmf, LEAVE, LOW_OVER_HIGH_DB, HIGH_OVER_LOW_DB, LEAVE_THRESHOLD);
    ears->dtmf = dtmf;
    memset(&ears->keys, 0, sizeof(ears->keys));
    return 0;
}

static int begin_caller_id(struct ears *ears)
{
    adsi_rx_state_t *adsi = adsi_rx_init(ears->adsi, ADSI_STANDARD_CLASS, caller_id_came, ears);

    if (adsi == NULL)
        return -ENOMEM;
    ears->adsi = adsi;
    return 0;
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
        result = begin_keys(ears);
    if (result == 0 && (begun & PUMP_HEAR_CALLER_ID) != 0)
        result = begin_caller_id(ears);
    if (result < 0)
        return result;
    if ((begun & PUMP_HEAR_PROGRESS) != 0)
        progress_reset(&ears->progress);
    ears->bits = bits;
    return 0;
}

void ears_close(struct port *port)
{
    port->ears.bits = 0;
}

void ears_destroy(struct port *port)
{
    if (port->ears.dtmf != NULL)
        dtmf_rx_free(port->ears.dtmf);
    if (port->ears.adsi != NULL)
        adsi_rx_free(port->ears.adsi);
}

/* ---- hearing ---- */

static double notched(struct notch *notch, double input)
{
    static const double turn = 1.8763066800438635; /* 2 cos(2 pi 450 / 8000) */
    double output =
        input - turn * notch->x1 + notch->x2 + NOTCH_RADIUS * turn * notch->y1 - NOTCH_RADIUS * NOTCH_RADIUS * notch->y2;

    notch->x2 = notch->x1;
    notch->x1 = input;
    notch->y2 = notch->y1;
    notch->y1 = output;
    return output;
}

static void hear_keys(struct ears *ears, const int16_t *samples)
{
    struct keys *keys = &ears->keys;
    int16_t filtered[PUMP_BLOCK];
    bool was_released = keys->released;

    for (int i = 0; i < PUMP_BLOCK; i++) {
        double output = notched(&keys->notch[1], notched(&keys->notch[0], samples[i]));

        filtered[i] = (int16_t)(output > INT16_MAX ? INT16_MAX : output < INT16_MIN ? INT16_MIN : output);
    }
    dtmf_rx(ears->dtmf, filtered, PUMP_BLOCK);
    if (was_released && keys->released) {
        keys->since_release += PUMP_BLOCK;
        if (keys->since_release >= BRIDGED_SAMPLES)
            release_key(ears);
    }
}

void ears_hear(struct port *port, const uint8_t *octets)
{
    struct ears *ears = &port->ears;
    int16_t samples[PUMP_BLOCK];

    if (ears->bits == 0)
        return;
    pump_alaw_decode(octets, samples, PUMP_BLOCK);
    if ((ears->bits & PUMP_HEAR_KEYS) != 0)
        hear_keys(ears, samples);
    if ((ears->bits & PUMP_HEAR_PROGRESS) != 0)
        progress_hear(ears, samples);
    if ((ears->bits & PUMP_HEAR_CALLER_ID) != 0)
        adsi_rx(ears->adsi, samples, PUMP_BLOCK);
}
