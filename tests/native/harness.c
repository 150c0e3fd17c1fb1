/* harness.c - the pump and the wires tried without Python, for the sanitizers.
 *
 * `harness` runs the tests of one thread; `harness threads` runs the pump's thread against a line, a recorder and a submitter.
 * The last line says "N passed, N failed"; the exit status is 1 when anything failed.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <spandsp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "check.h"
#include "pump.h"
#include "wire.h"

#define FIRST_FD 1000
#define SILENCE 0xD5
#define EVENTS 256

/* ---- a pump on wires ---- */

struct bench {
    struct wires *wires;
    struct pump *pump;
    struct pump_event events[EVENTS];
    int count;
};

static void setup(struct bench *bench, uint32_t wires)
{
    struct pump_limits limits = {.ports = 64, .patches = 128, .commands = 64, .events = 64};

    bench->wires = wires_new(wires, FIRST_FD);
    bench->pump = pump_new(&limits, wires_io(bench->wires));
    bench->count = 0;
}

static void teardown(struct bench *bench)
{
    pump_free(bench->pump);
    wires_free(bench->wires);
}

static int command(struct bench *bench, uint32_t op, int port, int other, int value)
{
    struct pump_command made = {.op = op, .serial = 0, .port = port, .other = other, .value = value};

    return pump_submit(bench->pump, &made);
}

static int sound(struct bench *bench, uint32_t op, int port, int value, int value2, const void *data, uint64_t length)
{
    struct pump_command made = {op, 100 + (uint32_t)port, port, 0, value, value2, data, length};

    return pump_submit(bench->pump, &made);
}

static void open_wire(struct bench *bench, int index)
{
    CHECK(wire_open(bench->wires, FIRST_FD + index, SILENCE) == 0);
    CHECK(wire_configure(bench->wires, FIRST_FD + index, PUMP_BLOCK, 4, 0) == 0);
    CHECK(command(bench, PUMP_CHANNEL_OPEN, index, 0, FIRST_FD + index) == 0);
}

static void tick(struct bench *bench)
{
    pump_tick(bench->pump);
    bench->count = pump_poll(bench->pump, bench->events, EVENTS);
}

static const struct pump_event *event_of(struct bench *bench, uint32_t kind)
{
    for (int i = 0; i < bench->count; i++)
        if (bench->events[i].kind == kind)
            return &bench->events[i];
    return NULL;
}

static void say(struct bench *bench, int index, int octet, uint8_t *heard)
{
    uint8_t line[PUMP_BLOCK], unused[PUMP_BLOCK];

    memset(line, octet, sizeof(line));
    CHECK(wire_exchange(bench->wires, FIRST_FD + index, line, heard != NULL ? heard : unused, PUMP_BLOCK) == 0);
}

static int is_all(const uint8_t *octets, int octet)
{
    for (int i = 0; i < PUMP_BLOCK; i++)
        if (octets[i] != octet)
            return 0;
    return 1;
}

static struct pump_stats stats_of(struct bench *bench)
{
    struct pump_stats stats;
    struct pump_command made = {.op = PUMP_STATS, .serial = 9, .data = &stats};

    memset(&stats, 0, sizeof(stats));
    CHECK(pump_submit(bench->pump, &made) == 0);
    tick(bench);
    CHECK(event_of(bench, PUMP_DONE) != NULL);
    return stats;
}

/* ---- wires ---- */

