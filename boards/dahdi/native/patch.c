/* patch.c - who hears whom.
 *
 * A sink with one source at 0 dB gets that source's octets as they are, so fax and modem tones pass; in the other law, by the table of
 * G.711. Any other sink gets the sum of its sources: decoded once a round whoever listens, each with its gain, added in 32 bits, kept
 * below full scale by a limiter, encoded. The gain of a patch is its own and that of both its ends: what a line gives and what a line
 * is given are turned where they are patched, while detectors hear the line as it is - their limits are those of the line, and an
 * installer who turns a loud line down must not make it deaf for keys.
 *
 * In a conference most parties hear the very same sum. A sum that was made in this round for the same sources is not made again.
 */
#include "parts.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define GAIN_LEAST (-6000) /* 1/100 dB, of a patch */
#define GAIN_MOST 1200
#define SHAPE_LEAST (-2400) /* of a channel */
#define SHAPE_MOST 1200
#define HEARD_TIMES 2.0f /* 3 dB: who is heard already stays rather than gives way */

static bool is_source(const struct source *source)
{
    const struct port *port = source->port;

    if (source == &port->given)
        return port->role == ROLE_CHANNEL;
    return port->role == ROLE_CHANNEL || ((port->role == ROLE_PLAYER || port->role == ROLE_TONE) && !port->ended);
}

static bool is_track(const struct port *port)
{
    return (port->role == ROLE_TAP || port->role == ROLE_TAP_RIGHT) && !port->ended;
}

static bool is_sink(const struct port *port)
{
    return port->role == ROLE_CHANNEL || is_track(port);
}

static struct patch *find(struct source *source, struct port *sink)
{
    struct patch *patch = sink->in;

    while (patch != NULL && patch->source != source)
        patch = patch->next_of_sink;
    return patch;
}

/* Exactly 1 at 0 dB: such a patch passes octets. */
static void set_gain(struct patch *patch)
{
    int32_t gain_centi_db = patch->gain_centi_db + patch->source->gain_centi_db + patch->sink->gain_centi_db;

    patch->gain = gain_centi_db == 0 ? 1.0f : powf(10.0f, (float)gain_centi_db / 2000.0f);
}

static void link_patch(struct patch *patch, struct source *source, struct port *sink)
{
    *patch = (struct patch){.source = source, .sink = sink, .next_of_source = source->out, .next_of_sink = sink->in};
    source->out = patch;
    sink->in = patch;
    sink->in_count++;
}

int patch_make(struct pump *pump, struct source *source, struct port *sink, int32_t gain_centi_db)
{
    struct patch *patch;
    bool fresh;

    if (source->port->role == ROLE_FREE || sink->role == ROLE_FREE)
        return -ENOENT;
    if (!is_source(source) || !is_sink(sink))
        return source->port->ended || sink->ended ? -ENOENT : -EINVAL;
    if (source == &source->port->given && !is_track(sink)) /* what is given to a channel cannot depend on itself */
        return -EINVAL;
    if (gain_centi_db < GAIN_LEAST || gain_centi_db > GAIN_MOST)
        return -ERANGE;
    patch = find(source, sink);
    fresh = patch == NULL;
    if (fresh) {
        patch = pump->free_patches;
        if (patch == NULL || sink->in_count == PUMP_SINK_SOURCES_MAX)
            return -ENOSPC;
        pump->free_patches = patch->next_of_sink;
        link_patch(patch, source, sink);
        pump->stats.patches++;
    }
    patch->gain_centi_db = gain_centi_db;
    set_gain(patch);
    if (fresh)
        patch->sounding = patch->gain;
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

void patch_break(struct pump *pump, struct source *source, struct port *sink)
{
    struct patch *patch = find(source, sink);

    if (patch != NULL)
        discard(pump, patch);
}

void patch_break_all(struct pump *pump, struct port *port)
{
    while (port->gives.out != NULL)
        discard(pump, port->gives.out);
    while (port->given.out != NULL)
        discard(pump, port->given.out);
    while (port->in != NULL)
        discard(pump, port->in);
}

int patch_shape(struct port *port, int law, int32_t gives_centi_db, int32_t given_centi_db)
{
    if (law != PUMP_LAW_A && law != PUMP_LAW_MU)
        return -EINVAL;
    if (gives_centi_db < SHAPE_LEAST || gives_centi_db > SHAPE_MOST || given_centi_db < SHAPE_LEAST || given_centi_db > SHAPE_MOST)
        return -ERANGE;
    port->law = port->gives.law = port->given.law = (uint8_t)law;
    port->gives.gain_centi_db = gives_centi_db;
    port->gain_centi_db = given_centi_db;
    for (struct patch *patch = port->gives.out; patch != NULL; patch = patch->next_of_source)
        set_gain(patch);
    for (struct patch *patch = port->in; patch != NULL; patch = patch->next_of_sink)
        set_gain(patch);
    return 0;
}

/* ---- what a source says in this round ---- */

void source_say(struct source *source, const uint8_t *octets)
{
    source->octets = octets;
    source->decoded = false;
    source->converted = false;
    source->weighed = false;
}

const int16_t *source_linear(struct source *source)
{
    if (!source->decoded) {
        pump_law_decode(source->law, source->octets, source->forms->linear, PUMP_BLOCK);
        source->decoded = true;
    }
    return source->forms->linear;
}

static const uint8_t *in_law(struct source *source, uint8_t law)
{
    if (source->octets == NULL || source->law == law)
        return source->octets;
    if (!source->converted) {
        pump_law_convert(source->law, source->octets, source->forms->other_law, PUMP_BLOCK);
        source->converted = true;
    }
    return source->forms->other_law;
}

static const struct loudness *loudness_of(struct source *source)
{
    if (!source->weighed && source->octets != NULL) /* of a block that is missing nothing is known */
        loudness_follow(&source->loudness, block_power(source_linear(source)));
    source->weighed = true;
    return &source->loudness;
}

/* ---- the sum ---- */

/* With many channels only the loudest are heard, and noise only while nobody speaks. What the appliance plays always is. */
static void choose(struct port *sink)
{
    struct loudest loudest = {.count = 0};
    bool somebody = false;

    for (struct patch *patch = sink->in; patch != NULL; patch = patch->next_of_sink) {
        float rank;

        patch->shut = patch->source->port->role == ROLE_CHANNEL;
        if (!patch->shut)
            continue;
        rank = loudness_of(patch->source)->rank * patch->gain * patch->gain * (patch->sounding != 0.0f ? HEARD_TIMES : 1.0f);
        if (loudest_wants(&loudest, rank))
            loudest_enter(&loudest, patch, rank);
    }
    for (uint32_t i = 0; i < loudest.count; i++) {
        bool stands_out = loudest.patches[i]->source->loudness.stands_out;

        loudest.patches[i]->shut = somebody && !stands_out; /* the best comes first */
        somebody = somebody || stands_out;
    }
}

static uint32_t gather(struct port *sink, struct voice *voices)
{
    bool choosing = sink->in_count > LOUDEST_MOST;
    uint32_t count = 0;

    if (choosing)
        choose(sink);
    for (struct patch *patch = sink->in; patch != NULL; patch = patch->next_of_sink) {
        float from = patch->sounding, to = choosing && patch->shut ? 0.0f : patch->gain;

        if (from == 0.0f && to == 0.0f)
            continue;
        patch->sounding = to;
        if (patch->source->octets != NULL)
            voices[count++] = (struct voice){patch->source, from, to};
    }
    return count;
}

static void sum_up(struct sum *sum, const struct voice *voices, uint32_t count)
{
    int32_t wide[PUMP_BLOCK] = {0};
    int16_t samples[PUMP_BLOCK];

    for (uint32_t i = 0; i < count; i++)
        block_add(wide, source_linear(voices[i].source), voices[i].from, voices[i].to);
    sum->limit_after = sum->limit_before;
    sum->limited = block_limit(wide, &sum->limit_after);
    block_pack(wide, samples);
    pump_law_encode(sum->law, samples, sum->octets, PUMP_BLOCK);
}

/* So that the same voices are the same list. */
static void sort(struct voice *voices, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        struct voice voice = voices[i];
        uint32_t place = i;

        for (; place > 0 && voices[place - 1].source > voice.source; place--)
            voices[place] = voices[place - 1];
        voices[place] = voice;
    }
}

