/* pump.h - the whole border between Python and the media pump.
 *
 * Python decides, C moves samples. Commands go in by one bounded ring, events come out by another; one
 * file descriptor says that events wait. C never calls Python. Python declares exactly this file to cffi, so lines that
 * begin with # are limited to plain "#define NAME number", includes and the include guard.
 *
 * Threads: pump_submit and pump_poll belong to one thread (the reactor). pump_tick belongs to the pump thread, or to the
 * caller when no thread was started. Everything else happens before pump_start or after pump_stop.
 *
 * Units: samples are 8000 a second; a block is PUMP_BLOCK samples (20 ms); gain is in hundredths of a dB.
 * Results: 0 or a count; failures are negative errno values.
 */
#ifndef STROWGER_PUMP_H
#define STROWGER_PUMP_H
#include <stddef.h>
#include <stdint.h>

#define PUMP_BLOCK 160
#define PUMP_EVENT_DATA 256
#define PUMP_TONE_STEPS_MAX 256
#define PUMP_SINK_SOURCES_MAX 64
#define PUMP_TONE_WINDOWS_MOST 16
#define PUMP_TONE_ELEMENTS_MOST 8

/* ---- commands: op, and what port/other/value/value2/data/length mean for it --------------------------------------- */
#define PUMP_CHANNEL_OPEN 1   /* port; value = fd: from now on the pump's to read, write, drain and close; other = PUMP_LAW_* */
#define PUMP_CHANNEL_CLOSE 2  /* port */
#define PUMP_CHANNEL_LISTEN 3 /* port; value = PUMP_HEAR_* bits: detectors to run on what the channel receives */
#define PUMP_PATCH 4          /* port = source, or PUMP_EAR + channel: what it is given; other = sink, of an ear a tap's; value = gain in 1/100 dB */
#define PUMP_UNPATCH 5        /* port = source, other = sink */
#define PUMP_PLAY 6           /* port; data/length = octets; other = PUMP_LAW_*; value = 1: loop; value2 = first sample; comes back when it ends */
#define PUMP_TONE 7           /* port; data/length = struct pump_tone_step[]; value = index to loop to, -1: end; comes back when it ends */
#define PUMP_SOURCE_STOP 8    /* port of a player or tone */
#define PUMP_TAP_OPEN 9       /* port = left sink, port + 1 = right sink; data = struct pump_tap; comes back when closed */
#define PUMP_TAP_CLOSE 10     /* port = left sink */
#define PUMP_STATS 11         /* data = struct pump_stats to fill */
#define PUMP_CHANNEL_FLUSH 12 /* port; forget received and queued audio (after the driver reset its buffers) */
#define PUMP_CHANNEL_SHAPE 13 /* port; other = PUMP_LAW_*; value = gain of what it gives, value2 = of what it is given, -2400...1200, 1/100 dB */
#define PUMP_CHANNEL_STATS 14 /* port; data = struct pump_channel_stats to fill */
#define PUMP_CHANNEL_TONES 15 /* port; data/length = struct pump_tone_window[]: what PUMP_HEAR_PROGRESS recognises; copied at once */
#define PUMP_BITS_CHECK 16    /* port of a channel; value = PUMP_PATTERN_*: count bit errors in what it receives, from now on; 0: no more */
#define PUMP_BITS_STATS 17    /* port; data = struct pump_bit_stats to fill; -ENOENT when nothing is checked */
#define PUMP_CHANNEL_HOLD 18  /* port; value = 1: write nothing to it, for a write ends what the driver dials; 0: write again, begun afresh */
#define PUMP_MARK 19          /* comes back at once: its event's sample is the one from which on the commands around it hold */

/* detectors of PUMP_CHANNEL_LISTEN */
#define PUMP_HEAR_KEYS 1          /* DTMF */
#define PUMP_HEAR_PROGRESS 2      /* the tones given by PUMP_CHANNEL_TONES */
#define PUMP_HEAR_CALLER_ID 4     /* FSK caller id, Bell 202 */
#define PUMP_HEAR_CALLER_ID_V23 8 /* FSK caller id, V.23 */
#define PUMP_HEAR_R2_FORWARD 16   /* MFC register signals of the calling side, Q.441 */
#define PUMP_HEAR_R2_BACKWARD 32  /* of the called side */
#define PUMP_HEAR_FAX 64          /* CNG, answer tone, answer tone with phase reversals */
#define PUMP_HEAR_VOICE 128       /* whether there is more than the line's own noise: speech, but also tones */
#define PUMP_HEAR_BEEP 256        /* single steady tones other than those of PUMP_CHANNEL_TONES */
#define PUMP_HEAR_LEVEL 512       /* the level, every 200 ms */
#define PUMP_HEAR_SENT_VOICE 1024 /* as PUMP_HEAR_VOICE, of what the channel is given */

