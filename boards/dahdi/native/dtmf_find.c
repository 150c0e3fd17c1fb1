/* dtmf_find.c - everything about a pair of tones that may be a key: how long, how strong, how far off, how pure, how steady. See dtmf.c. */
#include "dtmf_parts.h"

#include <math.h>

#define SIMILAR 0.7        /* a window of the same tones is at most so much weaker or stronger, */
#define SIMILAR_SHARE 0.45 /* and they have this share of its power */
#define SLACK 6            /* samples by which an edge may be wrong */
#define WHOLE 0.02         /* when less is missing of the envelope, nothing is */
#define BREAK_MOST 100     /* samples, 12.5 ms: a break of 10 ms and what edges may be wrong (ITU-T Q.24) */
#define DIAL_OFF_MOST_HZ 30.0
#define EXPLAINED_MOST 1.15 /* dial tone so loud that it cannot be told what else there is */

static struct turn nominal_step[DTMF_PROBES]; /* how far each frequency turns from window to window */

void dtmf_find_warm_up(void)
{
    for (int probe = 0; probe < DTMF_PROBES; probe++)
        nominal_step[probe] = turn_by(dtmf_nominal_hz[probe] * DTMF_HOP / SAMPLE_RATE_HZ);
}

/* ---- a window ---- */

static void look(const int16_t *heard, int index, const int probe[2], struct window *window)
{
    const int wanted[3] = {probe[0], probe[1], DTMF_DIAL};
    const int16_t *samples = heard + index * DTMF_HOP;
    struct turn sums[3];

    dtmf_compare(samples, wanted, 3, sums);
    window->energy = dtmf_energy(samples);
    window->dial = sums[2];
    for (int tone = 0; tone < 2; tone++) {
        window->sum[tone] = sums[tone];
        window->height[tone] = sqrt(dtmf_power(sums[tone]));
    }
}

void dtmf_look_for(const int16_t *heard, int index, const int probe[2], double height[2])
{
    struct turn sums[2];

    dtmf_compare(heard + index * DTMF_HOP, probe, 2, sums);
    for (int tone = 0; tone < 2; tone++)
        height[tone] = sqrt(dtmf_power(sums[tone]));
}

double dtmf_centre(int index)
{
    return DTMF_HOP * (index + 1.0);
}

/* What a window leaves of the power of a tone that is off: the top of the spectrum of Hamming's window, good to 1 % up to 50 Hz. */
double dtmf_left_of_power(double off_hz)
{
    double bins = off_hz * DTMF_WINDOW / SAMPLE_RATE_HZ, square = bins * bins;

    return 1 - square * (1.62 - 0.93 * square);
}

static bool similar(const struct window *window, const struct window *model)
{
    double power = 0;

    for (int tone = 0; tone < 2; tone++) {
        double height = window->height[tone], wanted = model->height[tone];

        if (height < SIMILAR * wanted || SIMILAR * height > wanted)
            return false;
        power += height * height;
    }
    return power > SIMILAR_SHARE * (window->energy - dtmf_power(window->dial));
}

static void mean_heights(const struct window *windows, int first, int last, double height[2])
{
    for (int tone = 0; tone < 2; tone++) {
        height[tone] = 0;
        for (int i = first; i <= last; i++)
            height[tone] += windows[i].height[tone];
        height[tone] /= last - first + 1;
    }
}

/* ---- edges ---- */

/* The envelope of both tones together, each counted by its height: 1 while they last. */
static double envelope(const struct window *window, const double height[2])
{
    return (window->height[0] * height[0] + window->height[1] * height[1]) / (height[0] * height[0] + height[1] * height[1]);
}

/* Where an edge lies between the centres of two windows, as a share of the way: straight, and bent as the envelope of an edge is. */
double dtmf_crossing(double inside, double outside)
{
    double straight = (inside - DTMF_HALF) / (inside - outside);

    return straight + 1.75 * (straight - 0.5) * straight * (1 - straight);
}

