/* law.c - G.711: octets of A-law and mu-law, and 16-bit linear samples.
 *
 * An octet is sign, three bits of segment, four of mantissa; A-law inverts the even bits, mu-law all. Linear values are those of the
 * Recommendation scaled to 16 bits (A-law 13 bits, mu-law 14), and negative samples are folded by their ones' complement, as the ITU's own
 * software tools do (G.191). From one law to the other goes by the tables 3 and 4 of G.711, never by way of linear
 * samples: an octet that crosses to the other law and back is then changed at most once, however often it crosses.
 *
 * Every function has two bodies: one for any processor, one for AVX2 that works on 16 samples at a time. They give the same octets for every
 * input, which the tests try out completely; which one runs is found out when the first block comes.
 *
 * All encoders use that inside a segment the code grows by one for every step of its size. With s the number of places by which the
 * magnitude must be shifted to leave five bits, the code is (magnitude >> s) + 16 s, up to a constant; the portable ones have a table of
 * it. With AVX2 s is the bit length of the magnitude's upper bits, looked up for two groups of four bits, and the shift is a multiplication
 * by a power of two.
 */
#include "parts.h"

#include <errno.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define AVX2 __attribute__((target("avx2")))
#endif

/* ---- which instructions ---- */

#define NOT_LOOKED (-1)

static _Atomic int chosen = NOT_LOOKED;

static bool have_avx2(void)
{
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx2");
#else
    return false;
#endif
}

bool use_avx2(void)
{
    int isa = atomic_load_explicit(&chosen, memory_order_relaxed);

    if (isa == NOT_LOOKED) {
        isa = have_avx2() ? PUMP_ISA_AVX2 : PUMP_ISA_PORTABLE;
        atomic_store_explicit(&chosen, isa, memory_order_relaxed);
    }
    return isa == PUMP_ISA_AVX2;
}

int pump_use_isa(int isa)
{
    if (isa == PUMP_ISA_AVX2 ? !have_avx2() : isa != PUMP_ISA_PORTABLE)
        return -ENOTSUP;
    atomic_store_explicit(&chosen, isa, memory_order_relaxed);
    return 0;
}

int pump_isa(void)
{
    return use_avx2() ? PUMP_ISA_AVX2 : PUMP_ISA_PORTABLE;
}

/* ---- tables that the compiler computes ---- */

#define A_SIGN_BITS 0x55
#define MANTISSA(o) ((unsigned)(o) & 15)
#define SEGMENT(o) (((unsigned)(o) >> 4) & 7)

#define A_MAGNITUDE(o) (SEGMENT(o) == 0 ? (MANTISSA(o) << 4) + 8 : ((MANTISSA(o) << 4) + 0x108) << ((SEGMENT(o) + 7) & 7))
#define A_LINEAR(x) (int16_t)(((x) ^ A_SIGN_BITS) & 0x80 ? (int)A_MAGNITUDE((x) ^ A_SIGN_BITS) : -(int)A_MAGNITUDE((x) ^ A_SIGN_BITS))

#define MU_BIAS 33 /* in 14 bits */
#define MU_MAGNITUDE(o) ((((MANTISSA(o) << 1) + MU_BIAS) << (SEGMENT(o) + 2)) - (MU_BIAS << 2))
#define MU_LINEAR(x) (int16_t)((x) & 0x80 ? (int)MU_MAGNITUDE(~(unsigned)(x)) : -(int)MU_MAGNITUDE(~(unsigned)(x)))

/* Table 4 of G.711, A-law to mu-law, and table 3, the other way: positive magnitudes 0 to 127, counted from zero upwards. */
#define MU_OF_A(n) \
    ((n) < 8    ? 2 * (n) + 1 \
     : (n) < 24 ? (n) + 8 \
     : (n) < 32 ? (n) / 2 + 20 \
     : (n) < 44 ? (n) + 4 \
     : (n) < 48 ? (n) / 2 + 26 \
     : (n) < 63 ? (n) + 2 \
     : (n) < 80 ? (n) + 1 \
                : (n))
#define A_OF_MU(n) \
    ((n) < 16   ? (n) / 2 \
     : (n) < 33 ? (n) - 8 \
     : (n) < 36 ? 2 * (n) - 40 \
     : (n) < 48 ? (n) - 4 \
     : (n) < 49 ? (n) - 3 \
     : (n) < 64 ? (n) - 2 \
     : (n) < 81 ? (n) - 1 \
                : (n))
