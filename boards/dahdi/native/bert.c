/* bert.c - bit errors on a channel: the test patterns of O.150, and the checker of what comes back.
 *
 * A pattern is what a shift register gives that feeds on its own bits: O.150 5.2 (2^11 - 1: stages 9 and 11) and 5.3 (2^15 - 1: stages 14
 * and 15, inverted). An octet carries eight bits of it, the most significant first, as a timeslot does. The number of bits in a pattern is
 * odd, so the octets come round after as many octets as the pattern has bits: a *place* is one of these octets. Sent, a pattern is a loop
 * for a player (source.c); a patch at 0 dB in one law passes it as it is.
 *
 * The checker hunts, or is in step. Hunting, it takes the newest two octets for a piece of the pattern - their first bits are the whole
 * register - and is in step when the octets after them are those that must follow. In step, it counts bits that differ; more than one in
 * five within a window are no errors but the loss of the pattern: they are taken back, and it hunts again. While it hunts the place goes on
 * with time. When the pattern is found at another place than that, octets were lost or came twice on the way: a slip.
 *
 * Seconds are those of the line, 8000 octets, and begin when the pattern is found first.
 */
#include "parts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SHORT_ORDER 11
#define LONG_ORDER 15
#define PLACES_MOST 32767
#define NOWHERE 0xFFFF
#define OCTETS_A_SECOND 8000
#define SEVERE 64 /* errored bits a second: one in a thousand of 64 kbit/s, G.821 */
#define CERTAIN 8 /* octets that must follow before the pattern counts as found */

struct pattern {
    uint32_t order;
    uint32_t places;
    uint8_t octets[PLACES_MOST];
    uint16_t place_of[1 << LONG_ORDER]; /* of the octet that begins with these bits */
};

static struct pattern patterns[2];
static pthread_once_t made = PTHREAD_ONCE_INIT;

/* ---- the patterns ---- */

static void make(struct pattern *pattern, uint32_t order, uint32_t tap, bool inverted)
{
    uint32_t mask = (1u << order) - 1, state = mask, places = mask;

    pattern->order = order;
    pattern->places = places;
    memset(pattern->place_of, 0xFF, sizeof(pattern->place_of));
    for (uint32_t place = 0; place < places; place++) {
        uint32_t seen = 0, octet = 0;

        for (uint32_t i = 0; i < order; i++) /* the oldest bit of the register is the next on the line */
            seen = seen << 1 | ((state >> (order - 1 - i)) & 1);
        pattern->place_of[inverted ? seen ^ mask : seen] = (uint16_t)place;
        for (uint32_t i = 0; i < 8; i++) {
            uint32_t next = ((state >> (order - 1)) ^ (state >> (tap - 1))) & 1;

            octet = octet << 1 | (state >> (order - 1) & 1);
            state = (state << 1 | next) & mask;
        }
        pattern->octets[place] = (uint8_t)(inverted ? ~octet : octet);
    }
}

static void make_all(void)
{
    make(&patterns[0], SHORT_ORDER, 9, false);
    make(&patterns[1], LONG_ORDER, 14, true);
}

static const struct pattern *pattern_of(int order)
{
    pthread_once(&made, make_all);
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
        if (patterns[i].order == (uint32_t)order)
            return &patterns[i];
    return NULL;
}

void bert_warm_up(void)
{
    pthread_once(&made, make_all);
}

int pump_pattern(int order, uint8_t *octets, size_t most)
{
    const struct pattern *pattern = pattern_of(order);

    if (pattern == NULL)
        return -EINVAL;
    if (most < pattern->places)
        return -EMSGSIZE;
    memcpy(octets, pattern->octets, pattern->places);
    return (int)pattern->places;
}

/* ---- the checker ---- */

static uint32_t further(const struct pattern *pattern, uint32_t place, uint32_t octets)
{
    return (place + octets) % pattern->places;
}

static void forget_window(struct bert *bert)
{
    memset(bert->window, 0, sizeof(bert->window));
    bert->window_errors = 0;
    bert->window_octets = 0;
}

static void lose_step(struct bert *bert)
{
    struct pump_bit_stats *stats = &bert->stats;

    stats->bit_errors -= bert->window_errors; /* these octets were not the pattern at all */
    stats->bits_checked -= (uint64_t)bert->window_octets * 8;
    bert->errors_now -= bert->window_errors < bert->errors_now ? bert->window_errors : bert->errors_now;
    stats->losses++;
    stats->in_step = 0;
    bert->candidate = NOWHERE;
    bert->lost_now = true;
    forget_window(bert);
}

