/* fuzz.c - nonsense for the pump, for the sanitizers to watch: `fuzz SEED SECONDS` in one thread, `fuzz SEED SECONDS threads` with the
 * pump's thread, a line's, and two recorders'.
 *
 * Commands are drawn at random: sensible ones, and ones with ports, gains, operations and lengths that make no sense. Lines say
 * noise, edges of the code, tones, and pieces of what they said before; they raise events and vanish. Now and then nobody polls, so that
 * both rings fill up. What a command was given is freed the moment it comes back: who touches it afterwards is caught. The same seed
 * gives the same nonsense (in one thread). The last line says what was done; the exit status is 1 when a rule was broken.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>
#include "check.h"
#include "pump.h"
#include "wire.h"

#define FIRST_FD 1000
#define WIRES 24
#define PORTS 64
#define COMMANDS 64
#define EVENTS 64
#define PENDING 4096 /* commands under way that hold memory */
#define OCTETS_MOST 4096
#define TAP_CAPACITY 1024
#define OP_MOST 18
#define ROUND_COMMANDS 12
#define TICKS_A_LIFE 1500 /* then a pump and wires are thrown away and made anew */

/* ---- chance ---- */

static uint64_t chance_state;

static uint64_t chance64(void) /* splitmix64 */
{
    uint64_t mixed = (chance_state += 0x9E3779B97F4A7C15u);

    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return mixed ^ (mixed >> 31);
}

static uint32_t below(uint32_t bound)
{
    return (uint32_t)(chance64() % bound);
}

static bool one_in(uint32_t bound)
{
    return below(bound) == 0;
}

static int32_t any_number(void)
{
    static const int32_t edges[] = {0, 1, -1, 2, 63, 64, 65, 100, -100, 1200, 1201, -6000, -6001, INT32_MAX, INT32_MIN, PUMP_EAR, 0xFFFF};

    if (one_in(3))
        return edges[below(sizeof(edges) / sizeof(edges[0]))];
    return one_in(4) ? (int32_t)chance64() : (int32_t)below(PORTS + 8);
}

/* ---- what is under way ---- */

struct tap_memory {
    struct pump_tap tap;
    uint8_t frames[TAP_CAPACITY * 2];
};

struct nonsense {
    struct wires *wires;
    struct pump *pump;
    void *held[PENDING]; /* by serial */
    uint32_t serial;
    uint64_t commands, refused, events, ticks, lives;
    int next_wire;
    bool mute; /* nobody polls for a while */
};

static void make(struct nonsense *all)
{
    struct pump_limits limits = {.ports = PORTS, .patches = 96, .commands = COMMANDS, .events = EVENTS};

    all->wires = wires_new(WIRES, FIRST_FD);
    all->pump = pump_new(&limits, wires_io(all->wires));
    all->next_wire = 0;
    all->lives++;
    CHECK(all->wires != NULL && all->pump != NULL);
}

static void unmake(struct nonsense *all)
{
    pump_free(all->pump);
    wires_free(all->wires);
    for (int i = 0; i < PENDING; i++) {
        free(all->held[i]);
        all->held[i] = NULL;
    }
}

/* ---- commands ---- */

/* A number for a command that holds memory, or 0 when too many are under way. */
static uint32_t a_serial(struct nonsense *all, void *memory)
{
    for (int tries = 0; tries < 8; tries++) {
        uint32_t serial = ++all->serial % (PENDING - 1) + 1;

        if (all->held[serial] == NULL) {
            all->held[serial] = memory;
            return serial;
        }
    }
    return 0;
}

static void *some_octets(uint32_t length)
{
    uint8_t *octets = malloc(length > 0 ? length : 1);

    for (uint32_t i = 0; i < length; i++)
        octets[i] = (uint8_t)chance64();
    return octets;
}

static double any_real(double most)
{
    static const double edges[] = {0, -1, 1e300, 4000, 3999.9, 450, NAN, INFINITY, -INFINITY, 3.14, 3.15};

    return one_in(6) ? edges[below(sizeof(edges) / sizeof(edges[0]))] : (double)below(1000000) / 1e6 * most;
}

