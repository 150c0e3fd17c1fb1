/* parts.h - what the pump is made of, for its own files only.
 *
 * A pump is an array of ports. A port is free, or a channel, a player, a tone or half of a tap. The patches that leave a port
 * and those that enter it hang on it as two lists. Everything lies in memory that pump_new allocated; the one exception are the
 * detectors taken from spandsp, made when a port first listens with them and kept until pump_free.
 *
 * A tick obeys the commands, reads every channel, then works in rounds: a round is one block of time for the whole patch bay. A
 * stalled thread finds several blocks and works as many rounds, so nothing that was heard is missing in a recording.
 */
#ifndef STROWGER_PARTS_H
#define STROWGER_PARTS_H
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <pthread.h>
#include "pump.h"

#define EVENT_WAITS (-500) /* the driver's ELAST */
#define ALAW_SILENCE 0xD5
#define FLUSH_RECEIVED 1
#define FLUSH_TRANSMIT 2
#define SAMPLE_RATE_HZ 8000
#define CACHE_LINE 64

#define BLOCKS_MOST 8     /* blocks taken from one channel in one tick; what is beyond waits for the next */
#define QUIET_TICKS_MOST 5 /* ticks without any block after which time passes all the same */
#define RUNS_KEPT 16      /* on and off times that a cadence is judged by */

enum role { ROLE_FREE, ROLE_CHANNEL, ROLE_PLAYER, ROLE_TONE, ROLE_TAP, ROLE_TAP_RIGHT };

struct patch {
    struct port *source;
    struct port *sink;
    int32_t gain;   /* 1.0 is 1 << 14 */
    bool untouched; /* at 0 dB: octets may be copied */
    struct patch *next_of_source;
    struct patch *next_of_sink; /* also the list of free patches */
};

struct channel {
    int fd;
    bool failed;
    bool fresh; /* nothing was received since it was opened or flushed */
    bool late;  /* missed a round: of its next two blocks the older one is overdue */
    bool astride; /* its blocks may end at the very moment of a sweep: to be aligned */
    bool skipped; /* gave nothing in the last tick though it was giving */
    uint32_t slips; /* times it gave nothing and then two */
    uint32_t received; /* blocks in this tick */
    uint32_t overdue;  /* of them: those for detectors only */
    uint8_t blocks[BLOCKS_MOST][PUMP_BLOCK];
};

struct player {
    const uint8_t *octets;
    uint64_t length;
    uint64_t place;
    bool loop;
};

struct tone {
    const struct pump_tone_step *steps;
    uint32_t count;
    uint32_t index;
    int32_t loop_to;
    uint32_t left;    /* samples left of this step */
    double phase[2]; /* in cycles, 0 to 1 */
};

struct recording {
    struct pump_tap *tap;
    bool losing;
    uint64_t told; /* sample count when a loss was last told */
};

/* ---- detectors ---- */

struct notch {
    double x1, x2, y1, y2;
};

struct keys {
    struct notch notch[2];
    char key;         /* down, or released too shortly ago to tell; 0: none */
    bool released;
    uint32_t since_release; /* samples, counted in whole blocks */
};

enum heard { HEARD_OTHER, HEARD_TONE, HEARD_GAP };

struct run {
    enum heard what;
    uint32_t frames;
};

struct progress {
    double tone_power; /* running mean square of the tone, 0: none known */
    struct run now;
    uint32_t doubt_frames; /* the newest frames, when they do not look like `now` */
    struct run past[RUNS_KEPT]; /* the newest last */
    uint32_t past_count;
    int reported; /* PUMP_TONE_*, 0: none */
};

struct ears {
    struct pump *pump;
    int32_t port;
    uint32_t bits;
    void *dtmf; /* spandsp's receivers */
    void *adsi;
    struct keys keys;
    struct progress progress;
};

