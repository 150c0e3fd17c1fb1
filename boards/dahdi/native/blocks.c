/* blocks.c - arithmetic on one block of samples: adding with a gain, limiting, measuring, interleaving. Pure functions on memory.
 *
 * Sums are kept in 32 bits: 64 sources at +36 dB fit. A gain that changes does so along a ramp of 5 ms, because a step in it is
 * heard as a click. The bodies for AVX2 give the same results as those for any processor, to the bit: both round to the nearest
 * even integer.
 */
#include "parts.h"

#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define AVX2 __attribute__((target("avx2")))
#else
#define AVX2
#endif

#define RAMP (BLOCK_PART)
#define TENTH(n) (n) / 40.0f, ((n) + 1) / 40.0f, ((n) + 2) / 40.0f, ((n) + 3) / 40.0f, ((n) + 4) / 40.0f
static const float ramp[RAMP] = {TENTH(1), TENTH(6), TENTH(11), TENTH(16), TENTH(21), TENTH(26), TENTH(31), TENTH(36)};

/* Adding 1.5 * 2^23 leaves the integer in the last bits of a float. Good to 2^22 on either side: 36 dB above full scale. */
static inline int32_t nearest(float value)
{
    const float shift = 12582912.0f;
    float shifted = value + shift;
    int32_t bits, bits_of_shift;

    memcpy(&bits, &shifted, sizeof(bits));
    memcpy(&bits_of_shift, &shift, sizeof(bits));
    return bits - bits_of_shift;
}

static void add_ramp(int32_t *sum, const int16_t *samples, float from, float to)
{
    float change = to - from;

    for (int i = 0; i < RAMP; i++)
        sum[i] += nearest(samples[i] * (from + change * ramp[i]));
}

/* ---- for any processor ---- */

static void add_as_is(int32_t *sum, const int16_t *samples)
{
    for (int i = 0; i < PUMP_BLOCK; i++)
        sum[i] += samples[i];
}

static void add_with_gain(int32_t *sum, const int16_t *samples, int first, float gain)
{
    for (int i = first; i < PUMP_BLOCK; i++)
        sum[i] += nearest(samples[i] * gain);
}

static void find_peaks(const int32_t *sum, int32_t *peaks)
{
    for (int part = 0; part < BLOCK_PARTS; part++) {
        int32_t peak = 0;

        for (int i = 0; i < BLOCK_PART; i++) {
            int32_t sample = sum[part * BLOCK_PART + i];
            int32_t size = sample < 0 ? -sample : sample;

            peak = size > peak ? size : peak;
        }
        peaks[part] = peak;
    }
}

static void pack(const int32_t *sum, int16_t *samples)
{
    for (int i = 0; i < PUMP_BLOCK; i++)
        samples[i] = (int16_t)(sum[i] > INT16_MAX ? INT16_MAX : sum[i] < INT16_MIN ? INT16_MIN : sum[i]);
}

/* Two squares at a time, sixteenths of them: so 160 of full scale fit 32 bits. */
static uint32_t squares(const int16_t *samples)
{
    uint32_t sum = 0;

    for (int i = 0; i < PUMP_BLOCK; i += 2)
        sum += ((uint32_t)(samples[i] * samples[i]) + (uint32_t)(samples[i + 1] * samples[i + 1])) >> 4;
    return sum;
}

/* ---- AVX2 ---- */

#if defined(__x86_64__)

AVX2 static void add_as_is_avx2(int32_t *sum, const int16_t *samples)
{
    for (int i = 0; i < PUMP_BLOCK; i += 8) {
        __m256i wide = _mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)(samples + i)));

        _mm256_storeu_si256((__m256i *)(sum + i), _mm256_add_epi32(wide, _mm256_loadu_si256((const __m256i *)(sum + i))));
    }
}

AVX2 static void add_with_gain_avx2(int32_t *sum, const int16_t *samples, int first, float gain)
{
    const __m256 gains = _mm256_set1_ps(gain);

    for (int i = first; i < PUMP_BLOCK; i += 8) {
        __m256 wide = _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(_mm_loadu_si128((const __m128i *)(samples + i))));
        __m256i scaled = _mm256_cvtps_epi32(_mm256_mul_ps(wide, gains));

        _mm256_storeu_si256((__m256i *)(sum + i), _mm256_add_epi32(scaled, _mm256_loadu_si256((const __m256i *)(sum + i))));
    }
}

AVX2 static void find_peaks_avx2(const int32_t *sum, int32_t *peaks)
{
    for (int part = 0; part < BLOCK_PARTS; part++) {
        __m256i peak = _mm256_setzero_si256();
        __m128i half;

        for (int i = 0; i < BLOCK_PART; i += 8)
            peak = _mm256_max_epi32(peak, _mm256_abs_epi32(_mm256_loadu_si256((const __m256i *)(sum + part * BLOCK_PART + i))));
        half = _mm_max_epi32(_mm256_castsi256_si128(peak), _mm256_extracti128_si256(peak, 1));
        half = _mm_max_epi32(half, _mm_shuffle_epi32(half, 0x4E));
        half = _mm_max_epi32(half, _mm_shuffle_epi32(half, 0xB1));
        peaks[part] = _mm_cvtsi128_si32(half);
    }
}

