/* narrow.c - how strong one frequency is in a frame, and what else the detectors share.
 *
 * A frame is multiplied with a cosine and a sine of 10 bits and summed up: a discrete Fourier transform at one frequency, whose phase
 * counts from the beginning of the frame. How that phase advances from frame to frame tells the frequency to a hertz, though a frame of 10 ms
 * by itself tells it to 100 Hz only.
 */
#include "detect.h"

#include <math.h>

#if defined(__x86_64__)
#include <emmintrin.h>
#endif

#define TABLE_PEAK 511 /* FRAME products with samples of 16 bits fit 32 bits */
#define TWO_PI 6.283185307179586

void report_add(struct reports *reports, uint32_t kind, int32_t value, float power, int32_t offset)
{
    if (reports->count < REPORTS_MOST)
        reports->list[reports->count++] = (struct report){kind, value, level_from(power), offset, 0};
}

/* ---- sums ---- */

#if defined(__x86_64__)

static struct phasor products(const struct probe *probe, const int16_t *samples)
{
    __m128i cosines = _mm_setzero_si128(), sines = _mm_setzero_si128(), both;
    int64_t sums;

    for (int i = 0; i < probe->count; i += 8) {
        __m128i eight = _mm_loadu_si128((const __m128i *)(samples + i));

        cosines = _mm_add_epi32(cosines, _mm_madd_epi16(eight, _mm_loadu_si128((const __m128i *)(probe->cosine + i))));
        sines = _mm_add_epi32(sines, _mm_madd_epi16(eight, _mm_loadu_si128((const __m128i *)(probe->sine + i))));
    }
    both = _mm_add_epi32(_mm_unpacklo_epi32(cosines, sines), _mm_unpackhi_epi32(cosines, sines));
    sums = _mm_cvtsi128_si64(_mm_add_epi32(both, _mm_shuffle_epi32(both, 0x4E)));
    return (struct phasor){(float)(int32_t)sums, (float)(int32_t)(sums >> 32)};
}

static uint64_t squares(const int16_t *samples, int count)
{
    const __m128i none = _mm_setzero_si128();
    __m128i sums = none;
    uint64_t lanes[2];

    for (int i = 0; i < count; i += 8) {
        __m128i eight = _mm_loadu_si128((const __m128i *)(samples + i));
        __m128i pairs = _mm_madd_epi16(eight, eight); /* below 2^32 without a sign */

        sums = _mm_add_epi64(sums, _mm_add_epi64(_mm_unpacklo_epi32(pairs, none), _mm_unpackhi_epi32(pairs, none)));
    }
    _mm_storeu_si128((__m128i *)lanes, sums);
    return lanes[0] + lanes[1];
}

#else

static struct phasor products(const struct probe *probe, const int16_t *samples)
{
    int32_t real = 0, imaginary = 0;

    for (int i = 0; i < probe->count; i++) {
        real += probe->cosine[i] * samples[i];
        imaginary += probe->sine[i] * samples[i];
    }
    return (struct phasor){(float)real, (float)imaginary};
}

static uint64_t squares(const int16_t *samples, int count)
{
    uint64_t sum = 0;

    for (int i = 0; i < count; i++)
        sum += (uint64_t)((int64_t)samples[i] * samples[i]);
    return sum;
}

#endif

/* ---- probes ---- */

void probe_tune(struct probe *probe, double frequency_hz, int count)
{
    double step = TWO_PI * frequency_hz / SAMPLE_RATE_HZ;

    for (int i = 0; i < count; i++) {
        probe->cosine[i] = (int16_t)lrint(TABLE_PEAK * cos(step * i));
        probe->sine[i] = (int16_t)lrint(TABLE_PEAK * sin(step * i));
    }
    probe->count = count;
    probe->frequency_hz = (float)frequency_hz;
    probe->scale = (float)(sqrt(2.0) / TABLE_PEAK / count);
    probe->turn = (struct phasor){(float)cos(step * count), (float)sin(step * count)};
}

struct phasor probe_hear(const struct probe *probe, const int16_t *samples)
{
    struct phasor sums = products(probe, samples);

    return (struct phasor){sums.real * probe->scale, -sums.imaginary * probe->scale};
}

float offset_of(struct phasor advance, float frame_s)
{
    return atan2f(advance.imaginary, advance.real) / ((float)TWO_PI * frame_s);
}

float widened(float offset_hz, float frame_s)
{
    float x = 0.5f * (float)TWO_PI * offset_hz * frame_s;
    float lost = x * x < 1e-6f ? 1.0f : sinf(x) / x;

    return 1.0f / (lost * lost);
}

/* ---- levels ---- */

float mean_square(const int16_t *samples, int count)
{
    return (float)squares(samples, count) / (float)count;
}

int32_t level_from(float power)
{
    float level = power > 0 ? 1000.0f * log10f(power / POWER_0_DBM0) : -10000.0f;

    return (int32_t)lrintf(level < -10000.0f ? -10000.0f : level);
}
