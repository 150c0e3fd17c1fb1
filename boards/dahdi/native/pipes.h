/* pipes.h - channels that are pairs of pipes, and the card at their other end: for measuring the pump with the system calls it makes.
 *
 * The card runs in a process of its own, by its own clock: every 20 ms it takes a block from each channel, gives each a block, and
 * raises the tick on which the pump wakes. Both processes see one `struct card`, in memory that they share.
 *
 * To the pump a channel's descriptor is its index. Audio that finds 4 blocks unread is lost, as with the driver's buffers. An event of
 * a line is a number that counts up; when the pump took it is kept, so that its way to Python can be timed.
 */
#ifndef STROWGER_PIPES_H
#define STROWGER_PIPES_H
#include <stddef.h>
#include <stdint.h>
#include "pump.h"

#define CARD_TICKS_KEPT 256
#define PIPES_EVENTS_KEPT 16384

struct pipe_ends {
    int32_t pump_reads, card_writes;
    int32_t pump_writes, card_reads;
};

struct card {
    uint32_t channels;
    uint32_t ticks_most;
    uint32_t events_a_tick; /* lines' events; may change while the card runs */
    uint32_t stop;          /* 1: end after this tick */
    uint32_t realtime;      /* 1: card and control thread run under SCHED_FIFO */
    uint32_t ticks;         /* done so far */
    uint64_t given;         /* blocks that went to the pump */
    uint64_t refused;       /* blocks that found the buffers full: lost */
    uint64_t taken;         /* blocks that came from the pump */
    uint64_t missed;        /* blocks that were not there when the line needed them: gaps, from the first block of a channel on */
    int64_t tick_ns[CARD_TICKS_KEPT]; /* CLOCK_MONOTONIC at which tick i % CARD_TICKS_KEPT was raised */
};

/* Behind the card: ticks_most numbers of how late its clock was, as many of the control thread (microseconds), and the
 * events that wait on each channel. */
size_t card_size(uint32_t channels, uint32_t ticks_most);
const uint32_t *card_lateness_us(const struct card *card);
const uint32_t *card_control_us(const struct card *card); /* a thread that does nothing but wake every 20 ms */

/* Runs until ticks_most or stop. Channel i says octets[(i * 7919 * PUMP_BLOCK + ...) % length]. 0 or a negative errno. */
int card_run(struct card *card, const struct pipe_ends *ends, const uint8_t *octets, size_t length, int tick_fd, int priority);

struct pipes;

struct pipes *pipes_new(struct card *card, const struct pipe_ends *ends); /* NULL: no memory; both must outlive it */
void pipes_free(struct pipes *pipes);
const struct pump_io *pipes_io(struct pipes *pipes);
/* From a tick to the moment at which the last channel was written, in microseconds; numbered by tick; UINT32_MAX: not written. */
const uint32_t *pipes_lateness_us(const struct pipes *pipes);
int64_t pipes_event_ns(const struct pipes *pipes, int32_t event); /* when the pump took it; 0: too long ago */
/* Processor time in ns that reading and writing alone takes for a block of each of so many channels, all of them in turn; at once after the
 * round before, or pace_ns after its begin, as the pump's rounds are. */
double pipes_floor_ns(const struct pipe_ends *ends, uint32_t channels, uint32_t rounds, int64_t pace_ns);

#endif
