/* dtmf.c - hears the keys of a telephone: DTMF, the sixteen pairs of tones of ITU-T Q.23.
 *
 * What makes it hard is that everything is wanted at once. A key may last 40 ms, and 23 ms must not be one. A tone may be 1.8 % off, and
 * one that is 3.5 % off is none: at 697 Hz these are 12 Hz and 24 Hz. Our own dial tone comes back as loud as the key, our prompts
 * not much weaker. And a voice, which is made of steady tones too, must not press a key in hours of talking. Filters that are narrow
 * enough for 12 Hz are too slow for 23 ms.
 *
 * So a frequency is not read from the width of a filter but from how fast a phase turns. The sound is looked at through windows of
 * 10 ms, one every 5 ms, that are open for 200 Hz on either side:
 *
 *       |<------- 60 ms: two blocks before, this block ------->|
 *       [  0  ]     [  2  ]     [  4  ]     [  6  ]     [  8  ]
 *          [  1  ]     [  3  ]     [  5  ]     [  7  ]  ...   [ 10 ]
 *
 * Their shape (Hamming's) keeps out what is further away than 205 Hz by 42 dB: the other tone of the pair, and dial tone. In each
 * window the sound is compared with the nominal frequencies. A tone that is d Hz off turns by d * 5 ms from window to window, and three
 * windows tell d within 1 Hz, in noise as well. The envelope over the windows passes half its height where a tone begins or ends: that is
 * good to about half a millisecond.
 *
 * The work is done in two steps. *The gate* asks of the last 10 ms of every block whether two tones, one of each group, have half of the
 * power there; whatever lasts 30 ms fills one such piece. Speech and silence cost no more than that. When it opens, and in the next block
 * once more, the last 60 ms are compared with the two frequencies, and out comes *a finding* (dtmf_find.c): how long, how strong, how far
 * off; how much of the sound two tones that stand still explain; how steady they are; how abruptly they began. From it the key is judged.
 *
 * A voice differs from a key in just that: its two strongest tones do not explain all of it, do not stand still, do not begin at a
 * stroke, and fall on the nominal frequencies by accident only. The more clearly one of these speaks for a key, the less is asked of the
 * others. Tones that are nearly pure are a key after 25 ms. Those in company (noise, a prompt, a voice in the room) must last
 * longer, begin abruptly, and be nearer to nominal the more company they have; when they are just on it, they need not be seen to begin.
 *
 * Once down, a key is only watched: it is up when it has been away for 25 ms, so that a break of 10 ms does not split it.
 *
 * What is heard is kept in the octets in which it came. Only the piece before the gate is decoded in every block; the rest when it opens.
 *
 * All builds decide alike: sums are whole numbers (dtmf_sums.c), and what follows uses operations that are rounded in one way only
 * (turn.c). The library's logarithm makes levels for people, and constants at the start, whose last bit decides nothing.
 */
#include "dtmf_parts.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

/* ---- figures: Q.23 is what telephones send; Q.24 lists what administrations ask of receivers --------------------------- */

#define OFF_MOST 0.0262          /* of the nominal frequency: 1.8 % is accepted (Q.23), 3.5 % is not (Q.24) */
#define TWIST_MOST 10.5          /* ratio of powers, 10.2 dB: 8 dB either way are accepted (Q.24: 4 to 10) */
#define LEVEL_LEAST_DBM0 (-40.5) /* of either tone: -36 is accepted, -45 is not (Q.24: -25 to -55) */
#define PURE_AFTER 202           /* samples, 25 ms: 23 ms are no key (Q.24) */
#define PURE_AFTER_BREAK 240     /* samples, 30 ms: two pieces and a break of 10 ms between them (Q.24) */
#define AWAY_MOST 5              /* windows, 25 ms: a break of 10 ms is bridged, a pause of 30 ms is one (Q.24) */
#define ECHO_WITHIN 480          /* samples, 60 ms: the same key again so soon after its end, */
#define ECHO_BELOW 16.0          /* and weaker by this ratio of powers (12 dB), is its echo */

