/* source.c - what sounds without a channel: players of memory in either law, and tones.
 *
 * A tone's sines are exact: each stretch of a block starts from the phase in cycles and turns a unit vector by the frequency's
 * angle, sample by sample, so no error lives longer than a block. The level is that of ITU-T G.711: a sine that just reaches
 * full scale is +3.14 dBm0.
 */
#include "parts.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#define FULL_SCALE 32768.0
#define FULL_SCALE_DBM0 3.14
#define TWO_PI 6.283185307179586

static void end(struct port *port, int32_t result)
{
    port->ended = true;
    port->result = result;
}

/* ---- players ---- */

int player_start(struct pump *pump, struct port *port, const struct pump_command *command)
{
    if (port->role != ROLE_FREE)
        return -EBUSY;
    if (command->value2 < 0 || (uint64_t)command->value2 > command->length || (command->data == NULL && command->length > 0))
        return -EINVAL;
    if (command->value != 0 && command->length == 0)
        return -EINVAL;
    if (command->other != PUMP_LAW_A && command->other != PUMP_LAW_MU)
        return -EINVAL;
    port_employ(&pump->sources, port, ROLE_PLAYER);
    port->gives.law = (uint8_t)command->other;
    port->serial = command->serial;
    port->as.player = (struct player){command->data, command->length, (uint64_t)command->value2, command->value != 0};
    return 0;
}

/* Fills the block; returns how many of its samples were played. A whole block is taken as it lies in memory. */
static uint32_t play(struct port *port)
{
    struct player *player = &port->as.player;
    uint32_t done = 0;

    if (player->length - player->place > PUMP_BLOCK) {
        source_say(&port->gives, player->octets + player->place);
        player->place += PUMP_BLOCK;
        return PUMP_BLOCK;
    }
    while (done < PUMP_BLOCK) {
        uint64_t rest = player->length - player->place;
        uint32_t part = rest < PUMP_BLOCK - done ? (uint32_t)rest : PUMP_BLOCK - done;

        if (part > 0)
            memcpy(port->block + done, player->octets + player->place, part);
        done += part;
        player->place += part;
        if (player->place < player->length)
            break;
        if (!player->loop) {
            end(port, 0);
            break;
        }
        player->place = 0;
    }
    return done;
}

/* ---- tones ---- */

static bool step_makes_sense(const struct pump_tone_step *step)
{
    const double frequency_hz[2] = {step->frequency1_hz, step->frequency2_hz};
    const double level_dbm0[2] = {step->level1_dbm0, step->level2_dbm0};

    for (int i = 0; i < 2; i++) {
        if (!(frequency_hz[i] >= 0 && frequency_hz[i] < SAMPLE_RATE_HZ / 2.0))
            return false;
        if (!(level_dbm0[i] >= -200 && level_dbm0[i] <= FULL_SCALE_DBM0))
            return false;
    }
    if (!(step->turn1 >= -1 && step->turn1 <= 1))
        return false;
    return step->duration_samples > 0;
}

static void enter_step(struct tone *tone, uint32_t index)
{
    const struct pump_tone_step *step = &tone->steps[index];

    tone->index = index;
    tone->left = step->duration_samples;
    if (step->frequency1_hz == 0) /* what begins after a pause begins at zero */
        tone->phase[0] = 0;
    if (step->frequency2_hz == 0)
        tone->phase[1] = 0;
    tone->phase[0] += step->turn1;
    tone->phase[0] -= floor(tone->phase[0]);
}

int tone_start(struct pump *pump, struct port *port, const struct pump_command *command)
{
    const struct pump_tone_step *steps = command->data;
    uint64_t count = command->length / sizeof(*steps);

    if (port->role != ROLE_FREE)
        return -EBUSY;
    if (steps == NULL || count == 0 || count > PUMP_TONE_STEPS_MAX || command->length % sizeof(*steps) != 0)
        return -EINVAL;
    if (command->value < -1 || command->value >= (int32_t)count)
        return -EINVAL;
    for (uint64_t i = 0; i < count; i++)
        if (!step_makes_sense(&steps[i]))
            return -EINVAL;
    port_employ(&pump->sources, port, ROLE_TONE);
    port->serial = command->serial;
    port->as.tone = (struct tone){.steps = steps, .count = (uint32_t)count, .loop_to = command->value};
    enter_step(&port->as.tone, 0);
    return 0;
}

