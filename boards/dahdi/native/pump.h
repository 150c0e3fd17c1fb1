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

/* ---- commands: op, and what port/other/value/value2/data/length mean for it --------------------------------------- */
#define PUMP_CHANNEL_OPEN 1   /* port; value = fd: from now on the pump's to read, write, drain and close */
#define PUMP_CHANNEL_CLOSE 2  /* port */
#define PUMP_CHANNEL_LISTEN 3 /* port; value = PUMP_HEAR_* bits: detectors to run on what the channel receives */
#define PUMP_PATCH 4          /* port = source, other = sink, value = gain in 1/100 dB */
#define PUMP_UNPATCH 5        /* port = source, other = sink */
#define PUMP_PLAY 6           /* port; data/length = A-law octets; value = 1: loop; value2 = first sample; comes back when it ends */
#define PUMP_TONE 7           /* port; data/length = struct pump_tone_step[]; value = index to loop to, -1: end; comes back when it ends */
#define PUMP_SOURCE_STOP 8    /* port of a player or tone */
#define PUMP_TAP_OPEN 9       /* port = left sink, port + 1 = right sink; data = struct pump_tap; comes back when closed */
#define PUMP_TAP_CLOSE 10     /* port = left sink */
#define PUMP_STATS 11         /* data = struct pump_stats to fill */
#define PUMP_CHANNEL_FLUSH 12 /* port; forget received and queued audio (after the driver reset its buffers) */

/* detectors of PUMP_CHANNEL_LISTEN */
#define PUMP_HEAR_KEYS 1          /* DTMF */
#define PUMP_HEAR_PROGRESS 2      /* dial, ringback, busy, congestion, unallocated tone (450 Hz, China) */
#define PUMP_HEAR_CALLER_ID 4     /* FSK caller id, Bell 202 */

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
};

/* ---- events -------------------------------------------------------------------------------------------------------- */
#define PUMP_DONE 1          /* serial; value = 0 or negative errno; played = samples played (play, tone) */
#define PUMP_LINE_EVENT 2    /* port; value = the driver's event number */
#define PUMP_KEY_DOWN 3      /* port; value = ASCII key */
#define PUMP_KEY_UP 4        /* port; value = ASCII key */
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

struct pump_event {
    uint32_t kind;
    uint32_t serial;
    int32_t port;
    int32_t value;
    uint64_t sample; /* when: the pump's sample count at the block in which it happened */
    uint64_t played;
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
    uint64_t clipped;          /* samples limited to full scale while mixing */
    uint32_t realtime;         /* 1: the thread runs under SCHED_FIFO */
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

/* G.711 A-law (ITU-T G.711, 16-bit samples) */
void pump_alaw_encode(const int16_t *samples, uint8_t *octets, size_t count);
void pump_alaw_decode(const uint8_t *octets, int16_t *samples, size_t count);

/* A caller id message (type, length, parameters; no checksum) as Bell 202 FSK in A-law at -13.5 dBm0; octets written,
 * or -EMSGSIZE. Seizure 300 bits, marks 180 bits, one stop bit. */
int pump_caller_id_render(const uint8_t *message, size_t length, uint8_t *octets, size_t most);

#endif