#define PUMP_EAR 0x1000000 /* added to the port of a channel: what that channel is given, as a source */

#define PUMP_LAW_A 0
#define PUMP_LAW_MU 1

struct pump_command {
    uint32_t op;
    uint32_t serial; /* comes back in the PUMP_DONE event; 0: no PUMP_DONE unless the command fails */
    int32_t port;
    int32_t other;
    int32_t value;
    int32_t value2;
    const void *data; /* Python keeps it alive until PUMP_DONE */
    uint64_t length;
};

struct pump_tone_step {
    double frequency1_hz; /* 0: none */
    double level1_dbm0;
    double frequency2_hz;
    double level2_dbm0;
    uint32_t duration_samples;
    double turn1; /* what the phase of frequency1 jumps by when the step begins, in cycles: 0.5 is a reversal */
};

/* A tone to be recognised: on, off, on, off ... and round again. */
struct pump_tone_element {
    float frequency1_least_hz; /* 0: a pause */
    float frequency1_most_hz;
    float frequency2_least_hz; /* 0: one frequency only; else above the first */
    float frequency2_most_hz;
    uint32_t least_ms;
    uint32_t most_ms;
};

struct pump_tone_window {
    uint32_t tone;   /* what PUMP_TONE_HEARD says: PUMP_TONE_* */
    uint32_t needed; /* runs that must fit, the newest of them to its least length */
    uint32_t steady; /* 1: level and frequency must not move, for what is known by one long tone alone */
    uint32_t element_count;
    struct pump_tone_element element[PUMP_TONE_ELEMENTS_MOST];
};

/* ---- events -------------------------------------------------------------------------------------------------------- */
#define PUMP_DONE 1          /* serial; value = 0 or negative errno; played = samples played (play, tone) */
#define PUMP_LINE_EVENT 2    /* port; value = the driver's event number */
#define PUMP_KEY_DOWN 3      /* port; value = ASCII key; sample = when its sound began; level = mean power of its tones */
#define PUMP_KEY_UP 4        /* port; value = ASCII key; sample = when its sound ended; played = how long it was; level */
#define PUMP_TONE_HEARD 5    /* port; value = PUMP_TONE_* recognised */
#define PUMP_TONE_GONE 6     /* port; value = PUMP_TONE_* that ended */
#define PUMP_CALLER_ID 7     /* port; data/length = message without checksum octet, checksum was right */
#define PUMP_CHANNEL_FAILED 8 /* port; value = negative errno of read or write: the channel is gone, close it */
#define PUMP_TAP_LOST 9      /* port = left sink; played = frames lost so far */
#define PUMP_STALLED 10      /* value = blocks that came at once: the thread was late */
#define PUMP_EVENTS_LOST 11  /* value = events dropped because nobody polled */

#define PUMP_TONE_DIAL 1
#define PUMP_TONE_RINGBACK 2
#define PUMP_TONE_BUSY 3
#define PUMP_TONE_CONGESTION 4
#define PUMP_TONE_UNALLOCATED 5
#define PUMP_TONE_SPECIAL_DIAL 6
#define PUMP_TONE_INFORMATION 7

#define PUMP_R2_HEARD 12     /* port; value = signal 1...15, plus PUMP_R2_IS_BACKWARD when it is a backward one */
#define PUMP_R2_GONE 13      /* the same */
#define PUMP_FAX_HEARD 14    /* port; value = PUMP_FAX_* */
#define PUMP_FAX_GONE 15     /* port; value = PUMP_FAX_ANSWER or PUMP_FAX_REVERSALS */
#define PUMP_VOICE_BEGAN 16  /* port; value = 1: in what the channel is given, 0: in what it gives; level = that of the first 50 ms */
#define PUMP_VOICE_ENDED 17  /* port; value as above; told 200 ms later; level = that of all of it */
#define PUMP_BEEP_BEGAN 18   /* port; value = frequency in Hz; told after 80...120 ms */
#define PUMP_BEEP_ENDED 19   /* port; value = frequency in Hz; played = how long it was, in samples */
#define PUMP_LEVEL 20        /* port; level = that of the last 200 ms */
#define PUMP_LINE_EVENTS_FULL 21 /* port; the driver's queue held all that it can: there may have been more */

#define PUMP_R2_IS_BACKWARD 16
#define PUMP_FAX_CNG 1       /* a calling fax: 1100 Hz for half a second; told when it is over */
#define PUMP_FAX_ANSWER 2    /* 2100 Hz, steady for half a second */
#define PUMP_FAX_REVERSALS 3 /* 2100 Hz whose phase was reversed twice, 450 ms apart: echo cancellers have to go */

