/* alaw.c - G.711 A-law and 16-bit linear samples.
 *
 * An octet is sign, three bits of segment, four of mantissa, with the even bits inverted. The decoder is a table that the compiler
 * computes; the encoder finds the segment by counting leading zeros.
 */
#include "parts.h"

#define MAGNITUDE(o) \
    ((((o) >> 4) & 7) == 0 ? (((o) & 15) << 4) + 8 : (int)((((unsigned)(o) & 15) << 4) + 0x108) << ((((o) >> 4) & 7) - 1))
#define LINEAR(x) ((int16_t)(((x) ^ 0x55) & 0x80 ? MAGNITUDE((x) ^ 0x55) : -MAGNITUDE((x) ^ 0x55)))
#define FOUR(x) LINEAR(x), LINEAR((x) + 1), LINEAR((x) + 2), LINEAR((x) + 3)
#define SIXTEEN(x) FOUR(x), FOUR((x) + 4), FOUR((x) + 8), FOUR((x) + 12)
#define SIXTY_FOUR(x) SIXTEEN(x), SIXTEEN((x) + 16), SIXTEEN((x) + 32), SIXTEEN((x) + 48)

static const int16_t linear_of[256] = {SIXTY_FOUR(0), SIXTY_FOUR(64), SIXTY_FOUR(128), SIXTY_FOUR(192)};

void pump_alaw_decode(const uint8_t *octets, int16_t *samples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        samples[i] = linear_of[octets[i]];
}

static uint8_t encoded(int sample)
{
    uint8_t sign = sample < 0 ? 0x55 : 0xD5;
    uint32_t steps = (uint32_t)(sample < 0 ? ~sample : sample) >> 4; /* 0 to 2047 */

    if (steps >= 32) {
        uint32_t segment = 28 - (uint32_t)__builtin_clz(steps); /* 2 to 7 */

        steps = (segment << 4) | ((steps >> (segment - 1)) & 15);
    }
    return (uint8_t)(steps ^ sign); /* below 32, steps are segments 0 and 1 as they stand */
}

void pump_alaw_encode(const int16_t *samples, uint8_t *octets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        octets[i] = encoded(samples[i]);
}
