/* dtmf.h - the key receiver as the rest of the pump sees it. See dtmf.c. */
#ifndef STROWGER_DTMF_H
#define STROWGER_DTMF_H
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include "pump.h"

#define DTMF_BLOCKS 3 /* that are kept: the present one and those before */
#define DTMF_HEARD (DTMF_BLOCKS * PUMP_BLOCK)
#define DTMF_BEFORE (DTMF_HEARD - PUMP_BLOCK) /* samples before the present block that are kept */
#define DTMF_MARGIN 8  /* samples that may be loaded with others and do not count */
#define DTMF_CHANGES 4 /* more cannot happen in a block */

struct dtmf_gate {
    int probe[2]; /* row and column */
    double power; /* of the two tones; 0: closed */
};

/* What was heard is kept as it came, in octets: most of it is never looked at again. */
struct dtmf {
    struct dtmf_gate gate;        /* in the block before */
    char key;                     /* down; 0: none */
    char abrupt;                  /* of which key tones were found in the block before that had begun at a stroke */
    char released;                /* the last key, as long as its echo may come */
    uint8_t newest;               /* block */
    uint8_t coding[DTMF_BLOCKS];  /* 1 + law; 0: nothing was heard yet */
    int probe[2];           /* of the key that is down: row and column */
    double height[2];       /* of its envelope */
    int32_t level;          /* 1/100 dBm0 */
    int64_t begin, last_on; /* samples, from the beginning of the present block */
    int32_t away;            /* windows since it was last heard */
    double presence;        /* in the last window */
    double released_power;
    int64_t released_at;
    uint8_t heard[DTMF_BLOCKS][PUMP_BLOCK];
};

struct dtmf_change {
    char key;
    bool down;
    int32_t offset;    /* samples from the beginning of the block; negative: before it */
    uint32_t duration; /* of a key that came up, in samples */
    int32_t level;     /* 1/100 dBm0: the mean power of the two tones */
};

void dtmf_warm_up(void); /* makes the tables, when they are not made yet: before anything else */
void dtmf_reset(struct dtmf *dtmf);
int dtmf_hear(struct dtmf *dtmf, int law, const uint8_t *octets, struct dtmf_change changes[DTMF_CHANGES]); /* a block; how many changes */

#endif
