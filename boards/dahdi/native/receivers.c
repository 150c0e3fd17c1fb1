/* receivers.c - key receivers side by side: ours and spandsp's as it comes, over the same sound, for the bench and its proofs. */
#include "parts.h"

#include <errno.h>
#include <spandsp.h>
#include <string.h>

struct search {
    struct pump_key_found *found;
    int most;
    int count; /* more than `most` are counted and not kept */
    int32_t heard; /* samples up to the end of the present block */
};

static void begin(struct search *search, int key, int32_t at, int32_t level)
{
    if (search->count < search->most)
        search->found[search->count] =
            (struct pump_key_found){.key = key, .begin = at, .end = search->heard, .told = search->heard, .level = level};
    search->count++;
}

static void end(struct search *search, int32_t at)
{
    if (search->count > 0 && search->count <= search->most)
        search->found[search->count - 1].end = at;
}

static void search_own(struct search *search, int law, const uint8_t *octets, struct dtmf *dtmf)
{
    struct dtmf_change changes[DTMF_CHANGES];
    int count = dtmf_hear(dtmf, law, octets, changes);

    for (int i = 0; i < count; i++) {
        int32_t at = search->heard - PUMP_BLOCK + changes[i].offset;

        if (changes[i].down)
            begin(search, changes[i].key, at, changes[i].level);
        else
            end(search, at);
    }
}

static void spandsp_told(void *user, int code, int level, int delay)
{
    struct search *search = user;

    (void)delay;
    if (code != 0)
        begin(search, code, search->heard, 100 * level);
    else
        end(search, search->heard);
}

static int search_all(int receiver, int law, const uint8_t *octets, size_t count, struct search *search)
{
    struct dtmf own;
    dtmf_rx_state_t *spandsp = NULL;

    dtmf_reset(&own);
    if (receiver == PUMP_RECEIVER_SPANDSP) {
        spandsp = dtmf_rx_init(NULL, NULL, NULL);
        if (spandsp == NULL)
            return -ENOMEM;
        dtmf_rx_set_realtime_callback(spandsp, spandsp_told, search);
    }
    for (size_t at = 0; at + PUMP_BLOCK <= count; at += PUMP_BLOCK) {
        int16_t samples[PUMP_BLOCK];

        search->heard += PUMP_BLOCK;
        if (spandsp == NULL) {
            search_own(search, law, octets + at, &own);
            continue;
        }
        pump_law_decode(law, octets + at, samples, PUMP_BLOCK);
        dtmf_rx(spandsp, samples, PUMP_BLOCK);
    }
    if (spandsp != NULL)
        dtmf_rx_free(spandsp);
    return search->count;
}

int pump_find_keys(int receiver, int law, const uint8_t *octets, size_t count, struct pump_key_found *found, int most)
{
    struct search search = {.found = found, .most = most};

    if ((receiver != PUMP_RECEIVER_OWN && receiver != PUMP_RECEIVER_SPANDSP) || (law != PUMP_LAW_A && law != PUMP_LAW_MU) || most < 0 ||
        count > INT32_MAX)
        return -EINVAL;
    dtmf_warm_up();
    return search_all(receiver, law, octets, count, &search);
}
