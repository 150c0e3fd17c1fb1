/* progress.c - what the exchange says by tones, in the frequencies and cadences that the channel was given a table of.
 *
 * Every 10 ms a frame is called one of the table's signatures (a frequency, or two at once), a gap or something else. It is a
 * signature when most of its energy is there, the frequency by which its phase advances is in the window, and its level is above -35 dBm0; a gap
 * when it is 12 dB below the tone that was last heard, so noise on the line does not hide the gaps; anything else is speech, music
 * or keys and ends every cadence. One deviating frame changes nothing. Two frequencies beat, some of them slower than a frame:
 * with a table that has pairs, frames are judged by the last four.
 *
 * Frames make runs, and the newest runs are held against the table's windows. A cadence is recognised when as many runs as
 * it needs fit; the newest of them is still going on and only has to have reached its least length. It has ended when
 * the runs no longer fit. What is told from one long tone alone has to be steady in level and frequency, which held notes of music are not.
 *
 * A tone that we send ourselves - a prompt's, or the busy tone of another line in a conference - comes back as echo. So a frame is no tone
 * when what was sent shortly before was mostly the same frequency, and loud enough for its echo to be what is heard. And
 * what is heard in the gaps of a tone is a gap still when it may be the echo of the prompt or music that we send meanwhile, or the hum of the
 * mains that a long pair picks up: that is strong, but it hardly changes from sample to sample.
 */
#include "detect.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define GAP (-1)
#define OTHER (-2)
#define FRAME_S 0.01f
#define SHARE_BEGIN 0.75f /* of the energy that must be tone */
#define SHARE_STAY 0.5f
#define LEVEL_LEAST 82400.0f /* mean square of -35 dBm0 */
#define QUIET 8240.0f        /* of -45 dBm0: a gap whatever was before */
#define GAP_DROP 0.0631f     /* -12 dB */
#define FOLLOW 0.25f         /* how fast the tone's power follows downwards, a frame */
#define WIDENED_MOST 2.5f    /* a tone in its window is at most so much stronger than its probe shows */
#define BALANCE 0.1f         /* of the stronger of two, that the weaker must have */
#define STAY_HZ 5.0f         /* a tone that is there may wander so far out of its window */
#define STEADY 1.26f         /* 1 dB */
#define STEADY_HZ 5.0f
#define STEADY_FROM 4          /* frames: those in which a run begins are left out */
#define UNSTEADY_SHARE 16      /* one frame in so many may differ */
#define DOUBT_MOST 2           /* frames that change a run */
#define DOUBT_OTHER_MOST 4     /* frames of something else that end a run */
#define DOUBT_PAIRED_MOST 6
#define SEAM_MOST 3            /* frames of gap that may lie between two different tones as if they were not there */
#define GAP_FORGETS 500        /* frames of gap after which the tone's level is forgotten: longer than any cadence's */
#define FRAMES_MOST 1000000
#define NEAR_HZ 80.0f          /* frequencies closer than this are told apart by four frames only */
#define ECHO_LOSS 4.0f    /* 6 dB: a line's hybrid attenuates an echo by more */
#define OWN_SHARE 0.5f    /* of what is sent, that must be the tone */
#define ECHO_DROP 0.5f    /* 3 dB: by which an echo in a gap is softer than the tone */
#define FREQUENCY_LEAST_HZ 200.0f
#define FREQUENCY_MOST_HZ 3600.0f
#define WIDTH_MOST_HZ 80.0f
#define TWO_PI 6.2831853f

/* ---- the table ---- */

static bool band_makes_sense(float least_hz, float most_hz)
{
    return least_hz >= FREQUENCY_LEAST_HZ && most_hz <= FREQUENCY_MOST_HZ && least_hz <= most_hz && most_hz - least_hz <= WIDTH_MOST_HZ;
}

