/* pipes.c - both ends of channels that are pipes: see pipes.h. */
#define _GNU_SOURCE
#include "pipes.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define EVENT_WAITS (-500)
#define FLUSH_RECEIVED 1
#define FLUSH_TRANSMIT 2
#define BUFFERED_MOST (3 * PUMP_BLOCK) /* unread when one more is given */
#define BLOCK_NS 20000000LL
#define NS_A_SECOND 1000000000LL
#define CHANNEL_STRIDE 7919

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * NS_A_SECOND + now.tv_nsec;
}

static uint32_t *lateness_of(struct card *card)
{
    return (uint32_t *)(card + 1);
}

static uint32_t *control_of(struct card *card)
{
    return lateness_of(card) + card->ticks_most;
}

static _Atomic uint32_t *waiting_of(struct card *card)
{
    return (_Atomic uint32_t *)(control_of(card) + card->ticks_most);
}

size_t card_size(uint32_t channels, uint32_t ticks_most)
{
    return sizeof(struct card) + sizeof(uint32_t) * (2 * (size_t)ticks_most + channels);
}

const uint32_t *card_lateness_us(const struct card *card)
{
    return lateness_of((struct card *)card);
}

const uint32_t *card_control_us(const struct card *card)
{
    return control_of((struct card *)card);
}

/* ---- the card's process ---- */

struct clock {
    struct card *card;
    int64_t start_ns;
    int priority;
};

static void sleep_until(int64_t until_ns)
{
    struct timespec until = {.tv_sec = until_ns / NS_A_SECOND, .tv_nsec = until_ns % NS_A_SECOND};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) == EINTR)
        ;
}

static uint32_t us_since(int64_t when_ns)
{
    int64_t late_us = (now_ns() - when_ns) / 1000;

    return late_us < 0 ? 0 : (uint32_t)late_us;
}

static bool is_over(struct card *card, uint32_t tick)
{
    return tick >= card->ticks_most || __atomic_load_n(&card->stop, __ATOMIC_ACQUIRE) != 0;
}

/* It wakes between the card's ticks, above all other priorities here: what makes it late is outside this machine. */
static void *control(void *argument)
{
    const struct clock *clock = argument;

    for (uint32_t tick = 0; !is_over(clock->card, tick); tick++) {
        int64_t due_ns = clock->start_ns + tick * BLOCK_NS + BLOCK_NS / 2;

        sleep_until(due_ns);
        control_of(clock->card)[tick] = us_since(due_ns);
    }
    return NULL;
}

static bool set_priority(pthread_t thread, int priority)
{
    struct sched_param schedule = {.sched_priority = priority};

    return priority > 0 && pthread_setschedparam(thread, SCHED_FIFO, &schedule) == 0;
}

static void take(struct card *card, const struct pipe_ends *ends, bool *speaking)
{
    uint8_t block[PUMP_BLOCK];

    if (read(ends->card_reads, block, sizeof(block)) > 0) {
        *speaking = true;
        card->taken++;
    } else if (*speaking) {
        card->missed++;
    }
}

static void give(struct card *card, const struct pipe_ends *ends, const uint8_t *block)
{
    int unread = 0;

    if (ioctl(ends->card_writes, FIONREAD, &unread) < 0 || unread > BUFFERED_MOST || write(ends->card_writes, block, PUMP_BLOCK) < 0)
        card->refused++;
    else
        card->given++;
}

static void raise_events(struct card *card, uint32_t tick)
{
    uint32_t count = __atomic_load_n(&card->events_a_tick, __ATOMIC_RELAXED);

    for (uint32_t i = 0; i < count; i++)
        atomic_fetch_add(&waiting_of(card)[(tick * count + i) % card->channels], 1);
}

