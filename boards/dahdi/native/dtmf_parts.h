/* dtmf_parts.h - what the files of the key receiver share: windows, probes, findings. See dtmf.c for what they mean. */
#ifndef STROWGER_DTMF_PARTS_H
#define STROWGER_DTMF_PARTS_H
#include "dtmf.h"
#include "parts.h"

#define DTMF_ROWS 4
#define DTMF_DIAL 8   /* the probe of dial tone, after four rows and four columns */
#define DTMF_PROBES 9
#define DTMF_WINDOW 80 /* samples */
#define DTMF_HOP 40
#define DTMF_WINDOWS ((DTMF_HEARD - DTMF_WINDOW) / DTMF_HOP + 1)
#define DTMF_SHAPE_MEAN 0.54 /* of Hamming's window */
#define DTMF_PROBE_SCALE 8191.0
#define DTMF_HALF 0.5 /* of the envelope: there is an edge of the tone */

/* A complex number: how far something turned, or how much of a frequency is in a window and where it stands. */
struct turn {
    double re, im;
};

struct window {
    struct turn sum[2]; /* of row and column */
    struct turn dial;
    double height[2]; /* square roots of power */
    double energy;    /* power of everything */
};

/* What is known of a pair of tones. Powers are on the scale of dtmf_energy, times in samples of what is heard. */
struct finding {
    int probe[2];
    int first, last;  /* windows that lie wholly in the tones */
    double begin, end;
    double on;        /* since the last break */
    double broken;    /* the same, and what was before a short break */
    double rise;      /* of the envelope around the beginning, 0 to 1; negative: it is older than what is heard */
    double height[2];
    double off_hz[2]; /* from the nominal frequencies */
    double explained; /* share of the power: two tones that stand still */
    double steady;    /* share of the worse tone's power that stands still */
    double flat;      /* weakest window by the strongest */
};

extern const double dtmf_nominal_hz[DTMF_PROBES];

/* dtmf_sums.c: integers, the same on every processor */
int32_t dtmf_energy(const int16_t *samples);
void dtmf_compare(const int16_t *samples, const int *probe, int count, struct turn *sums);
double dtmf_power_of_level(double level_dbm0);
void dtmf_sums_warm_up(void);

/* dtmf_find.c */
bool dtmf_find(const int16_t *heard, int inside, struct window *windows, struct finding *found); /* times and rise; false: too short */
void dtmf_measure(const struct window *windows, struct finding *found);                            /* the rest of it */
void dtmf_look_for(const int16_t *heard, int index, const int probe[2], double height[2]);
double dtmf_crossing(double inside, double outside);
double dtmf_centre(int index);
double dtmf_left_of_power(double off_hz);
void dtmf_find_warm_up(void);

/* turn.c: with nothing but the four operations and the square root, which are rounded alike everywhere */
struct turn turn_by(double cycles);
double turn_cycles(struct turn turn); /* -0.5 to 0.5 */

static inline struct turn turn_times(struct turn a, struct turn b)
{
    return (struct turn){a.re * b.re - a.im * b.im, a.im * b.re + a.re * b.im};
}

static inline struct turn turn_back(struct turn a, struct turn b) /* a times the conjugate of b */
{
    return (struct turn){a.re * b.re + a.im * b.im, a.im * b.re - a.re * b.im};
}

static inline double turn_square(struct turn turn)
{
    return turn.re * turn.re + turn.im * turn.im;
}

/* The power in a window of a frequency whose sum this is, on the scale of dtmf_energy: a sine of peak p has the energy
 * p^2 / 2 * 80 * 0.54 / 2 (dtmf_energy halves), and a sum of length p * 21.6 * 8191. */
static inline double dtmf_power(struct turn sum)
{
    return turn_square(sum) * (1 / (DTMF_SHAPE_MEAN * DTMF_WINDOW * DTMF_PROBE_SCALE * DTMF_PROBE_SCALE));
}

#endif