/* Shares of the power that two steady tones must explain, and what else is asked then. Measured: keys alone have 0.98 and more, in
 * noise of 12 dB 0.92 to 0.95, beside our own prompts mostly 0.88 and more. Voices reached 0.95 far from the nominal frequencies, and
 * 0.83 near them. */
#define EXPLAINED_PURE 0.965
#define STEADY_PURE 0.968
#define EXPLAINED_IN_COMPANY 0.88
#define OFF_MOST_IN_COMPANY 0.02  /* with just that explained, */
#define OFF_MOST_SLOPE 0.0225     /* and so much more for what is explained beyond it: 1.8 % is heard in noise of 12 dB */
#define IN_COMPANY_AFTER 226      /* samples, 28 ms */
#define STEADY_IN_COMPANY 0.98
#define FLAT_IN_COMPANY 0.72
#define RISE_LEAST 0.68           /* of 1; in noise of 12 dB it is 0.75 and more */
#define EXPLAINED_ON_THE_MARK 0.86
#define OFF_MOST_ON_THE_MARK 0.008
#define EXPLAINED_EXACTLY 0.82    /* still nearer to the nominal frequencies */
#define OFF_MOST_EXACTLY 0.003
#define OFF_MOST_EXACTLY_ABRUPT 0.005
#define STEADY_ON_THE_MARK 0.92

#define GATE_SHARE 0.5 /* of the power: tones may be off the nominal frequencies, and in company */
#define GATE_TWIST 16.0
#define GATE_LEVEL_DBM0 (-42.5)
#define GATE_DECODED (DTMF_WINDOW + 2 * DTMF_MARGIN) /* samples: the window, its margin, and what makes whole vectors */
#define GLANCE_LEAST 0.12 /* of the power: an edge in the middle of the window leaves a quarter */

#define SAMPLE_SHIFT 3                                        /* 16 bits to the 13 that A-law has */
#define GATE_NOW (DTMF_WINDOWS - 1)                           /* the window that is the last half of the present block, */
#define GATE_BEFORE (GATE_NOW - PUMP_BLOCK / DTMF_HOP)        /* and of the one before */
#define NEWEST_WINDOWS (DTMF_WINDOWS - PUMP_BLOCK / DTMF_HOP) /* the first that the present block completes, */
#define WATCHED_BLOCK (DTMF_BLOCKS - 2)                       /* which begins in this block, */
#define WATCHED_FROM 112                                      /* with its margin behind this sample */

_Static_assert(WATCHED_BLOCK * PUMP_BLOCK + WATCHED_FROM <= NEWEST_WINDOWS * DTMF_HOP - DTMF_MARGIN, "the watched windows are recalled");

static const char keys[] = "123A456B789C*0#D";
static double gate_least, level_least; /* powers */

static void make_tables(void)
{
    dtmf_sums_warm_up();
    dtmf_find_warm_up();
    gate_least = dtmf_power_of_level(GATE_LEVEL_DBM0);
    level_least = dtmf_power_of_level(LEVEL_LEAST_DBM0);
}

void dtmf_warm_up(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, make_tables);
}

void dtmf_reset(struct dtmf *dtmf)
{
    memset(dtmf, 0, sizeof(*dtmf));
}

static char key_of(const int probe[2])
{
    return keys[DTMF_ROWS * probe[0] + probe[1] - DTMF_ROWS];
}

static double power_of(const double height[2])
{
    return height[0] * height[0] + height[1] * height[1];
}

/* ---- the gate ---- */

static int strongest(const double *power, int from)
{
    int best = from;

    for (int i = from + 1; i < from + DTMF_ROWS; i++)
        if (power[i] > power[best])
            best = i;
    return best;
}

/* Most of a voice is below the columns: then the rows need not be looked at. */
static struct dtmf_gate gate_at(const int16_t *samples)
{
    static const int columns_and_dial[] = {4, 5, 6, 7, DTMF_DIAL}, rows[] = {0, 1, 2, 3};
    struct dtmf_gate gate = {{0, DTMF_ROWS}, 0};
    double energy = dtmf_energy(samples), power[DTMF_PROBES], low, high;
    struct turn sums[DTMF_PROBES];

