/* dtmf_sums.c - how much of a frequency is in a window of 80 samples: the part of the key receiver that runs all the time.
 *
 * A window is folded at its middle: what two samples at the same distance have in common meets the cosine, in what they differ meets the
 * sine, and half of the multiplications are saved. Cosines and sines carry the shape of the window (Hamming's) in them, so that shaping
 * costs nothing. Everything is whole numbers: samples of 13 bits (those of A-law exactly), probes of 14, sums of 32, and none can overflow:
 * 8192 (folded) * 8191 * 21.6 (sum of half the shape) < 2^31. So the bodies for AVX2 and for any processor give the same sums.
 */
#include "dtmf_parts.h"

#include <math.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define AVX2 __attribute__((target("avx2")))
#endif

#define FOLD (DTMF_WINDOW / 2)
#define LANES 48 /* a fold filled up with zeros to three vectors of 16 */
#define SHAPE_SCALE 32767.0
#define OVERLOAD_DBM0 3.14 /* of a sine that just reaches full scale in A-law (G.711) */
#define FULL_SCALE 4096.0

const double dtmf_nominal_hz[DTMF_PROBES] = {697, 770, 852, 941, 1209, 1336, 1477, 1633, 450};

static alignas(32) int16_t cosines[DTMF_PROBES][LANES];
static alignas(32) int16_t sines[DTMF_PROBES][LANES];
static alignas(32) int16_t shape[DTMF_WINDOW];

static double shape_at(double from_middle)
{
    return DTMF_SHAPE_MEAN + (1 - DTMF_SHAPE_MEAN) * turn_by(from_middle / DTMF_WINDOW).re;
}

static int16_t nearest(double value)
{
    return (int16_t)floor(value + 0.5);
}

void dtmf_sums_warm_up(void)
{
    for (int i = 0; i < DTMF_WINDOW; i++)
        shape[i] = nearest(SHAPE_SCALE * shape_at(i + 0.5 - FOLD));
    for (int probe = 0; probe < DTMF_PROBES; probe++) {
        for (int i = 0; i < FOLD; i++) {
            struct turn at = turn_by(dtmf_nominal_hz[probe] * (i + 0.5) / SAMPLE_RATE_HZ);

            cosines[probe][i] = nearest(DTMF_PROBE_SCALE * shape_at(i + 0.5) * at.re);
            sines[probe][i] = nearest(DTMF_PROBE_SCALE * shape_at(i + 0.5) * at.im);
        }
    }
}

double dtmf_power_of_level(double level_dbm0)
{
    double peak = FULL_SCALE * pow(10, (level_dbm0 - OVERLOAD_DBM0) / 20);

    return peak * peak / 2 * DTMF_SHAPE_MEAN * DTMF_WINDOW / 2;
}

/* ---- for any processor ---- */

static int32_t energy_portable(const int16_t *samples)
{
    alignas(32) int16_t shaped[DTMF_WINDOW];
    int32_t sum = 0;

    for (int i = 0; i < DTMF_WINDOW; i++)
        shaped[i] = (int16_t)((samples[i] * shape[i]) >> 16);
    for (int i = 0; i < DTMF_WINDOW; i++)
        sum += shaped[i] * samples[i];
    return sum;
}

static void compare_portable(const int16_t *samples, const int *probe, int count, struct turn *sums)
{
    alignas(32) int16_t common[FOLD], difference[FOLD];

    for (int i = 0; i < FOLD; i++) {
        common[i] = (int16_t)(samples[FOLD + i] + samples[FOLD - 1 - i]);
        difference[i] = (int16_t)(samples[FOLD + i] - samples[FOLD - 1 - i]);
    }
    for (int i = 0; i < count; i++) {
        const int16_t *cosine = cosines[probe[i]], *sine = sines[probe[i]];
        int32_t re = 0, im = 0;

        for (int k = 0; k < FOLD; k++) {
            re += common[k] * cosine[k];
            im += difference[k] * sine[k];
        }
        sums[i] = (struct turn){re, -(double)im};
    }
}