static void *some_steps(uint64_t *length)
{
    uint32_t count = one_in(20) ? PUMP_TONE_STEPS_MAX + 1 : 1 + below(8);
    struct pump_tone_step *steps = calloc(count, sizeof(*steps));

    for (uint32_t i = 0; i < count; i++) {
        steps[i].frequency1_hz = any_real(3999);
        steps[i].level1_dbm0 = one_in(8) ? any_real(10) : -any_real(60);
        steps[i].frequency2_hz = one_in(2) ? 0 : any_real(3999);
        steps[i].level2_dbm0 = -any_real(60);
        steps[i].turn1 = one_in(3) ? any_real(2) : 0;
        steps[i].duration_samples = one_in(10) ? (uint32_t)chance64() : below(2000);
    }
    *length = count * sizeof(*steps) - (one_in(16) ? 1 + below(8) : 0);
    return steps;
}

static void *a_tap(void)
{
    struct tap_memory *memory = calloc(1, sizeof(*memory));

    memory->tap.frames = one_in(20) ? NULL : memory->frames;
    memory->tap.capacity = one_in(10) ? below(TAP_CAPACITY) : (uint32_t)TAP_CAPACITY >> below(4);
    return memory;
}

static void fill_data(struct pump_command *command)
{
    uint32_t length = below(OCTETS_MOST);

    switch (command->op) {
    case PUMP_PLAY:
        command->data = some_octets(length);
        command->length = length;
        command->other = one_in(8) ? any_number() : (int32_t)below(2);
        command->value2 = one_in(4) ? any_number() : (int32_t)below(length + 1);
        break;
    case PUMP_TONE:
        command->data = some_steps(&command->length);
        command->value = one_in(2) ? -1 : any_number();
        break;
    case PUMP_TAP_OPEN:
        command->data = a_tap();
        break;
    default: /* room for any counters; and octets that may be taken for a table */
        command->data = some_octets(OCTETS_MOST);
        command->length = one_in(2) ? below(OCTETS_MOST) : 0;
        break;
    }
}

static bool holds_memory(uint32_t op)
{
    return op == PUMP_PLAY || op == PUMP_TONE || op == PUMP_TAP_OPEN || op == PUMP_STATS || op >= PUMP_CHANNEL_STATS;
}

static void submit(struct nonsense *all, struct pump_command *command)
{
    void *memory = NULL;
    int result;

    if (holds_memory(command->op) && !one_in(12)) {
        fill_data(command);
        memory = (void *)command->data;
        command->serial = a_serial(all, memory);
        if (command->serial == 0) {
            free(memory);
            return;
        }
    } else if (holds_memory(command->op)) {
        command->length = 0; /* no memory at all */
    }
    result = pump_submit(all->pump, command);
    CHECK(result == 0 || result == -EAGAIN);
    all->commands++;
    if (result < 0 && memory != NULL) {
        all->held[command->serial] = NULL;
        free(memory);
    }
}

/* Every descriptor is opened once: a channel that opens another's descriptor is whoever submits' mistake, not the pump's. */
static void open_wire(struct nonsense *all, struct pump_command *command)
{
    if (all->next_wire < WIRES && !one_in(8)) {
        wire_open(all->wires, FIRST_FD + all->next_wire, 0xD5);
        wire_configure(all->wires, FIRST_FD + all->next_wire, PUMP_BLOCK, 4, 0);
        command->value = FIRST_FD + all->next_wire++;
    }
    command->other = one_in(10) ? any_number() : (int32_t)below(2);
}

static void a_command(struct nonsense *all)
{
    static const uint8_t likely[] = {PUMP_CHANNEL_OPEN, PUMP_CHANNEL_LISTEN, PUMP_CHANNEL_LISTEN, PUMP_PATCH,    PUMP_PATCH, PUMP_PATCH,
                                     PUMP_PLAY,         PUMP_TONE,           PUMP_TAP_OPEN,       PUMP_UNPATCH, PUMP_CHANNEL_SHAPE,
                                     PUMP_BITS_CHECK};
    struct pump_command command = {.port = any_number(), .other = any_number(), .value = any_number(), .value2 = any_number()};

    command.op = one_in(3) ? below(OP_MOST) : likely[below(sizeof(likely))];
    if (one_in(200))
        command.op = (uint32_t)chance64();
    if (command.op == PUMP_CHANNEL_OPEN)
        open_wire(all, &command);
    if (command.op == PUMP_CHANNEL_LISTEN && !one_in(8))
        command.value = (int32_t)below(1024);
    if (command.op == PUMP_BITS_CHECK && !one_in(8))
        command.value = one_in(2) ? PUMP_PATTERN_2E11 : PUMP_PATTERN_2E15;
    if ((command.op == PUMP_CHANNEL_CLOSE || command.op == PUMP_CHANNEL_FLUSH) && !one_in(10))
        return; /* seldom, so that channels live */
    if (command.op == PUMP_PATCH && one_in(3)) {
        command.port |= PUMP_EAR;
        command.value = -(int32_t)below(6000);
    }
    if (command.op == PUMP_CHANNEL_OPEN && command.value < FIRST_FD && command.value >= 0)
        command.value = -1 - command.value; /* descriptors of nobody */
    submit(all, &command);
}

