/* patch.c - who hears whom.
 *
 * A sink with one source at 0 dB gets that source's octets as they are, so fax and modem tones pass. Any other sink gets
 * the sum of its sources: decoded, each with its gain, added in 32 bits, limited to full scale, encoded.
 */
#include "parts.h"

#include <errno.h>
#include <math.h>

#define GAIN_BITS 14
#define GAIN_UNITY (1 << GAIN_BITS)
#define GAIN_LEAST (-6000) /* 1/100 dB */
#define GAIN_MOST 1200     /* times 4: a full-scale sample times this still fits 32 bits */

static bool is_source(const struct port *port)
{
    return port->role == ROLE_CHANNEL || ((port->role == ROLE_PLAYER || port->role == ROLE_TONE) && !port->ended);
}

static bool is_sink(const struct port *port)
{
    return port->role == ROLE_CHANNEL || ((port->role == ROLE_TAP || port->role == ROLE_TAP_RIGHT) && !port->ended);
}

static struct patch *find(struct port *source, struct port *sink)
{
    struct patch *patch = sink->in;

    while (patch != NULL && patch->source != source)
        patch = patch->next_of_sink;
    return patch;
}

static void set_gain(struct patch *patch, int32_t gain_centi_db)
{
    patch->gain = (int32_t)lrint(GAIN_UNITY * pow(10.0, gain_centi_db / 2000.0));
    patch->untouched = gain_centi_db == 0;
}

int patch_make(struct pump *pump, struct port *source, struct port *sink, int32_t gain_centi_db)
{
    struct patch *patch;

    if (source->role == ROLE_FREE || sink->role == ROLE_FREE)
        return -ENOENT;
    if (!is_source(source) || !is_sink(sink))
        return source->ended || sink->ended ? -ENOENT : -EINVAL;
    if (gain_centi_db < GAIN_LEAST || gain_centi_db > GAIN_MOST)
        return -ERANGE;
    patch = find(source, sink);
    if (patch == NULL) {
        patch = pump->free_patches;
        if (patch == NULL || sink->in_count == PUMP_SINK_SOURCES_MAX)
            return -ENOSPC;
        pump->free_patches = patch->next_of_sink;
        *patch = (struct patch){.source = source, .sink = sink, .next_of_source = source->out, .next_of_sink = sink->in};
        source->out = patch;
        sink->in = patch;
        sink->in_count++;
        pump->stats.patches++;
    }
    set_gain(patch, gain_centi_db);
    return 0;
}

static void discard(struct pump *pump, struct patch *patch)
{
    struct patch **link = &patch->source->out;

    while (*link != patch)
        link = &(*link)->next_of_source;
    *link = patch->next_of_source;
    link = &patch->sink->in;
    while (*link != patch)
        link = &(*link)->next_of_sink;
    *link = patch->next_of_sink;
    patch->sink->in_count--;
    patch->next_of_sink = pump->free_patches;
    pump->free_patches = patch;
    pump->stats.patches--;
}

void patch_break(struct pump *pump, struct port *source, struct port *sink)
{
    struct patch *patch = find(source, sink);

    if (patch != NULL)
        discard(pump, patch);
}

void patch_break_all(struct pump *pump, struct port *port)
{
    while (port->out != NULL)
        discard(pump, port->out);
    while (port->in != NULL)
        discard(pump, port->in);
}

static const int16_t *linear(struct port *source)
{
    if (!source->decoded) {
        pump_alaw_decode(source->octets, source->linear, PUMP_BLOCK);
        source->decoded = true;
    }
    return source->linear;
}

static void add(int32_t *sum, const int16_t *samples, int32_t gain)
{
    for (int i = 0; i < PUMP_BLOCK; i++)
        sum[i] += (samples[i] * gain + GAIN_UNITY / 2) >> GAIN_BITS;
}

static uint64_t limit(const int32_t *sum, int16_t *samples)
{
    uint64_t clipped = 0;

    for (int i = 0; i < PUMP_BLOCK; i++) {
        int32_t limited = sum[i] > INT16_MAX ? INT16_MAX : sum[i] < INT16_MIN ? INT16_MIN : sum[i];

        clipped += limited != sum[i];
        samples[i] = (int16_t)limited;
    }
    return clipped;
}

const uint8_t *patch_mix(struct pump *pump, struct port *sink, uint8_t *room)
{
    int32_t sum[PUMP_BLOCK] = {0};
    int16_t samples[PUMP_BLOCK];
    bool sounds = false;

    if (sink->in != NULL && sink->in->next_of_sink == NULL && sink->in->untouched)
        return sink->in->source->octets;
    for (struct patch *patch = sink->in; patch != NULL; patch = patch->next_of_sink) {
        if (patch->source->octets == NULL)
            continue;
        add(sum, linear(patch->source), patch->gain);
        sounds = true;
    }
    if (!sounds)
        return NULL;
    pump->stats.clipped += limit(sum, samples);
    pump_alaw_encode(samples, room, PUMP_BLOCK);
    return room;
}