#define A_TO_MU(x) (uint8_t)(MU_OF_A(((x) ^ A_SIGN_BITS) & 0x7F) ^ ((x) & 0x80 ? 0xFF : 0x7F))
#define MU_TO_A(x) (uint8_t)(A_OF_MU(((x) ^ 0x7F) & 0x7F) ^ ((x) & 0x80 ? 0xD5 : 0x55))

#define FOUR(of, x) of(x), of((x) + 1), of((x) + 2), of((x) + 3)
#define SIXTEEN(of, x) FOUR(of, x), FOUR(of, (x) + 4), FOUR(of, (x) + 8), FOUR(of, (x) + 12)
#define SIXTY_FOUR(of, x) SIXTEEN(of, x), SIXTEEN(of, (x) + 16), SIXTEEN(of, (x) + 32), SIXTEEN(of, (x) + 48)
#define ALL(of) {SIXTY_FOUR(of, 0), SIXTY_FOUR(of, 64), SIXTY_FOUR(of, 128), SIXTY_FOUR(of, 192)}

static const int16_t linear_of[2][256] = {[PUMP_LAW_A] = ALL(A_LINEAR), [PUMP_LAW_MU] = ALL(MU_LINEAR)};
static const uint8_t other_law_of[2][256] = {[PUMP_LAW_A] = ALL(A_TO_MU), [PUMP_LAW_MU] = ALL(MU_TO_A)};

/* The code without its sign, by the magnitude in steps of 16 (A-law) and, with the bias, of 8 (mu-law). */
#define BITS(n) (32 - (unsigned)__builtin_clz((unsigned)(n) | 1))
#define SHIFT(n, five) (BITS(n) > (five) ? BITS(n) - (five) : 0)
#define A_CODE(n) (uint8_t)(((unsigned)(n) >> SHIFT(n, 5)) + 16 * SHIFT(n, 5))
#define MU_WHOLE(n) ((n) > 4095 ? 4095u : (unsigned)(n))
#define MU_CODE(n) (uint8_t)((MU_WHOLE(n) >> SHIFT(MU_WHOLE(n), 5)) + 16 * SHIFT(MU_WHOLE(n), 5) - 16)
#define FIVE_TWELVE(of, x) \
    SIXTY_FOUR(of, x), SIXTY_FOUR(of, (x) + 64), SIXTY_FOUR(of, (x) + 128), SIXTY_FOUR(of, (x) + 192), SIXTY_FOUR(of, (x) + 256), \
        SIXTY_FOUR(of, (x) + 320), SIXTY_FOUR(of, (x) + 384), SIXTY_FOUR(of, (x) + 448)
#define TWO_THOUSAND(of, x) FIVE_TWELVE(of, x), FIVE_TWELVE(of, (x) + 512), FIVE_TWELVE(of, (x) + 1024), FIVE_TWELVE(of, (x) + 1536)

static const uint8_t a_code_of[2048] = {TWO_THOUSAND(A_CODE, 0)};
static const uint8_t mu_code_of[] = {TWO_THOUSAND(MU_CODE, 0), TWO_THOUSAND(MU_CODE, 2048), SIXTY_FOUR(MU_CODE, 4096)};

#define TEN(octet) octet, octet, octet, octet, octet, octet, octet, octet, octet, octet
#define HUNDRED_SIXTY(octet) \
    TEN(octet), TEN(octet), TEN(octet), TEN(octet), TEN(octet), TEN(octet), TEN(octet), TEN(octet), TEN(octet), TEN(octet), TEN(octet), \
        TEN(octet), TEN(octet), TEN(octet), TEN(octet), TEN(octet)

const uint8_t law_silence[2][PUMP_BLOCK] = {[PUMP_LAW_A] = {HUNDRED_SIXTY(ALAW_SILENCE)}, [PUMP_LAW_MU] = {HUNDRED_SIXTY(MULAW_SILENCE)}};

/* ---- for any processor ---- */

static uint8_t a_encoded(int sample)
{
    return (uint8_t)(a_code_of[(sample < 0 ? ~sample : sample) >> 4] ^ (sample < 0 ? 0x55 : 0xD5));
}

static uint8_t mu_encoded(int sample)
{
    return (uint8_t)(mu_code_of[(((sample < 0 ? ~sample : sample) >> 2) + MU_BIAS) >> 1] ^ (sample < 0 ? 0x7F : 0xFF));
}

