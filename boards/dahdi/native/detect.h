/* detect.h - the detectors beside that of keys, and what they share. For the pump's own files only.
 *
 * Every detector is a piece of memory: x_reset begins afresh, x_hear takes a block and adds what changed to `reports`. Nothing here knows
 * of pumps, ports or events; hear.c turns reports into events. A report's offset counts in samples from the beginning of the block; what was
 * known only later than it happened has a negative one.
 *
 * Sums over samples are made in integers, so they are the same on every processor.
 */
#ifndef STROWGER_DETECT_H
#define STROWGER_DETECT_H
#include <stdbool.h>
#include "pump.h"

#define SAMPLE_RATE_HZ 8000
#define FRAME 80 /* samples: 10 ms */
#define FRAME_MS 10
#define REPORTS_MOST 16 /* more than all detectors together can have to say in a block */

struct report {
    uint32_t kind; /* of struct pump_event, as are value and level */
    int32_t value;
    int32_t level;
    int32_t offset;
    uint64_t played;
};

struct reports {
    uint32_t count;
    struct report list[REPORTS_MOST];
};

void report_add(struct reports *reports, uint32_t kind, int32_t value, float power, int32_t offset);

/* ---- narrow.c: how strong one frequency is ---- */

#define POWER_0_DBM0 2.6055e8f /* mean square */

struct phasor {
    float real, imaginary;
};

/* A frequency and its sines for a frame of up to FRAME samples, a multiple of 8. */
struct probe {
    int16_t cosine[FRAME], sine[FRAME];
    int count;
    float frequency_hz;
    float scale;
    struct phasor turn; /* what a sine of this frequency turns by from one frame to the next */
};

void probe_tune(struct probe *probe, double frequency_hz, int count);
struct phasor probe_hear(const struct probe *probe, const int16_t *samples); /* its size squared is the mean square of that sine */
float mean_square(const int16_t *samples, int count);                           /* mean square; count as above */
int32_t level_from(float power);                                                /* 1/100 dBm0, not below -10000 */
float offset_of(struct phasor advance, float frame_s);           /* Hz beside a probe, of a sine that advanced so; +-1/2 / frame_s */
float widened(float offset_hz, float frame_s);                   /* by which a sine beside a probe is stronger than it looks */

static inline float phasor_power(struct phasor a)
{
    return a.real * a.real + a.imaginary * a.imaginary;
}

static inline struct phasor phasor_times(struct phasor a, struct phasor b)
{
    return (struct phasor){a.real * b.real - a.imaginary * b.imaginary, a.real * b.imaginary + a.imaginary * b.real};
}

/* a times the conjugate of b: what a is turned by against b */
static inline struct phasor phasor_against(struct phasor a, struct phasor b)
{
    return (struct phasor){a.real * b.real + a.imaginary * b.imaginary, a.imaginary * b.real - a.real * b.imaginary};
}

/* ---- progress.c ---- */

#define TONE_BANDS_MOST 12     /* different frequencies of a table */
#define TONE_SIGNATURES_MOST 8 /* different frequencies or pairs of them */
#define TONE_HISTORY 4         /* frames by which pairs are judged */
#define RUNS_KEPT 16           /* on and off times that a cadence is judged by */

struct signature {
    uint32_t bands; /* 1 or 2 */
    uint32_t probe[2];
    float least_hz[2];
    float most_hz[2];
    bool near;             /* the two are told apart by four frames only */
    struct phasor overlap; /* of the near ones */
};

struct tone_table {
    uint32_t windows;
    uint32_t signatures;
    uint32_t probes;
    bool paired; /* a signature of two is among them */
    struct pump_tone_window window[PUMP_TONE_WINDOWS_MOST];
    int32_t what[PUMP_TONE_WINDOWS_MOST][PUMP_TONE_ELEMENTS_MOST]; /* a signature's number, or a pause */
    struct signature signature[TONE_SIGNATURES_MOST];
    struct probe probe[TONE_BANDS_MOST];
};

#define SENT_KEPT 6 /* blocks that an echo may be late */