static void test_wire_rules(void)
{
    struct wires *wires = wires_new(2, FIRST_FD);
    uint8_t block[PUMP_BLOCK], line[PUMP_BLOCK];
    struct wire_counters counters;

    memset(line, 7, sizeof(line));
    CHECK(wire_read(wires, FIRST_FD, block, PUMP_BLOCK) == -EBADF);
    CHECK(wire_read(wires, FIRST_FD + 2, block, PUMP_BLOCK) == -EBADF);
    CHECK(wire_open(wires, FIRST_FD, SILENCE) == 0);
    CHECK(wire_open(wires, FIRST_FD, SILENCE) == -EBUSY);
    CHECK(wire_configure(wires, FIRST_FD, 15, 4, 0) == -EINVAL);
    CHECK(wire_configure(wires, FIRST_FD, 8192, 5, 0) == -EINVAL);
    CHECK(wire_configure(wires, FIRST_FD, PUMP_BLOCK, 4, 0) == 0);
    wire_exchange(wires, FIRST_FD, line, block, PUMP_BLOCK - 1);
    CHECK(wire_read(wires, FIRST_FD, block, PUMP_BLOCK) == -EAGAIN);
    wire_exchange(wires, FIRST_FD, line, block, 1);
    CHECK(wire_raise(wires, FIRST_FD, 18) == 1);
    CHECK(wire_read(wires, FIRST_FD, block, PUMP_BLOCK) == -500);
    CHECK(wire_write(wires, FIRST_FD, line, PUMP_BLOCK) == -500);
    CHECK(wire_poll(wires, FIRST_FD) == (POLLIN | POLLOUT | POLLPRI));
    CHECK(wire_next_event(wires, FIRST_FD) == 18 && wire_next_event(wires, FIRST_FD) == 0);
    CHECK(wire_read(wires, FIRST_FD, block, 10) == 10);
    CHECK(wire_read(wires, FIRST_FD, block, PUMP_BLOCK) == -EAGAIN);
    for (int i = 0; i < 5; i++)
        wire_exchange(wires, FIRST_FD, line, block, PUMP_BLOCK);
    wire_counters(wires, FIRST_FD, &counters);
    CHECK(counters.overflowed == PUMP_BLOCK);
    CHECK(counters.underrun == 6 * PUMP_BLOCK);
    CHECK(wire_unplug(wires, FIRST_FD) == 0);
    CHECK(wire_read(wires, FIRST_FD, block, PUMP_BLOCK) == -ENODEV);
    CHECK((wire_poll(wires, FIRST_FD) & (POLLERR | POLLHUP)) == (POLLERR | POLLHUP));
    CHECK(wire_close(wires, FIRST_FD) == 0);
    wires_free(wires);
}

static void test_wire_policies(void)
{
    struct wires *wires = wires_new(1, FIRST_FD);
    uint8_t line[PUMP_BLOCK] = {0}, ones[PUMP_BLOCK], heard[PUMP_BLOCK];

    memset(ones, 1, sizeof(ones));
    wire_open(wires, FIRST_FD, SILENCE);
    for (int policy = 1; policy <= 2; policy++) {
        int enough = policy == 1 ? 4 : 2;

        CHECK(wire_configure(wires, FIRST_FD, PUMP_BLOCK, 4, policy) == 0);
        for (int i = 0; i < enough; i++) {
            wire_exchange(wires, FIRST_FD, line, heard, PUMP_BLOCK);
            CHECK(is_all(heard, SILENCE));
            CHECK(wire_write(wires, FIRST_FD, ones, PUMP_BLOCK) == PUMP_BLOCK);
        }
        for (int i = 0; i < enough; i++) {
            wire_exchange(wires, FIRST_FD, line, heard, PUMP_BLOCK);
            CHECK(is_all(heard, 1));
        }
        wire_exchange(wires, FIRST_FD, line, heard, PUMP_BLOCK);
        CHECK(is_all(heard, SILENCE));
    }
    wires_free(wires);
}

/* ---- codec ---- */

/* Both laws, and the way between them, beside another library's tables. */
static void test_laws(void)
{
    uint8_t octets[256], converted[256];
    int16_t samples[256];

    for (int octet = 0; octet < 256; octet++)
        octets[octet] = (uint8_t)octet;
    for (int isa = PUMP_ISA_PORTABLE; isa <= PUMP_ISA_AVX2; isa++) {
        if (pump_use_isa(isa) < 0)
            continue;
        for (int law = PUMP_LAW_A; law <= PUMP_LAW_MU; law++) {
            pump_law_decode(law, octets, samples, 256);
            pump_law_convert(law, octets, converted, 256);
            for (int octet = 0; octet < 256; octet++) {
                uint8_t byte = (uint8_t)octet;

                CHECK(samples[octet] == (law == PUMP_LAW_A ? alaw_to_linear(byte) : ulaw_to_linear(byte)));
                CHECK(converted[octet] == (law == PUMP_LAW_A ? alaw_to_ulaw(byte) : ulaw_to_alaw(byte)));
            }
        }
    }
    CHECK(pump_use_isa(9) == -ENOTSUP);
}