static void encode_rest(int law, const int16_t *samples, uint8_t *octets, size_t first, size_t count)
{
    if (law == PUMP_LAW_A)
        for (size_t i = first; i < count; i++)
            octets[i] = a_encoded(samples[i]);
    else
        for (size_t i = first; i < count; i++)
            octets[i] = mu_encoded(samples[i]);
}

static void decode_rest(int law, const uint8_t *octets, int16_t *samples, size_t first, size_t count, int shift)
{
    const int16_t *table = linear_of[law];
    size_t i = first;

    for (; i + 4 <= count; i += 4) {
        samples[i] = (int16_t)(table[octets[i]] >> shift);
        samples[i + 1] = (int16_t)(table[octets[i + 1]] >> shift);
        samples[i + 2] = (int16_t)(table[octets[i + 2]] >> shift);
        samples[i + 3] = (int16_t)(table[octets[i + 3]] >> shift);
    }
    for (; i < count; i++)
        samples[i] = (int16_t)(table[octets[i]] >> shift);
}

/* ---- AVX2: each returns how many samples it did, a multiple of 16 or 32 ---- */

#if defined(__x86_64__)

#define SPREAD16(value) _mm256_set1_epi16((short)(value))
#define LOOK_UP(...) _mm256_broadcastsi128_si256(_mm_setr_epi8(__VA_ARGS__))

AVX2 static size_t decode_avx2(int law, const uint8_t *octets, int16_t *samples, size_t count, int shift)
{
    /* what a segment multiplies the mantissa with; the high octets of each lane are zero and look up entry 0, which the mask takes away */
    const __m256i a_factor = LOOK_UP(1, 1, 2, 4, 8, 16, 32, 64, 0, 0, 0, 0, 0, 0, 0, 0);
    const __m256i mu_factor = LOOK_UP(1, 2, 4, 8, 16, 32, 64, (char)128, 0, 0, 0, 0, 0, 0, 0, 0);
    const __m256i low = SPREAD16(0xFF);
    const __m256i inversion = SPREAD16(law == PUMP_LAW_A ? 0x55 : 0xFF);
    const __m256i factors = law == PUMP_LAW_A ? a_factor : mu_factor;
    const __m128i places = _mm_cvtsi32_si128(shift);
    size_t done = 0;

    for (; done + 16 <= count; done += 16) {
        __m256i octet = _mm256_xor_si256(_mm256_cvtepu8_epi16(_mm_loadu_si128((const __m128i *)(octets + done))), inversion);
        __m256i segment = _mm256_and_si256(_mm256_srli_epi16(octet, 4), SPREAD16(7));
        __m256i factor = _mm256_and_si256(_mm256_shuffle_epi8(factors, segment), low);
        __m256i mantissa = _mm256_and_si256(octet, SPREAD16(15));
        __m256i sign, magnitude;

        if (law == PUMP_LAW_A) { /* a set sign bit is positive */
            __m256i line = _mm256_and_si256(_mm256_cmpgt_epi16(segment, _mm256_setzero_si256()), SPREAD16(0x100));

            magnitude = _mm256_add_epi16(_mm256_add_epi16(_mm256_slli_epi16(mantissa, 4), SPREAD16(8)), line);
            magnitude = _mm256_mullo_epi16(magnitude, factor);
            sign = _mm256_cmpgt_epi16(SPREAD16(0x80), octet);
        } else { /* after the inversion a set sign bit is negative */
            magnitude = _mm256_add_epi16(_mm256_slli_epi16(mantissa, 3), SPREAD16(MU_BIAS << 2));
            magnitude = _mm256_sub_epi16(_mm256_mullo_epi16(magnitude, factor), SPREAD16(MU_BIAS << 2));
            sign = _mm256_cmpgt_epi16(octet, SPREAD16(0x7F));
        }
        magnitude = _mm256_sub_epi16(_mm256_xor_si256(magnitude, sign), sign);
        _mm256_storeu_si256((__m256i *)(samples + done), _mm256_sra_epi16(magnitude, places));
    }
    return done;
}

/* The bit length of each lane's low seven bits. */
AVX2 static inline __m256i bit_length(__m256i value)
{
    const __m256i of_low = LOOK_UP(0, 1, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 4, 4, 4, 4);
    const __m256i of_high = LOOK_UP(0, 5, 6, 6, 7, 7, 7, 7, 0, 0, 0, 0, 0, 0, 0, 0);
    __m256i low = _mm256_shuffle_epi8(of_low, _mm256_and_si256(value, SPREAD16(15)));

    return _mm256_max_epi16(low, _mm256_shuffle_epi8(of_high, _mm256_srli_epi16(value, 4)));
}

