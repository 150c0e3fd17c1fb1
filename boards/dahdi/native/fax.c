/* fax.c - tones by which fax machines and modems make themselves known.
 *
 * A calling fax sends 1100 +-38 Hz for half a second every 3.5 s (ITU-T T.30, CNG); it is believed when the burst comes out of quiet, is steady,
 * lasts as long as it should and ends in quiet: music and speech do not. An answering fax sends 2100 +-15 Hz (CED); a modem that wants echo
 * cancellers to let go turns the phase of the same tone round every 450 +-25 ms (ITU-T V.25, G.168), perhaps with a slow modulation (V.8).
 */
#include "detect.h"

#include <math.h>
#include <string.h>

#define CALLING_HZ 1100
#define ANSWER_HZ 2100
#define FRAME_S 0.01f
#define LEVEL_LEAST 20700.0f /* mean square of -41 dBm0 */
#define SHARE 0.75f
#define SHARE_AT_FIRST 0.45f /* while it is not known how far beside the probe it is */
#define WIDENED_MOST 2.5f    /* a tone is at most so much stronger than its probe shows */
#define QUIET 0.1f             /* of the tone's power */
#define CALLING_LEAST 42       /* frames */
#define CALLING_MOST 60
#define CALLING_MISSED_MOST 2
#define ANSWER_MISSED_MOST 4   /* frames: a reversal spoils two */
#define ANSWER_KNOWN 50
#define REVERSAL_LEAST 41
#define REVERSAL_MOST 49
#define REVERSAL_APART 5 /* frames: one reversal is seen in two frames */
#define REVERSALS_KNOWN 2
#define LONG_AGO 1000

static const struct kind {
    float width_hz;
    float steady;
} calling_kind = {44.0f, 1.6f}, answer_kind = {24.0f, 2.5f}; /* 2 dB; 4 dB, because V.8 modulates by 20 % */

static struct probe calling_probe, answer_probe;

void fax_warm_up(void)
{
    probe_tune(&calling_probe, CALLING_HZ, FRAME);
    probe_tune(&answer_probe, ANSWER_HZ, FRAME);
}

void fax_reset(struct fax *fax)
{
    memset(fax, 0, sizeof(*fax));
    fax->since_reversal = LONG_AGO;
}

static void begin(struct steady_tone *tone, float power, float power_before)
{
    tone->frames = 1;
    tone->missed = 0;
    tone->mean = power;
    tone->from_quiet = power_before < power * QUIET;
}

/* Does this frame belong to the tone, and how strong is it? `advance` follows its frequency. */
static bool belongs(struct steady_tone *tone, struct phasor heard, float whole, const struct kind *kind, float *strength)
{
    struct phasor step = phasor_against(heard, tone->before[0]);
    struct phasor along = phasor_against(step, tone->advance);
    float power = phasor_power(heard), beside_hz;

    if (tone->frames < 2 || along.real > 0) { /* not across a reversal */
        tone->advance.real = tone->advance.real * 0.75f + step.real;
        tone->advance.imaginary = tone->advance.imaginary * 0.75f + step.imaginary;
    }
    if (power * WIDENED_MOST < SHARE * whole)
        return false;
    beside_hz = offset_of(tone->advance, FRAME_S);
    if (tone->frames >= 2) {
        if (fabsf(beside_hz) > kind->width_hz)
            return false;
        power *= widened(beside_hz, FRAME_S);
    }
    *strength = power;
    if (tone->frames <= 2)
        tone->mean = power; /* the frequency was not known before */
    if (power < LEVEL_LEAST || power < (tone->frames < 2 ? SHARE_AT_FIRST : SHARE) * whole)
        return false;
    return tone->frames == 0 || (power < tone->mean * kind->steady && power * kind->steady > tone->mean);
}

static void go_on(struct steady_tone *tone, float power)
{
    tone->frames += tone->missed + 1;
    tone->missed = 0;
    tone->mean += (power - tone->mean) * (tone->frames < 8 ? 1.0f / (float)tone->frames : 0.125f);
}

static void remember(struct steady_tone *tone, struct phasor heard)
{
    tone->before[1] = tone->before[0];
    tone->before[0] = heard;
}

static void end(struct steady_tone *tone)
{
    tone->frames = 0;
    tone->missed = 0;
    tone->advance = (struct phasor){0, 0};
}