static void find_step(struct bert *bert, uint32_t place)
{
    const struct pattern *pattern = bert->pattern;
    struct pump_bit_stats *stats = &bert->stats;
    int32_t shift = (int32_t)((place + pattern->places - bert->place) % pattern->places);

    stats->in_step = 1;
    if (bert->ever && shift != 0) {
        stats->slips++;
        stats->slipped_octets += shift > (int32_t)pattern->places / 2 ? shift - (int32_t)pattern->places : shift;
    }
    bert->ever = true;
    bert->place = place;
}

static void hunt(struct bert *bert, uint8_t octet)
{
    const struct pattern *pattern = bert->pattern;
    uint32_t bits = (uint32_t)bert->before << 8 | octet;

    if (bert->candidate != NOWHERE && pattern->octets[bert->candidate] == octet) {
        bert->candidate = further(pattern, bert->candidate, 1);
        if (++bert->fitting == CERTAIN) {
            find_step(bert, bert->candidate);
            return;
        }
    } else {
        uint32_t begin = pattern->place_of[bits >> (16 - pattern->order)];

        bert->fitting = 0;
        bert->candidate = begin == NOWHERE || pattern->octets[further(pattern, begin, 1)] != octet ? NOWHERE : further(pattern, begin, 2);
    }
}

static void check(struct bert *bert, uint8_t octet)
{
    uint32_t errors = (uint32_t)__builtin_popcount(octet ^ bert->pattern->octets[bert->place]);
    uint8_t *slot = &bert->window[bert->window_place];

    bert->window_place = (bert->window_place + 1) % BERT_WINDOW;
    bert->window_errors += errors - *slot;
    *slot = (uint8_t)errors;
    if (bert->window_octets < BERT_WINDOW)
        bert->window_octets++;
    bert->stats.bits_checked += 8;
    bert->stats.bit_errors += errors;
    bert->errors_now += errors;
    bert->place = further(bert->pattern, bert->place, 1);
    if (bert->window_errors * 5 > BERT_WINDOW * 8)
        lose_step(bert);
}

static void end_second(struct bert *bert)
{
    struct pump_bit_stats *stats = &bert->stats;

    stats->seconds++;
    stats->errored_seconds += bert->errors_now > 0 || bert->lost_now;
    stats->severely_errored_seconds += bert->errors_now > SEVERE || bert->lost_now;
    stats->lost_seconds += bert->lost_now;
    bert->octets_now = 0;
    bert->errors_now = 0;
    bert->lost_now = !stats->in_step;
}

static void hear(struct bert *bert, uint8_t octet)
{
    bool counts = bert->ever;

    if (bert->stats.in_step) {
        check(bert, octet);
    } else {
        bert->place = further(bert->pattern, bert->place, 1);
        hunt(bert, octet);
    }
    bert->before = octet;
    if (!counts) {
        bert->stats.waited_octets++;
        return;
    }
    bert->stats.octets++;
    if (++bert->octets_now == OCTETS_A_SECOND)
        end_second(bert);
}

void bert_hear(struct bert *bert, const uint8_t *octets)
{
    if (bert->pattern == NULL)
        return;
    for (int i = 0; i < PUMP_BLOCK; i++)
        hear(bert, octets[i]);
}

/* ---- commands ---- */

int bert_check(struct port *port, int order)
{
    const struct pattern *pattern = pattern_of(order);

    if (order != 0 && pattern == NULL)
        return -EINVAL;
    if (port->bert == NULL && pattern != NULL)
        port->bert = malloc(sizeof(*port->bert));
    if (port->bert == NULL)
        return pattern == NULL ? 0 : -ENOMEM;
    memset(port->bert, 0, sizeof(*port->bert));
    port->bert->pattern = pattern;
    port->bert->candidate = NOWHERE;
    port->bert->stats.pattern = (uint32_t)order;
    return 0;
}

int bert_stats(const struct port *port, struct pump_bit_stats *answer)
{
    if (port->bert == NULL || port->bert->pattern == NULL)
        return -ENOENT;
    *answer = port->bert->stats;
    return 0;
}

void bert_close(struct port *port)
{
    if (port->bert != NULL)
        port->bert->pattern = NULL;
}

void bert_destroy(struct port *port)
{
    free(port->bert);
}