/* The last channel's blocks begin with the number of their tick: so the pump's end knows what it answers. */
static void one_tick(struct card *card, const struct pipe_ends *ends, const uint8_t *octets, size_t blocks, uint32_t tick, bool *speaking)
{
    uint8_t block[PUMP_BLOCK];

    for (uint32_t i = 0; i < card->channels; i++)
        take(card, &ends[i], &speaking[i]);
    raise_events(card, tick);
    for (uint32_t i = 0; i < card->channels; i++) {
        memcpy(block, octets + ((size_t)i * CHANNEL_STRIDE + tick) % blocks * PUMP_BLOCK, PUMP_BLOCK);
        if (i + 1 == card->channels) {
            memcpy(block, &tick, sizeof(tick));
            __atomic_store_n(&card->tick_ns[tick % CARD_TICKS_KEPT], now_ns(), __ATOMIC_RELEASE);
        }
        give(card, &ends[i], block);
    }
}

static void run_ticks(struct clock *clock, const struct pipe_ends *ends, const uint8_t *octets, size_t blocks, int tick_fd, bool *speaking)
{
    struct card *card = clock->card;
    const uint64_t one = 1;

    for (uint32_t tick = 0; !is_over(card, tick); tick++) {
        int64_t due_ns = clock->start_ns + tick * BLOCK_NS;

        sleep_until(due_ns);
        lateness_of(card)[tick] = us_since(due_ns);
        one_tick(card, ends, octets, blocks, tick, speaking);
        __atomic_store_n(&card->ticks, tick + 1, __ATOMIC_RELEASE);
        if (write(tick_fd, &one, sizeof(one)) < 0)
            return; /* nobody is there any more */
    }
}