/* Adds count samples of one sine to sum and moves its phase on. */
static void add_sine(double *sum, uint32_t count, double frequency_hz, double level_dbm0, double *phase)
{
    double peak = FULL_SCALE * pow(10.0, (level_dbm0 - FULL_SCALE_DBM0) / 20.0);
    double turn_real = cos(TWO_PI * frequency_hz / SAMPLE_RATE_HZ), turn_imaginary = sin(TWO_PI * frequency_hz / SAMPLE_RATE_HZ);
    double real = cos(TWO_PI * *phase), imaginary = sin(TWO_PI * *phase);
    double cycles = *phase + count * frequency_hz / SAMPLE_RATE_HZ;

    for (uint32_t i = 0; i < count; i++) {
        double next = real * turn_real - imaginary * turn_imaginary;

        sum[i] += peak * imaginary;
        imaginary = real * turn_imaginary + imaginary * turn_real;
        real = next;
    }
    *phase = cycles - floor(cycles);
}

static void encode_sum(const double *sum, uint8_t *octets, uint32_t count)
{
    int16_t samples[PUMP_BLOCK];

    for (uint32_t i = 0; i < count; i++)
        samples[i] = (int16_t)lrint(sum[i] > INT16_MAX ? INT16_MAX : sum[i] < INT16_MIN ? INT16_MIN : sum[i]);
    pump_alaw_encode(samples, octets, count);
}

static uint32_t sound(struct port *port)
{
    struct tone *tone = &port->as.tone;
    double sum[PUMP_BLOCK] = {0};
    uint32_t done = 0;

    while (done < PUMP_BLOCK) {
        const struct pump_tone_step *step = &tone->steps[tone->index];
        uint32_t part = tone->left < PUMP_BLOCK - done ? tone->left : PUMP_BLOCK - done;

        if (step->frequency1_hz > 0)
            add_sine(sum + done, part, step->frequency1_hz, step->level1_dbm0, &tone->phase[0]);
        if (step->frequency2_hz > 0)
            add_sine(sum + done, part, step->frequency2_hz, step->level2_dbm0, &tone->phase[1]);
        done += part;
        tone->left -= part;
        if (tone->left > 0)
            break;
        if (tone->index + 1 == tone->count && tone->loop_to < 0) {
            end(port, 0);
            break;
        }
        enter_step(tone, tone->index + 1 < tone->count ? tone->index + 1 : (uint32_t)tone->loop_to);
    }
    encode_sum(sum, port->block, done);
    return done;
}

/* ---- both ---- */

void source_stop(struct port *port)
{
    if (!port->ended)
        end(port, -ECANCELED);
}

void sources_sound(struct pump *pump)
{
    for (uint32_t i = 0; i < pump->sources.count; i++) {
        struct port *port = pump->sources.ports[i];
        uint32_t done;

        source_say(&port->gives, port->ended ? NULL : port->block);
        if (port->ended)
            continue;
        done = port->role == ROLE_PLAYER ? play(port) : sound(port);
        memcpy(port->block + done, law_silence[port->gives.law], PUMP_BLOCK - done);
        port->played += done;
    }
}

/* An ended source leaves the patch bay at once, and its port when its completion found room. */
void sources_reap(struct pump *pump)
{
    for (uint32_t i = pump->sources.count; i > 0; i--) {
        struct port *port = pump->sources.ports[i - 1];
        struct pump_event done;

        if (!port->ended)
            continue;
        patch_break_all(pump, port);
        done = event_at(pump, PUMP_DONE, port->number, port->result);
        done.serial = port->serial;
        done.played = port->played;
        if (port->serial == 0 || event_push_vital(pump, &done))
            port_dismiss(&pump->sources, port);
    }
}
