/* progress.c - what the exchange says by tones: 450 Hz in the cadences of China.
 *
 * Every 10 ms a frame is called a tone, a gap or something else. It is a tone when most of its energy lies between 425 and 475 Hz
 * and its level is above -35 dBm0; a gap when it is 12 dB below the tone that was last heard, so noise on the line does not
 * hide the gaps; anything else is speech, music or keys and ends every cadence. One deviating frame changes nothing.
 *
 * Frames make runs, and the newest runs are held against the table of cadences below. A cadence is recognised when as many runs as
 * it needs fit; the newest of them is still going on and only has to have reached its least length. It has ended when
 * the runs no longer fit.
 */
#include "parts.h"

#include <math.h>
#include <string.h>

#define FRAME 80
#define FRAME_MS 10
#define TWO_PI 6.283185307179586
#define LOWER_HZ 437.0 /* two resonators share the window: each loses 0.3 dB at 13 Hz beside its centre */
#define UPPER_HZ 463.0
#define SHARE_BEGIN 0.75 /* of the frame's energy that must be tone */
#define SHARE_STAY 0.5
#define LEVEL_LEAST 82250.0 /* mean square of -35 dBm0 */
#define QUIET 8225.0        /* of -45 dBm0: a gap whatever was before */
#define TONE_DROP 0.05012   /* -13 dB: below this share of the tone's power it is no longer the tone */
#define GAP_DROP 0.0631     /* -12 dB */
#define FOLLOW 0.25         /* how fast the tone's power follows downwards, a frame */
#define DOUBT_MOST 2        /* frames that change a run */
#define DOUBT_OTHER_MOST 4  /* frames of something else that end a run */
#define GAP_FORGETS 500     /* frames of gap after which the tone's level is forgotten: longer than any cadence's */
#define FRAMES_MOST 1000000

#define ELEMENTS_MOST 8
#define FOR_EVER 1000000000

struct range {
    uint32_t least_ms;
    uint32_t most_ms;
};

struct cadence {
    int tone;
    uint32_t needed;   /* runs that must fit */
    uint32_t elements; /* on, off, on, off ... and round again */
    struct range element[ELEMENTS_MOST];
};

/* Nominal times with 10 % of the exchange and about 30 ms of ours. Dial tone is told as soon as it cannot be a burst of
 * ringback any more. The unallocated number tone is believed after two whole cadences only: a false one would cost a customer. */
static const struct cadence cadences[] = {
    {PUMP_TONE_DIAL, 1, 1, {{1200, FOR_EVER}}},
    {PUMP_TONE_DIAL, 4, 2, {{350, 450}, {20, 80}}}, /* special dial tone: a service is switched on */
    {PUMP_TONE_RINGBACK, 2, 2, {{870, 1130}, {1500, 4500}}},
    {PUMP_TONE_BUSY, 6, 2, {{290, 410}, {290, 410}}},
    {PUMP_TONE_CONGESTION, 6, 2, {{600, 800}, {600, 800}}},
    {PUMP_TONE_UNALLOCATED, 16, 8, {{70, 140}, {70, 140}, {70, 140}, {70, 140}, {70, 140}, {70, 140}, {330, 470}, {330, 470}}},
};

#define CADENCES (sizeof(cadences) / sizeof(cadences[0]))

void progress_reset(struct progress *progress)
{
    memset(progress, 0, sizeof(*progress));
    progress->now.what = HEARD_OTHER;
}

/* ---- frames ---- */

/* Mean square of the part of the frame at this frequency. */
static double power_at(const int16_t *samples, double frequency_hz)
{
    double turn = 2 * cos(TWO_PI * frequency_hz / SAMPLE_RATE_HZ);
    double s1 = 0, s2 = 0;

    for (int i = 0; i < FRAME; i++) {
        double s0 = samples[i] + turn * s1 - s2;

        s2 = s1;
        s1 = s0;
    }
    return 2 * (s1 * s1 + s2 * s2 - turn * s1 * s2) / ((double)FRAME * FRAME);
}

static double power_of(const int16_t *samples)
{
    double sum = 0;

    for (int i = 0; i < FRAME; i++)
        sum += (double)samples[i] * samples[i];
    return sum / FRAME;
}

static enum heard judge(struct progress *progress, const int16_t *samples)
{
    double whole = power_of(samples);
    double tone = fmax(power_at(samples, LOWER_HZ), power_at(samples, UPPER_HZ));
    bool staying = progress->now.what == HEARD_TONE;
    double share = staying ? SHARE_STAY : SHARE_BEGIN;
    double least = progress->tone_power * TONE_DROP;

