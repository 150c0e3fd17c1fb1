/* pump.c - the pump's life, its two rings, its commands, and the tick that holds everything together. */
#define _GNU_SOURCE
#include "parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PORTS_MOST 65536
#define PATCHES_MOST 1048576
#define RING_LEAST 8
#define RING_MOST 65536
#define LARGE_PAGE ((size_t)2 << 20)

/* ---- life ---- */

static bool is_ring_size(uint32_t size)
{
    return size >= RING_LEAST && size <= RING_MOST && (size & (size - 1)) == 0;
}

static bool limits_make_sense(const struct pump_limits *limits)
{
    return limits->ports > 0 && limits->ports <= PORTS_MOST && limits->patches > 0 && limits->patches <= PATCHES_MOST &&
           is_ring_size(limits->commands) && is_ring_size(limits->events);
}

/* A tick goes through all ports: in pages of 4 kB the processor would have to look up most of them anew each time. */
static struct port *allocate_ports(uint32_t count)
{
    size_t size = count * sizeof(struct port);
    bool large = size >= LARGE_PAGE / 2;
    size_t page = large ? LARGE_PAGE : CACHE_LINE;
    struct port *ports = aligned_alloc(page, (size + page - 1) / page * page);

    if (ports != NULL && large)
        madvise(ports, (size + page - 1) / page * page, MADV_HUGEPAGE); /* refused: small pages, and the same work */
    return ports;
}

static bool allocate(struct pump *pump, const struct pump_limits *limits)
{
    pump->commands = calloc(limits->commands, sizeof(*pump->commands));
    pump->events = calloc(limits->events, sizeof(*pump->events));
    pump->ports = allocate_ports(limits->ports);
    pump->patches = calloc(limits->patches, sizeof(*pump->patches));
    pump->channels.ports = calloc(limits->ports, sizeof(struct port *));
    pump->sources.ports = calloc(limits->ports, sizeof(struct port *));
    pump->taps.ports = calloc(limits->ports, sizeof(struct port *));
    return pump->commands && pump->events && pump->ports && pump->patches && pump->channels.ports && pump->sources.ports &&
           pump->taps.ports;
}

static void release(struct pump *pump)
{
    free(pump->commands);
    free(pump->events);
    free(pump->ports);
    free(pump->patches);
    free(pump->channels.ports);
    free(pump->sources.ports);
    free(pump->taps.ports);
    free(pump);
}

static void port_prepare(struct port *port, int32_t number)
{
    memset(port, 0, sizeof(*port));
    port->number = number;
    port->limit = 1.0f;
    port->gives.port = port;
    port->gives.forms = &port->forms[0];
    port->given.port = port;
    port->given.forms = &port->forms[1];
}

struct pump *pump_new(const struct pump_limits *limits, const struct pump_io *io)
{
    struct pump *pump;

    if (io == NULL || limits == NULL || !limits_make_sense(limits))
        return NULL;
    pump = aligned_alloc(CACHE_LINE, (sizeof(*pump) + CACHE_LINE - 1) / CACHE_LINE * CACHE_LINE);
    if (pump == NULL)
        return NULL;
    memset(pump, 0, sizeof(*pump));
    if (!allocate(pump, limits)) {
        release(pump);
        return NULL;
    }
    pump->limits = *limits;
    pump->io = io;
    pump->event_fd = -1;
    for (uint32_t i = 0; i < limits->ports; i++)
        port_prepare(&pump->ports[i], (int32_t)i);
    for (uint32_t i = limits->patches; i > 0; i--) {
        pump->patches[i - 1].next_of_sink = pump->free_patches;
        pump->free_patches = &pump->patches[i - 1];
    }
    ears_warm_up();
    bert_warm_up();
    return pump;
}

void pump_free(struct pump *pump)
{
    if (pump == NULL)
        return;
    pump_stop(pump);
    for (uint32_t i = 0; i < pump->limits.ports; i++) {
        if (pump->ports[i].role == ROLE_CHANNEL)
            pump->io->close(pump->io->context, pump->ports[i].as.channel.fd);
        ears_destroy(&pump->ports[i]);
        bert_destroy(&pump->ports[i]);
    }
    taps_abandon(pump);
    release(pump);
}

struct port *port_at(struct pump *pump, int32_t number)
{
    return number >= 0 && (uint32_t)number < pump->limits.ports ? &pump->ports[number] : NULL;
}