static void test_alaw(void)
{
    for (int octet = 0; octet < 256; octet++) {
        uint8_t in = (uint8_t)octet, out;
        int16_t linear;

        pump_alaw_decode(&in, &linear, 1);
        pump_alaw_encode(&linear, &out, 1);
        CHECK(out == in);
    }
    for (int sample = -32768; sample < 32768; sample++) {
        int16_t in = (int16_t)sample, out;
        uint8_t octet;

        pump_alaw_encode(&in, &octet, 1);
        pump_alaw_decode(&octet, &out, 1);
        CHECK(abs(out - in) <= (abs(in) < 512 ? 16 : abs(in) / 32 + 1) || abs(in) > 32256);
    }
}

/* ---- the pump ---- */

static void test_bridge(void)
{
    struct bench bench;
    uint8_t heard[PUMP_BLOCK];

    setup(&bench, 2);
    open_wire(&bench, 0);
    open_wire(&bench, 1);
    command(&bench, PUMP_PATCH, 0, 1, 0);
    tick(&bench);
    for (int i = 0; i < 20; i++) {
        say(&bench, 0, i, NULL);
        say(&bench, 1, SILENCE, heard);
        CHECK(is_all(heard, i >= 2 ? i - 2 : SILENCE));
        tick(&bench);
    }
    command(&bench, PUMP_CHANNEL_CLOSE, 0, 0, 0);
    tick(&bench);
    CHECK(wire_is_open(bench.wires, FIRST_FD) == 0);
    CHECK(stats_of(&bench).patches == 0);
    teardown(&bench);
}

static void test_mix(void)
{
    struct bench bench;
    uint8_t heard[PUMP_BLOCK], loud, sum;
    int16_t half = 20000, limit = INT16_MAX;

    pump_alaw_encode(&half, &loud, 1);
    pump_alaw_encode(&limit, &sum, 1);
    setup(&bench, 3);
    for (int i = 0; i < 3; i++)
        open_wire(&bench, i);
    command(&bench, PUMP_PATCH, 0, 2, 0);
    command(&bench, PUMP_PATCH, 1, 2, 0);
    for (int i = 0; i < 4; i++) {
        tick(&bench);
        say(&bench, 0, loud, NULL);
        say(&bench, 1, loud, NULL);
        say(&bench, 2, SILENCE, heard);
    }
    CHECK(is_all(heard, sum));
    CHECK(stats_of(&bench).clipped > 0);
    command(&bench, PUMP_PATCH, 0, 2, -6001);
    command(&bench, PUMP_UNPATCH, 1, 2, 0);
    command(&bench, PUMP_PATCH, 0, 2, -6000);
    tick(&bench);
    CHECK(event_of(&bench, PUMP_DONE) != NULL && event_of(&bench, PUMP_DONE)->value == -ERANGE);
    teardown(&bench);
}

static void test_player(void)
{
    struct bench bench;
    uint8_t *audio = malloc(PUMP_BLOCK * 2 + 40), heard[PUMP_BLOCK];
    const struct pump_event *done;

    memset(audio, 3, PUMP_BLOCK * 2 + 40);
    setup(&bench, 1);
    open_wire(&bench, 0);
    tick(&bench);
    say(&bench, 0, SILENCE, NULL);
    CHECK(sound(&bench, PUMP_PLAY, 5, 0, 10, audio, PUMP_BLOCK * 2 + 40) == 0);
    command(&bench, PUMP_PATCH, 5, 0, 0);
    for (int i = 0; i < 3; i++) {
        tick(&bench);
        done = event_of(&bench, PUMP_DONE);
        CHECK((done != NULL) == (i == 2));
        say(&bench, 0, SILENCE, heard);
    }
    CHECK(done != NULL && done->serial == 105 && done->value == 0 && done->played == PUMP_BLOCK * 2 + 30);
    free(audio); /* it came back: nobody may touch it */
    tick(&bench);
    say(&bench, 0, SILENCE, heard);
    CHECK(heard[29] == 3 && heard[30] == SILENCE);
    CHECK(stats_of(&bench).patches == 0);
    teardown(&bench);
}

