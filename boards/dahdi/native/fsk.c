/* fsk.c - receiver of caller id: FSK of 1200 bit/s without a common clock, Bell 202 (GR-30, YD/T 1277) or V.23 (EN 300 659).
 *
 * For each sample the last bit's length of sound is compared with both frequencies, whatever their phase: that is the best that can be done
 * without knowing the carrier, and leaves a wrong bit in some ten million at 12 dB above the noise. A message is announced by at least 20
 * bits of mark (exchanges send 55 and more; the alternating bits before them are passed over), each octet by its start bit, whose edge
 * places the middles of the bits that follow. An octet without its stop bit, a pause of more than 30 bits or the loss of the carrier ends
 * everything; only a message with a right checksum is told.
 *
 * Carriers from -45 dBm0 on are heard: long lines bring -36.
 */
#include "fsk.h"

#include <math.h>
#include <string.h>

#define RATE_HZ 8000.0
#define BIT_SAMPLES (20.0f / 3.0f)
#define BIT_MIDDLE (BIT_SAMPLES / 2)
#define MARKS_LEAST 133 /* samples: 20 bits */
#define MARKS_MOST 200  /* between two octets: 30 bits */
#define QUIET_MOST 14   /* samples: two bits */
#define CARRIER_LEAST 200000.0f /* square of the correlation with -45 dBm0: amplitude 128 over 7 samples, halved */
#define EDGE_SHARE 0.25f
#define FOLLOWS_MOST 1.5f /* samples between where an edge is and where it should be */
#define EDGE_NEAREST 1.0f /* samples: nearer to a middle an edge is noise */
#define STOP_BIT 9
#define DATA_BITS 8
#define HEAD 2 /* octets: type and length */
#define TWO_PI 6.283185307179586

static void tune(struct fsk_tone *tone, double frequency_hz)
{
    for (int i = 0; i < FSK_ROUND; i++) {
        double angle = TWO_PI * frequency_hz * i / RATE_HZ;

        tone->cosine[i] = (float)cos(angle);
        tone->sine[i] = (float)sin(angle);
    }
}

void fsk_begin(struct fsk *fsk, int modem, fsk_told *told, void *user)
{
    bool bell = modem == PUMP_MODEM_BELL_202;

    memset(fsk, 0, sizeof(*fsk));
    tune(&fsk->tones[0], bell ? 2200.0 : 2100.0);
    tune(&fsk->tones[1], bell ? 1200.0 : 1300.0);
    fsk->told = told;
    fsk->user = user;
}

/* How strongly the newest bit's length sounds at this frequency, squared. */
static float strength(struct fsk_tone *tone, uint32_t turn, uint32_t newest, float sample)
{
    float real = 0, imaginary = 0;

    tone->real[newest] = sample * tone->cosine[turn];
    tone->imaginary[newest] = sample * tone->sine[turn];
    for (int i = 0; i < FSK_WINDOW; i++) {
        real += tone->real[i];
        imaginary += tone->imaginary[i];
    }
    return real * real + imaginary * imaginary;
}

static void forget(struct fsk *fsk)
{
    fsk->ready = false;
    fsk->octet_begun = false;
    fsk->count = 0;
}

static void octet_came(struct fsk *fsk)
{
    uint32_t sum = 0;

    fsk->message[fsk->count++] = (uint8_t)fsk->octet;
    if (fsk->count <= HEAD || fsk->count < (size_t)fsk->message[1] + HEAD + 1)
        return;
    for (size_t i = 0; i < fsk->count; i++)
        sum += fsk->message[i];
    if ((sum & 0xFF) == 0)
        fsk->told(fsk->user, fsk->message, fsk->count - 1);
    forget(fsk);
}

/* The middle of a bit: space is 0. */
static void bit_came(struct fsk *fsk, bool mark)
{
    if (fsk->bit == 0 && mark) {
        fsk->octet_begun = false; /* a click, no start bit; which may have begun since */
        fsk->before = -1;
    } else if (fsk->bit == STOP_BIT) {
        fsk->octet_begun = false;
        if (mark)
            octet_came(fsk);
        else
            forget(fsk);
    } else if (fsk->bit > 0) {
        fsk->octet |= (uint32_t)mark << (fsk->bit - 1);
    }
    fsk->bit++;
    fsk->until_bit += BIT_SAMPLES;
}

/* Where the middle of the bit is that began between these two samples: its edge is where space and mark are equal. */
static float middle_by_edge(float before, float now)
{
    return BIT_MIDDLE - now / (now - before);
}

static void begin_octet(struct fsk *fsk, float middle)
{
    fsk->octet_begun = true;
    fsk->bit = 0;
    fsk->octet = 0;
    fsk->until_bit = middle;
}

/* Noise moves single edges: each one corrects the middles a little. */
static float followed(const struct fsk *fsk, float before, float now)
{
    return fsk->until_bit + EDGE_SHARE * (middle_by_edge(before, now) - fsk->until_bit);
}

/* It has turned from mark to space, or is space already. Octets usually follow one another at once: then the bits before know as well
 * where the middles are, and what comes before the stop bit can be over is noise. */
static void await_octet(struct fsk *fsk, float before, float now)
{
    if (fsk->count > 0 && fsk->until_bit >= BIT_MIDDLE + FOLLOWS_MOST)
        return;
    if (fsk->count > 0 && fsk->until_bit > BIT_MIDDLE - FOLLOWS_MOST)
        begin_octet(fsk, before < 0 ? followed(fsk, before, now) : fsk->until_bit);
    else if (before < 0)
        begin_octet(fsk, middle_by_edge(before, now));
}

static void look(struct fsk *fsk, float space, float mark)
{
    float now = space - mark, before = fsk->before, earlier = fsk->earlier;

    fsk->earlier = before;
    fsk->before = now;
    fsk->quiet = space + mark < CARRIER_LEAST ? fsk->quiet + 1 : 0;
    if (fsk->quiet > QUIET_MOST) {
        fsk->marks = 0;
        forget(fsk);
        return;
    }
    fsk->until_bit -= 1;
    if (fsk->octet_begun) {
        if ((now < 0) != (before < 0) && fsk->until_bit > EDGE_NEAREST)
            fsk->until_bit = followed(fsk, before, now);
        if (fsk->until_bit < -0.5f) /* the middle was a sample ago */
            bit_came(fsk, earlier + 2 * before + now < 0);
        fsk->marks = 0;
        return;
    }
    if (now < 0) {
        fsk->marks++;
        if (fsk->count > 0 && fsk->marks > MARKS_MOST)
            forget(fsk);
        if (fsk->count == 0 && fsk->marks >= MARKS_LEAST)
            fsk->ready = true;
        return;
    }
    if (fsk->ready)
        await_octet(fsk, before, now);
    fsk->marks = 0;
}

void fsk_hear(struct fsk *fsk, const int16_t *samples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        float space = strength(&fsk->tones[0], fsk->turn, fsk->newest, samples[i]);
        float mark = strength(&fsk->tones[1], fsk->turn, fsk->newest, samples[i]);

        look(fsk, space, mark);
        fsk->turn = (fsk->turn + 1) % FSK_ROUND;
        fsk->newest = (fsk->newest + 1) % FSK_WINDOW;
    }
}
