/* wire.c - the simulated driver's buffers, with the rules of the real one.
 *
 * Each direction is a ring of equal buffers inside one fixed array, so nothing is allocated after wires_new. Of the receive ring, the
 * buffer being filled is invisible until it is full. Of the transmit ring, a buffer is as long as the write that made it.
 */
#define _GNU_SOURCE
#include "wire.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define EVENT_WAITS 500 /* the driver's ELAST */
#define BLOCK_LEAST 16
#define BLOCK_AT_OPEN 1024
#define BUFFERS_LEAST 2
#define BUFFERS_MOST 32
#define POLICY_IMMEDIATE 0
#define POLICY_WHEN_FULL 1
#define POLICY_HALF_FULL 2
#define FLUSH_RECEIVED 1
#define FLUSH_TRANSMIT 2
#define FLUSH_EVENTS 4
#define ALAW_SILENCE 0xD5

struct queue {
    uint8_t octets[WIRE_BUFFERS_TOTAL];
    uint32_t length[BUFFERS_MOST];
    uint32_t first; /* the oldest whole buffer */
    uint32_t whole; /* whole buffers */
    uint32_t place; /* receive: octets in the buffer being filled; transmit: octets of the oldest already sent */
};

struct wire {
    pthread_mutex_t lock;
    int open;
    int unplugged;
    int written;
    uint8_t idle;
    uint32_t block;
    uint32_t buffers;
    int policy;
    int held; /* transmit policy: not started yet */
    struct queue received;
    struct queue transmit;
    int events[WIRE_EVENTS];
    uint32_t first_event;
    uint32_t events_waiting;
    struct wire_counters counters;
};

struct wires {
    struct pump_io io;
    uint32_t count;
    int32_t first_fd;
    uint64_t closings; /* atomic */
    struct wire wire[];
};

static struct wire *lock_wire(struct wires *wires, int fd)
{
    int64_t index = (int64_t)fd - wires->first_fd;

    if (index < 0 || index >= (int64_t)wires->count)
        return NULL;
    pthread_mutex_lock(&wires->wire[index].lock);
    return &wires->wire[index];
}

static int unlock_wire(struct wire *wire, int result)
{
    pthread_mutex_unlock(&wire->lock);
    return result;
}

static void empty_queue(struct queue *queue)
{
    queue->first = 0;
    queue->whole = 0;
    queue->place = 0;
}

static void empty_transmit(struct wire *wire)
{
    empty_queue(&wire->transmit);
    wire->held = wire->policy == POLICY_WHEN_FULL || wire->policy == POLICY_HALF_FULL;
}

static void empty_events(struct wire *wire)
{
    wire->first_event = 0;
    wire->events_waiting = 0;
}

/* ---- life ---- */

static int io_read(void *context, int fd, uint8_t *octets, size_t count)
{
    return wire_read(context, fd, octets, count);
}

static int io_write(void *context, int fd, const uint8_t *octets, size_t count)
{
    return wire_write(context, fd, octets, count);
}

static int io_next_event(void *context, int fd)
{
    return wire_next_event(context, fd);
}

static int io_flush(void *context, int fd, int what)
{
    return wire_flush(context, fd, what);
}

static int io_close(void *context, int fd)
{
    return wire_close(context, fd);
}

struct wires *wires_new(uint32_t count, int32_t first_fd)
{
    struct wires *wires;

    if (first_fd < 0 || count > (uint32_t)(INT32_MAX - first_fd))
        return NULL;
    wires = calloc(1, sizeof(*wires) + (size_t)count * sizeof(struct wire));
    if (wires == NULL)
        return NULL;
    wires->count = count;
    wires->first_fd = first_fd;
    wires->io = (struct pump_io){wires, io_read, io_write, io_next_event, io_flush, io_close};
    for (uint32_t i = 0; i < count; i++) {
        pthread_mutex_init(&wires->wire[i].lock, NULL);
        wires->wire[i].idle = ALAW_SILENCE;
    }
    return wires;
}

void wires_free(struct wires *wires)
{
    if (wires == NULL)
        return;
    for (uint32_t i = 0; i < wires->count; i++)
        pthread_mutex_destroy(&wires->wire[i].lock);
    free(wires);
}

const struct pump_io *wires_io(struct wires *wires)
{
    return &wires->io;
}

/* ---- channel side ---- */

int wire_open(struct wires *wires, int fd, uint8_t idle)
{
    struct wire *wire = lock_wire(wires, fd);

    if (wire == NULL)
        return -EBADF;
    if (wire->unplugged)
        return unlock_wire(wire, -ENODEV);
    if (wire->open)
        return unlock_wire(wire, -EBUSY);
    wire->open = 1;
    wire->written = 0;
    wire->idle = idle;
    wire->block = BLOCK_AT_OPEN;
    wire->buffers = BUFFERS_LEAST;
    wire->policy = POLICY_IMMEDIATE;
    empty_queue(&wire->received);
    empty_transmit(wire);
    empty_events(wire);
    return unlock_wire(wire, 0);
}

