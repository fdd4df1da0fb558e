/*
 * The firmware that the bootloader starts: it says which version it is, and waits. Built twice.
 */
#include "hal.h"

#if VERSION == 1
#define GREETING "firmware 1 runs"
#else
#define GREETING "firmware 2 runs, and it is better"
#endif

__attribute__((export_name("reset"))) void reset(void) {
  LOG(GREETING);
  for (;;) hal_idle(1000);
}