void port_employ(struct roster *roster, struct port *port, enum role role)
{
    port->role = role;
    port->ended = false;
    port->played = 0;
    port->place = roster->count;
    port->limit = 1.0f;
    port->gives.loudness = (struct loudness){.level = 0};
    patch_shape(port, PUMP_LAW_A, 0, 0);
    source_say(&port->gives, NULL);
    source_say(&port->given, NULL);
    roster->ports[roster->count++] = port;
}

void port_dismiss(struct roster *roster, struct port *port)
{
    struct port *last = roster->ports[--roster->count];

    roster->ports[port->place] = last;
    last->place = port->place;
    port->role = ROLE_FREE;
}

/* ---- rings: one writer and one reader each ---- */

uint32_t pump_room(struct pump *pump)
{
    struct ring *ring = &pump->command_ring;
    uint64_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);

    return pump->limits.commands - (uint32_t)(written - atomic_load_explicit(&ring->read, memory_order_acquire));
}

/* The counter moves once, for all: a tick sees all of them or none. Only a full event ring makes it leave some for the next. */
int pump_submit_all(struct pump *pump, const struct pump_command *commands, uint32_t count)
{
    struct ring *ring = &pump->command_ring;
    uint64_t written = atomic_load_explicit(&ring->written, memory_order_relaxed);

    if (pump_room(pump) < count)
        return -EAGAIN;
    for (uint32_t i = 0; i < count; i++)
        pump->commands[(written + i) & (pump->limits.commands - 1)] = commands[i];
    atomic_store_explicit(&ring->written, written + count, memory_order_release);
    return 0;
}

int pump_submit(struct pump *pump, const struct pump_command *command)
{
    return pump_submit_all(pump, command, 1);
}

int pump_poll(struct pump *pump, struct pump_event *events, int most)
{
    struct ring *ring = &pump->event_ring;
    uint64_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);
    uint64_t written = atomic_load_explicit(&ring->written, memory_order_acquire);
    int copied = 0;

    while (copied < most && read < written)
        events[copied++] = pump->events[read++ & (pump->limits.events - 1)];
    atomic_store_explicit(&ring->read, read, memory_order_release);
    return copied;
}

static uint64_t events_waiting(struct pump *pump)
{
    return atomic_load_explicit(&pump->event_ring.written, memory_order_relaxed) -
           atomic_load_explicit(&pump->event_ring.read, memory_order_acquire);
}

static void event_write(struct pump *pump, const struct pump_event *event)
{
    uint64_t written = atomic_load_explicit(&pump->event_ring.written, memory_order_relaxed);
    struct pump_event *slot = &pump->events[written & (pump->limits.events - 1)];

    memcpy(slot, event, offsetof(struct pump_event, data) + event->length);
    atomic_store_explicit(&pump->event_ring.written, written + 1, memory_order_release);
}

bool event_room(struct pump *pump)
{
    return events_waiting(pump) < pump->limits.events;
}

bool event_push_vital(struct pump *pump, const struct pump_event *event)
{
    if (!event_room(pump))
        return false;
    event_write(pump, event);
    return true;
}

/* A quarter of the ring is kept for completions: buffers and ports of the other side hang on them. */
static bool event_push_ordinary(struct pump *pump, const struct pump_event *event)
{
    if (events_waiting(pump) >= pump->limits.events - pump->limits.events / 4)
        return false;
    event_write(pump, event);
    return true;
}

static void tell_lost(struct pump *pump)
{
    int32_t value = pump->lost_untold > INT32_MAX ? INT32_MAX : (int32_t)pump->lost_untold;
    struct pump_event event = event_at(pump, PUMP_EVENTS_LOST, -1, value);

    if (event_push_ordinary(pump, &event))
        pump->lost_untold = 0;
}

bool event_push(struct pump *pump, const struct pump_event *event)
{
    if (pump->lost_untold > 0)
        tell_lost(pump);
    if (pump->lost_untold == 0 && event_push_ordinary(pump, event))
        return true;
    pump->lost_untold++;
    pump->stats.events_lost++;
    return false;
}

struct pump_event event_at(struct pump *pump, uint32_t kind, int32_t port, int32_t value)
{
    struct pump_event event;

    event.kind = kind;
    event.serial = 0;
    event.port = port;
    event.value = value;
    event.sample = atomic_load_explicit(&pump->samples, memory_order_relaxed);
    event.played = 0;
    event.level = INT32_MIN;
    event.length = 0;
    return event;
}

/* ---- commands ---- */

static int obey_open(struct pump *pump, struct port *port, const struct pump_command *command)
{
    return port->role != ROLE_FREE ? -EBUSY : channel_open(pump, port, command->value, command->other);
}