AVX2 static inline __m256i code_avx2(int law, __m256i sample)
{
    const __m256i place = LOOK_UP((char)128, 64, 32, 16, 8, 4, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0);
    __m256i sign = _mm256_srai_epi16(sample, 15);
    __m256i magnitude = _mm256_xor_si256(sample, sign), length, factor;

    if (law == PUMP_LAW_A) { /* steps of 16, twice: the least shift is by one */
        length = bit_length(_mm256_srli_epi16(magnitude, 9));
        magnitude = _mm256_slli_epi16(_mm256_srli_epi16(magnitude, 4), 1);
    } else {
        magnitude = _mm256_min_epi16(_mm256_add_epi16(_mm256_srli_epi16(magnitude, 2), SPREAD16(MU_BIAS)), SPREAD16(8191));
        length = bit_length(_mm256_srli_epi16(magnitude, 6));
    }
    factor = _mm256_slli_epi16(_mm256_shuffle_epi8(place, length), 8); /* 2 to the power of 15 - length */
    magnitude = _mm256_add_epi16(_mm256_mulhi_epu16(magnitude, factor), _mm256_slli_epi16(length, 4));
    if (law == PUMP_LAW_MU) /* its lowest line is coded 16 */
        magnitude = _mm256_sub_epi16(magnitude, SPREAD16(16));
    return _mm256_xor_si256(magnitude, _mm256_xor_si256(_mm256_and_si256(sign, SPREAD16(0x80)), SPREAD16(law == PUMP_LAW_A ? 0xD5 : 0xFF)));
}

AVX2 static size_t encode_avx2(int law, const int16_t *samples, uint8_t *octets, size_t count)
{
    size_t done = 0;

    for (; done + 32 <= count; done += 32) {
        __m256i first = code_avx2(law, _mm256_loadu_si256((const __m256i *)(samples + done)));
        __m256i second = code_avx2(law, _mm256_loadu_si256((const __m256i *)(samples + done + 16)));
        __m256i packed = _mm256_permute4x64_epi64(_mm256_packus_epi16(first, second), 0xD8); /* packing works within halves */

        _mm256_storeu_si256((__m256i *)(octets + done), packed);
    }
    return done;
}

#else

static size_t decode_avx2(int law, const uint8_t *octets, int16_t *samples, size_t count, int shift)
{
    (void)law, (void)octets, (void)samples, (void)count, (void)shift;
    return 0;
}

static size_t encode_avx2(int law, const int16_t *samples, uint8_t *octets, size_t count)
{
    (void)law, (void)samples, (void)octets, (void)count;
    return 0;
}

#endif

/* ---- what everybody uses ---- */

void pump_law_encode(int law, const int16_t *samples, uint8_t *octets, size_t count)
{
    size_t done = !use_avx2()          ? 0
                  : law == PUMP_LAW_A ? encode_avx2(PUMP_LAW_A, samples, octets, count)
                                      : encode_avx2(PUMP_LAW_MU, samples, octets, count);

    encode_rest(law, samples, octets, done, count);
}

void law_decode_shifted(int law, const uint8_t *octets, int16_t *samples, size_t count, int shift)
{
    size_t done = !use_avx2()          ? 0
                  : law == PUMP_LAW_A ? decode_avx2(PUMP_LAW_A, octets, samples, count, shift)
                                      : decode_avx2(PUMP_LAW_MU, octets, samples, count, shift);

    decode_rest(law, octets, samples, done, count, shift);
}

void pump_law_decode(int law, const uint8_t *octets, int16_t *samples, size_t count)
{
    law_decode_shifted(law, octets, samples, count, 0);
}

void pump_law_convert(int law, const uint8_t *octets, uint8_t *converted, size_t count)
{
    const uint8_t *table = other_law_of[law];

    for (size_t i = 0; i < count; i++)
        converted[i] = table[octets[i]];
}

void pump_alaw_encode(const int16_t *samples, uint8_t *octets, size_t count)
{
    pump_law_encode(PUMP_LAW_A, samples, octets, count);
}

void pump_alaw_decode(const uint8_t *octets, int16_t *samples, size_t count)
{
    pump_law_decode(PUMP_LAW_A, octets, samples, count);
}
