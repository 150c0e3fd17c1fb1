/* callerid.c - a caller id message as sound: Bell 202, continuous phase, 8 data bits between start and stop bit, low bit first. */
#include "parts.h"

#include <errno.h>
#include <math.h>

#define BITS_PER_S 1200.0
#define MARK_HZ 1200.0
#define SPACE_HZ 2200.0
#define PEAK 4823.8 /* -13.5 dBm0: 32768 * 10^((-13.5 - 3.14) / 20) */
#define TWO_PI 6.283185307179586
#define SEIZURE_BITS 300
#define MARK_BITS 180
#define TAIL_BITS 10
#define MESSAGE_MOST 257 /* type, length, 255 octets of parameters */

struct modem {
    uint8_t *octets;
    size_t most;
    size_t count;
    double bits;  /* sent so far */
    double cycles; /* the carrier's phase */
    bool full;
};

static void send_bit(struct modem *modem, int bit)
{
    double step = (bit ? MARK_HZ : SPACE_HZ) / SAMPLE_RATE_HZ;
    size_t until;

    modem->bits += 1;
    until = (size_t)floor(modem->bits * SAMPLE_RATE_HZ / BITS_PER_S);
    while (modem->count < until && !modem->full) {
        int16_t sample = (int16_t)lrint(PEAK * sin(TWO_PI * modem->cycles));

        if (modem->count == modem->most) {
            modem->full = true;
            return;
        }
        pump_alaw_encode(&sample, &modem->octets[modem->count++], 1);
        modem->cycles += step;
        modem->cycles -= floor(modem->cycles);
    }
}

static void send_octet(struct modem *modem, unsigned octet)
{
    send_bit(modem, 0);
    for (int i = 0; i < 8; i++)
        send_bit(modem, (octet >> i) & 1);
    send_bit(modem, 1);
}

int pump_caller_id_render(const uint8_t *message, size_t length, uint8_t *octets, size_t most)
{
    struct modem modem = {.octets = octets, .most = most};
    unsigned sum = 0;

    if (length == 0 || length > MESSAGE_MOST)
        return -EMSGSIZE;
    for (int i = 0; i < SEIZURE_BITS; i++)
        send_bit(&modem, i % 2);
    for (int i = 0; i < MARK_BITS; i++)
        send_bit(&modem, 1);
    for (size_t i = 0; i < length; i++) {
        sum += message[i];
        send_octet(&modem, message[i]);
    }
    send_octet(&modem, (0x100 - (sum & 0xFF)) & 0xFF);
    for (int i = 0; i < TAIL_BITS; i++)
        send_bit(&modem, 1);
    return modem.full ? -EMSGSIZE : (int)modem.count;
}