    if (energy < gate_least) /* a lesser sum of both tones cannot pass */
        return gate;
    dtmf_compare(samples, columns_and_dial, DTMF_ROWS + 1, &sums[DTMF_ROWS]);
    for (int probe = DTMF_ROWS; probe < DTMF_PROBES; probe++)
        power[probe] = dtmf_power(sums[probe]);
    energy -= power[DTMF_DIAL];
    gate.probe[1] = strongest(power, DTMF_ROWS);
    high = power[gate.probe[1]];
    if (high < gate_least || high * (1 + GATE_TWIST) < GATE_SHARE * energy)
        return gate;
    dtmf_compare(samples, rows, DTMF_ROWS, sums);
    for (int probe = 0; probe < DTMF_ROWS; probe++)
        power[probe] = dtmf_power(sums[probe]);
    gate.probe[0] = strongest(power, 0);
    low = power[gate.probe[0]];
    if (low >= gate_least && low <= GATE_TWIST * high && high <= GATE_TWIST * low && low + high >= GATE_SHARE * energy)
        gate.power = low + high;
    return gate;
}

/* ---- judgement ---- */

static bool in_range(const struct finding *found, double off_most)
{
    double ratio = found->height[0] / found->height[1];

    for (int tone = 0; tone < 2; tone++) {
        if (found->height[tone] * found->height[tone] < level_least)
            return false;
        if (fabs(found->off_hz[tone]) > off_most * dtmf_nominal_hz[found->probe[tone]])
            return false;
    }
    return ratio * ratio <= TWIST_MOST && ratio * ratio * TWIST_MOST >= 1;
}

static bool is_key_alone(const struct finding *found)
{
    return found->explained >= EXPLAINED_PURE && found->steady >= STEADY_PURE && in_range(found, OFF_MOST);
}

static bool in_range_in_company(const struct finding *found)
{
    return in_range(found, OFF_MOST_IN_COMPANY + OFF_MOST_SLOPE * (found->explained - EXPLAINED_IN_COMPANY));
}

static bool is_key_in_company(const struct finding *found, bool abrupt)
{
    return found->explained >= EXPLAINED_IN_COMPANY && found->on >= IN_COMPANY_AFTER && abrupt && found->steady >= STEADY_IN_COMPANY &&
           found->flat >= FLAT_IN_COMPANY && in_range_in_company(found);
}

/* Telephones hit the frequencies by crystal, a voice by accident. */
static bool is_key_on_the_mark(const struct finding *found, bool abrupt)
{
    bool exactly = in_range(found, abrupt ? OFF_MOST_EXACTLY_ABRUPT : OFF_MOST_EXACTLY);

    return found->explained >= (exactly ? EXPLAINED_EXACTLY : EXPLAINED_ON_THE_MARK) && found->steady >= STEADY_ON_THE_MARK &&
           in_range(found, OFF_MOST_ON_THE_MARK);
}

/* Whether the tones began at a stroke: seen now, or in the block before. */
static bool began_abruptly(const struct finding *found, char abrupt_before)
{
    return found->rise >= 0 ? found->rise >= RISE_LEAST : abrupt_before == key_of(found->probe);
}

static bool is_echo(const struct dtmf *dtmf, const struct finding *found)
{
    return key_of(found->probe) == dtmf->released && found->begin - DTMF_BEFORE - dtmf->released_at < ECHO_WITHIN &&
           power_of(found->height) * ECHO_BELOW < dtmf->released_power;
}

/* ---- a key that is down ---- */

static int32_t level_of(const struct finding *found)
{
    double power = 0;

    for (int tone = 0; tone < 2; tone++)
        power += found->height[tone] * found->height[tone] / dtmf_left_of_power(found->off_hz[tone]) / 2;
    return (int32_t)lrint(1000 * log10(power / level_least) + 100 * LEVEL_LEAST_DBM0);
}

static struct dtmf_change release(struct dtmf *dtmf)
{
    struct dtmf_change change = {dtmf->key, false, (int32_t)dtmf->last_on, (uint32_t)(dtmf->last_on - dtmf->begin), dtmf->level};