int wire_is_open(struct wires *wires, int fd)
{
    struct wire *wire = lock_wire(wires, fd);

    return wire == NULL ? -EBADF : unlock_wire(wire, wire->open);
}

int wire_configure(struct wires *wires, int fd, int block, int buffers, int policy)
{
    struct wire *wire;

    if (block < BLOCK_LEAST || block > WIRE_BUFFER_MOST || buffers < 0 || (int64_t)block * buffers > WIRE_BUFFERS_TOTAL)
        return -EINVAL;
    wire = lock_wire(wires, fd);
    if (wire == NULL)
        return -EBADF;
    if (!wire->open)
        return unlock_wire(wire, -EBADF);
    wire->block = (uint32_t)block;
    wire->buffers = buffers < BUFFERS_LEAST ? BUFFERS_LEAST : buffers > BUFFERS_MOST ? BUFFERS_MOST : (uint32_t)buffers;
    wire->policy = policy & 3;
    empty_queue(&wire->received);
    empty_transmit(wire);
    return unlock_wire(wire, 0);
}

/* What read and write check before they look at data. */
static int refusal(const struct wire *wire)
{
    if (!wire->open)
        return -EBADF;
    if (wire->unplugged)
        return -ENODEV;
    return wire->events_waiting > 0 ? -EVENT_WAITS : 0;
}

int wire_read(struct wires *wires, int fd, uint8_t *octets, size_t count)
{
    struct wire *wire = lock_wire(wires, fd);
    struct queue *received;
    size_t taken;
    int refused;

    if (wire == NULL)
        return -EBADF;
    refused = count == 0 ? -EINVAL : refusal(wire);
    if (refused != 0)
        return unlock_wire(wire, refused);
    received = &wire->received;
    if (received->whole == 0)
        return unlock_wire(wire, -EAGAIN);
    taken = count < wire->block ? count : wire->block; /* the tail, if any, goes with the buffer */
    memcpy(octets, received->octets + (size_t)received->first * wire->block, taken);
    received->first = (received->first + 1) % wire->buffers;
    received->whole--;
    return unlock_wire(wire, (int)taken);
}

int wire_write(struct wires *wires, int fd, const uint8_t *octets, size_t count)
{
    struct wire *wire = lock_wire(wires, fd);
    struct queue *transmit;
    uint32_t last, taken;
    int refused;

    if (wire == NULL)
        return -EBADF;
    refused = count == 0 ? -EINVAL : refusal(wire);
    if (refused != 0)
        return unlock_wire(wire, refused);
    wire->written = 1; /* a write without room cancels kernel tones as well */
    transmit = &wire->transmit;
    if (transmit->whole == wire->buffers)
        return unlock_wire(wire, -EAGAIN);
    taken = count < wire->block ? (uint32_t)count : wire->block;
    last = (transmit->first + transmit->whole) % wire->buffers;
    memcpy(transmit->octets + (size_t)last * wire->block, octets, taken);
    transmit->length[last] = taken;
    transmit->whole++;
    if (transmit->whole == wire->buffers || (wire->policy == POLICY_HALF_FULL && transmit->whole * 2 >= wire->buffers))
        wire->held = 0;
    return unlock_wire(wire, (int)taken);
}

int wire_next_event(struct wires *wires, int fd)
{
    struct wire *wire = lock_wire(wires, fd);
    int event = 0;

    if (wire == NULL)
        return -EBADF;
    if (!wire->open)
        return unlock_wire(wire, -EBADF);
    if (wire->events_waiting > 0) {
        event = wire->events[wire->first_event];
        wire->first_event = (wire->first_event + 1) % WIRE_EVENTS;
        wire->events_waiting--;
    }
    return unlock_wire(wire, event);
}

int wire_flush(struct wires *wires, int fd, int what)
{
    struct wire *wire = lock_wire(wires, fd);

    if (wire == NULL)
        return -EBADF;
    if (!wire->open)
        return unlock_wire(wire, -EBADF);
    if (what & FLUSH_RECEIVED)
        empty_queue(&wire->received);
    if (what & FLUSH_TRANSMIT)
        empty_transmit(wire);
    if (what & FLUSH_EVENTS)
        empty_events(wire);
    return unlock_wire(wire, 0);
}

int wire_start(struct wires *wires, int fd)
{
    struct wire *wire = lock_wire(wires, fd);

    if (wire == NULL)
        return -EBADF;
    if (!wire->open)
        return unlock_wire(wire, -EBADF);
    wire->held = 0;
    return unlock_wire(wire, wire->transmit.whole == 0);
}