static bool same_sum(const struct sum *sum, const struct port *sink, const struct voice *voices, uint32_t count)
{
    return sum->count == count && sum->law == sink->law && sum->limit_before == sink->limit &&
           memcmp(sum->voices, voices, count * sizeof(*voices)) == 0;
}

static const struct sum *sum_of(struct pump *pump, struct port *sink, struct voice *voices, uint32_t count)
{
    bool shared = sink->in_count > LOUDEST_MOST && count <= SUM_VOICES_MOST;
    uint32_t kept = pump->sums_made < SUMS_KEPT ? pump->sums_made : SUMS_KEPT;
    struct sum *sum = &pump->sums[SUMS_KEPT]; /* the last place is nobody's */

    if (shared) {
        sort(voices, count);
        for (uint32_t i = 0; i < kept; i++)
            if (same_sum(&pump->sums[i], sink, voices, count))
                return &pump->sums[i];
        sum = &pump->sums[pump->sums_made++ % SUMS_KEPT];
        memcpy(sum->voices, voices, count * sizeof(*voices));
    }
    sum->count = count;
    sum->law = sink->law;
    sum->limit_before = sink->limit;
    sum_up(sum, voices, count);
    return sum;
}

static bool is_copy(const struct patch *patch)
{
    return patch->gain == 1.0f && patch->sounding == 1.0f;
}

void patch_round(struct pump *pump)
{
    pump->sums_made = 0;
}

static const uint8_t *mix_many(struct pump *pump, struct port *sink, uint8_t *room)
{
    struct voice voices[PUMP_SINK_SOURCES_MAX];
    uint32_t count = gather(sink, voices);
    const struct sum *sum;

    if (count == 0) {
        sink->limit = 1.0f;
        return NULL;
    }
    sum = sum_of(pump, sink, voices, count);
    sink->limit = sum->limit_after;
    pump->stats.clipped += sum->limited;
    memcpy(room, sum->octets, PUMP_BLOCK);
    return room;
}

/* From a sink to its source it is three steps, and each may have to wait for memory: each is taken a sink earlier than the next. */
void patch_fetch(struct port *const *sinks)
{
    __builtin_prefetch(sinks[3]);
    __builtin_prefetch(&sinks[3]->as);
    __builtin_prefetch(sinks[2]->in);
    if (sinks[1]->in != NULL)
        __builtin_prefetch(sinks[1]->in->source);
}

/* What most sinks have, every round: nothing, or one source as it is. */
const uint8_t *patch_mix(struct pump *pump, struct port *sink, uint8_t *room)
{
    const struct patch *patch = sink->in;

    if (patch == NULL)
        return NULL;
    if (patch->next_of_sink != NULL || !is_copy(patch))
        return mix_many(pump, sink, room);
    sink->limit = 1.0f;
    return patch->source->law == sink->law ? patch->source->octets : in_law(patch->source, sink->law);
}