static bool element_makes_sense(const struct pump_tone_element *element, uint32_t index)
{
    bool pause = element->frequency1_least_hz == 0;
    bool pair = element->frequency2_least_hz != 0;

    if (element->least_ms > element->most_ms || (pause && (pair || index == 0)))
        return false;
    if (!pause && !band_makes_sense(element->frequency1_least_hz, element->frequency1_most_hz))
        return false;
    return !pair || (band_makes_sense(element->frequency2_least_hz, element->frequency2_most_hz) &&
                     element->frequency2_least_hz > element->frequency1_most_hz);
}

static bool window_makes_sense(const struct pump_tone_window *window)
{
    if (window->tone == 0 || window->needed == 0 || window->needed > RUNS_KEPT)
        return false;
    if (window->element_count == 0 || window->element_count > PUMP_TONE_ELEMENTS_MOST)
        return false;
    for (uint32_t i = 0; i < window->element_count; i++)
        if (!element_makes_sense(&window->element[i], i))
            return false;
    return true;
}

/* The number of the probe in the middle of this band, -1: there are too many. */
static int32_t probe_for(struct tone_table *table, float least_hz, float most_hz)
{
    float middle_hz = (least_hz + most_hz) / 2;

    for (uint32_t i = 0; i < table->probes; i++)
        if (fabsf(table->probe[i].frequency_hz - middle_hz) < 0.5f)
            return (int32_t)i;
    if (table->probes == TONE_BANDS_MOST)
        return -1;
    probe_tune(&table->probe[table->probes], middle_hz, FRAME);
    return (int32_t)table->probes++;
}

/* How alike two sines are over TONE_HISTORY frames, the phase counted from the beginning of the newest frame. */
static struct phasor overlap_of(float apart_hz)
{
    float step = TWO_PI * apart_hz / SAMPLE_RATE_HZ;
    struct phasor sum = {0, 0};

    for (int i = FRAME - TONE_HISTORY * FRAME; i < FRAME; i++) {
        sum.real += cosf(step * (float)i);
        sum.imaginary += sinf(step * (float)i);
    }
    return (struct phasor){sum.real / (TONE_HISTORY * FRAME), sum.imaginary / (TONE_HISTORY * FRAME)};
}

static bool signature_of(struct tone_table *table, const struct pump_tone_element *element, struct signature *made)
{
    const float least_hz[2] = {element->frequency1_least_hz, element->frequency2_least_hz};
    const float most_hz[2] = {element->frequency1_most_hz, element->frequency2_most_hz};

    memset(made, 0, sizeof(*made));
    made->bands = least_hz[1] != 0 ? 2 : 1;
    for (uint32_t i = 0; i < made->bands; i++) {
        int32_t probe = probe_for(table, least_hz[i], most_hz[i]);

        if (probe < 0)
            return false;
        made->probe[i] = (uint32_t)probe;
        made->least_hz[i] = least_hz[i];
        made->most_hz[i] = most_hz[i];
    }
    if (made->bands == 2) {
        float apart_hz = table->probe[made->probe[1]].frequency_hz - table->probe[made->probe[0]].frequency_hz;

        made->near = apart_hz < NEAR_HZ;
        made->overlap = overlap_of(apart_hz);
        table->paired = true;
    }
    return true;
}

/* The element's signature by number, GAP, or OTHER: there are too many. */
static int32_t what_is(struct tone_table *table, const struct pump_tone_element *element)
{
    struct signature made;

    if (element->frequency1_least_hz == 0)
        return GAP;
    if (!signature_of(table, element, &made))
        return OTHER;
    for (uint32_t i = 0; i < table->signatures; i++)
        if (memcmp(&table->signature[i], &made, sizeof(made)) == 0)
            return (int32_t)i;
    if (table->signatures == TONE_SIGNATURES_MOST)
        return OTHER;
    table->signature[table->signatures] = made;
    return (int32_t)table->signatures++;
}

