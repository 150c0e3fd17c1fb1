/* ratchet.c - calls that are bridged, listened to for keys, and recorded with both ears, for so many seconds: `ratchet SECONDS`.
 *
 * Run under callgrind for two lengths, the difference is what a call costs a second in instructions of our own: a number that no busy machine
 * blurs. The lines are blocks of memory that sound like speech with pauses and a key now and then; reading one
 * is a copy, writing is nothing: that work is the driver's. The recorder's share is taking the frames out of the tap.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "pump.h"

#define CALLS 4
#define CHANNELS (2 * CALLS)
#define BLOCKS_A_S 50
#define SOUND_S 8
#define SOUND_BLOCKS (SOUND_S * BLOCKS_A_S)
#define TAP_CAPACITY 16384
#define FIRST_TAP 64
#define TWO_PI 6.283185307179586

struct lines {
    uint32_t tick;
    uint8_t ready[CHANNELS];
    uint8_t sound[SOUND_BLOCKS][PUMP_BLOCK];
    const uint8_t *heard[CHANNELS];
};

/* ---- lines ---- */

static int line_read(void *context, int fd, uint8_t *octets, size_t count)
{
    struct lines *lines = context;

    if (!lines->ready[fd])
        return -EAGAIN;
    lines->ready[fd] = 0;
    memcpy(octets, lines->sound[(lines->tick + (uint32_t)fd * 53) % SOUND_BLOCKS], count);
    return (int)count;
}

static int line_write(void *context, int fd, const uint8_t *octets, size_t count)
{
    struct lines *lines = context;

    lines->heard[fd] = octets;
    return (int)count;
}

static int line_event(void *context, int fd)
{
    (void)context, (void)fd;
    return 0;
}

static int line_flush(void *context, int fd, int what)
{
    (void)context, (void)fd, (void)what;
    return 0;
}

static int line_close(void *context, int fd)
{
    (void)context, (void)fd;
    return 0;
}

/* ---- what they say ---- */

/* A voice of 110...190 Hz through two formants for 4 of 10 fifths of a second, hiss otherwise; a key at the end. */
static double voice(uint32_t sample, uint32_t syllable)
{
    double pitch_hz = 110 + 20.0 * (syllable % 5), time_s = sample / 8000.0, sum = 0;

    if (syllable * 7 % 10 >= 4)
        return 0;
    for (int harmonic = 1; harmonic * pitch_hz < 3400; harmonic++) {
        double far1 = (harmonic * pitch_hz - 300.0 - 90.0 * (syllable % 6)) / 120, far2 = (harmonic * pitch_hz - 1800.0) / 200;

        sum += sin(TWO_PI * harmonic * pitch_hz * time_s + harmonic * harmonic) * (1 / (1 + far1 * far1) + 0.4 / (1 + far2 * far2));
    }
    return 3000 * sum;
}

static void make_sound(struct lines *lines)
{
    uint32_t state = 1;

    for (uint32_t block = 0; block < SOUND_BLOCKS; block++) {
        int16_t samples[PUMP_BLOCK];

        for (uint32_t i = 0; i < PUMP_BLOCK; i++) {
            uint32_t at = block * PUMP_BLOCK + i;
            double sample = voice(at, block / 10) + (int)((state = state * 1664525 + 1013904223) >> 27) - 16;

            if (block >= SOUND_BLOCKS - 5) /* key 5 */
                sample = 5000 * sin(TWO_PI * 770 / 8000 * at) + 5000 * sin(TWO_PI * 1336 / 8000 * at);
            samples[i] = (int16_t)fmax(-32768, fmin(32767, sample));
        }
        pump_alaw_encode(samples, lines->sound[block], PUMP_BLOCK);
    }
}

/* ---- calls ---- */

static void submit(struct pump *pump, struct pump_command command)
{
    if (pump_submit(pump, &command) < 0)
        exit(1);
}

static void connect(struct pump *pump, struct pump_tap *taps)
{
    for (int call = 0; call < CALLS; call++) {
        int one = 2 * call, other = one + 1, left = FIRST_TAP + 2 * call;

        for (int fd = one; fd <= other; fd++) {
            submit(pump, (struct pump_command){.op = PUMP_CHANNEL_OPEN, .port = fd, .value = fd});
            submit(pump, (struct pump_command){.op = PUMP_CHANNEL_LISTEN, .port = fd, .value = PUMP_HEAR_KEYS});
        }
        submit(pump, (struct pump_command){.op = PUMP_PATCH, .port = one, .other = other});
        submit(pump, (struct pump_command){.op = PUMP_PATCH, .port = other, .other = one});
        taps[call] = (struct pump_tap){.frames = calloc(TAP_CAPACITY, 2), .capacity = TAP_CAPACITY};
        submit(pump, (struct pump_command){.op = PUMP_TAP_OPEN, .serial = 1, .port = left, .data = &taps[call]});
        submit(pump, (struct pump_command){.op = PUMP_PATCH, .port = one, .other = left});
        submit(pump, (struct pump_command){.op = PUMP_PATCH, .port = other, .other = left + 1});
    }
}

static uint64_t record(struct pump_tap *taps)
{
    static uint8_t file[TAP_CAPACITY * 2];
    uint64_t frames = 0;

    for (int call = 0; call < CALLS; call++)
        frames += pump_tap_read(&taps[call], file, TAP_CAPACITY);
    return frames;
}

int main(int argc, char **argv)
{
    static struct lines lines;
    struct pump_io io = {&lines, line_read, line_write, line_event, line_flush, line_close};
    struct pump_limits limits = {.ports = 128, .patches = 256, .commands = 256, .events = 256};
    struct pump *pump = pump_new(&limits, &io);
    struct pump_tap taps[CALLS];
    struct pump_event events[64];
    uint64_t frames = 0, keys = 0;
    int seconds = argc > 1 ? atoi(argv[1]) : 0;

    if (pump == NULL || seconds <= 0)
        return 2;
    make_sound(&lines);
    connect(pump, taps);
    for (lines.tick = 0; lines.tick < (uint32_t)seconds * BLOCKS_A_S; lines.tick++) {
        int count;

        memset(lines.ready, 1, sizeof(lines.ready));
        pump_tick(pump);
        while ((count = pump_poll(pump, events, 64)) > 0)
            for (int i = 0; i < count; i++)
                keys += events[i].kind == PUMP_KEY_DOWN;
        if (lines.tick % BLOCKS_A_S == BLOCKS_A_S - 1)
            frames += record(taps);
    }
    pump_free(pump);
    for (int call = 0; call < CALLS; call++)
        free(taps[call].frames);
    printf("%d calls, %d seconds, %s, %llu frames, %llu keys\n", CALLS, seconds, pump_isa() == PUMP_ISA_AVX2 ? "AVX2" : "portable",
           (unsigned long long)frames, (unsigned long long)keys);
    return 0;
}