struct port {
    int32_t number;
    enum role role;
    uint32_t place; /* in the roster of its role */
    uint32_t serial;
    bool ended;     /* a source or tap that only has to say so */
    int32_t result;
    uint64_t played;
    struct patch *out;
    struct patch *in;
    uint32_t in_count;
    const uint8_t *octets; /* what it says in this round; NULL: silence */
    bool decoded;          /* linear holds the same */
    int16_t linear[PUMP_BLOCK];
    uint8_t block[PUMP_BLOCK];
    union {
        struct channel channel;
        struct player player;
        struct tone tone;
        struct recording recording;
    } as;
    struct ears ears;
};

struct roster {
    struct port **ports;
    uint32_t count;
};

struct ring {
    alignas(CACHE_LINE) _Atomic uint64_t written;
    alignas(CACHE_LINE) _Atomic uint64_t read;
};

struct pump {
    struct ring command_ring;
    struct ring event_ring;
    alignas(CACHE_LINE) _Atomic uint64_t samples;
    struct pump_limits limits;
    const struct pump_io *io;
    struct pump_command *commands;
    struct pump_event *events;
    struct port *ports;
    struct patch *patches;
    struct patch *free_patches;
    struct roster channels;
    struct roster sources; /* players and tones */
    struct roster taps;
    struct pump_stats stats;
    uint64_t lost_untold;
    uint32_t quiet_ticks;
    /* the thread */
    pthread_t thread;
    bool running;
    uint32_t astride; /* channels that wait for pump_align */
    int wake_fd;
    int wake;
    int event_fd;
    int stop_fd;
};

/* pump.c */
bool event_room(struct pump *pump);
bool event_push(struct pump *pump, const struct pump_event *event);        /* may be lost, counted */
bool event_push_vital(struct pump *pump, const struct pump_event *event);  /* uses the part kept free for it; false: try again later */
struct pump_event event_at(struct pump *pump, uint32_t kind, int32_t port, int32_t value);
struct port *port_at(struct pump *pump, int32_t number); /* NULL: no such port */
void port_employ(struct roster *roster, struct port *port, enum role role);
void port_dismiss(struct roster *roster, struct port *port);

/* channel.c */
int channel_open(struct pump *pump, struct port *port, int fd);
int channel_flush(struct pump *pump, struct port *port);
void channel_close(struct pump *pump, struct port *port);
uint32_t channels_sweep(struct pump *pump, uint32_t *rounds); /* blocks read */
void channels_listen(struct pump *pump, uint32_t round, uint32_t rounds);
void channels_speak(struct pump *pump);
uint32_t channels_align(struct pump *pump); /* channels moved */

/* patch.c */
int patch_make(struct pump *pump, struct port *source, struct port *sink, int32_t gain_centi_db);
void patch_break(struct pump *pump, struct port *source, struct port *sink);
void patch_break_all(struct pump *pump, struct port *port); /* as source and as sink */
const uint8_t *patch_mix(struct pump *pump, struct port *sink, uint8_t *room); /* PUMP_BLOCK octets: room, or somebody's own; NULL: silence */

/* source.c */
int player_start(struct pump *pump, struct port *port, const struct pump_command *command);
int tone_start(struct pump *pump, struct port *port, const struct pump_command *command);
void source_stop(struct port *port);
void sources_sound(struct pump *pump);
void sources_reap(struct pump *pump);

/* tap.c */
int tap_open(struct pump *pump, struct port *left, struct port *right, const struct pump_command *command);
void tap_end(struct port *left);
void taps_record(struct pump *pump);
void taps_reap(struct pump *pump);
void taps_abandon(struct pump *pump);

/* hear.c */
int ears_listen(struct pump *pump, struct port *port, uint32_t bits);
void ears_close(struct port *port);   /* the channel is gone; detectors are kept */
void ears_destroy(struct port *port); /* pump_free */
void ears_hear(struct port *port, const uint8_t *octets);
void ears_warm_up(void); /* spandsp builds tables at first use, without locks */

/* progress.c */
void progress_reset(struct progress *progress);
void progress_hear(struct ears *ears, const int16_t *samples);

#endif
