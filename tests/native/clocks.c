/* clocks.c - the pump against drivers whose clocks are early, late and not each other's: no stalls, and no sound under way for too long.
 *
 * The drivers are models of a few lines, so that the moment of every block is known. The last line says "N passed, N failed".
 */
#include <errno.h>
#include <string.h>
#include "check.h"
#include "pump.h"

#define SILENCE 0xD5

/* ---- a driver whose clock comes early and late by turns ---- */

struct card {
    double now_ms;
    double border_ms[2]; /* when the block being received began */
    int waiting[2];      /* whole blocks that can be read */
    int flushed;
};

static void pass(struct card *card, double until_ms)
{
    card->now_ms = until_ms;
    for (int i = 0; i < 2; i++)
        for (; card->border_ms[i] + 20 <= until_ms; card->border_ms[i] += 20)
            card->waiting[i]++;
}

static int card_read(void *context, int fd, uint8_t *octets, size_t count)
{
    struct card *card = context;

    if (card->waiting[fd] == 0)
        return -EAGAIN;
    card->waiting[fd]--;
    memset(octets, SILENCE, count);
    return (int)count;
}

static int card_write(void *context, int fd, const uint8_t *octets, size_t count)
{
    (void)context, (void)fd, (void)octets;
    return (int)count;
}

static int card_next_event(void *context, int fd)
{
    (void)context, (void)fd;
    return 0;
}

static int card_flush(void *context, int fd, int what)
{
    struct card *card = context;

    if (what & 1) {
        card->border_ms[fd] = card->now_ms;
        card->waiting[fd] = 0;
        card->flushed++;
    }
    return 0;
}

static int card_close(void *context, int fd)
{
    (void)context, (void)fd;
    return 0;
}

static uint64_t stalls(struct pump *pump)
{
    struct pump_stats stats;
    struct pump_command ask = {.op = PUMP_STATS, .serial = 1, .data = &stats};

    CHECK(pump_submit(pump, &ask) == 0);
    pump_tick(pump);
    return stats.stalls;
}

/* ticks that come 4 ms late and 4 ms early by turns, with or without aligning 15 ms after each */
static uint64_t stalls_of(struct card *card, int aligned)
{
    struct pump_limits limits = {.ports = 8, .patches = 8, .commands = 8, .events = 512};
    struct pump_io io = {card, card_read, card_write, card_next_event, card_flush, card_close};
    struct pump *pump = pump_new(&limits, &io);
    uint64_t found;

    for (int fd = 0; fd < 2; fd++)
        pump_submit(pump, &(struct pump_command){.op = PUMP_CHANNEL_OPEN, .port = fd, .value = fd});
    pump_tick(pump);
    for (int i = 1; i <= 200; i++) {
        double tick_ms = 20.0 * i + (i % 2 ? -4 : 4);

        pass(card, tick_ms);
        pump_tick(pump);
        if (aligned) {
            pass(card, tick_ms + 15 - (i % 2 ? -4 : 4));
            pump_align(pump);
        }
    }
    found = stalls(pump);
    pump_free(pump);
    return found;
}

static void test_borders(void)
{
    struct card drifting = {0}, aligned = {0};

    CHECK(stalls_of(&drifting, 0) > 50);
    CHECK(stalls_of(&aligned, 1) == 0);
    CHECK(aligned.flushed <= 2 + 2); /* at opening, and once each by aligning */
}

/* ---- how long a sound is under way between two clocks ---- */

#define QUEUED_MOST 8

struct relay {
    double now_ms;
    double border_ms[2];             /* when the block now received began */
    double began_ms[2][QUEUED_MOST]; /* of blocks that wait to be read: when their first sample came */
    int waiting[2];
    int block;          /* of channel 0: the number in the block read next is its place in `said_ms` */
    double said_ms[4096];
    double sent_to_ms;  /* channel 1: when all that was written will have been sent; writing to an idle channel starts at once */
    double longest_ms;
    int heard;
};