/* ---- what comes back ---- */

static void take_event(struct nonsense *all, const struct pump_event *event)
{
    all->events++;
    CHECK(event->length <= PUMP_EVENT_DATA);
    if (event->kind != PUMP_DONE || event->serial == 0)
        return;
    all->refused += event->value < 0;
    CHECK(event->serial < PENDING);
    free(all->held[event->serial]); /* it came back: nobody may touch it */
    all->held[event->serial] = NULL;
}

static void poll_events(struct nonsense *all)
{
    struct pump_event events[16];
    int count;

    while ((count = pump_poll(all->pump, events, 16)) > 0)
        for (int i = 0; i < count; i++)
            take_event(all, &events[i]);
}

/* ---- lines ---- */

static void sine(uint8_t *octets, double frequency_hz, double peak, double *phase)
{
    int16_t samples[PUMP_BLOCK];

    for (int i = 0; i < PUMP_BLOCK; i++) {
        samples[i] = (int16_t)(peak * sin(*phase));
        *phase = fmod(*phase + 6.283185307179586 * frequency_hz / 8000, 6.283185307179586);
    }
    pump_law_encode(PUMP_LAW_A, samples, octets, PUMP_BLOCK);
}

static void say(struct nonsense *all, int index)
{
    static const double frequencies_hz[] = {450, 697, 1209, 941, 1336, 1100, 2100, 1380, 1500, 1140, 1020, 1300, 4000, 3999};
    static const uint8_t edges[] = {0x00, 0x80, 0xFF, 0x7F, 0x55, 0xD5, 0x2A, 0xAA};
    static double phases[WIRES];
    uint8_t octets[PUMP_BLOCK], heard[PUMP_BLOCK];

    switch ((all->ticks / 37 + (uint64_t)index * 5) % 4) {
    case 0:
        for (int i = 0; i < PUMP_BLOCK; i += 8) {
            uint64_t eight = chance64();

            memcpy(octets + i, &eight, 8);
        }
        break;
    case 1:
        memset(octets, edges[below(sizeof(edges))], sizeof(octets));
        break;
    case 2:
        for (int i = 0; i < PUMP_BLOCK; i++)
            octets[i] = i / (int)(1 + below(40)) % 2 ? 0x2A : 0xAA; /* full scale, either sign */
        break;
    default:
        sine(octets, frequencies_hz[(all->ticks / 50 + (uint64_t)index) % 14], 32767.0 / (1 + below(100)), &phases[index]);
        break;
    }
    wire_exchange(all->wires, FIRST_FD + index, octets, heard, one_in(10) ? below(PUMP_BLOCK) : PUMP_BLOCK);
}

static void let_lines_live(struct nonsense *all)
{
    for (int i = 0; i < WIRES; i++) {
        if (one_in(50))
            continue; /* its clock is behind */
        say(all, i);
        if (one_in(60))
            for (uint32_t count = below(70); count > 0; count--)
                wire_raise(all->wires, FIRST_FD + i, (int)below(40));
        if (one_in(1500))
            wire_unplug(all->wires, FIRST_FD + i);
    }
}

/* ---- one thread ---- */

static void a_tick(struct nonsense *all)
{
    let_lines_live(all);
    for (uint32_t count = one_in(25) ? 2 * COMMANDS : below(ROUND_COMMANDS); count > 0; count--)
        a_command(all);
    if (!one_in(30))
        CHECK(pump_tick(all->pump) >= 0);
    if (one_in(15))
        CHECK(pump_align(all->pump) >= 0);
    if (one_in(40))
        all->mute = !all->mute;
    if (!all->mute)
        poll_events(all);
    all->ticks++;
}

static bool time_is_left(time_t until)
{
    return time(NULL) < until;
}