int progress_learn(struct progress *progress, const void *windows, uint64_t length)
{
    struct tone_table table;
    uint64_t count = length / sizeof(struct pump_tone_window);

    if (length % sizeof(struct pump_tone_window) != 0 || count > PUMP_TONE_WINDOWS_MOST || (windows == NULL && count > 0))
        return -EINVAL;
    memset(&table, 0, sizeof(table));
    if (count > 0)
        memcpy(table.window, windows, length);
    table.windows = (uint32_t)count;
    for (uint32_t i = 0; i < table.windows; i++) {
        if (!window_makes_sense(&table.window[i]))
            return -EINVAL;
        for (uint32_t k = 0; k < table.window[i].element_count; k++) {
            table.what[i][k] = what_is(&table, &table.window[i].element[k]);
            if (table.what[i][k] == OTHER)
                return -EINVAL;
        }
    }
    progress->table = table;
    progress_reset(progress);
    return 0;
}

bool progress_knows(const struct progress *progress, float frequency_hz)
{
    for (uint32_t i = 0; i < progress->table.signatures; i++) {
        const struct signature *signature = &progress->table.signature[i];

        if (signature->bands == 1 && frequency_hz >= signature->least_hz[0] && frequency_hz <= signature->most_hz[0])
            return true;
    }
    return false;
}

void progress_reset(struct progress *progress)
{
    struct tone_table *table = &progress->table;

    memset((char *)progress + sizeof(*table), 0, sizeof(*progress) - sizeof(*table));
    progress->now.what = OTHER;
}

/* ---- frames ---- */

/* Mean square of what lies between neighbouring samples: 50 Hz shows 28 dB less of it than of itself, 450 Hz 9 dB. */
static float mean_square_of_steps(const int16_t *samples, int count)
{
    int64_t sum = 0;

    for (int i = 1; i < count; i++) {
        int64_t step = samples[i] - samples[i - 1];

        sum += step * step;
    }
    return (float)sum / (float)(count - 1);
}

static const struct phasor *frame_back(const struct progress *progress, uint32_t frames)
{
    return progress->heard[(progress->newest + TONE_HISTORY - frames) % TONE_HISTORY];
}

/* Mean square of what a probe shows, over as many frames as tones are judged by. */
static float shown(const struct progress *progress, uint32_t probe)
{
    float power = phasor_power(frame_back(progress, 0)[probe]);

    if (!progress->table.paired)
        return power;
    for (uint32_t i = 1; i < TONE_HISTORY; i++)
        power += phasor_power(frame_back(progress, i)[probe]);
    return power / TONE_HISTORY;
}

static void take(struct progress *progress, const int16_t *samples)
{
    const struct phasor *before = progress->heard[progress->newest];

    progress->newest = (progress->newest + 1) % TONE_HISTORY;
    progress->power[progress->newest] = mean_square(samples, FRAME);
    progress->slope = mean_square_of_steps(samples, FRAME);
    for (uint32_t i = 0; i < progress->table.probes; i++) {
        const struct probe *probe = &progress->table.probe[i];
        struct phasor heard = probe_hear(probe, samples);
        struct phasor step = phasor_against(phasor_against(heard, before[i]), probe->turn);

        progress->heard[progress->newest][i] = heard;
        progress->shown[i] = shown(progress, i);
        progress->advance[i].real = progress->advance[i].real * 0.6f + step.real;
        progress->advance[i].imaginary = progress->advance[i].imaginary * 0.6f + step.imaginary;
    }
}

struct sight { /* what a frame is as one signature */
    float power;
    float hz; /* of the first frequency */
};

/* Mean square in this band over the newest frames; 0 when its frequency is out of the window. */
static float band_power(const struct progress *progress, const struct signature *signature, uint32_t band, float slack_hz, float *hz)
{
    uint32_t probe = signature->probe[band];
    float beside_hz = offset_of(progress->advance[probe], FRAME_S);

    *hz = progress->table.probe[probe].frequency_hz + beside_hz;
    if (*hz < signature->least_hz[band] - slack_hz || *hz > signature->most_hz[band] + slack_hz)
        return 0;
    return progress->shown[probe] * widened(beside_hz, FRAME_S);
}

/* The sum of the last frames at one frequency, as if they were one; `aside` turns as a sine beside it does in a frame. */
static struct phasor together(const struct progress *progress, uint32_t probe, struct phasor aside)
{
    struct phasor turn = phasor_times(progress->table.probe[probe].turn, aside), back = {1, 0}, sum = {0, 0};

