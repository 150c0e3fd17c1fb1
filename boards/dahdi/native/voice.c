/* voice.c - whether anybody speaks, beeps, and how loud it is.
 *
 * Voice is what stands out of the line's own noise by 7 dB and is above -46 dBm0, be it speech, music or a tone. The noise is the quietest 50 ms or so of the last 1.6 s,
 * so a hum or hiss that begins is taken for voice at most that long. A word has to last 40 ms; pauses up to 200 ms belong to it.
 *
 * A beep is one frequency between 440 and 2000 Hz that stays where it is, in level too, for 80 ms, and is no tone of the exchange.
 */
#include "detect.h"

#include <math.h>
#include <string.h>

/* ---- voice ---- */

#define STANDS_OUT 5.0f       /* 7 dB */
#define VOICE_LEAST 6545.0f   /* mean square of -46 dBm0 */
#define FLOOR_LEAST 82.4f     /* of -65 dBm0 */
#define FLOOR_MOST 260600.0f  /* of -30 dBm0 */
#define FLOOR_AT_FIRST 26060.0f /* of -40 dBm0: a line may have so much hum */
#define SMOOTH 0.25f
#define MINIMUM_FRAMES 20
#define HOT_BEGINS 4
#define HOT_MOST 6
#define QUIET_ENDS 20 /* frames */

void activity_reset(struct activity *activity)
{
    memset(activity, 0, sizeof(*activity));
    for (int i = 0; i < FLOOR_MINIMA; i++)
        activity->minima[i] = FLOOR_AT_FIRST;
    activity->smooth = FLOOR_AT_FIRST;
}

static float floor_now(const struct activity *activity)
{
    float least = FLOOR_MOST;

    for (int i = 0; i < FLOOR_MINIMA; i++)
        least = fminf(least, activity->minima[i]);
    return fmaxf(least, FLOOR_LEAST);
}

static void follow_floor(struct activity *activity, float power)
{
    activity->smooth += (power - activity->smooth) * SMOOTH;
    if (activity->frames == MINIMUM_FRAMES) {
        activity->minimum = (activity->minimum + 1) % FLOOR_MINIMA;
        activity->minima[activity->minimum] = activity->smooth;
        activity->frames = 0;
    }
    activity->minima[activity->minimum] = fminf(activity->minima[activity->minimum], activity->smooth);
    activity->frames++;
}

static void count_in(struct activity *activity, float power)
{
    activity->sum += power;
    activity->counted++;
}

static void wait_for_voice(struct activity *activity, float power, bool hot, int32_t offset, struct reports *reports)
{
    if (!hot) {
        activity->hot = activity->hot > 0 ? activity->hot - 1 : 0;
        activity->begun = activity->hot > 0 ? activity->begun + 1 : 0;
        if (activity->hot == 0)
            activity->sum = 0;
        if (activity->hot == 0)
            activity->counted = 0;
        return;
    }
    activity->begun++;
    count_in(activity, power);
    if (++activity->hot < HOT_BEGINS)
        return;
    activity->speaking = true;
    activity->quiet = 0;
    report_add(reports, PUMP_VOICE_BEGAN, 0, activity->sum / (float)activity->counted, offset - (int32_t)activity->begun * FRAME);
}

static void wait_for_silence(struct activity *activity, float power, bool hot, int32_t offset, struct reports *reports)
{
    if (hot) {
        count_in(activity, power);
        activity->quiet = 0;
        return;
    }
    if (++activity->quiet < QUIET_ENDS)
        return;
    report_add(reports, PUMP_VOICE_ENDED, 0, activity->sum / (float)activity->counted, offset - QUIET_ENDS * FRAME);
    activity->speaking = false;
    activity->hot = activity->begun = activity->counted = 0;
    activity->sum = 0;
}

void activity_hear(struct activity *activity, const int16_t *samples, struct reports *reports)
{
    for (int start = 0; start < PUMP_BLOCK; start += FRAME) {
        float power = mean_square(samples + start, FRAME);
        bool hot = power > fmaxf(floor_now(activity) * STANDS_OUT, VOICE_LEAST);

        if (activity->speaking)
            wait_for_silence(activity, power, hot, start + FRAME, reports);
        else
            wait_for_voice(activity, power, hot, start + FRAME, reports);
        follow_floor(activity, power);
    }
}

/* ---- beep ---- */

#define TWO_PI 6.2831853f
#define BEEP_LEAST_HZ 435.0f /* 440, and what a tape recorder may be slow */
#define BEEP_MOST_HZ 2010.0f
#define BEEP_LEVEL_LEAST 82400.0f /* mean square of -35 dBm0 */
#define BEEP_SHARE 0.85f
#define BEEP_STEADY_HZ 8.0f
#define BEEP_STEADY 1.41f /* 1.5 dB */
#define BEEP_BLOCKS 4
#define HALF (PUMP_BLOCK / 2)
#define HALF_S 0.01f
#define BLOCKS_MOST 1000000

