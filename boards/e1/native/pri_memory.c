/* pri_memory.c - memory, time and chance of libpri. The linker leads its malloc, calloc, free, gettimeofday, time and random here (--wrap).
 *
 * Every block belongs to the D channel in whose name libpri was called. So a D channel can be thrown away though libpri has no means to,
 * what lives can be counted, and when libpri frees a call's record the call's handle ends with it.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include "pri_parts.h"

void *__real_malloc(size_t octets);
void __real_free(void *memory);
void *__wrap_malloc(size_t octets);
void *__wrap_calloc(size_t number, size_t octets);
void __wrap_free(void *memory);
int __wrap_gettimeofday(struct timeval *now, void *zone);
time_t __wrap_time(time_t *now);
long __wrap_random(void);

static struct pri_shim *entered;
static size_t call_octets;

void pri_enter(struct pri_shim *shim, int64_t now_us)
{
    entered = shim;
    if (now_us > shim->now_us)
        shim->now_us = now_us; /* a clock that goes back stands still */
}

void pri_leave(void)
{
    entered = NULL;
}

struct pri_shim *pri_entered(void)
{
    return entered;
}

void pri_call_size(size_t octets)
{
    call_octets = octets;
}

void pri_blocks_begin(struct pri_shim *shim)
{
    shim->blocks.before = shim->blocks.after = &shim->blocks;
}

void pri_blocks_free(struct pri_shim *shim)
{
    struct block *block = shim->blocks.after;

    while (block != &shim->blocks) {
        struct block *after = block->after;

        __real_free(block);
        block = after;
    }
    pri_blocks_begin(shim);
}

size_t pri_block_octets(const void *memory)
{
    return ((const struct block *)memory)[-1].octets;
}

static void count(struct pri_shim *owner, const struct block *block, int64_t sign)
{
    owner->counters.blocks_live += (uint64_t)sign;
    owner->counters.octets_live += (uint64_t)(sign * (int64_t)block->octets);
    if (call_octets && block->octets == call_octets)
        owner->counters.calls_live += (uint64_t)sign;
}

void *__wrap_malloc(size_t octets)
{
    struct pri_shim *owner = entered;
    struct block *block;

    if (!owner || octets > PRI_SHIM_MEMORY_MOST || owner->counters.octets_live + octets > PRI_SHIM_MEMORY_MOST) {
        if (owner)
            owner->counters.memory_refused++;
        return NULL;
    }
    block = __real_malloc(sizeof(*block) + octets);
    if (!block)
        return NULL;
    block->owner = owner;
    block->octets = octets;
    block->before = owner->blocks.before;
    block->after = &owner->blocks;
    block->before->after = block->after->before = block;
    count(owner, block, 1);
    if (call_octets && octets == call_octets)
        owner->born = block + 1;
    return block + 1;
}

void *__wrap_calloc(size_t number, size_t octets)
{
    void *memory;

    if (octets && number > PRI_SHIM_MEMORY_MOST / octets)
        return NULL;
    memory = __wrap_malloc(number * octets);
    return memory ? memset(memory, 0, number * octets) : NULL;
}

void __wrap_free(void *memory)
{
    struct block *block = memory;

    if (!memory)
        return;
    block--;
    block->before->after = block->after;
    block->after->before = block->before;
    count(block->owner, block, -1);
    if (call_octets && block->octets == call_octets) {
        if (block->owner->born == memory)
            block->owner->born = NULL;
        pri_record_freed(block->owner, memory);
    }
    __real_free(block);
}

int __wrap_gettimeofday(struct timeval *now, void *zone)
{
    int64_t now_us = entered ? entered->now_us : 0;

    (void)zone;
    now->tv_sec = (time_t)(now_us / 1000000);
    now->tv_usec = (suseconds_t)(now_us % 1000000);
    return 0;
}

time_t __wrap_time(time_t *now)
{
    time_t seconds = (time_t)((entered ? entered->now_us : 0) / 1000000);

    if (now)
        *now = seconds;
    return seconds;
}

long __wrap_random(void) /* splitmix64, as long as random() says: 31 bits */
{
    uint64_t mixed;

    if (!entered)
        return 0;
    mixed = (entered->chance += 0x9E3779B97F4A7C15u);
    mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9u;
    mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EBu;
    return (long)((mixed ^ (mixed >> 31)) & 0x7FFFFFFFu);
}