    for (uint32_t i = 0; i < TONE_HISTORY; i++) {
        struct phasor turned = phasor_times(frame_back(progress, i)[probe], back);

        sum.real += turned.real / TONE_HISTORY;
        sum.imaginary += turned.imaginary / TONE_HISTORY;
        back = phasor_times(back, turn);
    }
    return sum;
}

/* The power of the pair of sines, both so far beside their middles, that explains the last four frames best; 0: one is much stronger. */
static float pair_power(const struct progress *progress, const struct signature *signature, struct phasor aside)
{
    struct phasor one = together(progress, signature->probe[0], aside), two = together(progress, signature->probe[1], aside);
    struct phasor from_two = phasor_times(two, signature->overlap), from_one = phasor_against(one, signature->overlap);
    float rest = 1 - phasor_power(signature->overlap);
    struct phasor first = {(one.real - from_two.real) / rest, (one.imaginary - from_two.imaginary) / rest};
    struct phasor second = {(two.real - from_one.real) / rest, (two.imaginary - from_one.imaginary) / rest};
    float powers[2] = {phasor_power(first), phasor_power(second)};

    if (fminf(powers[0], powers[1]) < BALANCE * fmaxf(powers[0], powers[1]))
        return 0;
    return phasor_against(one, first).real + phasor_against(two, second).real;
}

/* Two near frequencies are not followed one by one: they are tried where they should be, and 6 Hz lower and higher. */
static struct sight near_pair(const struct progress *progress, const struct signature *signature)
{
    static const struct phasor asides[3] = {{1, 0}, {0.92977648f, 0.36812455f}, {0.92977648f, -0.36812455f}};
    struct sight sight = {0, progress->table.probe[signature->probe[0]].frequency_hz};

    for (int i = 0; i < 3; i++)
        sight.power = fmaxf(sight.power, pair_power(progress, signature, asides[i]));
    return sight;
}

/* `least`: weaker than this it need not be looked at closely. */
static struct sight look_for(const struct progress *progress, const struct signature *signature, float slack_hz, float least)
{
    struct sight sight = {0, 0};
    float other_hz, other, power = progress->shown[signature->probe[0]];

    if (signature->bands == 2)
        power += progress->shown[signature->probe[1]];
    if (power * WIDENED_MOST < least)
        return sight;
    if (signature->near)
        return near_pair(progress, signature);
    sight.power = band_power(progress, signature, 0, slack_hz, &sight.hz);
    if (signature->bands == 1 || sight.power == 0)
        return sight;
    other = band_power(progress, signature, 1, slack_hz, &other_hz);
    if (fminf(sight.power, other) < BALANCE * fmaxf(sight.power, other))
        return (struct sight){0, 0};
    sight.power += other;
    return sight;
}

static float whole_power(const struct progress *progress)
{
    float sum = 0;

    if (!progress->table.paired)
        return progress->power[progress->newest];
    for (uint32_t i = 0; i < TONE_HISTORY; i++)
        sum += progress->power[i];
    return sum / TONE_HISTORY;
}

static void follow(struct progress *progress, int32_t what, struct sight sight)
{
    if (sight.power > progress->tone_power)
        progress->tone_power = sight.power;
    else
        progress->tone_power += (sight.power - progress->tone_power) * FOLLOW;
    if (what != progress->now.what || progress->now.frames < STEADY_FROM) {
        progress->steady_power = sight.power;
        progress->steady_hz = sight.hz;
        return;
    }
    if (sight.power > progress->steady_power * STEADY || sight.power * STEADY < progress->steady_power ||
        fabsf(sight.hz - progress->steady_hz) > STEADY_HZ)
        progress->now.unsteady++;
    progress->steady_power += (sight.power - progress->steady_power) * 0.1f;
    progress->steady_hz += (sight.hz - progress->steady_hz) * 0.1f;
}