static void test_loop_and_stop(void)
{
    struct bench bench;
    uint8_t audio[3] = {1, 2, 3};

    setup(&bench, 1);
    CHECK(sound(&bench, PUMP_PLAY, 5, 1, 2, audio, 3) == 0);
    for (int i = 0; i < 10; i++)
        tick(&bench);
    CHECK(event_of(&bench, PUMP_DONE) == NULL);
    command(&bench, PUMP_SOURCE_STOP, 5, 0, 0);
    command(&bench, PUMP_SOURCE_STOP, 5, 0, 0);
    tick(&bench);
    CHECK(bench.count == 1 && bench.events[0].value == -ECANCELED && bench.events[0].played == 10 * PUMP_BLOCK);
    teardown(&bench);
}

static void test_tone(void)
{
    struct bench bench;
    struct pump_tone_step steps[2] = {{450, -10, 0, 0, 100, 0}, {0, 0, 0, 0, 101, 0}};
    const struct pump_event *done;

    setup(&bench, 1);
    CHECK(sound(&bench, PUMP_TONE, 5, -1, 0, steps, sizeof(steps)) == 0);
    tick(&bench);
    CHECK(event_of(&bench, PUMP_DONE) == NULL);
    tick(&bench);
    done = event_of(&bench, PUMP_DONE);
    CHECK(done != NULL && done->value == 0 && done->played == 201);
    steps[1].duration_samples = 0;
    CHECK(sound(&bench, PUMP_TONE, 5, -1, 0, steps, sizeof(steps)) == 0);
    steps[0].frequency1_hz = NAN;
    CHECK(sound(&bench, PUMP_TONE, 6, -1, 0, steps, sizeof(steps[0])) == 0);
    CHECK(sound(&bench, PUMP_TONE, 7, 0, 0, steps, sizeof(steps) - 1) == 0);
    tick(&bench);
    CHECK(bench.count == 3);
    for (int i = 0; i < bench.count; i++)
        CHECK(bench.events[i].value == -EINVAL);
    teardown(&bench);
}

static void test_tap(void)
{
    struct bench bench;
    uint8_t frames[256 * 2], read[512];
    struct pump_tap tap = {.frames = frames, .capacity = 256};

    setup(&bench, 1);
    open_wire(&bench, 0);
    CHECK(sound(&bench, PUMP_TAP_OPEN, 10, 0, 0, &tap, 0) == 0);
    command(&bench, PUMP_PATCH, 0, 11, 0);
    tick(&bench);
    CHECK(pump_tap_read(&tap, read, 256) == PUMP_BLOCK && is_all(read, SILENCE));
    for (int i = 0; i < 2; i++) {
        say(&bench, 0, 9, NULL);
        tick(&bench);
    }
    CHECK(event_of(&bench, PUMP_TAP_LOST) != NULL && event_of(&bench, PUMP_TAP_LOST)->played == 2 * PUMP_BLOCK - 256);
    CHECK(pump_tap_read(&tap, read, 100) == 100);
    CHECK(pump_tap_read(&tap, read + 200, 256) == 156);
    for (int i = 0; i < 256; i++)
        CHECK(read[2 * i] == SILENCE && read[2 * i + 1] == 9);
    CHECK(tap.lost == 2 * PUMP_BLOCK - 256);
    command(&bench, PUMP_TAP_CLOSE, 10, 0, 0);
    tick(&bench);
    CHECK(tap.closed == 1 && event_of(&bench, PUMP_DONE)->serial == 110);
    teardown(&bench);
}

/* A reader that keeps up has the pump write at the ring's beginning again; one that falls behind gets what went round, in order, too. */
static void test_tap_goes_round(void)
{
    struct bench bench;
    uint8_t frames[512 * 2], read[1024];
    struct pump_tap tap = {.frames = frames, .capacity = 512};
    int heard = 0;

    setup(&bench, 1);
    open_wire(&bench, 0);
    CHECK(sound(&bench, PUMP_TAP_OPEN, 10, 0, 0, &tap, 0) == 0);
    command(&bench, PUMP_PATCH, 0, 10, 0);
    tick(&bench);
    CHECK(pump_tap_read(&tap, read, 512) == PUMP_BLOCK);
    for (int said = 1; said <= 40; said++) {
        uint64_t most = said % 4 == 0 ? 512 : 100; /* all, or less than what comes */
        int count;

        say(&bench, 0, said, NULL);
        tick(&bench);
        count = (int)pump_tap_read(&tap, read, most);
        for (int i = 0; i < count; i++, heard++)
            CHECK(read[2 * i] == 1 + heard / PUMP_BLOCK);
        CHECK(heard == (said % 4 == 0 ? said * PUMP_BLOCK : said / 4 * 4 * PUMP_BLOCK + said % 4 * 100));
    }
    CHECK(tap.lost == 0 && tap.origin == tap.written - 4 * PUMP_BLOCK);
    teardown(&bench);
}