static void fuzz_alone(struct nonsense *all, time_t until)
{
    make(all);
    while (time_is_left(until)) {
        a_tick(all);
        if (all->ticks % TICKS_A_LIFE == 0) {
            unmake(all);
            make(all);
        }
    }
    poll_events(all);
    unmake(all);
}

/* ---- with threads ---- */

struct crowd {
    struct nonsense *all;
    struct tap_memory *taps[2];
    _Atomic bool over;
    int wake_fd;
};

static void *record(void *argument)
{
    struct crowd *crowd = argument;
    uint8_t read[512];

    while (!atomic_load(&crowd->over)) {
        for (int i = 0; i < 2; i++)
            pump_tap_read(&crowd->taps[i]->tap, read, 1 + (uint64_t)i * 255);
        sched_yield();
    }
    return NULL;
}

/* The line has chance of its own: no two threads share any. */
static void *line(void *argument)
{
    struct crowd *crowd = argument;
    const uint64_t one = 1;
    uint8_t octets[PUMP_BLOCK], heard[PUMP_BLOCK];
    uint32_t state = 1;

    while (!atomic_load(&crowd->over)) {
        for (int i = 0; i < WIRES; i++) {
            for (int at = 0; at < PUMP_BLOCK; at++)
                octets[at] = (uint8_t)((state = state * 1664525 + 1013904223) >> 24);
            wire_exchange(crowd->all->wires, FIRST_FD + i, octets, heard, PUMP_BLOCK);
            if (state % 64 == 0)
                wire_raise(crowd->all->wires, FIRST_FD + i, (int)(state % 30));
            if (state % 4096 == 1)
                wire_unplug(crowd->all->wires, FIRST_FD + i);
        }
        if (write(crowd->wake_fd, &one, sizeof(one)) != sizeof(one))
            break;
        sched_yield();
    }
    return NULL;
}

static void fuzz_life(struct crowd *crowd, time_t until)
{
    struct nonsense *all = crowd->all;
    int event_fd = eventfd(0, EFD_NONBLOCK);
    pthread_t threads[2];

    make(all);
    crowd->wake_fd = eventfd(0, EFD_NONBLOCK);
    atomic_store(&crowd->over, false);
    for (int i = 0; i < 2; i++) {
        struct pump_command command = {.op = PUMP_TAP_OPEN, .port = PORTS - 4 + 2 * i};

        crowd->taps[i] = calloc(1, sizeof(*crowd->taps[i]));
        crowd->taps[i]->tap.frames = crowd->taps[i]->frames;
        crowd->taps[i]->tap.capacity = TAP_CAPACITY;
        command.data = crowd->taps[i];
        CHECK(pump_submit(all->pump, &command) == 0);
    }
    CHECK(pump_start(all->pump, crowd->wake_fd, PUMP_WAKE_COUNTER, event_fd, 0) == 0);
    pthread_create(&threads[0], NULL, record, crowd);
    pthread_create(&threads[1], NULL, line, crowd);
    for (int i = 0; i < TICKS_A_LIFE && time_is_left(until); i++, all->ticks++) {
        for (uint32_t count = below(ROUND_COMMANDS); count > 0; count--)
            a_command(all);
        if (!one_in(10))
            poll_events(all);
        sched_yield();
    }
    atomic_store(&crowd->over, true);
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    CHECK(pump_stop(all->pump) == 0);
    poll_events(all);
    unmake(all);
    close(crowd->wake_fd);
    close(event_fd);
    free(crowd->taps[0]);
    free(crowd->taps[1]);
}

int main(int argc, char **argv)
{
    static struct nonsense all;
    struct crowd crowd = {.all = &all};
    time_t until;

    if (argc < 3) {
        fprintf(stderr, "fuzz SEED SECONDS [threads]\n");
        return 2;
    }
    chance_state = strtoull(argv[1], NULL, 10);
    until = time(NULL) + strtol(argv[2], NULL, 10);
    if (argc > 3)
        while (time_is_left(until) && checks_failed == 0)
            fuzz_life(&crowd, until);
    else
        fuzz_alone(&all, until);
    printf("seed %s: %llu pumps, %llu rounds, %llu commands, %llu refused, %llu events, %d rules broken\n", argv[1],
           (unsigned long long)all.lives, (unsigned long long)all.ticks, (unsigned long long)all.commands,
           (unsigned long long)all.refused, (unsigned long long)all.events, checks_failed);
    return checks_failed > 0;
}