/* Is one frame of this block mostly that signature's frequencies, and so strong that its echo may have this power? */
static bool may_echo(const struct progress *progress, const struct signature *signature, const struct sent *sent, uint32_t block, float power)
{
    int16_t samples[FRAME];
    float whole, tones = 0;

    pump_law_decode(sent->law, sent->octets[block] + FRAME / 2, samples, FRAME);
    whole = mean_square(samples, FRAME);
    if (whole < power * ECHO_LOSS)
        return false;
    for (uint32_t i = 0; i < signature->bands; i++)
        tones += phasor_power(probe_hear(&progress->table.probe[signature->probe[i]], samples));
    return tones >= power * ECHO_LOSS && tones >= whole * OWN_SHARE;
}

static bool is_echo(const struct progress *progress, const struct sent *sent, int32_t what, float power)
{
    for (uint32_t i = 0; i < SENT_KEPT; i++)
        if (sent->sounding[i] && may_echo(progress, &progress->table.signature[what], sent, i, power))
            return true;
    return false;
}

/* What is neither tone nor gap may be the echo of what was sent, in a gap of the tone. */
static bool is_echo_in_gap(const struct progress *progress, const struct sent *sent)
{
    float power = progress->power[progress->newest];

    if (power > progress->tone_power * ECHO_DROP)
        return false;
    for (uint32_t i = 0; i < SENT_KEPT; i++)
        if (sent->sounding[i] && sent->power[i] >= power * ECHO_LOSS)
            return true;
    return false;
}

/* What is neither tone nor gap may be hum in a gap of the tone: softer than the tone, and without slopes as steep as the tone has. */
static bool is_hum_in_gap(const struct progress *progress)
{
    float steep = 2 * sinf(TWO_PI / 2 * progress->steady_hz / SAMPLE_RATE_HZ);

    return progress->power[progress->newest] <= progress->tone_power * ECHO_DROP &&
           progress->slope < progress->tone_power * steep * steep * GAP_DROP;
}

static int32_t judge(struct progress *progress, const struct sent *sent)
{
    float whole = whole_power(progress), most = 0;
    struct sight best = {0, 0};
    int32_t what = OTHER;

    if (progress->power[progress->newest] < fmaxf(progress->tone_power * GAP_DROP, QUIET))
        return GAP;
    for (uint32_t i = 0; i < progress->table.signatures; i++) {
        bool staying = progress->now.what == (int32_t)i;
        float least = fmaxf((staying ? SHARE_STAY : SHARE_BEGIN) * whole, staying ? progress->tone_power * GAP_DROP : LEVEL_LEAST);
        struct sight sight = look_for(progress, &progress->table.signature[i], staying ? STAY_HZ : 0, least);
        float prized = sight.power * (progress->table.signature[i].bands == 2 ? 1.25f : 1.0f); /* one of two alone looks good too */

        if (staying)
            prized *= 1.1f; /* two windows may meet in a frequency */
        if (sight.power < least || prized <= most)
            continue;
        most = prized;
        best = sight;
        what = (int32_t)i;
    }
    if (what != OTHER && sent != NULL && is_echo(progress, sent, what, best.power))
        return OTHER;
    if (what == OTHER && (is_hum_in_gap(progress) || (sent != NULL && is_echo_in_gap(progress, sent))))
        return GAP;
    if (what != OTHER)
        follow(progress, what, best);
    return what;
}

/* ---- runs ---- */

static bool is_seam(const struct progress *progress, int32_t next)
{
    return progress->now.what == GAP && progress->now.frames <= SEAM_MOST && next >= 0 && progress->past_count > 0 &&
           progress->past[progress->past_count - 1].what != next;
}

static void keep_run(struct progress *progress)
{
    if (progress->now.what == OTHER || (progress->now.what == GAP && progress->past_count == 0)) {
        progress->past_count = 0; /* a cadence begins with a tone, and nothing else may come between */
        return;
    }
    if (progress->past_count == RUNS_KEPT) {
        memmove(progress->past, progress->past + 1, (RUNS_KEPT - 1) * sizeof(struct run));
        progress->past_count--;
    }
    progress->past[progress->past_count++] = progress->now;
}