static int64_t tap_write(struct pump_tap *tap, int fd)
{
    int64_t result = 0;

    pump_taps_write(&tap, &fd, &result, 1);
    return result;
}

/* What waits in a ring goes into a file at its present place, also when it goes round; a disk that is full is told. */
static void test_tap_is_written(void)
{
    struct bench bench;
    uint8_t frames[256 * 2], read[1024];
    struct pump_tap tap = {.frames = frames, .capacity = 256};
    struct pump_tap broken = {.frames = frames, .capacity = 256, .written = 1}, *both[] = {&broken, &tap};
    FILE *file = tmpfile();
    int full = open("/dev/full", O_WRONLY), fds[] = {-1, fileno(file)};
    int64_t results[2];

    setup(&bench, 1);
    open_wire(&bench, 0);
    CHECK(file != NULL && full >= 0);
    CHECK(sound(&bench, PUMP_TAP_OPEN, 10, 0, 0, &tap, 0) == 0);
    command(&bench, PUMP_PATCH, 0, 10, 0);
    tick(&bench);
    CHECK(tap_write(&tap, full) == -ENOSPC);
    CHECK(pump_tap_read(&tap, read, 100) == 100);
    say(&bench, 0, 7, NULL);
    tick(&bench);
    CHECK(write(fileno(file), "head", 4) == 4);
    CHECK(tap_write(&tap, fileno(file)) == 60 + PUMP_BLOCK);
    CHECK(tap_write(&tap, fileno(file)) == 0);
    CHECK(pread(fileno(file), read, sizeof(read), 0) == 4 + 2 * (60 + PUMP_BLOCK));
    for (int i = 0; i < 60 + PUMP_BLOCK; i++)
        CHECK(read[4 + 2 * i] == (i < 60 ? SILENCE : 7) && read[4 + 2 * i + 1] == SILENCE);
    say(&bench, 0, 9, NULL);
    tick(&bench);
    pump_taps_write(both, fds, results, 2);
    CHECK(results[0] == -EBADF && results[1] == PUMP_BLOCK);
    close(full);
    fclose(file);
    teardown(&bench);
}

static void test_stall(void)
{
    struct bench bench;
    uint8_t frames[4096 * 2], heard[PUMP_BLOCK], read[8192];
    struct pump_tap tap = {.frames = frames, .capacity = 4096};
    struct pump_stats stats;

    setup(&bench, 2);
    open_wire(&bench, 0);
    open_wire(&bench, 1);
    command(&bench, PUMP_PATCH, 0, 1, 0);
    CHECK(sound(&bench, PUMP_TAP_OPEN, 10, 0, 0, &tap, 0) == 0);
    command(&bench, PUMP_PATCH, 0, 10, 0);
    tick(&bench);
    for (int i = 1; i <= 10; i++) {
        say(&bench, 0, i, NULL);
        say(&bench, 1, SILENCE, NULL);
        if (i <= 3 || i >= 7)
            tick(&bench);
        if (i == 7)
            CHECK(event_of(&bench, PUMP_STALLED) != NULL && event_of(&bench, PUMP_STALLED)->value == 4);
    }
    CHECK(pump_tap_read(&tap, read, 4096) == 11 * PUMP_BLOCK);
    for (int i = 0; i < 11 * PUMP_BLOCK; i++)
        CHECK(read[2 * i] == (i < PUMP_BLOCK ? SILENCE : i / PUMP_BLOCK));
    say(&bench, 1, SILENCE, heard);
    CHECK(is_all(heard, 9)); /* two blocks after it was said, as before the stall */
    stats = stats_of(&bench);
    CHECK(stats.stalls == 1 && stats.blocks_late == 6 && stats.writes_refused == 0);
    teardown(&bench);
}