static int obey_close(struct pump *pump, struct port *port, const struct pump_command *command)
{
    (void)command;
    if (port->role != ROLE_CHANNEL)
        return -EINVAL;
    channel_close(pump, port);
    return 0;
}

static int obey_listen(struct pump *pump, struct port *port, const struct pump_command *command)
{
    return port->role != ROLE_CHANNEL ? -EINVAL : ears_listen(pump, port, (uint32_t)command->value);
}

static int obey_tones(struct pump *pump, struct port *port, const struct pump_command *command)
{
    (void)pump;
    return port->role != ROLE_CHANNEL ? -EINVAL : ears_learn_tones(port, command->data, command->length);
}

static int obey_shape(struct pump *pump, struct port *port, const struct pump_command *command)
{
    (void)pump;
    return port->role != ROLE_CHANNEL ? -EINVAL : patch_shape(port, command->other, command->value, command->value2);
}

static struct source *source_named(struct port *port, const struct pump_command *command)
{
    return (command->port & PUMP_EAR) != 0 ? &port->given : &port->gives;
}

static int obey_patch(struct pump *pump, struct port *port, const struct pump_command *command)
{
    struct port *sink = port_at(pump, command->other);

    return sink == NULL ? -EINVAL : patch_make(pump, source_named(port, command), sink, command->value);
}

static int obey_unpatch(struct pump *pump, struct port *port, const struct pump_command *command)
{
    struct port *sink = port_at(pump, command->other);

    if (sink == NULL)
        return -EINVAL;
    patch_break(pump, source_named(port, command), sink);
    return 0;
}

static int obey_stop(struct pump *pump, struct port *port, const struct pump_command *command)
{
    (void)pump;
    (void)command;
    if (port->role == ROLE_FREE) /* it ended by itself meanwhile */
        return 0;
    if (port->role != ROLE_PLAYER && port->role != ROLE_TONE)
        return -EINVAL;
    source_stop(port);
    return 0;
}

static int obey_tap_open(struct pump *pump, struct port *port, const struct pump_command *command)
{
    struct port *right = port_at(pump, port->number + 1);

    return right == NULL ? -EINVAL : tap_open(pump, port, right, command);
}

static int obey_tap_close(struct pump *pump, struct port *port, const struct pump_command *command)
{
    (void)command;
    if (port->role != ROLE_TAP || port->ended)
        return -EINVAL;
    tap_end(pump, port);
    return 0;
}

static int obey_stats(struct pump *pump, struct port *port, const struct pump_command *command)
{
    struct pump_stats *answer = (struct pump_stats *)command->data;

    (void)port;
    if (answer == NULL)
        return -EINVAL;
    pump->stats.samples = atomic_load_explicit(&pump->samples, memory_order_relaxed);
    pump->stats.channels = pump->channels.count;
    *answer = pump->stats;
    return 0;
}

static int obey_channel_stats(struct pump *pump, struct port *port, const struct pump_command *command)
{
    struct pump_channel_stats *answer = (struct pump_channel_stats *)command->data;

    (void)pump;
    if (port->role != ROLE_CHANNEL || answer == NULL)
        return -EINVAL;
    *answer = port->as.channel.stats;
    return 0;
}

static int obey_bits_check(struct pump *pump, struct port *port, const struct pump_command *command)
{
    (void)pump;
    return port->role != ROLE_CHANNEL ? -EINVAL : bert_check(port, command->value);
}

static int obey_bits_stats(struct pump *pump, struct port *port, const struct pump_command *command)
{
    (void)pump;
    return port->role != ROLE_CHANNEL || command->data == NULL ? -EINVAL : bert_stats(port, (struct pump_bit_stats *)command->data);
}

static int obey_mark(struct pump *pump, struct port *port, const struct pump_command *command)
{
    (void)pump;
    (void)port;
    (void)command;
    return 0;
}

static int obey_flush(struct pump *pump, struct port *port, const struct pump_command *command)
{
    (void)command;
    return port->role != ROLE_CHANNEL ? -EINVAL : channel_flush(pump, port);
}

static int obey_hold(struct pump *pump, struct port *port, const struct pump_command *command)
{
    return port->role != ROLE_CHANNEL ? -EINVAL : channel_hold(pump, port, command->value != 0);
}

