/* fsk.h - the receiver of caller id by FSK (fsk.c); for hear.c only. */
#ifndef STROWGER_FSK_H
#define STROWGER_FSK_H

#include "pump.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FSK_WINDOW 7      /* samples: a bit is 6 2/3 */
#define FSK_ROUND 80      /* samples in which all four frequencies have whole waves */
#define FSK_MESSAGE 258   /* type, length, 255 octets of parameters, checksum */

struct fsk_tone {
    float cosine[FSK_ROUND];
    float sine[FSK_ROUND];
    float real[FSK_WINDOW]; /* the newest products */
    float imaginary[FSK_WINDOW];
};

/* A message with a right checksum: its octets without that one. */
typedef void fsk_told(void *user, const uint8_t *message, size_t length);

struct fsk {
    struct fsk_tone tones[2]; /* of space and of mark */
    fsk_told *told;
    void *user;
    uint32_t turn;     /* place in the round */
    uint32_t newest;   /* place in the windows */
    float before;      /* how much more space than mark there was a sample ago */
    float earlier;     /* and two samples ago */
    uint32_t marks;    /* samples of mark in a row */
    uint32_t quiet;    /* samples without carrier in a row */
    bool ready;        /* marks have announced a message */
    bool octet_begun;
    float until_bit;   /* samples to the middle of the next bit */
    uint32_t bit;      /* 0: start, 1…8: data, 9: stop */
    uint32_t octet;
    size_t count;
    uint8_t message[FSK_MESSAGE];
};

/* Begin afresh for a modem (PUMP_MODEM_…). */
void fsk_begin(struct fsk *fsk, int modem, fsk_told *told, void *user);

void fsk_hear(struct fsk *fsk, const int16_t *samples, size_t count);

#endif