static void test_rings_full(void)
{
    struct bench bench;
    int taken = 0, lost = 0;

    setup(&bench, 1);
    open_wire(&bench, 0);
    while (command(&bench, 99, 0, 0, 0) == 0)
        taken++;
    CHECK(taken == 63);
    CHECK(command(&bench, 99, 0, 0, 0) == -EAGAIN);
    for (int i = 0; i < 10; i++) { /* nobody polls: refusals fill the ring, the rest waits */
        say(&bench, 0, SILENCE, NULL);
        wire_raise(bench.wires, FIRST_FD, 1);
        pump_tick(bench.pump);
    }
    CHECK(pump_poll(bench.pump, bench.events, EVENTS) == 64); /* one line event came before the 63 refusals */
    for (int i = 0; i < 3; i++) {
        tick(&bench);
        if (event_of(&bench, PUMP_EVENTS_LOST) != NULL)
            lost = event_of(&bench, PUMP_EVENTS_LOST)->value;
    }
    CHECK(lost > 0);
    CHECK(stats_of(&bench).commands_refused == 63);
    teardown(&bench);
}

static void test_events_and_failure(void)
{
    struct bench bench;

    setup(&bench, 1);
    open_wire(&bench, 0);
    tick(&bench);
    wire_raise(bench.wires, FIRST_FD, 18);
    wire_raise(bench.wires, FIRST_FD, 2);
    say(&bench, 0, SILENCE, NULL);
    CHECK(pump_tick(bench.pump) == 1);
    CHECK(pump_poll(bench.pump, bench.events, EVENTS) == 2 && bench.events[0].value == 18 && bench.events[1].value == 2);
    wire_unplug(bench.wires, FIRST_FD);
    tick(&bench);
    CHECK(bench.count == 1 && bench.events[0].kind == PUMP_CHANNEL_FAILED && bench.events[0].value == -ENODEV);
    tick(&bench);
    CHECK(bench.count == 0);
    teardown(&bench);
}

static void test_caller_id(void)
{
    static const uint8_t message[] = "\x80\x16\x01\x08" "03171656" "\x02\x0a" "2156430144";
    struct bench bench;
    uint8_t octets[8000], unused[PUMP_BLOCK];
    const struct pump_event *heard = NULL;
    static const struct pump_caller_id_style style = {PUMP_MODEM_BELL_202, 300, 180, -1350};
    int count = pump_caller_id_render(&style, message, sizeof(message) - 1, octets, sizeof(octets));

    CHECK(count > 4000);
    CHECK(pump_caller_id_render(&style, message, sizeof(message) - 1, octets, 4000) == -EMSGSIZE);
    memset(octets, SILENCE, sizeof(octets));
    count = pump_caller_id_render(&style, message, sizeof(message) - 1, octets, sizeof(octets));
    setup(&bench, 1);
    open_wire(&bench, 0);
    command(&bench, PUMP_CHANNEL_LISTEN, 0, 0, PUMP_HEAR_CALLER_ID | PUMP_HEAR_KEYS | PUMP_HEAR_PROGRESS);
    tick(&bench);
    for (int i = 0; i < count + PUMP_BLOCK && heard == NULL; i += PUMP_BLOCK) {
        wire_exchange(bench.wires, FIRST_FD, octets + i, unused, PUMP_BLOCK);
        tick(&bench);
        heard = event_of(&bench, PUMP_CALLER_ID);
    }
    CHECK(heard != NULL && heard->length == sizeof(message) - 1 && memcmp(heard->data, message, heard->length) == 0);
    teardown(&bench);
}