    if (!staying && least < LEVEL_LEAST)
        least = LEVEL_LEAST;
    if (tone > least && tone >= share * whole) {
        if (tone > progress->tone_power)
            progress->tone_power = tone;
        else
            progress->tone_power += (tone - progress->tone_power) * FOLLOW;
        return HEARD_TONE;
    }
    return whole < fmax(progress->tone_power * GAP_DROP, QUIET) ? HEARD_GAP : HEARD_OTHER;
}

/* ---- runs ---- */

static void keep_run(struct progress *progress)
{
    if (progress->now.what == HEARD_OTHER || (progress->now.what == HEARD_GAP && progress->past_count == 0)) {
        progress->past_count = 0; /* a cadence begins with a tone, and nothing else may come between */
        return;
    }
    if (progress->past_count == RUNS_KEPT) {
        memmove(progress->past, progress->past + 1, (RUNS_KEPT - 1) * sizeof(struct run));
        progress->past_count--;
    }
    progress->past[progress->past_count++] = progress->now;
}

static void begin_run(struct progress *progress, enum heard what)
{
    keep_run(progress);
    progress->now = (struct run){what, progress->doubt_frames};
    progress->doubt_frames = 0;
    if (what == HEARD_OTHER) {
        progress->tone_power = 0;
        progress->past_count = 0;
    }
}

static void lengthen(struct progress *progress, uint32_t frames)
{
    if (progress->now.frames < FRAMES_MOST)
        progress->now.frames += frames;
    if (progress->now.what == HEARD_GAP && progress->now.frames > GAP_FORGETS) {
        progress->tone_power = 0;
        progress->past_count = 0;
    }
}

static void take_frame(struct progress *progress, enum heard what)
{
    if (what == progress->now.what) {
        lengthen(progress, progress->doubt_frames + 1);
        progress->doubt_frames = 0;
        return;
    }
    /* The frame in which a tone begins or ends is often neither: it counts to what follows it. */
    progress->doubt_frames++;
    if (progress->doubt_frames >= (what == HEARD_OTHER ? DOUBT_OTHER_MOST : DOUBT_MOST))
        begin_run(progress, what);
}

/* ---- cadences ---- */

static bool run_fits(const struct run *run, bool going_on, bool reached, const struct range *range, uint32_t index)
{
    uint32_t ms = run->frames * FRAME_MS;

    if (run->what != (index % 2 == 0 ? HEARD_TONE : HEARD_GAP) || ms > range->most_ms)
        return false;
    return (going_on && !reached) || ms >= range->least_ms;
}

static bool fits_from(const struct progress *progress, const struct cadence *cadence, uint32_t start, uint32_t runs, bool reached)
{
    for (uint32_t i = 0; i < runs; i++) {
        bool going_on = i + 1 == runs;
        const struct run *run = going_on ? &progress->now : &progress->past[progress->past_count - (runs - 1) + i];
        uint32_t index = (start + i) % cadence->elements;

        if (!run_fits(run, going_on, reached, &cadence->element[index], index))
            return false;
    }
    return true;
}

static bool fits(const struct progress *progress, const struct cadence *cadence, uint32_t runs, bool reached)
{
    for (uint32_t start = 0; start < cadence->elements; start++)
        if (fits_from(progress, cadence, start, runs, reached))
            return true;
    return false;
}

static int recognised(const struct progress *progress)
{
    for (uint32_t i = 0; i < CADENCES; i++)
        if (progress->past_count + 1 >= cadences[i].needed && fits(progress, &cadences[i], cadences[i].needed, true))
            return cadences[i].tone;
    return 0;
}

static bool goes_on(const struct progress *progress)
{
    for (uint32_t i = 0; i < CADENCES; i++) {
        uint32_t known = progress->past_count + 1;

        if (cadences[i].tone != progress->reported || known < cadences[i].needed)
            continue;
        if (fits(progress, &cadences[i], cadences[i].needed, false))
            return true;
    }
    return false;
}

static void tell(struct ears *ears, uint32_t kind, int tone)
{
    struct pump_event event = event_at(ears->pump, kind, ears->port, tone);

    event_push(ears->pump, &event);
}

static void conclude(struct ears *ears)
{
    struct progress *progress = &ears->progress;
    int tone;

    if (progress->reported != 0 && goes_on(progress))
        return;
    tone = recognised(progress);
    if (tone == progress->reported)
        return;
    if (progress->reported != 0)
        tell(ears, PUMP_TONE_GONE, progress->reported);
    if (tone != 0)
        tell(ears, PUMP_TONE_HEARD, tone);
    progress->reported = tone;
}

void progress_hear(struct ears *ears, const int16_t *samples)
{
    for (int start = 0; start < PUMP_BLOCK; start += FRAME) {
        take_frame(&ears->progress, judge(&ears->progress, samples + start));
        conclude(ears);
    }
}