/* ---- a calling fax ---- */

static void hear_calling(struct fax *fax, const int16_t *samples, float whole, int32_t offset, struct reports *reports)
{
    struct steady_tone *tone = &fax->calling;
    struct phasor heard = probe_hear(&calling_probe, samples);
    float power = 0;

    if (belongs(tone, heard, whole, &calling_kind, &power)) {
        if (tone->frames == 0)
            begin(tone, power, fax->power_before);
        else
            go_on(tone, power);
    } else if (tone->frames > 0 && ++tone->missed >= CALLING_MISSED_MOST) {
        bool to_quiet = whole < tone->mean * QUIET;
        int32_t ago = (int32_t)((tone->frames + tone->missed) * FRAME);

        if (tone->from_quiet && to_quiet && tone->frames >= CALLING_LEAST && tone->frames <= CALLING_MOST)
            report_add(reports, PUMP_FAX_HEARD, PUMP_FAX_CNG, tone->mean, offset - ago);
        end(tone);
    }
    remember(tone, heard);
}

/* ---- an answering one ---- */

/* Across the frame in which the phase turned round, the frame before and the one after are opposite. */
static bool reversed(const struct steady_tone *tone, struct phasor heard)
{
    struct phasor twice = phasor_times(tone->advance, tone->advance);
    struct phasor apart = phasor_against(phasor_against(heard, tone->before[1]), twice);

    return apart.real < 0 && -apart.real > fabsf(apart.imaginary);
}

static void count_reversal(struct fax *fax)
{
    bool in_time = fax->since_reversal >= REVERSAL_LEAST && fax->since_reversal <= REVERSAL_MOST;

    fax->reversals = in_time ? fax->reversals + 1 : 1;
    fax->since_reversal = 0;
}

static void tell_answer(struct fax *fax, int32_t offset, struct reports *reports)
{
    const struct steady_tone *tone = &fax->answer;
    int32_t ago = (int32_t)((tone->frames + tone->missed) * FRAME);

    if (fax->told == 0 && tone->frames >= ANSWER_KNOWN) {
        fax->told = PUMP_FAX_ANSWER;
        report_add(reports, PUMP_FAX_HEARD, PUMP_FAX_ANSWER, tone->mean, offset - ago);
    }
    if (fax->told == PUMP_FAX_ANSWER && fax->reversals >= REVERSALS_KNOWN) {
        fax->told = PUMP_FAX_REVERSALS;
        report_add(reports, PUMP_FAX_HEARD, PUMP_FAX_REVERSALS, tone->mean, offset);
    }
}

static void end_answer(struct fax *fax, int32_t offset, struct reports *reports)
{
    if (fax->told != 0)
        report_add(reports, PUMP_FAX_GONE, fax->told, fax->answer.mean, offset - ANSWER_MISSED_MOST * FRAME);
    fax->told = 0;
    fax->reversals = 0;
    fax->since_reversal = LONG_AGO;
    end(&fax->answer);
}

static void hear_answer(struct fax *fax, const int16_t *samples, float whole, int32_t offset, struct reports *reports)
{
    struct steady_tone *tone = &fax->answer;
    struct phasor heard = probe_hear(&answer_probe, samples);
    float power = 0;

    if (fax->since_reversal < LONG_AGO)
        fax->since_reversal++;
    if (belongs(tone, heard, whole, &answer_kind, &power)) {
        if (tone->frames == 0)
            begin(tone, power, fax->power_before);
        else
            go_on(tone, power);
        if (tone->frames > REVERSAL_APART && fax->since_reversal > REVERSAL_APART && reversed(tone, heard))
            count_reversal(fax);
        tell_answer(fax, offset, reports);
    } else if (tone->frames > 0 && ++tone->missed >= ANSWER_MISSED_MOST) {
        end_answer(fax, offset, reports);
    }
    remember(tone, heard);
}

void fax_hear(struct fax *fax, const int16_t *samples, struct reports *reports)
{
    for (int start = 0; start < PUMP_BLOCK; start += FRAME) {
        float whole = mean_square(samples + start, FRAME);

        hear_calling(fax, samples + start, whole, start + FRAME, reports);
        hear_answer(fax, samples + start, whole, start + FRAME, reports);
        fax->power_before = whole;
    }
}