static void pass_relay(struct relay *relay, double until_ms)
{
    relay->now_ms = until_ms;
    for (int fd = 0; fd < 2; fd++)
        for (; relay->border_ms[fd] + 20 <= until_ms; relay->border_ms[fd] += 20)
            if (relay->waiting[fd] < QUEUED_MOST)
                relay->began_ms[fd][relay->waiting[fd]++] = relay->border_ms[fd];
}

static int relay_read(void *context, int fd, uint8_t *octets, size_t count)
{
    struct relay *relay = context;

    if (relay->waiting[fd] == 0)
        return -EAGAIN;
    memset(octets, SILENCE, count);
    if (fd == 0 && relay->block < 4095) {
        int number = ++relay->block;

        relay->said_ms[number] = relay->began_ms[0][0];
        octets[0] = (uint8_t)(number & 0xFF);
        octets[1] = (uint8_t)(number >> 8);
    }
    relay->waiting[fd]--;
    memmove(relay->began_ms[fd], relay->began_ms[fd] + 1, sizeof(double) * (size_t)relay->waiting[fd]);
    return (int)count;
}

static int relay_write(void *context, int fd, const uint8_t *octets, size_t count)
{
    struct relay *relay = context;
    double start_ms;

    if (fd != 1)
        return (int)count;
    start_ms = relay->sent_to_ms > relay->now_ms ? relay->sent_to_ms : relay->now_ms;
    if (start_ms - relay->now_ms > 60)
        return -EAGAIN; /* four buffers */
    relay->sent_to_ms = start_ms + 20;
    if (octets[0] != SILENCE || octets[1] != SILENCE) {
        double under_way_ms = start_ms - relay->said_ms[octets[0] | octets[1] << 8];

        relay->heard++;
        if (under_way_ms > relay->longest_ms)
            relay->longest_ms = under_way_ms;
    }
    return (int)count;
}

static int relay_flush(void *context, int fd, int what)
{
    struct relay *relay = context;

    if (what & 1) {
        relay->border_ms[fd] = relay->now_ms;
        relay->waiting[fd] = 0;
    }
    if (fd == 1 && (what & 2))
        relay->sent_to_ms = relay->now_ms;
    return 0;
}

/* Channel 0's sound goes to channel 1. The blocks of each end so long before the tick. */
static double longest_way_ms(double first_before_ms, double second_before_ms)
{
    static struct relay relay;
    struct pump_limits limits = {.ports = 8, .patches = 8, .commands = 8, .events = 64};
    struct pump_io io = {&relay, relay_read, relay_write, card_next_event, relay_flush, card_close};
    struct pump *pump;

    memset(&relay, 0, sizeof(relay));
    pump = pump_new(&limits, &io);
    for (int fd = 0; fd < 2; fd++)
        pump_submit(pump, &(struct pump_command){.op = PUMP_CHANNEL_OPEN, .port = fd, .value = fd});
    pump_submit(pump, &(struct pump_command){.op = PUMP_PATCH, .port = 0, .other = 1});
    pump_tick(pump);
    relay.border_ms[0] -= first_before_ms;
    relay.border_ms[1] -= second_before_ms;
    for (int i = 1; i <= 500; i++) {
        pass_relay(&relay, 20.0 * i);
        pump_tick(pump);
    }
    pump_free(pump);
    CHECK(relay.heard > 400);
    return relay.longest_ms;
}

static void test_way_between_clocks(void)
{
    CHECK(longest_way_ms(0, 0) <= 40.0);
    for (double before_ms = 1; before_ms < 20; before_ms += 1) {
        CHECK(longest_way_ms(before_ms, before_ms) <= 40.0 + before_ms);
        CHECK(longest_way_ms(before_ms, 0) <= 60.0);
        CHECK(longest_way_ms(0, before_ms) <= 60.0);
    }
}

int main(void)
{
    static void (*const tests[])(void) = {test_borders, test_way_between_clocks};

    return run(tests, (int)(sizeof(tests) / sizeof(tests[0])));
}
