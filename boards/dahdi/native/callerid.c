/* callerid.c - a caller id message as sound: FSK of continuous phase, 1200 bit/s, 8 data bits between start and stop bit, low bit first.
 *
 * Bell 202 (GR-30, YD/T 1277) marks with 1200 Hz and spaces with 2200 Hz; V.23 (EN 300 659) with 1300 and 2100 Hz.
 */
#include "parts.h"

#include <errno.h>
#include <math.h>

#define BITS_PER_S 1200.0
#define FULL_SCALE 32768.0
#define FULL_SCALE_DBM0 3.14
#define TWO_PI 6.283185307179586
#define TAIL_BITS 10
#define MESSAGE_MOST 257 /* type, length, 255 octets of parameters */
#define PREAMBLE_MOST 4000 /* bits: 3.3 s */

struct modem {
    uint8_t *octets;
    size_t most;
    size_t count;
    double steps[2]; /* cycles a sample, of a space and of a mark */
    double peak;
    double bits;   /* sent so far */
    double cycles; /* the carrier's phase */
    bool full;
};

static void send_bit(struct modem *modem, int bit)
{
    size_t until;

    modem->bits += 1;
    until = (size_t)floor(modem->bits * SAMPLE_RATE_HZ / BITS_PER_S);
    while (modem->count < until && !modem->full) {
        int16_t sample = (int16_t)lrint(modem->peak * sin(TWO_PI * modem->cycles));

        if (modem->count == modem->most) {
            modem->full = true;
            return;
        }
        pump_alaw_encode(&sample, &modem->octets[modem->count++], 1);
        modem->cycles += modem->steps[bit];
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

static bool style_makes_sense(const struct pump_caller_id_style *style)
{
    return (style->modem == PUMP_MODEM_BELL_202 || style->modem == PUMP_MODEM_V23) && style->seizure_bits <= PREAMBLE_MOST &&
           style->mark_bits <= PREAMBLE_MOST && style->level >= -6000 && style->level <= 300;
}

int pump_caller_id_render(const struct pump_caller_id_style *style, const uint8_t *message, size_t length, uint8_t *octets, size_t most)
{
    struct modem modem = {.octets = octets, .most = most};
    bool bell = style->modem == PUMP_MODEM_BELL_202;
    unsigned sum = 0;

    if (length == 0 || length > MESSAGE_MOST)
        return -EMSGSIZE;
    if (!style_makes_sense(style))
        return -EINVAL;
    modem.steps[0] = (bell ? 2200.0 : 2100.0) / SAMPLE_RATE_HZ;
    modem.steps[1] = (bell ? 1200.0 : 1300.0) / SAMPLE_RATE_HZ;
    modem.peak = FULL_SCALE * pow(10.0, (style->level / 100.0 - FULL_SCALE_DBM0) / 20.0);
    for (uint32_t i = 0; i < style->seizure_bits; i++)
        send_bit(&modem, (int)(i % 2));
    for (uint32_t i = 0; i < style->mark_bits; i++)
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
