/* parts.h - what the pump is made of, for its own files only.
 *
 * A pump is an array of ports. A port is free, or a channel, a player, a tone or half of a tap. What sounds at a port is a source: what it
 * gives, and of a channel also what it is given. The patches that leave a source and those that enter a port hang on them as lists. Everything lies in memory that pump_new allocated; the one exception are the
 * detectors that few ports need, made when a port first listens with them and kept until pump_free.
 *
 * A tick obeys the commands, reads every channel, then works in rounds: a round is one block of time for the whole patch bay. A
 * stalled thread finds several blocks and works as many rounds, so nothing that was heard is missing in a recording.
 *
 * With a thousand channels most of the time is spent waiting for memory. So what every tick looks at comes first in a port, line by line of
 * the cache; what is needed for mixing, for keys and after stalls only lies behind it and stays where it is. And the two loops that call the
 * kernel have the memory of the ports that come next fetched while it works for this one: a processor looks ahead by itself, but not across a
 * system call.
 */
#ifndef STROWGER_PARTS_H
#define STROWGER_PARTS_H
#include <stdalign.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <pthread.h>
#include "detect.h"
#include "dtmf.h"
#include "pump.h"

#define EVENT_WAITS (-500) /* the driver's ELAST */
#define ALAW_SILENCE 0xD5
#define MULAW_SILENCE 0xFF
#define FLUSH_RECEIVED 1
#define FLUSH_TRANSMIT 2
#define CACHE_LINE 64

#define DRIVER_BUFFERS 4 /* blocks that the driver keeps for a channel each way: what whoever opened it has configured */
#define BLOCKS_MOST 8     /* blocks taken from one channel in one tick; what is beyond waits for the next */
#define QUIET_TICKS_MOST 5 /* ticks without any block after which time passes all the same */

enum role { ROLE_FREE, ROLE_CHANNEL, ROLE_PLAYER, ROLE_TONE, ROLE_TAP, ROLE_TAP_RIGHT };

#define BLOCK_PART 40 /* samples: 5 ms, the length of a ramp */
#define BLOCK_PARTS (PUMP_BLOCK / BLOCK_PART)
#define LOUDEST_MOST 4    /* channels that a sink hears at once */
#define SUMS_KEPT 8       /* sums of a round that may be used again */
#define SUM_VOICES_MOST 8 /* by sums of so few voices */

struct patch {
    struct source *source;
    struct port *sink;
    float gain;     /* of the patch and both ends, 1 is 0 dB */
    float sounding; /* the gain at the end of the last round */
    int32_t gain_centi_db;
    bool shut; /* not among the loudest */
    struct patch *next_of_source;
    struct patch *next_of_sink; /* also the list of free patches */
};

struct loudness { /* mean squares */
    float level;
    float floor;
    float rank;      /* how far it comes before others */
    bool stands_out; /* from its own noise */
};

struct loudest {
    uint32_t count;
    float ranks[LOUDEST_MOST];
    struct patch *patches[LOUDEST_MOST];
};

struct voice {
    struct source *source;
    float from;
    float to;
};

struct sum {
    uint32_t count;
    uint32_t limited; /* samples */
    float limit_before;
    float limit_after;
    struct voice voices[SUM_VOICES_MOST];
    uint8_t law;
    uint8_t octets[PUMP_BLOCK];
};

struct source {
    const uint8_t *octets; /* what it says in this round; NULL: silence */
    struct patch *out;
    struct port *port;
    int32_t gain_centi_db; /* of whatever is taken from it */
    uint8_t law;
    bool decoded;   /* linear holds the same */
    bool converted; /* other_law holds the same */
    bool weighed;   /* loudness is that of this round */
    struct loudness loudness;
    struct forms *forms;
};

/* What else mixes make of the octets of a source. */
struct forms {
    int16_t linear[PUMP_BLOCK];
    uint8_t other_law[PUMP_BLOCK];
};

