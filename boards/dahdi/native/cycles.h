/* cycles.h - what a thread costs in cycles of the processor: unlike its time, that does not grow while a hypervisor lends the processor to others. */
#ifndef STROWGER_CYCLES_H
#define STROWGER_CYCLES_H
#include <stdint.h>

/* Counts the cycles of a thread of this process (0: the calling one), the kernel's work for it included unless user_only. Read eight octets
 * from the descriptor for their number. Returns the descriptor, or a negative errno: EACCES, EPERM (kernel.perf_event_paranoid), ENOENT (the
 * machine has no counter). */
int cycles_open(int32_t thread, int32_t user_only);

#endif