    dtmf->released = dtmf->key;
    dtmf->released_power = power_of(dtmf->height);
    dtmf->released_at = dtmf->last_on;
    dtmf->key = 0;
    return change;
}

/* The envelope of the weaker tone, by what it was when the key came down. */
static double presence(const struct dtmf *dtmf, const double height[2])
{
    return fmin(height[0] / dtmf->height[0], height[1] / dtmf->height[1]);
}

/* Watches the key in one more window. True: it came up. */
static bool watch(struct dtmf *dtmf, int index, const double height[2])
{
    double before = dtmf->presence;

    dtmf->presence = presence(dtmf, height);
    if (dtmf->presence >= DTMF_HALF) {
        dtmf->away = 0;
        dtmf->last_on = (int64_t)dtmf_centre(index) - DTMF_BEFORE;
        return false;
    }
    if (before >= DTMF_HALF) {
        double edge = dtmf_centre(index - 1) + DTMF_HOP * dtmf_crossing(fmin(before, 1), dtmf->presence);

        dtmf->last_on = (int64_t)floor(edge + 0.5) - DTMF_BEFORE;
    }
    return ++dtmf->away >= AWAY_MOST;
}

static int press(struct dtmf *dtmf, const struct finding *found, const struct window *windows, struct dtmf_change *changes)
{
    int count = 0;

    if (dtmf->key != 0)
        changes[count++] = release(dtmf);
    dtmf->key = key_of(found->probe);
    dtmf->level = level_of(found);
    memcpy(dtmf->probe, found->probe, sizeof(dtmf->probe));
    memcpy(dtmf->height, found->height, sizeof(dtmf->height));
    dtmf->begin = (int64_t)floor(found->begin + 0.5) - DTMF_BEFORE;
    dtmf->last_on = (int64_t)floor(found->end + 0.5) - DTMF_BEFORE;
    dtmf->away = 0;
    changes[count++] = (struct dtmf_change){dtmf->key, true, (int32_t)dtmf->begin, 0, dtmf->level};
    dtmf->presence = presence(dtmf, windows[found->last].height);
    for (int i = found->last + 1; i < DTMF_WINDOWS; i++)
        if (watch(dtmf, i, windows[i].height)) {
            changes[count++] = release(dtmf);
            break;
        }
    return count;
}

/* ---- hearing ---- */

static void keep(struct dtmf *dtmf, int law, const uint8_t *octets)
{
    dtmf->newest = (uint8_t)((dtmf->newest + 1) % DTMF_BLOCKS);
    dtmf->coding[dtmf->newest] = (uint8_t)(1 + law);
    memcpy(dtmf->heard[dtmf->newest], octets, PUMP_BLOCK);
    dtmf->begin -= PUMP_BLOCK;
    dtmf->last_on -= PUMP_BLOCK;
    dtmf->released_at -= PUMP_BLOCK;
}

/* What is kept, the oldest first, from a sample of the block `first` on; what is before it in that block is not to be looked at. */
static const int16_t *recall(const struct dtmf *dtmf, int first, int from, int16_t room[DTMF_MARGIN + DTMF_HEARD + DTMF_MARGIN])
{
    int16_t *heard = room + DTMF_MARGIN;

    for (int i = first; i < DTMF_BLOCKS; i++, from = 0) {
        int block = (dtmf->newest + 1 + i) % DTMF_BLOCKS, count = PUMP_BLOCK - from;
        int16_t *samples = heard + i * PUMP_BLOCK + from;

        if (dtmf->coding[block] != 0)
            law_decode_shifted(dtmf->coding[block] - 1, dtmf->heard[block] + from, samples, (size_t)count, SAMPLE_SHIFT);
        else
            memset(samples, 0, (size_t)count * sizeof(*samples));
    }
    memset(room, 0, DTMF_MARGIN * sizeof(*room));
    memset(heard + DTMF_HEARD, 0, DTMF_MARGIN * sizeof(*room));
    return heard;
}

/* The gate, in the last half of the present block. */
static struct dtmf_gate gate_of(int law, const uint8_t *octets)
{
    alignas(32) int16_t room[GATE_DECODED + 2 * DTMF_MARGIN];