/* The same when there is no window further out: how far beyond the centre of the outermost the tone goes. */
static double beyond(double inside)
{
    double missing = (1 - inside) / (1 - DTMF_HALF);

    return missing < WHOLE ? 1 : 1 - sqrt(missing);
}

/* From a window whose centre is inside, the edge on one side (step -1 or 1); *index becomes the outermost such window. */
static double edge(const double *heights, int *index, int step)
{
    int limit = step < 0 ? 0 : DTMF_WINDOWS - 1;
    double way;

    while (*index != limit && heights[*index + step] >= DTMF_HALF)
        *index += step;
    way = *index == limit ? beyond(heights[*index]) : dtmf_crossing(heights[*index], heights[*index + step]);
    return dtmf_centre(*index) + step * DTMF_HOP * way;
}

/* How much higher the envelope is after the edge than before; before it, either tone counts. */
static double rise_at(const struct window *windows, const double *heights, int inside, const double height[2])
{
    const struct window *before = &windows[inside - 2];
    double low = fmax(before->height[0] / height[0], before->height[1] / height[1]);

    return fmax(0, fmin(1, heights[inside + 1]) - low);
}

/* How long the tones lasted before a short break that ends at *begin, which becomes when they began; 0: they did not. */
static double before_break(const double *heights, int inside, double *begin)
{
    int index = inside - 1;
    double broken_off, began;

    while (index > 0 && heights[index] < DTMF_HALF)
        index--;
    if (index <= 0)
        return 0;
    broken_off = dtmf_centre(index) + DTMF_HOP * dtmf_crossing(heights[index], heights[index + 1]);
    if (*begin - broken_off > BREAK_MOST)
        return 0;
    began = edge(heights, &index, -1);
    *begin = began;
    return broken_off - began;
}

/* The edges around `first` to `last`, which become the windows wholly between them. False: there are less than two. */
static bool find_edges(const struct window *windows, struct finding *found)
{
    int left = found->first, right = found->last, margin = right - left > 1 ? 1 : 0;
    double heights[DTMF_WINDOWS];

    mean_heights(windows, left + margin, right - margin, found->height); /* the outermost may be half in */
    for (int i = 0; i < DTMF_WINDOWS; i++)
        heights[i] = envelope(&windows[i], found->height);
    if (heights[left] < DTMF_HALF || heights[right] < DTMF_HALF)
        return false;
    found->begin = edge(heights, &left, -1);
    found->end = edge(heights, &right, 1);
    found->on = found->end - found->begin;
    found->rise = left < 2 || left == DTMF_WINDOWS - 1 ? -1 : rise_at(windows, heights, left, found->height);
    found->first = (int)fmax(found->first, ceil((found->begin - SLACK) / DTMF_HOP));
    found->last = (int)fmin(found->last, floor((found->end + SLACK - DTMF_WINDOW) / DTMF_HOP));
    found->broken = found->on + before_break(heights, left, &found->begin);
    return found->last > found->first;
}

/* ---- frequency and purity ---- */

/* How far the tone turns in one or two windows beyond what is nominal, all such pairs of windows taken together; in cycles. */
static double excess(const struct window *windows, const struct finding *found, int tone, int hops)
{
    struct turn sum = {0, 0}, nominal = nominal_step[found->probe[tone]];

    for (int i = found->first; i + hops <= found->last; i++) {
        struct turn advance = turn_back(windows[i + hops].sum[tone], windows[i].sum[tone]);

        sum.re += advance.re;
        sum.im += advance.im;
    }
    return turn_cycles(turn_back(sum, hops == 1 ? nominal : turn_times(nominal, nominal)));
}

/* From window to window the turn is clear up to 100 Hz; over two windows it is twice as sharp, but the same every 100 Hz. */
static double off_hz_of(const struct window *windows, const struct finding *found, int tone)
{
    const double hops_a_s = (double)SAMPLE_RATE_HZ / DTMF_HOP;
    double rough = excess(windows, found, tone, 1) * hops_a_s, sharp;

    if (found->last - found->first < 2)
        return rough;
    sharp = excess(windows, found, tone, 2) * hops_a_s / 2;
    return sharp + hops_a_s / 2 * floor((rough - sharp) / (hops_a_s / 2) + 0.5);
}

