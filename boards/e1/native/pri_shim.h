/* pri_shim.h - the border between Python and libpri: one D channel of ISDN PRI without file descriptors, clock or chance of its own.
 *
 * Python pushes the frames it received and pops those to send; both queues are bounded. Every call that can do something is given the time,
 * and libpri, whose gettimeofday, time and random are ours, knows no other. What libpri says happened is copied into an event at once: no
 * pointer of its own crosses the border. A call is named by a handle that is never used twice; a handle of a call that is over is refused.
 *
 * One thread. libpri cannot be told to forget a D channel, so everything it allocates for one is owned by that one's shim and freed with it.
 */
#ifndef STROWGER_PRI_SHIM_H
#define STROWGER_PRI_SHIM_H

#include <stdint.h>

#define PRI_SHIM_FRAME_MOST 1024 /* octets of a frame from address to information, without its check sequence */
#define PRI_SHIM_FRAMES 64 /* frames that wait in each direction */
#define PRI_SHIM_CALLS 128 /* calls at once */
#define PRI_SHIM_MESSAGES 32 /* remarks of libpri that wait to be read */
#define PRI_SHIM_MESSAGE_MOST 192
#define PRI_SHIM_NUMBER_MOST 32 /* with the zero at its end */
#define PRI_SHIM_TEXT_MOST 260
#define PRI_SHIM_MEMORY_MOST 8388608 /* octets that libpri may hold for one D channel */

/* what a command came to */
#define PRI_SHIM_DONE 0
#define PRI_SHIM_STALE -1 /* the call is over */
#define PRI_SHIM_REFUSED -2 /* libpri will not: wrong state, or a number it does not take */
#define PRI_SHIM_FULL -3 /* no room for another call or frame */

/* options of a D channel, one bit each */
#define PRI_SHIM_NETWORK 1 /* we are the network side */
#define PRI_SHIM_OVERLAP 2 /* a SETUP without Sending complete waits for more digits when nobody answers it */
#define PRI_SHIM_IN_BAND_DISCONNECT 4 /* a DISCONNECT with announcement comes as progress */
#define PRI_SHIM_HOLD 8
#define PRI_SHIM_SERVICE 16 /* maintenance messages (protocol discriminators 3 and 67) */
#define PRI_SHIM_FACILITY 32

/* kinds of event; the numbers are libpri's, but for the last */
enum pri_shim_kind {
    PRI_SHIM_UP = 1,
    PRI_SHIM_DOWN = 2,
    PRI_SHIM_RESTARTED = 3,
    PRI_SHIM_MISCONFIGURED = 4,
    PRI_SHIM_OFFERED = 5,
    PRI_SHIM_ALERTING = 7,
    PRI_SHIM_ANSWERED = 8,
    PRI_SHIM_RESTART_ACKNOWLEDGED = 10,
    PRI_SHIM_FACILITY_RECEIVED = 11,
    PRI_SHIM_MORE_DIGITS = 12,
    PRI_SHIM_PROCEEDING = 13,
    PRI_SHIM_SETUP_ACKNOWLEDGED = 14,
    PRI_SHIM_DISCONNECTING = 15,
    PRI_SHIM_NOTIFIED = 16,
    PRI_SHIM_PROGRESS = 17,
    PRI_SHIM_KEYPAD = 18,
    PRI_SHIM_SERVICE_CHANGED = 19,
    PRI_SHIM_SERVICE_ACKNOWLEDGED = 20,
    PRI_SHIM_HOLD_WANTED = 21,
    PRI_SHIM_HOLD_ACKNOWLEDGED = 22,
    PRI_SHIM_HOLD_REJECTED = 23,
    PRI_SHIM_RETRIEVE_WANTED = 24,
    PRI_SHIM_RETRIEVE_ACKNOWLEDGED = 25,
    PRI_SHIM_RETRIEVE_REJECTED = 26,
    PRI_SHIM_RELEASED = 100 /* the end of a call, once for each, whoever began it; value says how */
};

/* value of PRI_SHIM_RELEASED */
#define PRI_SHIM_BY_FAR_END 6 /* RELEASE or RELEASE COMPLETE, a status that denies the call, or the D channel's end */
#define PRI_SHIM_BY_US 9 /* what we asked for was acknowledged, or its timer ran out */
#define PRI_SHIM_BY_LIBRARY 0 /* nothing was left to be told to the far end, or libpri gave it up by itself */

#define PRI_SHIM_EXCLUSIVE 1 /* the channel and no other */
#define PRI_SHIM_COMPLETE 2 /* the number is whole */

