/* turn.c - angles and complex numbers for decisions that must fall alike on every machine.
 *
 * Sines and arctangents of the C library may differ in the last bit from one processor to another. Here they are series of additions and
 * multiplications, which IEEE 754 rounds in one way only; the compiler may not fuse them (-std=c11). Angles are in cycles: 1 is a
 * whole turn.
 */
#include "dtmf_parts.h"

#include <math.h>

#define TWO_PI 6.283185307179586
#define NOTHING 1e-18 /* a term of Taylor's series that need not be added */

struct turn turn_by(double cycles)
{
    double angle = TWO_PI * (cycles - floor(cycles + 0.5)), square = angle * angle;
    double term = 1, re = 1, im = 1;

    for (int i = 2; fabs(term) > NOTHING; i += 2) {
        term *= -square / (i * (i - 1));
        re += term;
        im += term / (i + 1);
    }
    return (struct turn){re, im * angle};
}

/* Of a turn with re >= 0: the tangent of a quarter of the angle is at most 0.2, and its arctangent a short series. */
static double small_cycles(struct turn turn)
{
    double half = turn.im / (sqrt(turn_square(turn)) + turn.re);
    double quarter = half / (1 + sqrt(1 + half * half));
    double square = quarter * quarter, power = quarter, sum = 0;

    for (int i = 1; i < 16; i += 2) {
        sum += power / i;
        power *= -square;
    }
    return 4 * sum / TWO_PI;
}

double turn_cycles(struct turn turn)
{
    double opposite;

    if (turn_square(turn) <= 0)
        return 0;
    if (turn.re >= 0)
        return small_cycles(turn);
    opposite = small_cycles((struct turn){-turn.re, -turn.im});
    return opposite > 0 ? opposite - 0.5 : opposite + 0.5;
}
