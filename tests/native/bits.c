/* bits.c - the bit-error checker against lines that are perfect, that err, that slip and that are silent. */
#include <errno.h>
#include <string.h>
#include "check.h"
#include "parts.h"

#define SECOND 8000

static uint8_t pattern[PUMP_PATTERN_OCTETS_MOST];

static int bit_of(const uint8_t *octets, int places, int number)
{
    int bit = number % places;

    return octets[bit / 8 % places] >> (7 - bit % 8) & 1;
}

/* ---- the patterns ---- */

static int longest_run(int order, int wanted)
{
    int places = pump_pattern(order, pattern, sizeof(pattern)), longest = 0, run = 0;

    for (int i = 0; i < 2 * places; i++) {
        run = bit_of(pattern, places, i) == wanted ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static void test_the_patterns_are_those_of_o150(void)
{
    CHECK(pump_pattern(11, pattern, sizeof(pattern)) == 2047);
    for (int i = 11; i < 2047; i++)
        CHECK(bit_of(pattern, 2047, i) == (bit_of(pattern, 2047, i - 9) ^ bit_of(pattern, 2047, i - 11)));
    CHECK(longest_run(11, 0) == 10 && longest_run(11, 1) == 11);
    CHECK(pump_pattern(15, pattern, sizeof(pattern)) == 32767);
    for (int i = 15; i < 32767; i++) /* inverted: of the complements */
        CHECK(bit_of(pattern, 32767, i) == !(!bit_of(pattern, 32767, i - 14) ^ !bit_of(pattern, 32767, i - 15)));
    CHECK(longest_run(15, 0) == 15 && longest_run(15, 1) == 14);
}

static void test_the_octets_come_round_with_the_bits(void)
{
    for (int order = 11; order <= 15; order += 4) {
        int places = pump_pattern(order, pattern, sizeof(pattern));

        for (int place = 0; place < places; place++)
            for (int bit = 0; bit < 8; bit++)
                CHECK((pattern[place] >> (7 - bit) & 1) == bit_of(pattern, places, place * 8 + bit));
    }
}

static void test_there_are_no_other_patterns(void)
{
    CHECK(pump_pattern(9, pattern, sizeof(pattern)) == -EINVAL);
    CHECK(pump_pattern(0, pattern, sizeof(pattern)) == -EINVAL);
    CHECK(pump_pattern(15, pattern, 32766) == -EMSGSIZE);
}

/* ---- a line ---- */

struct line {
    struct port port;
    int places;
    int place;
    uint8_t block[PUMP_BLOCK];
    int filled;
};

static void begin(struct line *line, int order)
{
    memset(line, 0, sizeof(*line));
    line->places = pump_pattern(order, pattern, sizeof(pattern));
    CHECK(bert_check(&line->port, order) == 0);
}

static void give(struct line *line, uint8_t octet)
{
    line->block[line->filled++] = octet;
    if (line->filled == PUMP_BLOCK) {
        bert_hear(line->port.bert, line->block);
        line->filled = 0;
    }
}

static void send(struct line *line, int octets, uint8_t wrong)
{
    for (int i = 0; i < octets; i++) {
        give(line, pattern[line->place] ^ (i == 0 ? wrong : 0));
        line->place = (line->place + 1) % line->places;
    }
}

static void be_silent(struct line *line, int octets, uint8_t octet)
{
    for (int i = 0; i < octets; i++)
        give(line, octet);
}

static struct pump_bit_stats told(struct line *line)
{
    struct pump_bit_stats stats;

    memset(&stats, 0, sizeof(stats));
    CHECK(bert_stats(&line->port, &stats) == 0);
    return stats;
}

static void test_a_perfect_line_has_no_errors(void)
{
    for (int order = 11; order <= 15; order += 4) {
        struct line line;
        struct pump_bit_stats stats;

        begin(&line, order);
        be_silent(&line, 3 * PUMP_BLOCK, 0xD5);
        send(&line, 10 * SECOND + PUMP_BLOCK, 0);
        stats = told(&line);
        CHECK(stats.in_step && stats.pattern == (uint32_t)order);
        CHECK(stats.seconds == 10 && stats.bit_errors == 0 && stats.errored_seconds == 0 && stats.slips == 0 && stats.losses == 0);
        CHECK(stats.waited_octets >= 3 * PUMP_BLOCK && stats.waited_octets <= 3 * PUMP_BLOCK + 16);
        CHECK(stats.bits_checked == stats.octets * 8);
        CHECK(stats.octets + stats.waited_octets == 10 * SECOND + 4 * PUMP_BLOCK);
        bert_destroy(&line.port);
    }
}

static void test_every_single_error_is_counted(void)
{
    struct line line;
    struct pump_bit_stats stats;

    begin(&line, 15);
    send(&line, SECOND, 0);
    for (int i = 0; i < 100; i++)
        send(&line, SECOND / 10, 0x10);
    send(&line, SECOND, 0);
    stats = told(&line);
    CHECK(stats.bit_errors == 100 && stats.losses == 0 && stats.slips == 0);
    CHECK(stats.seconds >= 11 && stats.errored_seconds >= 10 && stats.errored_seconds <= 11);
    CHECK(stats.severely_errored_seconds == 0);
    bert_destroy(&line.port);
}

static void test_a_second_with_more_than_64_errors_is_severe(void)
{
    struct line line;
    struct pump_bit_stats stats;

    begin(&line, 11);
    send(&line, SECOND, 0);
    for (int i = 0; i < 80; i++)
        send(&line, 50, 0x81);
    send(&line, 2 * SECOND, 0);
    stats = told(&line);
    CHECK(stats.bit_errors == 160 && stats.losses == 0);
    CHECK(stats.severely_errored_seconds >= 1 && stats.severely_errored_seconds <= 2);
    bert_destroy(&line.port);
}

static void test_a_slip_is_one_slip_and_no_bit_errors(void)
{
    for (int octets = -40; octets <= 160; octets += 20) { /* lost; negative: come twice */
        struct line line;
        struct pump_bit_stats stats;

        if (octets == 0)
            continue;
        begin(&line, 15);
        send(&line, 2 * SECOND + 77, 0);
        line.place = (line.place + octets + line.places) % line.places;
        send(&line, 2 * SECOND, 0);
        stats = told(&line);
        CHECK(stats.slips == 1 && stats.slipped_octets == octets && stats.losses == 1);
        CHECK(stats.in_step && stats.bit_errors < 8); /* of the octets before the window fills with errors */
        CHECK(stats.lost_seconds == 1 && stats.errored_seconds == 1);
        bert_destroy(&line.port);
    }
}

static void test_single_octets_slip_too(void)
{
    struct line line;
    struct pump_bit_stats stats;

    begin(&line, 11);
    send(&line, SECOND, 0);
    for (int i = 0; i < 5; i++) {
        line.place = (line.place + 1) % line.places;
        send(&line, SECOND, 0);
    }
    stats = told(&line);
    CHECK(stats.slips == 5 && stats.slipped_octets == 5);
    bert_destroy(&line.port);
}

static void test_a_break_is_a_loss_and_no_slip(void)
{
    struct line line;
    struct pump_bit_stats stats;

    begin(&line, 15);
    send(&line, SECOND, 0);
    be_silent(&line, 3 * SECOND, 0xFF);
    line.place = (line.place + 3 * SECOND) % line.places;
    send(&line, 2 * SECOND, 0);
    stats = told(&line);
    CHECK(stats.losses == 1 && stats.slips == 0 && stats.in_step);
    CHECK(stats.lost_seconds >= 3 && stats.lost_seconds <= 4 && stats.severely_errored_seconds == stats.lost_seconds);
    bert_destroy(&line.port);
}

static void test_no_steady_octet_passes_for_a_pattern(void)
{
    for (int order = 11; order <= 15; order += 4)
        for (int octet = 0; octet < 256; octet++) {
            struct line line;

            begin(&line, order);
            be_silent(&line, 4 * PUMP_BLOCK, (uint8_t)octet);
            CHECK(!told(&line).in_step);
            bert_destroy(&line.port);
        }
}

static void test_the_other_pattern_is_not_found(void)
{
    struct line line;

    begin(&line, 11);
    line.places = pump_pattern(15, pattern, sizeof(pattern));
    send(&line, 4 * SECOND, 0);
    CHECK(told(&line).seconds == 0 && !told(&line).in_step);
    bert_destroy(&line.port);
}

static void test_a_check_that_is_ended_says_nothing(void)
{
    struct line line;
    struct pump_bit_stats stats;

    begin(&line, 15);
    send(&line, SECOND, 0);
    CHECK(bert_check(&line.port, 9) == -EINVAL);
    CHECK(told(&line).seconds == 0 && told(&line).octets > 0);
    CHECK(bert_check(&line.port, 0) == 0);
    CHECK(bert_stats(&line.port, &stats) == -ENOENT);
    send(&line, SECOND, 0); /* heard by nobody */
    CHECK(bert_check(&line.port, 15) == 0);
    CHECK(told(&line).octets == 0);
    bert_close(&line.port);
    CHECK(bert_stats(&line.port, &stats) == -ENOENT);
    bert_destroy(&line.port);
}

static void (*const tests[])(void) = {
    test_the_patterns_are_those_of_o150,
    test_the_octets_come_round_with_the_bits,
    test_there_are_no_other_patterns,
    test_a_perfect_line_has_no_errors,
    test_every_single_error_is_counted,
    test_a_second_with_more_than_64_errors_is_severe,
    test_a_slip_is_one_slip_and_no_bit_errors,
    test_single_octets_slip_too,
    test_a_break_is_a_loss_and_no_slip,
    test_no_steady_octet_passes_for_a_pattern,
    test_the_other_pattern_is_not_found,
    test_a_check_that_is_ended_says_nothing,
};

int main(void)
{
    return run(tests, sizeof(tests) / sizeof(tests[0]));
}