struct pump_event {
    uint32_t kind;
    uint32_t serial;
    int32_t port;
    int32_t value;
    uint64_t sample; /* when it happened: the pump's sample count at the block plus the place in the block */
    uint64_t played;
    int32_t level; /* 1/100 dBm0; INT32_MIN: unknown */
    uint32_t length;
    uint8_t data[PUMP_EVENT_DATA];
};

/* A recorder tap's ring: frames of two octets (left, right). Written by the pump, read by one other thread. */
struct pump_tap {
    uint8_t *frames;          /* capacity * 2 octets */
    uint64_t capacity;        /* in frames, a power of two */
    uint64_t written;         /* frames ever written; atomic, release */
    uint64_t read;            /* frames ever read; atomic, release */
    uint64_t lost;            /* frames that found the ring full; atomic */
    uint64_t origin;          /* the frame that lies at the beginning of the ring; the pump moves it when all is read */
    uint32_t closed;          /* 1 after PUMP_TAP_CLOSE was done; atomic */
};

struct pump_stats {
    uint64_t ticks;
    uint64_t samples;
    uint64_t stalls;
    uint64_t blocks_late;      /* blocks beyond the first in one tick */
    uint64_t blocks_missing;   /* a channel had no block when the others had */
    uint64_t writes_refused;   /* the driver's buffers were full */
    uint64_t events_lost;
    uint64_t commands_refused; /* commands that made no sense */
    uint64_t channels;
    uint64_t patches;
    uint64_t clipped;          /* samples that the limiter turned down while mixing */
    uint64_t overflows;        /* sums over all channels since the start; see struct pump_channel_stats */
    uint64_t underflows;
    uint64_t failures;
    uint32_t realtime;         /* 1: the thread runs under SCHED_FIFO */
    uint32_t locked;           /* PUMP_LOCKED_* */
};

#define PUMP_LOCKED_NOTHING 0 /* what the pump works on may be swapped out: a gap of as long as the disk takes */
#define PUMP_LOCKED_OWN 1     /* ports, patches and rings stay in memory; recordings and prompts may not */
#define PUMP_LOCKED_ALL 2     /* the whole process stays in memory */

/* A channel since it was opened. */
struct pump_channel_stats {
    uint64_t blocks_read;
    uint64_t blocks_written;
    uint64_t blocks_late;    /* blocks beyond the first in one tick */
    uint64_t blocks_missing; /* it had no block when the others had */
    uint64_t overflows;      /* ticks that found every receive buffer of the driver full: audio before them may be lost */
    uint64_t underflows;     /* blocks of silence that the line was sent because the pump was late */
    uint64_t writes_refused; /* blocks for which the driver had no buffer */
    uint64_t line_events;
    int32_t failure;         /* negative errno by which it failed, 0: it works */
};

/* Bit errors on a channel since PUMP_BITS_CHECK (bert.c). Seconds are of 8000 octets, from when the pattern was found first. */
struct pump_bit_stats {
    uint64_t waited_octets; /* received before the pattern was found first */
    uint64_t octets;        /* received since then */
    uint64_t bits_checked;  /* of them: in step with the pattern */
    uint64_t bit_errors;
    uint64_t seconds;
    uint64_t errored_seconds;          /* with an error, or out of step (G.821) */
    uint64_t severely_errored_seconds; /* with more than one errored bit in a thousand, or out of step */
    uint64_t lost_seconds;             /* out of step, if only for a moment */
    uint64_t losses;                   /* times the pattern was lost */
    uint64_t slips;                    /* times it was found again at another place */
    int64_t slipped_octets;            /* their sum: octets that were lost, less those that came twice */
    uint32_t in_step;
    uint32_t pattern;
};

struct pump_limits {
    uint32_t ports;
    uint32_t patches;
    uint32_t commands; /* ring sizes, powers of two */
    uint32_t events;
};

/* How the pump reaches a channel. Every function returns a count, 0, or a negative errno. Read and write fail with
 * -500 (the driver's ELAST) while an event waits; next_event pops one, 0 when there is none. flush: bit 1 received audio,
 * bit 2 audio queued for transmission. */
struct pump_io {
    void *context;
    int (*read)(void *context, int fd, uint8_t *octets, size_t count);
    int (*write)(void *context, int fd, const uint8_t *octets, size_t count);
    int (*next_event)(void *context, int fd);
    int (*flush)(void *context, int fd, int what);
    int (*close)(void *context, int fd);
};

struct pump;