/* The sixteen keys through the pump: each down and up, where it was, as long as it was, at its level; and chance octets, for the sanitizers. */
static void test_keys(void)
{
    static const double rows[] = {697, 770, 852, 941}, columns[] = {1209, 1336, 1477, 1633};
    static const char keys[] = "123A456B789C*0#D";
    struct bench bench;
    uint8_t line[PUMP_BLOCK], unused[PUMP_BLOCK];
    int downs = 0, ups = 0;

    setup(&bench, 1);
    open_wire(&bench, 0);
    command(&bench, PUMP_CHANNEL_LISTEN, 0, 0, PUMP_HEAR_KEYS);
    tick(&bench);
    for (int at = 0; at < 16 * 1600 + 800; at += PUMP_BLOCK) {
        for (int i = 0; i < PUMP_BLOCK; i++) { /* from 850 on a key of 100 ms every 200 ms, two tones of -10 dBm0 */
            int number = (at + i - 850) / 1600, place = (at + i - 850) % 1600;
            double angle = 6.283185307179586 * place / 8000;
            double wave = sin(angle * rows[number / 4 % 4]) + sin(angle * columns[number % 4]);
            int16_t sample = at + i >= 850 && number < 16 && place < 800 ? (int16_t)(32768 * pow(10, -13.14 / 20) * wave) : 0;

            pump_alaw_encode(&sample, &line[i], 1);
        }
        wire_exchange(bench.wires, FIRST_FD, line, unused, PUMP_BLOCK);
        tick(&bench);
        for (int i = 0; i < bench.count; i++) {
            const struct pump_event *event = &bench.events[i];
            int64_t begin = PUMP_BLOCK + 850 + 1600 * downs; /* the pump has ticked once before */

            CHECK(event->kind == (downs == ups ? PUMP_KEY_DOWN : PUMP_KEY_UP));
            CHECK(abs(event->level + 1000) <= 10);
            if (event->kind == PUMP_KEY_DOWN) {
                CHECK(downs < 16 && event->value == keys[downs] && llabs((int64_t)event->sample - begin) <= 8);
                downs++;
            } else {
                CHECK(abs((int)event->played - 800) <= 12 && llabs((int64_t)event->sample - (begin - 1600 + 800)) <= 8);
                ups++;
            }
        }
    }
    CHECK(downs == 16 && ups == 16);
    srand(1);
    for (int i = 0; i < 500; i++) {
        for (int k = 0; k < PUMP_BLOCK; k++)
            line[k] = (uint8_t)(i % 100 < 50 ? rand() >> 7 : i);
        wire_exchange(bench.wires, FIRST_FD, line, unused, PUMP_BLOCK);
        tick(&bench);
    }
    teardown(&bench);
}

static void test_limits(void)
{
    struct pump_limits limits = {.ports = 1, .patches = 1, .commands = 7, .events = 8};
    struct wires *wires = wires_new(1, FIRST_FD);

    CHECK(pump_new(&limits, wires_io(wires)) == NULL);
    limits.commands = 8;
    CHECK(pump_new(&limits, NULL) == NULL);
    CHECK(pump_new(NULL, wires_io(wires)) == NULL);
    wires_free(wires);
}

/* ---- system calls ---- */

struct counted {
    const struct pump_io *wires;
    int reads;
    int writes;
};

static int counted_read(void *context, int fd, uint8_t *octets, size_t count)
{
    struct counted *counted = context;

    counted->reads++;
    return counted->wires->read(counted->wires->context, fd, octets, count);
}

static int counted_write(void *context, int fd, const uint8_t *octets, size_t count)
{
    struct counted *counted = context;

    counted->writes++;
    return counted->wires->write(counted->wires->context, fd, octets, count);
}

static int counted_next_event(void *context, int fd)
{
    struct counted *counted = context;

    return counted->wires->next_event(counted->wires->context, fd);
}

static int counted_flush(void *context, int fd, int what)
{
    struct counted *counted = context;

    return counted->wires->flush(counted->wires->context, fd, what);
}

static int counted_close(void *context, int fd)
{
    struct counted *counted = context;

    return counted->wires->close(counted->wires->context, fd);
}

/* A channel costs little more than one read and one write a block: these are most of what the pump costs on a board. */
static void test_system_calls(void)
{
    enum { CHANNELS = 32, TICKS = 100 };
    struct bench bench;
    struct counted counted = {0};
    struct pump_io io = {&counted, counted_read, counted_write, counted_next_event, counted_flush, counted_close};

    setup(&bench, CHANNELS);
    pump_free(bench.pump);
    counted.wires = wires_io(bench.wires);
    bench.pump = pump_new(&(struct pump_limits){.ports = 64, .patches = 64, .commands = 64, .events = 64}, &io);
    for (int i = 0; i < CHANNELS; i++)
        open_wire(&bench, i);
    for (int i = 0; i < TICKS + 10; i++) {
        for (int index = 0; index < CHANNELS; index++)
            say(&bench, index, SILENCE, NULL);
        tick(&bench);
        if (i == 9)
            counted.reads = counted.writes = 0;
    }
    CHECK(counted.writes == CHANNELS * TICKS);
    CHECK(counted.reads <= CHANNELS * TICKS * 9 / 8);
    teardown(&bench);
}

/* ---- threads ---- */

struct crowd {
    struct bench bench;
    struct pump_tap tap;
    _Atomic int over;
    uint64_t recorded;
    uint64_t gaps; /* neighbouring frames that do not count on */
    int wake_fd;
};