int wire_poll(struct wires *wires, int fd)
{
    struct wire *wire = lock_wire(wires, fd);
    int ready = 0;

    if (wire == NULL)
        return -EBADF;
    if (!wire->open)
        return unlock_wire(wire, -EBADF);
    if (wire->unplugged)
        ready |= POLLERR | POLLHUP;
    if (wire->received.whole > 0)
        ready |= POLLIN;
    if (wire->transmit.whole < wire->buffers)
        ready |= POLLOUT;
    if (wire->events_waiting > 0)
        ready |= POLLPRI;
    return unlock_wire(wire, ready);
}

int wire_close(struct wires *wires, int fd)
{
    struct wire *wire = lock_wire(wires, fd);

    if (wire == NULL)
        return -EBADF;
    if (!wire->open)
        return unlock_wire(wire, -EBADF);
    wire->open = 0;
    empty_queue(&wire->received);
    empty_transmit(wire);
    empty_events(wire);
    __atomic_fetch_add(&wires->closings, 1, __ATOMIC_RELEASE);
    return unlock_wire(wire, 0);
}

uint64_t wires_closings(struct wires *wires)
{
    return __atomic_load_n(&wires->closings, __ATOMIC_ACQUIRE);
}

/* ---- line side ---- */

int wire_raise(struct wires *wires, int fd, int event)
{
    struct wire *wire = lock_wire(wires, fd);

    if (wire == NULL)
        return -EBADF;
    if (!wire->open || wire->events_waiting == WIRE_EVENTS) {
        wire->counters.events_lost++;
        return unlock_wire(wire, 0);
    }
    wire->events[(wire->first_event + wire->events_waiting) % WIRE_EVENTS] = event;
    wire->events_waiting++;
    return unlock_wire(wire, 1);
}

static void receive(struct wire *wire, const uint8_t *octets, size_t count)
{
    struct queue *received = &wire->received;

    while (count > 0) {
        uint32_t filling = (received->first + received->whole) % wire->buffers;
        uint32_t room = wire->block - received->place;
        uint32_t part = count < room ? (uint32_t)count : room;

        if (received->whole == wire->buffers) {
            wire->counters.overflowed += count;
            return;
        }
        memcpy(received->octets + (size_t)filling * wire->block + received->place, octets, part);
        octets += part;
        count -= part;
        received->place += part;
        if (received->place == wire->block) {
            received->place = 0;
            received->whole++;
        }
    }
}

static void transmit(struct wire *wire, uint8_t *octets, size_t count)
{
    struct queue *queue = &wire->transmit;

    while (count > 0) {
        uint32_t rest = queue->whole > 0 ? queue->length[queue->first] - queue->place : 0;
        uint32_t part = count < rest ? (uint32_t)count : rest;

        if (queue->whole == 0 || wire->held) {
            memset(octets, wire->idle, count);
            wire->counters.underrun += count;
            return;
        }
        memcpy(octets, queue->octets + (size_t)queue->first * wire->block + queue->place, part);
        octets += part;
        count -= part;
        queue->place += part;
        if (part == rest) {
            queue->place = 0;
            queue->first = (queue->first + 1) % wire->buffers;
            queue->whole--;
            if (queue->whole == 0)
                wire->held = wire->policy == POLICY_WHEN_FULL || wire->policy == POLICY_HALF_FULL;
        }
    }
}

int wire_exchange(struct wires *wires, int fd, const uint8_t *from_line, uint8_t *to_line, size_t count)
{
    struct wire *wire = lock_wire(wires, fd);

    if (wire == NULL)
        return -EBADF;
    if (wire->open && !wire->unplugged) {
        if (from_line != NULL)
            receive(wire, from_line, count);
        if (to_line != NULL)
            transmit(wire, to_line, count);
    } else if (to_line != NULL) {
        memset(to_line, wire->idle, count);
    }
    return unlock_wire(wire, 0);
}

int wire_set_idle(struct wires *wires, int fd, uint8_t idle)
{
    struct wire *wire = lock_wire(wires, fd);

    if (wire == NULL)
        return -EBADF;
    wire->idle = idle;
    return unlock_wire(wire, 0);
}

int wire_set_written(struct wires *wires, int fd)
{
    struct wire *wire = lock_wire(wires, fd);
    int written;

    if (wire == NULL)
        return -EBADF;
    written = wire->written;
    wire->written = 0;
    return unlock_wire(wire, written);
}

int wire_unplug(struct wires *wires, int fd)
{
    struct wire *wire = lock_wire(wires, fd);

    if (wire == NULL)
        return -EBADF;
    wire->unplugged = 1;
    return unlock_wire(wire, 0);
}

int wire_counters(struct wires *wires, int fd, struct wire_counters *counters)
{
    struct wire *wire = lock_wire(wires, fd);

    if (wire == NULL)
        return -EBADF;
    *counters = wire->counters;
    return unlock_wire(wire, 0);
}