static const struct {
    int (*obey)(struct pump *pump, struct port *port, const struct pump_command *command);
    bool comes_back; /* when it ends, not now */
} acts[] = {
    [PUMP_CHANNEL_OPEN] = {obey_open, false},
    [PUMP_CHANNEL_CLOSE] = {obey_close, false},
    [PUMP_CHANNEL_LISTEN] = {obey_listen, false},
    [PUMP_PATCH] = {obey_patch, false},
    [PUMP_UNPATCH] = {obey_unpatch, false},
    [PUMP_PLAY] = {player_start, true},
    [PUMP_TONE] = {tone_start, true},
    [PUMP_SOURCE_STOP] = {obey_stop, false},
    [PUMP_TAP_OPEN] = {obey_tap_open, true},
    [PUMP_TAP_CLOSE] = {obey_tap_close, false},
    [PUMP_STATS] = {obey_stats, false},
    [PUMP_CHANNEL_FLUSH] = {obey_flush, false},
    [PUMP_CHANNEL_HOLD] = {obey_hold, false},
    [PUMP_MARK] = {obey_mark, false},
    [PUMP_CHANNEL_SHAPE] = {obey_shape, false},
    [PUMP_CHANNEL_TONES] = {obey_tones, false},
    [PUMP_CHANNEL_STATS] = {obey_channel_stats, false},
    [PUMP_BITS_CHECK] = {obey_bits_check, false},
    [PUMP_BITS_STATS] = {obey_bits_stats, false},
};

static void obey(struct pump *pump, const struct pump_command *command)
{
    bool patches = command->op == PUMP_PATCH || command->op == PUMP_UNPATCH;
    struct port *port = port_at(pump, patches ? command->port & ~PUMP_EAR : command->port);
    bool known = command->op < sizeof(acts) / sizeof(acts[0]) && acts[command->op].obey != NULL;
    int result = known && port != NULL ? acts[command->op].obey(pump, port, command) : -EINVAL;

    if (result < 0)
        pump->stats.commands_refused++;
    if (result < 0 || (command->serial != 0 && !acts[command->op].comes_back)) {
        struct pump_event done = event_at(pump, PUMP_DONE, command->port, result);

        done.serial = command->serial;
        event_push_vital(pump, &done); /* obey_all has made sure of the room */
    }
}

/* Every command answers with one event at most: without room for it the command waits in its own ring. */
static void obey_all(struct pump *pump)
{
    struct ring *ring = &pump->command_ring;
    uint64_t read = atomic_load_explicit(&ring->read, memory_order_relaxed);
    uint64_t written = atomic_load_explicit(&ring->written, memory_order_acquire);

    while (read < written && event_room(pump)) {
        struct pump_command command = pump->commands[read & (pump->limits.commands - 1)];

        atomic_store_explicit(&ring->read, ++read, memory_order_release);
        obey(pump, &command);
    }
}

/* ---- the tick ---- */

static void work_round(struct pump *pump, uint32_t round, uint32_t rounds)
{
    bool last = round + 1 == rounds;

    patch_round(pump);
    channels_say(pump, round, rounds);
    sources_sound(pump);
    channels_speak(pump, last); /* first: whoever waits for it is a person */
    taps_record(pump);          /* after the mixes: a channel's ear may be recorded */
    channels_listen(pump, round);
    atomic_store_explicit(&pump->samples, atomic_load_explicit(&pump->samples, memory_order_relaxed) + PUMP_BLOCK, memory_order_relaxed);
    sources_reap(pump);
}

static void signal_events(struct pump *pump)
{
    const uint64_t one = 1;

    if (pump->event_fd >= 0 && events_waiting(pump) > 0) {
        ssize_t put = write(pump->event_fd, &one, sizeof(one));

        (void)put; /* it fails only when the counter stands at its limit, and then the reader is being woken already */
    }
}

int pump_align(struct pump *pump)
{
    return (int)channels_align(pump);
}

int pump_tick(struct pump *pump)
{
    uint32_t rounds, blocks;

    pump->stats.ticks++;
    obey_all(pump);
    sources_reap(pump);
    taps_reap(pump);
    blocks = channels_sweep(pump, &rounds);
    signal_events(pump); /* what the lines did need not wait for the mixing */
    if (rounds > 1) {
        struct pump_event stalled = event_at(pump, PUMP_STALLED, -1, (int32_t)rounds);

        pump->stats.stalls++;
        event_push(pump, &stalled);
    }
    for (uint32_t round = 0; round < rounds; round++)
        work_round(pump, round, rounds);
    if (pump->lost_untold > 0)
        tell_lost(pump);
    signal_events(pump);
    return (int)blocks;
}

uint64_t pump_samples(struct pump *pump)
{
    return atomic_load_explicit(&pump->samples, memory_order_relaxed);
}