#define BLOCKS_SAID 400

static void *record(void *argument)
{
    struct crowd *crowd = argument;
    uint8_t read[2 * 1024];
    int last = -1, over;

    do {
        uint64_t count;

        over = crowd->over;
        while ((count = pump_tap_read(&crowd->tap, read, 1024)) > 0) {
            for (uint64_t i = 0; i < count; i++) {
                if (read[2 * i] == SILENCE)
                    continue;
                crowd->gaps += last >= 0 && read[2 * i] != last && read[2 * i] != (last + 1) % 200;
                last = read[2 * i];
            }
            crowd->recorded += count;
        }
        sched_yield();
    } while (!over);
    return NULL;
}

/* The line: a block at a time, and it waits for the pump, so that nothing is lost however slow the machine. */
static void speak(struct crowd *crowd)
{
    struct bench *bench = &crowd->bench;
    uint64_t one = 1;

    for (int i = 0; i < BLOCKS_SAID; i++) {
        uint64_t before = pump_samples(bench->pump);

        say(bench, 0, i % 200, NULL);
        say(bench, 1, SILENCE, NULL);
        CHECK(command(bench, i % 2 ? PUMP_PATCH : PUMP_UNPATCH, 0, 1, 0) == 0);
        CHECK(write(crowd->wake_fd, &one, sizeof(one)) == sizeof(one));
        while (pump_samples(bench->pump) == before)
            sched_yield();
        bench->count += pump_poll(bench->pump, bench->events, EVENTS);
    }
}

static void test_threads(void)
{
    struct crowd *crowd = calloc(1, sizeof(*crowd));
    struct bench *bench = &crowd->bench;
    int event_fd = eventfd(0, EFD_NONBLOCK);
    pthread_t recorder;
    struct pollfd signalled = {.fd = event_fd, .events = POLLIN};

    setup(bench, 2);
    crowd->wake_fd = eventfd(0, EFD_NONBLOCK);
    crowd->tap = (struct pump_tap){.frames = calloc(2, 131072), .capacity = 131072};
    open_wire(bench, 0);
    open_wire(bench, 1);
    CHECK(sound(bench, PUMP_TAP_OPEN, 10, 0, 0, &crowd->tap, 0) == 0);
    command(bench, PUMP_PATCH, 0, 10, 0);
    tick(bench);
    CHECK(pump_start(bench->pump, crowd->wake_fd, 3, event_fd, 0) == -EINVAL);
    CHECK(pump_start(bench->pump, crowd->wake_fd, PUMP_WAKE_COUNTER, event_fd, 10) == 0);
    CHECK(pump_start(bench->pump, crowd->wake_fd, PUMP_WAKE_COUNTER, event_fd, 0) == -EBUSY);
    pthread_create(&recorder, NULL, record, crowd);
    speak(crowd);
    CHECK(sound(bench, PUMP_TAP_CLOSE, 10, 0, 0, NULL, 0) == 0);
    CHECK(write(crowd->wake_fd, &(uint64_t){1}, 8) == 8);
    CHECK(poll(&signalled, 1, 10000) == 1);
    CHECK(pump_stop(bench->pump) == 0);
    CHECK(pump_stop(bench->pump) == -EINVAL);
    crowd->over = 1;
    pthread_join(recorder, NULL);
    CHECK(crowd->gaps == 0);
    CHECK(crowd->recorded == (uint64_t)(BLOCKS_SAID + 1) * PUMP_BLOCK);
    teardown(bench);
    close(crowd->wake_fd);
    close(event_fd);
    free(crowd->tap.frames);
    free(crowd);
}

/* ---- all ---- */

int main(int argc, char **argv)
{
    static void (*const alone[])(void) = {test_wire_rules, test_wire_policies, test_laws, test_alaw,   test_bridge, test_mix,
                                          test_player,     test_loop_and_stop, test_tone,   test_tap,    test_stall,
                                          test_tap_goes_round, test_tap_is_written,
                                          test_rings_full, test_events_and_failure, test_caller_id, test_keys, test_limits,
                                          test_system_calls};
    static void (*const together[])(void) = {test_threads};

    if (argc > 1 && strcmp(argv[1], "threads") == 0)
        return run(together, 1);
    return run(alone, (int)(sizeof(alone) / sizeof(alone[0])));
}