struct channel {
    int fd;
    bool failed;
    bool fresh; /* nothing was received since it was opened or flushed */
    bool late;  /* missed a round: of its next two blocks the older one is overdue */
    bool astride; /* its blocks may end at the very moment of a sweep: to be aligned */
    bool skipped; /* gave nothing in the last tick though it was giving */
    bool held;    /* nothing is written to it: the driver dials */
    uint32_t slips; /* times it gave nothing and then two */
    uint32_t received; /* blocks in this tick */
    uint32_t overdue;  /* of them: those for detectors only */
    struct pump_channel_stats stats;
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

struct fsk;

struct ears {
    uint32_t bits;
    int32_t port;
    struct pump *pump;
    struct fsk *bell_202; /* receivers of caller id; NULL: never asked for */
    struct fsk *v23;
    struct dtmf keys;
    struct detectors *others; /* NULL: never asked for */
};

#define BERT_WINDOW 32 /* octets in which step is judged */

struct pattern;

struct bert {
    const struct pattern *pattern; /* NULL: nothing is checked */
    struct pump_bit_stats stats;
    uint32_t place;     /* of the octet that comes next */
    uint32_t candidate; /* hunting: of the octet that should come next */
    uint32_t fitting;
    uint32_t octets_now; /* of this second */
    uint32_t errors_now;
    bool lost_now;
    bool ever; /* was in step once */
    uint8_t before;
    uint32_t window_place;
    uint32_t window_octets;
    uint32_t window_errors;
    uint8_t window[BERT_WINDOW];
};

struct port {
    alignas(CACHE_LINE) struct patch *in;
    uint32_t in_count;
    int32_t gain_centi_db; /* of all that it is given */
    float limit;           /* the limiter's gain at the end of the last round */
    int32_t number;
    enum role role;
    uint8_t law;
    bool ended; /* a source or tap that only has to say so */
    int32_t result;
    uint32_t place; /* in the roster of its role */
    uint32_t serial;
    uint64_t played;
    alignas(CACHE_LINE) union {
        struct channel channel;
        struct player player;
        struct tone tone;
        struct recording recording;
    } as;
    alignas(CACHE_LINE) struct source gives;
    alignas(CACHE_LINE) struct source given;                 /* a channel's ear */
    alignas(CACHE_LINE) uint8_t blocks[BLOCKS_MOST][PUMP_BLOCK]; /* of a channel: received in this tick */
    struct ears ears;
    struct bert *bert; /* NULL: bits were never checked here */
    uint8_t block[PUMP_BLOCK]; /* what a player or tone gives, what a channel is given when it is mixed */
    struct forms forms[2];     /* of what it gives, and of what it is given */
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
    struct sum sums[SUMS_KEPT + 1];
    uint32_t sums_made; /* in this round */
    struct roster channels;
    struct roster sources; /* players and tones */
    struct roster taps;
    uint32_t taps_ending;
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

/* law.c */
extern const uint8_t law_silence[2][PUMP_BLOCK];
bool use_avx2(void); /* false: the portable bodies */
void law_decode_shifted(int law, const uint8_t *octets, int16_t *samples, size_t count, int shift); /* samples without their last bits */

/* channel.c */
int channel_open(struct pump *pump, struct port *port, int fd, int law);
int channel_flush(struct pump *pump, struct port *port);
int channel_hold(struct pump *pump, struct port *port, bool held);
void channel_close(struct pump *pump, struct port *port);
uint32_t channels_sweep(struct pump *pump, uint32_t *rounds); /* blocks read */
void channels_say(struct pump *pump, uint32_t round, uint32_t rounds);    /* what each channel gives in this round */
void channels_speak(struct pump *pump, bool last_round);                  /* what each is given; in the last round it is sent */
void channels_listen(struct pump *pump, uint32_t round);                  /* detectors hear what each gave */
uint32_t channels_align(struct pump *pump); /* channels moved */

/* patch.c */
int patch_make(struct pump *pump, struct source *source, struct port *sink, int32_t gain_centi_db);
void patch_break(struct pump *pump, struct source *source, struct port *sink);
void patch_break_all(struct pump *pump, struct port *port); /* as source and as sink */
int patch_shape(struct port *port, int law, int32_t gives_centi_db, int32_t given_centi_db);
void patch_round(struct pump *pump); /* a new round begins */
const uint8_t *patch_mix(struct pump *pump, struct port *sink, uint8_t *room); /* PUMP_BLOCK octets: room, or somebody's own; NULL: silence */
void patch_fetch(struct port *const *sinks); /* for the mixes of the next three of these */
void source_say(struct source *source, const uint8_t *octets);  /* for this round */
const int16_t *source_linear(struct source *source);            /* of octets that are not NULL; for mixes, decoded once a round */

/* blocks.c, on PUMP_BLOCK samples */
void block_add(int32_t *sum, const int16_t *samples, float from, float to); /* a change of gain takes 5 ms */
void block_peaks(const int32_t *sum, int32_t *peaks);                        /* of BLOCK_PARTS parts */
uint32_t block_limit(int32_t *sum, float *gain);                             /* samples turned down; gain is the limiter's memory */
void block_pack(const int32_t *sum, int16_t *samples);
float block_power(const int16_t *samples); /* mean square */
void block_interleave(const uint8_t *left, const uint8_t *right, uint8_t *frames, uint64_t count);

/* conference.c */
void loudness_follow(struct loudness *loudness, float power);
bool loudest_wants(const struct loudest *loudest, float rank); /* would it be among them? */
void loudest_enter(struct loudest *loudest, struct patch *patch, float rank); /* whom it wants */

/* source.c */
int player_start(struct pump *pump, struct port *port, const struct pump_command *command);
int tone_start(struct pump *pump, struct port *port, const struct pump_command *command);
void source_stop(struct port *port);
void sources_sound(struct pump *pump);
void sources_reap(struct pump *pump);

/* tap.c */
int tap_open(struct pump *pump, struct port *left, struct port *right, const struct pump_command *command);
void tap_end(struct pump *pump, struct port *left);
void taps_record(struct pump *pump);
void taps_reap(struct pump *pump);
void taps_abandon(struct pump *pump);

/* bert.c */
int bert_check(struct port *port, int order);
int bert_stats(const struct port *port, struct pump_bit_stats *answer);
void bert_hear(struct bert *bert, const uint8_t *octets); /* a block of a channel whose bits are checked */
void bert_close(struct port *port);   /* the channel is gone; the memory is kept */
void bert_destroy(struct port *port); /* pump_free */
void bert_warm_up(void);

/* hear.c */
int ears_listen(struct pump *pump, struct port *port, uint32_t bits);
int ears_learn_tones(struct port *port, const void *windows, uint64_t length);
void ears_close(struct port *port);   /* the channel is gone; detectors are kept */
void ears_destroy(struct port *port); /* pump_free */
void ears_hear(struct port *port, const uint8_t *octets); /* a block; nothing is done when nobody listens */
/* Who of the detectors wants to know what the channel is given. */
#define HEAR_SENT (uint32_t)(PUMP_HEAR_PROGRESS | PUMP_HEAR_SENT_VOICE)
void ears_sent(struct port *port, const uint8_t *octets); /* the block that the channel is given now, when HEAR_SENT; NULL: silence */
void ears_warm_up(void); /* makes tables, without locks: before threads */

#endif