struct sine {
    float frequency_hz; /* 0: it is not one */
    float power;
};

void beep_reset(struct beep *beep)
{
    memset(beep, 0, sizeof(*beep));
}

/* The frequency of a sine from how alike the block is to itself one and two samples later: noise, which is alike to nothing, does not
 * move it (Pisarenko). Radians a sample; negative: it is no sine. */
static float rough_angle(const int16_t *samples)
{
    float one = 0, two = 0, root, cosine;

    for (int i = 0; i < PUMP_BLOCK - 2; i++) {
        one += (float)samples[i] * samples[i + 1];
        two += (float)samples[i] * samples[i + 2];
    }
    root = sqrtf(two * two + 8 * one * one);
    if (root == 0 || (one == 0 && two >= 0))
        return -1;
    cosine = two < 0 ? 2 * one / (root - two) : (two + root) / (4 * one); /* the same, each where it loses no digits */
    return cosine > -1 && cosine < 1 ? acosf(cosine) : -1;
}

static struct phasor half_at(const int16_t *samples, float angle)
{
    struct phasor sum = {0, 0}, turn = {cosf(angle), -sinf(angle)}, at = {1, 0};
    const float scale = 1.4142136f / HALF;

    for (int i = 0; i < HALF; i++) {
        sum.real += samples[i] * at.real;
        sum.imaginary += samples[i] * at.imaginary;
        at = phasor_times(at, turn);
    }
    return (struct phasor){sum.real * scale, sum.imaginary * scale};
}

/* The block as one sine, when most of it is one in both halves. */
static struct sine sine_in(const int16_t *samples)
{
    const struct sine none = {0, 0};
    float whole = mean_square(samples, PUMP_BLOCK), angle, beside_hz, power;
    struct phasor first, second, turned;

    if (whole < BEEP_LEVEL_LEAST)
        return none;
    angle = rough_angle(samples);
    if (angle < 0)
        return none;
    first = half_at(samples, angle);
    second = half_at(samples + HALF, angle);
    turned = (struct phasor){cosf(angle * HALF), sinf(angle * HALF)};
    beside_hz = offset_of(phasor_against(phasor_against(second, first), turned), HALF_S);
    if (fabsf(beside_hz) > 35)
        return none;
    power = (phasor_power(first) + phasor_power(second)) / 2 * widened(beside_hz, HALF_S);
    if (power < BEEP_SHARE * whole)
        return none;
    return (struct sine){angle / TWO_PI * SAMPLE_RATE_HZ + beside_hz, power};
}

static bool may_be_beep(struct sine sine, const struct progress *excepted)
{
    return sine.frequency_hz >= BEEP_LEAST_HZ && sine.frequency_hz <= BEEP_MOST_HZ && !progress_knows(excepted, sine.frequency_hz);
}

static bool goes_on(const struct beep *beep, struct sine sine)
{
    return beep->blocks > 0 && fabsf(sine.frequency_hz - beep->frequency_hz) <= BEEP_STEADY_HZ && sine.power < beep->power * BEEP_STEADY &&
           sine.power * BEEP_STEADY > beep->power;
}

static void end_beep(struct beep *beep, struct reports *reports)
{
    if (beep->told) {
        report_add(reports, PUMP_BEEP_ENDED, (int32_t)lrintf(beep->frequency_hz), beep->power, 0);
        if (reports->count > 0)
            reports->list[reports->count - 1].played = (uint64_t)beep->blocks * PUMP_BLOCK;
    }
    beep_reset(beep);
}

void beep_hear(struct beep *beep, const int16_t *samples, const struct progress *excepted, struct reports *reports)
{
    struct sine sine = sine_in(samples);

    if (!goes_on(beep, sine)) {
        end_beep(beep, reports);
        if (may_be_beep(sine, excepted))
            *beep = (struct beep){sine.frequency_hz, sine.power, 1, false};
        return;
    }
    if (beep->blocks < BLOCKS_MOST)
        beep->blocks++;
    beep->frequency_hz += (sine.frequency_hz - beep->frequency_hz) / (float)(beep->blocks < 8 ? beep->blocks : 8);
    beep->power += (sine.power - beep->power) / (float)(beep->blocks < 8 ? beep->blocks : 8);
    if (!beep->told && beep->blocks >= BEEP_BLOCKS) {
        beep->told = true;
        report_add(reports, PUMP_BEEP_BEGAN, (int32_t)lrintf(beep->frequency_hz), beep->power, -(BEEP_BLOCKS - 1) * PUMP_BLOCK);
    }
}

/* ---- level ---- */

void meter_reset(struct meter *meter)
{
    memset(meter, 0, sizeof(*meter));
}

void meter_hear(struct meter *meter, const int16_t *samples, struct reports *reports)
{
    meter->sum += mean_square(samples, PUMP_BLOCK);
    if (++meter->blocks < METER_BLOCKS)
        return;
    report_add(reports, PUMP_LEVEL, 0, meter->sum / METER_BLOCKS, PUMP_BLOCK);
    meter_reset(meter);
}