AVX2 static void pack_avx2(const int32_t *sum, int16_t *samples)
{
    for (int i = 0; i < PUMP_BLOCK; i += 16) {
        __m256i first = _mm256_loadu_si256((const __m256i *)(sum + i));
        __m256i second = _mm256_loadu_si256((const __m256i *)(sum + i + 8));

        _mm256_storeu_si256((__m256i *)(samples + i), _mm256_permute4x64_epi64(_mm256_packs_epi32(first, second), 0xD8));
    }
}

AVX2 static uint32_t squares_avx2(const int16_t *samples)
{
    __m256i sums = _mm256_setzero_si256();
    __m128i half;

    for (int i = 0; i < PUMP_BLOCK; i += 16) {
        __m256i block = _mm256_loadu_si256((const __m256i *)(samples + i));

        sums = _mm256_add_epi32(sums, _mm256_srli_epi32(_mm256_madd_epi16(block, block), 4));
    }
    half = _mm_add_epi32(_mm256_castsi256_si128(sums), _mm256_extracti128_si256(sums, 1));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0x4E));
    half = _mm_add_epi32(half, _mm_shuffle_epi32(half, 0xB1));
    return (uint32_t)_mm_cvtsi128_si32(half);
}

#else

#define add_as_is_avx2 add_as_is
#define add_with_gain_avx2 add_with_gain
#define find_peaks_avx2 find_peaks
#define pack_avx2 pack
#define squares_avx2 squares

#endif

/* ---- what the patch bay uses ---- */

void block_add(int32_t *sum, const int16_t *samples, float from, float to)
{
    int first = 0;

    if (from != to) {
        add_ramp(sum, samples, from, to);
        first = RAMP;
    }
    if (first == 0 && to == 1.0f)
        (use_avx2() ? add_as_is_avx2 : add_as_is)(sum, samples);
    else if (to != 0.0f)
        (use_avx2() ? add_with_gain_avx2 : add_with_gain)(sum, samples, first, to);
}

void block_peaks(const int32_t *sum, int32_t *peaks)
{
    (use_avx2() ? find_peaks_avx2 : find_peaks)(sum, peaks);
}

void block_pack(const int32_t *sum, int16_t *samples)
{
    (use_avx2() ? pack_avx2 : pack)(sum, samples);
}

float block_power(const int16_t *samples)
{
    return (float)(use_avx2() ? squares_avx2 : squares)(samples) * (16.0f / PUMP_BLOCK);
}

#define CEILING 32000   /* inside the highest interval of both laws */
#define BEYOND 65536.0f /* limited anyway, and `nearest` can take it */
#define ATTACK 8        /* samples: 1 ms */
#define RELEASE 1.02f   /* in 5 ms: 6 dB come back in 175 ms */

static float least(float one, float other)
{
    return one < other ? one : other;
}

static float allowed(int32_t peak)
{
    return peak > CEILING ? (float)CEILING / (float)peak : 1.0f;
}

/* Turns one part of a sum down, along a line from one gain to another. */
static void turn_down(int32_t *sum, int count, float from, float to)
{
    float step = (to - from) / (float)count;

    for (int i = 0; i < count; i++) {
        float turned = (float)sum[i] * (from + step * (float)(i + 1));

        sum[i] = nearest(turned < -BEYOND ? -BEYOND : least(turned, BEYOND));
    }
}

uint32_t block_limit(int32_t *sum, float *gain)
{
    int32_t peaks[BLOCK_PARTS];
    uint32_t limited = 0;

    block_peaks(sum, peaks);
    for (int part = 0; part < BLOCK_PARTS; part++) {
        float here = allowed(peaks[part]);
        float next = part + 1 < BLOCK_PARTS ? allowed(peaks[part + 1]) : 1.0f;
        float before = *gain;
        int32_t *samples = sum + part * BLOCK_PART;
        int attack = before > here ? ATTACK : 0; /* the peak came without warning: at the border of two blocks */

        if (attack > 0)
            turn_down(samples, ATTACK, before, here);
        before = least(before, here);
        *gain = least(least(here, next), least(before * RELEASE, 1.0f));
        if (before < 1.0f || *gain < 1.0f) {
            turn_down(samples + attack, BLOCK_PART - attack, before, *gain);
            limited += BLOCK_PART;
        }
    }
    return limited;
}

void block_interleave(const uint8_t *left, const uint8_t *right, uint8_t *frames, uint64_t count)
{
    uint64_t done = 0;

#if defined(__x86_64__)
    for (; done + 16 <= count; done += 16) {
        __m128i lefts = _mm_loadu_si128((const __m128i *)(left + done)), rights = _mm_loadu_si128((const __m128i *)(right + done));

        _mm_storeu_si128((__m128i *)(frames + 2 * done), _mm_unpacklo_epi8(lefts, rights));
        _mm_storeu_si128((__m128i *)(frames + 2 * done + 16), _mm_unpackhi_epi8(lefts, rights));
    }
#endif
    for (; done < count; done++) {
        frames[2 * done] = left[done];
        frames[2 * done + 1] = right[done];
    }
}