/* What the channel was given of late: a tone that is its echo is not the exchange's. */
struct sent {
    uint8_t octets[SENT_KEPT][PUMP_BLOCK];
    float power[SENT_KEPT]; /* mean square */
    bool sounding[SENT_KEPT];
    uint32_t newest;
    int law;
};

struct run {
    int32_t what;
    uint32_t frames;
    uint32_t unsteady; /* frames that differed from the run's level or frequency */
};

struct progress {
    struct tone_table table;
    struct phasor heard[TONE_HISTORY][TONE_BANDS_MOST];
    float power[TONE_HISTORY];
    float slope; /* mean square of the newest frame's steps from sample to sample */
    uint32_t newest;
    struct phasor advance[TONE_BANDS_MOST]; /* smoothed, from frame to frame */
    float shown[TONE_BANDS_MOST];           /* mean squares of the frames that tones are judged by */
    float tone_power;                       /* running mean square of the tone, 0: none known */
    float steady_power;                     /* of this run */
    float steady_hz;
    struct run now;
    uint32_t doubt_frames;      /* the newest frames, when they do not look like `now` */
    struct run past[RUNS_KEPT]; /* the newest last */
    uint32_t past_count;
    uint32_t reported; /* PUMP_TONE_*, 0: none */
};

int progress_learn(struct progress *progress, const void *windows, uint64_t length); /* -EINVAL: the table makes no sense; it begins afresh */
void progress_reset(struct progress *progress);
void progress_hear(struct progress *progress, const struct sent *sent, const int16_t *samples, struct reports *reports); /* sent: or NULL */
bool progress_knows(const struct progress *progress, float frequency_hz); /* is it one of its tones alone? */

/* ---- r2.c ---- */

#define R2_FREQUENCIES 6
#define R2_PARTS 4

struct r2 {
    bool backward;
    struct phasor heard[R2_PARTS][R2_FREQUENCIES];
    float power[R2_PARTS];
    uint32_t newest;
    int candidate;
    uint32_t seen;
    int signal; /* told, 0: none */
    float signal_power;
    uint32_t missed;
};

void r2_warm_up(void);
void r2_reset(struct r2 *r2, bool backward);
void r2_hear(struct r2 *r2, const int16_t *samples, struct reports *reports);

/* ---- fax.c ---- */

struct steady_tone { /* a run of frames of one frequency */
    struct phasor before[2];
    struct phasor advance;
    float mean;
    uint32_t frames;
    uint32_t missed;
    bool from_quiet; /* it began out of silence */
};

struct fax {
    struct steady_tone calling, answer;
    float power_before;
    uint32_t since_reversal;
    uint32_t reversals;
    int told; /* PUMP_FAX_* of the answer tone, 0: none */
};

void fax_warm_up(void);
void fax_reset(struct fax *fax);
void fax_hear(struct fax *fax, const int16_t *samples, struct reports *reports);

/* ---- voice.c ---- */

#define FLOOR_MINIMA 8

struct activity {
    float smooth;
    float minima[FLOOR_MINIMA]; /* of 200 ms each */
    uint32_t minimum;           /* the one being made */
    uint32_t frames;            /* of it */
    bool speaking;
    uint32_t hot;   /* frames above the threshold less those below */
    uint32_t begun; /* frames since the first of them */
    uint32_t quiet; /* frames */
    float sum;
    uint32_t counted;
};

void activity_reset(struct activity *activity);
void activity_hear(struct activity *activity, const int16_t *samples, struct reports *reports);

struct beep {
    float frequency_hz; /* of the run, 0: none */
    float power;
    uint32_t blocks;
    bool told;
};

void beep_reset(struct beep *beep);
void beep_hear(struct beep *beep, const int16_t *samples, const struct progress *excepted, struct reports *reports);

#define METER_BLOCKS 10

struct meter {
    float sum;
    uint32_t blocks;
};

void meter_reset(struct meter *meter);
void meter_hear(struct meter *meter, const int16_t *samples, struct reports *reports);

/* All that a channel may have beside the receiver of keys; made when it first listens with any of them. */
struct detectors {
    struct progress progress;
    struct r2 r2_forward, r2_backward;
    struct fax fax;
    struct sent sent;
    struct activity activity;
    struct activity sent_activity;
    struct beep beep;
    struct meter meter;
};

#endif