/* The power of what stands still at the frequency found, summed over the windows; *whole becomes that of the tone as it is. */
static double still_power(const struct window *windows, const struct finding *found, int tone, double *whole)
{
    struct turn step = turn_times(nominal_step[found->probe[tone]], turn_by(found->off_hz[tone] * DTMF_HOP / SAMPLE_RATE_HZ));
    struct turn sum = {0, 0}, at = {1, 0};

    *whole = 0;
    for (int i = found->first; i <= found->last; i++) {
        struct turn still = turn_back(windows[i].sum[tone], at);

        sum.re += still.re;
        sum.im += still.im;
        *whole += windows[i].height[tone] * windows[i].height[tone];
        at = turn_times(at, step);
    }
    return dtmf_power(sum) / (found->last - found->first + 1);
}

static double dial_power(const struct window *windows, const struct finding *found)
{
    struct turn advance = {0, 0};
    double power = 0, off_hz;

    for (int i = found->first; i <= found->last; i++) {
        power += dtmf_power(windows[i].dial);
        if (i > found->first) {
            struct turn one = turn_back(windows[i].dial, windows[i - 1].dial);

            advance.re += one.re;
            advance.im += one.im;
        }
    }
    off_hz = turn_cycles(turn_back(advance, nominal_step[DTMF_DIAL])) * SAMPLE_RATE_HZ / DTMF_HOP;
    return power / dtmf_left_of_power(fmax(-DIAL_OFF_MOST_HZ, fmin(DIAL_OFF_MOST_HZ, off_hz)));
}

static double flatness(const struct window *windows, const struct finding *found, int tone)
{
    double least = windows[found->first].height[tone], most = least;

    for (int i = found->first; i <= found->last; i++) {
        least = fmin(least, windows[i].height[tone]);
        most = fmax(most, windows[i].height[tone]);
    }
    return least / most;
}

void dtmf_measure(const struct window *windows, struct finding *found)
{
    double explained = 0, rest = -dial_power(windows, found);

    found->steady = found->flat = 1;
    mean_heights(windows, found->first, found->last, found->height);
    for (int tone = 0; tone < 2; tone++) {
        double whole, still;

        found->off_hz[tone] = off_hz_of(windows, found, tone);
        still = still_power(windows, found, tone, &whole);
        explained += still / dtmf_left_of_power(found->off_hz[tone]);
        found->steady = fmin(found->steady, still / whole);
        found->flat = fmin(found->flat, flatness(windows, found, tone));
    }
    for (int i = found->first; i <= found->last; i++)
        rest += windows[i].energy;
    found->explained = explained < EXPLAINED_MOST * rest ? explained / rest : 0;
}

/* Looks at all windows; false when both neighbours of `inside` differ from it: what follows needs two that are alike. */
static bool look_around(const int16_t *heard, int inside, const int probe[2], struct window *windows)
{
    int before = inside > 0 ? inside - 1 : inside, after = inside < DTMF_WINDOWS - 1 ? inside + 1 : inside;

    for (int i = before; i <= after; i++)
        look(heard, i, probe, &windows[i]);
    if ((before == inside || !similar(&windows[before], &windows[inside])) && (after == inside || !similar(&windows[after], &windows[inside])))
        return false;
    for (int i = 0; i < DTMF_WINDOWS; i++)
        if (i < before || i > after)
            look(heard, i, probe, &windows[i]);
    return true;
}

bool dtmf_find(const int16_t *heard, int inside, struct window *windows, struct finding *found)
{
    if (!look_around(heard, inside, found->probe, windows))
        return false;
    found->first = found->last = inside;
    while (found->first > 0 && similar(&windows[found->first - 1], &windows[inside]))
        found->first--;
    while (found->last < DTMF_WINDOWS - 1 && similar(&windows[found->last + 1], &windows[inside]))
        found->last++;
    return found->last > found->first && find_edges(windows, found);
}
