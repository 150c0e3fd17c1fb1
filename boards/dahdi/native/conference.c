/* conference.c - who is heard when many speak at once: the loudest few.
 *
 * The noise of every open microphone adds up: 31 of them bury one talker. A sink with more than LOUDEST_MOST channels for sources
 * hears therefore only the loudest of them; whatever the appliance itself plays is always heard.
 *
 * Loud is who stands out from the own noise. A channel's level follows its power upwards at once and falls 10 dB in 300 ms, so nobody
 * is cut off between two words; its noise floor follows the least power, and rises by 3 dB a second. What lies less than 6 dB above
 * the floor is noise: it is heard only while nobody speaks, so a steady hum neither covers a soft talker nor keeps one out. Who is
 * heard already counts double (HEARD_TIMES, 3 dB), so two of nearly the same level do not take turns.
 *
 * The level is worked out once in a round for each source, in the round that is being mixed: the first block of a word is heard.
 */
#include "parts.h"

#define FALL 0.8577f       /* 10 dB in 15 blocks */
#define FLOOR_RISE 1.0139f /* 3 dB in 50 blocks */
#define FLOOR_FALL 0.7f    /* 1.5 dB a block: one odd block is not the new floor */
#define FLOOR_LEAST 25.0f  /* the noise of A-law's idle channel is not divided further */
#define FLOOR_TIMES 4.0f   /* 6 dB */
#define RAW_SHARE 1e-6f    /* the mere level decides only among those who do not stand out */

static float within(float least, float value, float most)
{
    return value < least ? least : value > most ? most : value;
}

void loudness_follow(struct loudness *loudness, float power)
{
    loudness->level *= FALL;
    if (power > loudness->level)
        loudness->level = power;
    if (loudness->floor == 0.0f) /* the first block */
        loudness->floor = power;
    loudness->floor = within(loudness->floor * FLOOR_FALL, power, loudness->floor * FLOOR_RISE);
    if (loudness->floor < FLOOR_LEAST)
        loudness->floor = FLOOR_LEAST;
    loudness->stands_out = loudness->level > FLOOR_TIMES * loudness->floor;
    loudness->rank = RAW_SHARE * loudness->level;
    if (loudness->stands_out)
        loudness->rank += loudness->level - FLOOR_TIMES * loudness->floor;
}

/* Of equals the one that came first stays. */
bool loudest_wants(const struct loudest *loudest, float rank)
{
    return loudest->count < LOUDEST_MOST || rank > loudest->ranks[LOUDEST_MOST - 1];
}

/* Best first; the last makes room. */
void loudest_enter(struct loudest *loudest, struct patch *patch, float rank)
{
    uint32_t place = loudest->count < LOUDEST_MOST ? loudest->count++ : LOUDEST_MOST - 1;

    for (; place > 0 && loudest->ranks[place - 1] < rank; place--) {
        loudest->ranks[place] = loudest->ranks[place - 1];
        loudest->patches[place] = loudest->patches[place - 1];
    }
    loudest->ranks[place] = rank;
    loudest->patches[place] = patch;
}
