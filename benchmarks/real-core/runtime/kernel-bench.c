/*
 * One measured module, called with operands that must be accepted and, where there is a verdict,
 * with others that must not be. case.h is written by ../kernel.ts.
 */
#include "bench.h"
#include "module.h"

typedef struct {
  u32 address;
  u32 length;
  const u8 *bytes;
} piece;

#include "case.h"

__attribute__((section(".globals"))) static Z_module_instance_t instance;

static void place_all(const piece *pieces, u32 count) {
  for (u32 index = 0; index < count; index++) {
    memcpy(stretch(pieces[index].address, pieces[index].length), pieces[index].bytes, pieces[index].length);
  }
}

void bench(void) {
  Z_module_instantiate(&instance, NULL);
  place_all(genuine, sizeof(genuine) / sizeof(piece));
  stack_paint();
  ticks_start();
  u32 returned = CALL;
  u32 taken = ticks();
  say("stack", stack_used());
  say("ticks", taken);
  say("returned", returned);
  say_bytes("output", stretch(OUTPUT_ADDRESS, OUTPUT_BYTES), OUTPUT_BYTES);
#ifdef FORGED
  place_all(forged, sizeof(forged) / sizeof(piece));
  say("forged", CALL);
#endif
}