enum pri_shim_command {
    PRI_SHIM_ACKNOWLEDGE_SETUP = 1, /* value 1: dial tone in band */
    PRI_SHIM_PROCEED = 2, /* value 1: in band */
    PRI_SHIM_SEND_PROGRESS = 3, /* in band; value: cause, or -1 */
    PRI_SHIM_ALERT = 4, /* value 1: in band */
    PRI_SHIM_ANSWER = 5,
    PRI_SHIM_HANG_UP = 6, /* value: cause */
    PRI_SHIM_NOTIFY = 7, /* value: notification */
    PRI_SHIM_SEND_HOLD = 8,
    PRI_SHIM_ACKNOWLEDGE_HOLD = 9,
    PRI_SHIM_REJECT_HOLD = 10, /* value: cause */
    PRI_SHIM_SEND_RETRIEVE = 11,
    PRI_SHIM_ACKNOWLEDGE_RETRIEVE = 12,
    PRI_SHIM_REJECT_RETRIEVE = 13, /* value: cause */
    PRI_SHIM_RESTART = 14, /* of a channel; no call */
    PRI_SHIM_SEND_SERVICE = 15 /* of a channel; no call; value: 0 in service, 1 maintenance, 2 out of service */
};

struct pri_shim;

struct pri_shim_event {
    int32_t kind;
    uint32_t call; /* 0: of none */
    int32_t channel; /* timeslot 1 ... 127; -1: none or any */
    int32_t cause; /* Q.850; -1: none */
    int32_t progress; /* libpri's bits, bit 3: in band */
    int32_t flags;
    int32_t value;
    int32_t bearer; /* information transfer capability; -1 none */
    int32_t layer1;
    int32_t called_plan; /* type of number << 4 | plan */
    int32_t calling_plan;
    int32_t calling_presentation;
    int32_t redirecting_plan;
    int32_t redirecting_presentation;
    int32_t redirecting_reason;
    char called[64]; /* or further digits */
    char calling[64]; /* of PRI_SHIM_ANSWERED: the number that answered, with its plan and presentation above */
    char redirecting[64];
    char name[64];
    char text[260]; /* user-user information, keypad digits, or what is wrong */
};

struct pri_shim_setup {
    int32_t channel;
    int32_t flags;
    int32_t bearer;
    int32_t layer1;
    int32_t called_plan;
    int32_t calling_plan;
    int32_t calling_presentation;
    int32_t redirecting_plan;
    int32_t redirecting_presentation;
    int32_t redirecting_reason;
    char called[32];
    char calling[32]; /* empty: not sent */
    char redirecting[32]; /* empty: not sent */
    char name[52];
    char text[132]; /* user-user information, empty: not sent */
};

struct pri_shim_counters {
    uint64_t frames_received;
    uint64_t frames_sent;
    uint64_t received_overflow; /* frames pushed when there was no room */
    uint64_t sent_overflow; /* frames of libpri for which there was no room: it sends them again */
    uint64_t messages_lost;
    uint64_t events_dropped; /* of calls that nobody knows */
    uint64_t orphans_removed; /* call records that a stray message made */
    uint64_t offers_refused; /* calls that came when there were PRI_SHIM_CALLS */
    uint64_t offers_answered; /* offers that nobody answered before the next message of their call, answered here */
    uint64_t calls_abandoned; /* ends that neither the far end nor libpri's timers brought */
    uint64_t memory_refused;
    uint64_t calls_live; /* records of libpri that live, one for the interface itself included once it is used */
    uint64_t blocks_live;
    uint64_t octets_live;
};

struct pri_shim *pri_shim_new(int switch_type, int options, uint64_t seed, int64_t now_us);
void pri_shim_free(struct pri_shim *shim);
int pri_shim_set_timer(struct pri_shim *shim, const char *name, int value);
int pri_shim_timer(struct pri_shim *shim, const char *name);
int pri_shim_push(struct pri_shim *shim, const uint8_t *frame, int octets);
int pri_shim_pop(struct pri_shim *shim, uint8_t *frame, int room);
int pri_shim_step(struct pri_shim *shim, int64_t now_us, struct pri_shim_event *event);
int64_t pri_shim_next_us(struct pri_shim *shim);
int pri_shim_set_up(struct pri_shim *shim, int64_t now_us, const struct pri_shim_setup *wanted, uint32_t *call);
int pri_shim_do(struct pri_shim *shim, int64_t now_us, int command, uint32_t call, int channel, int value);
/* Clear a call with DISCONNECT, and release it no sooner than for_ms later unless the far end does: until then it may listen. Whoever pops the
 * DISCONNECT adds what libpri cannot say in one, the progress indicator. reference: of a call that came, without its flag; 0: none to be known by.
 */
int pri_shim_hang_up_announced(struct pri_shim *shim, int64_t now_us, uint32_t call, int cause, int for_ms, int *reference);
int pri_shim_digits(struct pri_shim *shim, int64_t now_us, uint32_t call, const char *digits, int keypad);
int pri_shim_message(struct pri_shim *shim, char *text, int room);
void pri_shim_count(struct pri_shim *shim, struct pri_shim_counters *counters);

#endif
