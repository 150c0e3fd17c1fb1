/* r2.c - receivers of MFC register signals: two out of six frequencies 120 Hz apart (ITU-T Q.441).
 *
 * Every 5 ms the last 20 ms are judged, the outer quarters with half the weight: so neighbours are 30 dB apart though a signal is known after
 * about 20 ms. A signal is two frequencies above -39 dBm0 (Q.455 asks for -35), 9 dB or less apart, far above the other four, and with most of
 * the energy; it has to look so twice. What is shorter than 7 ms never fills the window enough. A signal that is there stays through a break of
 * 7 ms and is gone when it has fallen 10 dB and does not come back within 15 ms.
 */
#include "detect.h"

#include <string.h>

#define PART (PUMP_BLOCK / R2_PARTS)
#define LEVEL_LEAST 32800.0f /* mean square of -39 dBm0 */
#define LEVEL_STAYS 13060.0f /* of -43 dBm0 */
#define TWIST_MOST 8.0f      /* 9 dB */
#define TWIST_STAYS 16.0f    /* 12 dB */
#define OTHERS_BELOW 4.0f    /* 6 dB */
#define SHARE_BEGINS 0.7f    /* of the energy */
#define SHARE_STAYS 0.3f
#define DROP 0.1f
#define SEEN_ENOUGH 2
#define MISSED_MOST 3

static const double frequencies_hz[2][R2_FREQUENCIES] = {{1380, 1500, 1620, 1740, 1860, 1980}, {1140, 1020, 900, 780, 660, 540}};
static const float shape[R2_PARTS] = {0.5f, 1.0f, 1.0f, 0.5f};

static struct probe probes[2][R2_FREQUENCIES];
static struct phasor turned_back[2][R2_FREQUENCIES][R2_PARTS]; /* of the window's parts, weighted */

void r2_warm_up(void)
{
    for (int way = 0; way < 2; way++) {
        for (int i = 0; i < R2_FREQUENCIES; i++) {
            struct phasor turn = {1, 0};

            probe_tune(&probes[way][i], frequencies_hz[way][i], PART);
            for (int part = 0; part < R2_PARTS; part++) {
                turned_back[way][i][part] = (struct phasor){turn.real * shape[part] / 3, -turn.imaginary * shape[part] / 3};
                turn = phasor_times(turn, probes[way][i].turn);
            }
        }
    }
}

void r2_reset(struct r2 *r2, bool backward)
{
    memset(r2, 0, sizeof(*r2));
    r2->backward = backward;
}

struct loud { /* the two loudest */
    int first, second;
    float powers[R2_FREQUENCIES];
    float others; /* the loudest of the rest */
    float whole;
};

static void rank(struct loud *loud)
{
    loud->first = 0;
    loud->second = -1;
    loud->others = 0;
    for (int i = 1; i < R2_FREQUENCIES; i++)
        if (loud->powers[i] > loud->powers[loud->first])
            loud->first = i;
    for (int i = 0; i < R2_FREQUENCIES; i++)
        if (i != loud->first && (loud->second < 0 || loud->powers[i] > loud->powers[loud->second]))
            loud->second = i;
    for (int i = 0; i < R2_FREQUENCIES; i++)
        if (i != loud->first && i != loud->second && loud->powers[i] > loud->others)
            loud->others = loud->powers[i];
}

static void take(struct r2 *r2, const int16_t *samples, struct loud *loud)
{
    r2->newest = (r2->newest + 1) % R2_PARTS;
    r2->power[r2->newest] = mean_square(samples, PART);
    loud->whole = 0;
    for (int part = 0; part < R2_PARTS; part++)
        loud->whole += r2->power[(r2->newest + 1 + (uint32_t)part) % R2_PARTS] * shape[part] / 3;
    for (int i = 0; i < R2_FREQUENCIES; i++) {
        struct phasor sum = {0, 0};

        r2->heard[r2->newest][i] = probe_hear(&probes[r2->backward][i], samples);
        for (int part = 0; part < R2_PARTS; part++) {
            struct phasor heard = r2->heard[(r2->newest + 1 + (uint32_t)part) % R2_PARTS][i];
            struct phasor turned = phasor_times(heard, turned_back[r2->backward][i][part]);

            sum.real += turned.real;
            sum.imaginary += turned.imaginary;
        }
        loud->powers[i] = phasor_power(sum);
    }
    rank(loud);
}

/* Signals are numbered in this order: f0 f1, f0 f2, f1 f2, f0 f3, f1 f3 ... (Q.441, table 5) */
static int signal_of(int one, int other)
{
    int low = one < other ? one : other, high = one < other ? other : one;

    return high * (high - 1) / 2 + low + 1;
}

/* The signal that this looks like, 0: none. A signal that is there already is believed more easily. */
static int recognise(const struct r2 *r2, const struct loud *loud)
{
    float more = loud->powers[loud->first], less = loud->powers[loud->second];
    int signal = signal_of(loud->first, loud->second);
    bool stays = signal == r2->signal;

    if (less < (stays ? LEVEL_STAYS : LEVEL_LEAST) || more > less * (stays ? TWIST_STAYS : TWIST_MOST))
        return 0;
    if (!stays && loud->others * OTHERS_BELOW > less)
        return 0;
    if (more + less < (stays ? SHARE_STAYS : SHARE_BEGINS) * loud->whole)
        return 0;
    return stays && more + less < r2->signal_power * DROP ? 0 : signal;
}

static void tell(struct r2 *r2, uint32_t kind, int32_t offset, struct reports *reports)
{
    report_add(reports, kind, r2->signal + (r2->backward ? PUMP_R2_IS_BACKWARD : 0), r2->signal_power, offset);
}

static void conclude(struct r2 *r2, int signal, float power, int32_t offset, struct reports *reports)
{
    r2->seen = signal == r2->candidate ? r2->seen + 1 : 1;
    r2->candidate = signal;
    if (signal == r2->signal) {
        r2->missed = 0;
        if (signal != 0 && power > r2->signal_power)
            r2->signal_power = power;
        return;
    }
    if (r2->signal != 0 && ++r2->missed >= MISSED_MOST) {
        tell(r2, PUMP_R2_GONE, offset, reports);
        r2->signal = 0;
    }
    if (r2->signal == 0 && signal != 0 && r2->seen >= SEEN_ENOUGH) {
        r2->signal = signal;
        r2->signal_power = power;
        r2->missed = 0;
        tell(r2, PUMP_R2_HEARD, offset, reports);
    }
}

void r2_hear(struct r2 *r2, const int16_t *samples, struct reports *reports)
{
    for (int start = 0; start < PUMP_BLOCK; start += PART) {
        struct loud loud;

        take(r2, samples + start, &loud);
        conclude(r2, recognise(r2, &loud), loud.powers[loud.first] + loud.powers[loud.second], start + PART, reports);
    }
}