static void begin_run(struct progress *progress, int32_t what)
{
    uint32_t frames = progress->doubt_frames;

    if (is_seam(progress, what))
        frames += progress->now.frames;
    else
        keep_run(progress);
    progress->now = (struct run){what, frames, 0};
    progress->doubt_frames = 0;
    if (what == OTHER) {
        progress->tone_power = 0;
        progress->past_count = 0;
    }
}

static void lengthen(struct progress *progress, uint32_t frames)
{
    if (progress->now.frames < FRAMES_MOST)
        progress->now.frames += frames;
    if (progress->now.what == GAP && progress->now.frames > GAP_FORGETS) {
        progress->tone_power = 0;
        progress->past_count = 0;
    }
}

static void take_frame(struct progress *progress, int32_t what)
{
    uint32_t most = what != OTHER ? DOUBT_MOST : progress->table.paired ? DOUBT_PAIRED_MOST : DOUBT_OTHER_MOST;

    if (what == progress->now.what) {
        lengthen(progress, progress->doubt_frames + 1);
        progress->doubt_frames = 0;
        return;
    }
    /* The frame in which a tone begins or ends is often neither: it counts to what follows it. */
    progress->doubt_frames++;
    if (progress->doubt_frames >= most)
        begin_run(progress, what);
}

/* ---- cadences ---- */

static bool run_fits(const struct run *run, bool going_on, bool reached, const struct pump_tone_element *element, int32_t what)
{
    uint32_t ms = run->frames * FRAME_MS;

    if (run->what != what || ms > element->most_ms)
        return false;
    return (going_on && !reached) || ms >= element->least_ms;
}

static bool fits_from(const struct progress *progress, uint32_t index, uint32_t start, bool reached)
{
    const struct pump_tone_window *window = &progress->table.window[index];

    for (uint32_t i = 0; i < window->needed; i++) {
        bool going_on = i + 1 == window->needed;
        const struct run *run = going_on ? &progress->now : &progress->past[progress->past_count - (window->needed - 1) + i];
        uint32_t place = (start + i) % window->element_count;

        if (!run_fits(run, going_on, reached, &window->element[place], progress->table.what[index][place]))
            return false;
        if (window->steady && run->what != GAP && run->unsteady * UNSTEADY_SHARE > run->frames)
            return false;
    }
    return true;
}

static bool fits(const struct progress *progress, uint32_t index, bool reached)
{
    const struct pump_tone_window *window = &progress->table.window[index];

    if (progress->past_count + 1 < window->needed)
        return false;
    for (uint32_t start = 0; start < window->element_count; start++)
        if (fits_from(progress, index, start, reached))
            return true;
    return false;
}

static uint32_t recognised(const struct progress *progress)
{
    for (uint32_t i = 0; i < progress->table.windows; i++)
        if (progress->table.window[i].needed <= progress->past_count + 1 && fits(progress, i, true))
            return progress->table.window[i].tone;
    return 0;
}

static bool goes_on(const struct progress *progress)
{
    for (uint32_t i = 0; i < progress->table.windows; i++)
        if (progress->table.window[i].tone == progress->reported && fits(progress, i, false))
            return true;
    return false;
}

static void conclude(struct progress *progress, int32_t offset, struct reports *reports)
{
    uint32_t tone;

    if (progress->reported == 0 && progress->now.what == OTHER)
        return;
    if (progress->reported != 0 && goes_on(progress))
        return;
    tone = recognised(progress);
    if (tone == progress->reported)
        return;
    if (progress->reported != 0)
        report_add(reports, PUMP_TONE_GONE, (int32_t)progress->reported, progress->tone_power, offset);
    if (tone != 0)
        report_add(reports, PUMP_TONE_HEARD, (int32_t)tone, progress->tone_power, offset);
    progress->reported = tone;
}

void progress_hear(struct progress *progress, const struct sent *sent, const int16_t *samples, struct reports *reports)
{
    if (progress->table.windows == 0)
        return;
    for (int start = 0; start < PUMP_BLOCK; start += FRAME) {
        take(progress, samples + start);
        take_frame(progress, judge(progress, sent));
        conclude(progress, start + FRAME, reports);
    }
}