/* ---- for AVX2 ---- */

#if defined(__x86_64__)
struct fold { /* from the middle of the window outwards; `far` reaches 8 samples beyond the window, where the probes are 0 */
    __m256i near, middle, far;
};

AVX2 static inline __m256i load(const int16_t *samples)
{
    return _mm256_loadu_si256((const __m256i *)samples);
}

AVX2 static inline __m256i backwards(__m256i lanes)
{
    const __m128i swap = _mm_setr_epi8(14, 15, 12, 13, 10, 11, 8, 9, 6, 7, 4, 5, 2, 3, 0, 1);

    return _mm256_permute4x64_epi64(_mm256_shuffle_epi8(lanes, _mm256_broadcastsi128_si256(swap)), 0x4E);
}

AVX2 static inline __m256i product_avx2(struct fold fold, const int16_t *table)
{
    __m256i sum = _mm256_madd_epi16(fold.near, load(table));

    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(fold.middle, load(table + 16)));
    return _mm256_add_epi32(sum, _mm256_madd_epi16(fold.far, load(table + 32)));
}

AVX2 static int32_t energy_avx2(const int16_t *samples)
{
    __m256i sum = _mm256_setzero_si256();
    __m128i half;

    for (int i = 0; i < DTMF_WINDOW; i += 16) {
        __m256i lanes = load(samples + i);

        sum = _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_mulhi_epi16(lanes, load(shape + i)), lanes));
    }
    half = _mm_add_epi32(_mm256_castsi256_si128(sum), _mm256_extracti128_si256(sum, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4E));
    return _mm_cvtsi128_si32(half) + _mm_extract_epi32(half, 1);
}

/* Two probes at a time; the last of an odd number is compared twice. */
AVX2 static void compare_avx2(const int16_t *samples, const int *probe, int count, struct turn *sums)
{
    const __m256d conjugate = _mm256_setr_pd(0.0, -0.0, 0.0, -0.0);
    const int16_t *middle = samples + FOLD;
    __m256i near = load(middle), away = load(middle + 16), far = load(middle + 32); /* near to the middle of the window */
    __m256i before = backwards(load(middle - 16)), before_away = backwards(load(middle - 32)), before_far = backwards(load(middle - 48));
    struct fold common = {_mm256_add_epi16(near, before), _mm256_add_epi16(away, before_away), _mm256_add_epi16(far, before_far)};
    struct fold difference = {_mm256_sub_epi16(near, before), _mm256_sub_epi16(away, before_away), _mm256_sub_epi16(far, before_far)};

    for (int i = 0; i < count; i += 2) {
        int one = probe[i], other = probe[i + 1 < count ? i + 1 : i];
        __m256i first = _mm256_hadd_epi32(product_avx2(common, cosines[one]), product_avx2(difference, sines[one]));
        __m256i second = _mm256_hadd_epi32(product_avx2(common, cosines[other]), product_avx2(difference, sines[other]));
        __m256i both = _mm256_hadd_epi32(first, second);
        __m256d four = _mm256_cvtepi32_pd(_mm_add_epi32(_mm256_castsi256_si128(both), _mm256_extracti128_si256(both, 1)));

        four = _mm256_xor_pd(four, conjugate);
        if (i + 1 < count)
            _mm256_storeu_pd(&sums[i].re, four);
        else
            _mm_storeu_pd(&sums[i].re, _mm256_castpd256_pd128(four));
    }
}
#endif

/* ---- which ---- */

int32_t dtmf_energy(const int16_t *samples)
{
#if defined(__x86_64__)
    if (use_avx2())
        return energy_avx2(samples);
#endif
    return energy_portable(samples);
}

void dtmf_compare(const int16_t *samples, const int *probe, int count, struct turn *sums)
{
#if defined(__x86_64__)
    if (use_avx2()) {
        compare_avx2(samples, probe, count, sums);
        return;
    }
#endif
    compare_portable(samples, probe, count, sums);
}