const struct pump_io *pump_io_kernel(void); /* /dev/dahdi */

struct pump *pump_new(const struct pump_limits *limits, const struct pump_io *io); /* NULL: no memory or bad limits */
void pump_free(struct pump *pump);                                                  /* closes channels still open */
int pump_submit(struct pump *pump, const struct pump_command *command);             /* -EAGAIN: ring full */
int pump_submit_all(struct pump *pump, const struct pump_command *commands, uint32_t count); /* obeyed at one block; -EAGAIN: not room for all, none taken */
uint32_t pump_room(struct pump *pump);                                              /* commands that the ring takes now, at least */
int pump_poll(struct pump *pump, struct pump_event *events, int most);              /* events copied out */
int pump_tick(struct pump *pump);                                                    /* one sweep; blocks handled */
int pump_align(struct pump *pump); /* moves the block borders of channels that need it to this moment, between two ticks; channels moved */
uint64_t pump_samples(struct pump *pump);                                            /* any thread */

/* The thread: waits on wake_fd, sweeps, writes 8 octets to event_fd (an eventfd) when events wait.
 * wake: PUMP_WAKE_COUNTER reads an 8-octet counter (timerfd, eventfd); PUMP_WAKE_DAHDI polls and acknowledges /dev/dahdi/timer. */
#define PUMP_WAKE_COUNTER 1
#define PUMP_WAKE_DAHDI 2
int pump_start(struct pump *pump, int wake_fd, int wake, int event_fd, int priority); /* priority 0: normal */
int pump_stop(struct pump *pump);

/* frames copied to octets (2 each), at most `most` frames; the reading end of a tap */
uint64_t pump_tap_read(struct pump_tap *tap, uint8_t *octets, uint64_t most);
/* The same into files: of each tap all frames that wait, at its file's present place. results: frames written, or a negative errno: then it is
 * not known how much of the ring is in the file, and no more can be got of it; the others are written all the same. */
void pump_taps_write(struct pump_tap *const *taps, const int *fds, int64_t *results, uint32_t count);

/* G.711 octets and 16-bit samples. A-law is what prompts and recordings are kept in. */
void pump_law_encode(int law, const int16_t *samples, uint8_t *octets, size_t count);
void pump_law_decode(int law, const uint8_t *octets, int16_t *samples, size_t count);
void pump_law_convert(int law, const uint8_t *octets, uint8_t *converted, size_t count); /* from this law to the other one */
void pump_alaw_encode(const int16_t *samples, uint8_t *octets, size_t count);
void pump_alaw_decode(const uint8_t *octets, int16_t *samples, size_t count);

/* Which bodies the vector code runs from now on, in every pump; the results are the same to the bit. Without a choice: the best that
 * the processor has. -ENOTSUP: it has not this one. */
#define PUMP_ISA_PORTABLE 0
#define PUMP_ISA_AVX2 1
int pump_use_isa(int isa);
int pump_isa(void);

/* The keys in a whole piece of sound, by our receiver or by spandsp's as it comes; how many there are, of which at most `most` are given. Whole
 * blocks only. */
#define PUMP_RECEIVER_OWN 0
#define PUMP_RECEIVER_SPANDSP 1
struct pump_key_found {
    int32_t key;   /* ASCII */
    int32_t begin; /* samples; spandsp's are the ends of blocks */
    int32_t end;
    int32_t told;  /* when it was certain */
    int32_t level; /* 1/100 dBm0 */
};
int pump_find_keys(int receiver, int law, const uint8_t *octets, size_t count, struct pump_key_found *found, int most);

/* Test patterns: pseudo-random bits, the most significant of an octet first (O.150 5.2, 5.3). A loop of as many octets as the pattern has bits. */
#define PUMP_PATTERN_2E11 11
#define PUMP_PATTERN_2E15 15
#define PUMP_PATTERN_OCTETS_MOST 32767
int pump_pattern(int pattern, uint8_t *octets, size_t most); /* octets of the loop, or -EINVAL, -EMSGSIZE */

#define PUMP_MODEM_BELL_202 0
#define PUMP_MODEM_V23 1

struct pump_caller_id_style {
    uint32_t modem;
    uint32_t seizure_bits; /* 0101..., at most 4000 */
    uint32_t mark_bits;    /* at most 4000 */
    int32_t level;         /* 1/100 dBm0, -6000...300 */
};

/* A caller id message (type, length, parameters; no checksum) as FSK in A-law; octets written, or -EMSGSIZE, -EINVAL. */
int pump_caller_id_render(const struct pump_caller_id_style *style, const uint8_t *message, size_t length, uint8_t *octets, size_t most);

#endif
