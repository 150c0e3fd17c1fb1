/* check.h - what the harness programs share: a check that goes on, and a count of the tests that failed. */
#ifndef STROWGER_CHECK_H
#define STROWGER_CHECK_H
#include <stdio.h>

static int checks_failed;

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            printf("%s:%d: %s is not so: %s\n", __FILE__, __LINE__, __func__, #condition); \
            checks_failed++; \
        } \
    } while (0)

__attribute__((unused)) static int run(void (*const *tests)(void), int count)
{
    int failed = 0;

    for (int i = 0; i < count; i++) {
        checks_failed = 0;
        tests[i]();
        failed += checks_failed > 0;
    }
    printf("%d passed, %d failed\n", count - failed, failed);
    return failed > 0;
}

#endif