int card_run(struct card *card, const struct pipe_ends *ends, const uint8_t *octets, size_t length, int tick_fd, int priority)
{
    struct clock clock = {.card = card, .priority = priority};
    bool *speaking = calloc(card->channels, sizeof(*speaking));
    pthread_t idle;
    int error;

    if (speaking == NULL || length < PUMP_BLOCK) {
        free(speaking);
        return -EINVAL;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* a card is of no use without its pump */
    mlockall(MCL_CURRENT | MCL_FUTURE);
    clock.start_ns = now_ns() + BLOCK_NS;
    error = pthread_create(&idle, NULL, control, &clock);
    if (error == 0) {
        card->realtime = set_priority(pthread_self(), priority) && set_priority(idle, priority + 1);
        run_ticks(&clock, ends, octets, length / PUMP_BLOCK, tick_fd, speaking);
        __atomic_store_n(&card->stop, 1, __ATOMIC_RELEASE);
        pthread_join(idle, NULL);
    }
    free(speaking);
    return -error;
}

/* ---- the pump's process ---- */

struct pipes {
    struct pump_io io;
    struct card *card;
    const struct pipe_ends *ends;
    uint32_t read_from, read_to; /* ticks whose block of the last channel was read and not answered yet */
    uint32_t *lateness_us;
    uint32_t events;
    int64_t event_ns[PIPES_EVENTS_KEPT];
};

static bool is_last(const struct pipes *pipes, int index)
{
    return (uint32_t)index + 1 == pipes->card->channels;
}

static int pipes_read(void *context, int index, uint8_t *octets, size_t count)
{
    struct pipes *pipes = context;
    ssize_t got;

    if (atomic_load_explicit(&waiting_of(pipes->card)[index], memory_order_relaxed) > 0)
        return EVENT_WAITS;
    got = syscall(SYS_read, pipes->ends[index].pump_reads, octets, count); /* as io_kernel.c does */
    if (got == PUMP_BLOCK && is_last(pipes, index)) {
        memcpy(&pipes->read_to, octets, sizeof(pipes->read_to));
        pipes->read_to++;
    }
    return got < 0 ? -errno : (int)got;
}

static void note_lateness(struct pipes *pipes)
{
    int64_t written_ns = now_ns();

    if (pipes->read_to > pipes->card->ticks_most)
        return;
    if (pipes->read_to - pipes->read_from > CARD_TICKS_KEPT)
        pipes->read_from = pipes->read_to - CARD_TICKS_KEPT;
    for (; pipes->read_from < pipes->read_to; pipes->read_from++) {
        int64_t tick_ns = __atomic_load_n(&pipes->card->tick_ns[pipes->read_from % CARD_TICKS_KEPT], __ATOMIC_ACQUIRE);
        int64_t late_us = (written_ns - tick_ns) / 1000;

        pipes->lateness_us[pipes->read_from] = late_us < 0 ? 0 : (uint32_t)late_us;
    }
}

static int pipes_write(void *context, int index, const uint8_t *octets, size_t count)
{
    struct pipes *pipes = context;
    ssize_t put = syscall(SYS_write, pipes->ends[index].pump_writes, octets, count);

    if (is_last(pipes, index))
        note_lateness(pipes);
    return put < 0 ? -errno : (int)put;
}

static int pipes_next_event(void *context, int index)
{
    struct pipes *pipes = context;
    _Atomic uint32_t *waiting = &waiting_of(pipes->card)[index];

    if (atomic_load_explicit(waiting, memory_order_relaxed) == 0)
        return 0;
    atomic_fetch_sub(waiting, 1);
    pipes->events++;
    __atomic_store_n(&pipes->event_ns[pipes->events % PIPES_EVENTS_KEPT], now_ns(), __ATOMIC_RELEASE);
    return (int)pipes->events;
}

static void drain(int fd)
{
    uint8_t thrown_away[PUMP_BLOCK];

    while (read(fd, thrown_away, sizeof(thrown_away)) > 0)
        ;
}

static int pipes_flush(void *context, int index, int what)
{
    struct pipes *pipes = context;

    if (what & FLUSH_RECEIVED)
        drain(pipes->ends[index].pump_reads);
    if (what & FLUSH_TRANSMIT)
        drain(pipes->ends[index].card_reads);
    return 0;
}

static int pipes_close(void *context, int index)
{
    (void)context, (void)index; /* whoever made the pipes closes them */
    return 0;
}

struct pipes *pipes_new(struct card *card, const struct pipe_ends *ends)
{
    struct pipes *pipes = calloc(1, sizeof(*pipes));

    if (pipes == NULL)
        return NULL;
    pipes->io = (struct pump_io){pipes, pipes_read, pipes_write, pipes_next_event, pipes_flush, pipes_close};
    pipes->card = card;
    pipes->ends = ends;
    pipes->lateness_us = malloc(card->ticks_most * sizeof(*pipes->lateness_us));
    if (pipes->lateness_us == NULL) {
        free(pipes);
        return NULL;
    }
    memset(pipes->lateness_us, 0xFF, card->ticks_most * sizeof(*pipes->lateness_us));
    return pipes;
}

void pipes_free(struct pipes *pipes)
{
    if (pipes == NULL)
        return;
    free(pipes->lateness_us);
    free(pipes);
}

const struct pump_io *pipes_io(struct pipes *pipes)
{
    return &pipes->io;
}

const uint32_t *pipes_lateness_us(const struct pipes *pipes)
{
    return pipes->lateness_us;
}

int64_t pipes_event_ns(const struct pipes *pipes, int32_t event)
{
    uint32_t newest = __atomic_load_n(&pipes->events, __ATOMIC_ACQUIRE);

    if (event <= 0 || newest - (uint32_t)event >= PIPES_EVENTS_KEPT)
        return 0;
    return __atomic_load_n(&pipes->event_ns[(uint32_t)event % PIPES_EVENTS_KEPT], __ATOMIC_ACQUIRE);
}

double pipes_floor_ns(const struct pipe_ends *ends, uint32_t channels, uint32_t rounds, int64_t pace_ns)
{
    uint8_t block[PUMP_BLOCK] = {0};
    struct timespec begin, end;
    int64_t next = now_ns();

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &begin);
    for (uint32_t round = 0; round < rounds; round++) {
        for (uint32_t i = 0; i < channels; i++)
            if (write(ends[i].pump_writes, block, sizeof(block)) < 0 || read(ends[i].card_reads, block, sizeof(block)) < 0)
                return -1;
        if (pace_ns > 0)
            sleep_until(next += pace_ns);
    }
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
    return ((double)(end.tv_sec - begin.tv_sec) * 1e9 + (double)(end.tv_nsec - begin.tv_nsec)) / rounds / channels;
}