    law_decode_shifted(law, octets + PUMP_BLOCK - GATE_DECODED, room, GATE_DECODED, SAMPLE_SHIFT);
    memset(room + GATE_DECODED, 0, 2 * DTMF_MARGIN * sizeof(*room));
    return gate_at(room + GATE_DECODED - DTMF_WINDOW);
}

/* The windows that the present block completed. 1 when the key came up in them, else 0. */
static int watch_block(struct dtmf *dtmf, struct dtmf_change *change)
{
    alignas(32) int16_t room[DTMF_MARGIN + DTMF_HEARD + DTMF_MARGIN];
    const int16_t *heard = recall(dtmf, WATCHED_BLOCK, WATCHED_FROM, room);

    for (int i = NEWEST_WINDOWS; i < DTMF_WINDOWS; i++) {
        double height[2];

        dtmf_look_for(heard, i, dtmf->probe, height);
        if (watch(dtmf, i, height)) {
            *change = release(dtmf);
            return 1;
        }
    }
    return 0;
}

/* Whether the tones can have lasted long enough, at a glance: then they were there before the gate, perhaps with a break since. */
static bool is_worth_a_look(const int16_t *heard, const struct dtmf_gate *gate, const struct dtmf_gate *before)
{
    double height[2];

    if (before->power > 0)
        return true;
    dtmf_look_for(heard, GATE_BEFORE, gate->probe, height);
    if (power_of(height) >= GLANCE_LEAST * gate->power)
        return true;
    dtmf_look_for(heard, GATE_BEFORE - 2, gate->probe, height);
    return power_of(height) >= GLANCE_LEAST * gate->power;
}

static bool is_key(struct dtmf *dtmf, const struct window *windows, struct finding *found, char abrupt_before)
{
    bool abrupt = began_abruptly(found, abrupt_before);

    if (found->on < PURE_AFTER && found->broken < PURE_AFTER_BREAK)
        return false;
    dtmf_measure(windows, found);
    if (abrupt && in_range_in_company(found)) /* a voice may glide into range later: that is no beginning */
        dtmf->abrupt = key_of(found->probe);
    return (is_key_alone(found) || is_key_in_company(found, abrupt) || is_key_on_the_mark(found, abrupt)) && !is_echo(dtmf, found);
}

/* The gate is open now, or was in the block before. */
static int look_for_key(struct dtmf *dtmf, const struct dtmf_gate *before, char abrupt_before, struct dtmf_change *changes)
{
    alignas(32) int16_t room[DTMF_MARGIN + DTMF_HEARD + DTMF_MARGIN];
    bool is_newer = dtmf->gate.power >= before->power;
    struct window windows[DTMF_WINDOWS];
    struct finding found;
    const int16_t *heard;

    memcpy(found.probe, is_newer ? dtmf->gate.probe : before->probe, sizeof(found.probe));
    if (dtmf->key == key_of(found.probe))
        return 0;
    heard = recall(dtmf, 0, 0, room);
    if (!is_worth_a_look(heard, &dtmf->gate, before))
        return 0;
    if (!dtmf_find(heard, is_newer ? GATE_NOW : GATE_BEFORE, windows, &found) || !is_key(dtmf, windows, &found, abrupt_before))
        return 0;
    return press(dtmf, &found, windows, changes);
}

int dtmf_hear(struct dtmf *dtmf, int law, const uint8_t *octets, struct dtmf_change changes[DTMF_CHANGES])
{
    struct dtmf_gate before = dtmf->gate;
    char abrupt_before = dtmf->abrupt;
    int count;

    keep(dtmf, law, octets);
    count = dtmf->key != 0 ? watch_block(dtmf, changes) : 0;
    dtmf->gate.power = 0;
    dtmf->abrupt = 0;
    if (dtmf->key != 0 && dtmf->away == 0) /* no other can be down */
        return count;
    dtmf->gate = gate_of(law, octets);
    if (dtmf->gate.power <= 0 && before.power <= 0)
        return count;
    return count + look_for_key(dtmf, &before, abrupt_before, changes + count);
}
