/**
 * Odd multiples of the base point B of Ed25519 (RFC 8032 §5.1) and of 2^128 B, as operands of an
 * addition.
 *
 * Limbs of `ed25519-field.ts`, two to a 64-bit word. They are operands of code, not data: on the
 * device constants in code cost flash only, a table would cost 1,728 bytes of RAM. Each is half of
 * what `ed25519-point.ts` caches of a point with Z = 1: (y + x) / 2, (y - x) / 2 and d x y.
 * `test/property/ed25519-point.property.test.ts` derives every one of them again.
 */
import { fieldSet } from "./ed25519-field";

/** The largest multiple in the tables: 15 where code is to be fast, 7 where it is to be small. */
export const BASE_MULTIPLE_MAX: i32 = ASC_SHRINK_LEVEL > 1 ? 7 : 15;

/**
 * Writes an operand: the halved sum s = (y + x) / 2, the halved difference d = (y - x) / 2, and the
 * product t with the curve's constant, of `multiple` times B or 2^128 B; `multiple` is odd.
 */
export function baseMultiple(s: usize, d: usize, t: usize, multiple: i32, isHigh: bool): void {
  if (BASE_MULTIPLE_MAX > 7 && multiple > 7) {
    if (isHigh) highFar(s, d, t, multiple);
    else lowFar(s, d, t, multiple);
  } else {
    if (isHigh) highNear(s, d, t, multiple);
    else lowNear(s, d, t, multiple);
  }
}

/** B, 3B, 5B, 7B. */
function lowNear(s: usize, d: usize, t: usize, multiple: i32): void {
  switch (multiple) {
    case 1:
      fieldSet(s, 0x1ef24f1b1ac61db9, 0x132dc6fb1181c325, 0x1226190f0a16167c, 0x13a33d4b14ca4e16, 0x43e7ce);
      fieldSet(d, 0x1440e4170ba0489f, 0x199f05d10817d673, 0x010d1a231c504fe9, 0x19298f8104cf4b83, 0x227e97);
      fieldSet(t, 0x0f24481603bd5534, 0x19e823cc155893d5, 0x1f72f7501acc6136, 0x1689f0c60b50b436, 0x3788bd);
      break;
    case 3:
      fieldSet(s, 0x1c96c2a106774b98, 0x1a8430e810c97155, 0x1400a7c00b399012, 0x01b9a80f11e98236, 0x3d0b27);
      fieldSet(d, 0x19847fa2127e6929, 0x1353fde518374faa, 0x1cc688521eb5e9de, 0x187555bd14c50263, 0x555c8a);
      fieldSet(t, 0x12ba4cfc06e86c3b, 0x1423221c06bb4c42, 0x1951633c16da62c4, 0x0af12b9b098da2e1, 0x6d1413);
      break;
    case 5:
      fieldSet(s, 0x084af1100452dd90, 0x1048c3c70bdda054, 0x1ac316af1f62246a, 0x0f146e200dd7ba37, 0x54a2e6);
      fieldSet(d, 0x1e460b0e1223eb5d, 0x0014d14b04e536ef, 0x1c472e1905043ea8, 0x073eb1b50be7c679, 0x0aa53f);
      fieldSet(t, 0x12ef6fc600954139, 0x0e0807d017ba3f97, 0x19c2c6ef0d396938, 0x0696b3bb0d356836, 0x61d55f);
      break;
    case 7:
      fieldSet(s, 0x0c6973420a2751d6, 0x10353ab313b81a4d, 0x14a08a1501724ba3, 0x069283c904fce364, 0x630df5);
      fieldSet(d, 0x09bcb26a151910cf, 0x0021533b174474f7, 0x1d93e4860961d365, 0x15d2e5310fc13bd4, 0x4eb76e);
      fieldSet(t, 0x060db72000dc59d1, 0x035f470507d4935e, 0x106e961d1d6f9d98, 0x11c6a0f9014ea538, 0x3d4fdd);
      break;
  }
}

/** 9B, 11B, 13B, 15B. */
function lowFar(s: usize, d: usize, t: usize, multiple: i32): void {
  switch (multiple) {
    case 9:
      fieldSet(s, 0x0cb99e2a1354318e, 0x109e6f511788d8b3, 0x0cf271a117adad32, 0x1338add71eb39d64, 0x5a5cf6);
      fieldSet(d, 0x0db885f801cec032, 0x0081b6f50408337e, 0x118239d7158224c5, 0x051fadc9191f2d97, 0x24e02d);
      fieldSet(t, 0x1ad3a2fe0822d784, 0x1f83e8a7033a45e0, 0x1f0a64f50678b717, 0x0021b008160d55ed, 0x79e0b9);
      break;
    case 11:
      fieldSet(s, 0x1efc02120540156f, 0x19fecf020605c4e5, 0x011c45dc01a0372e, 0x0e2546d81f5e227d, 0x213ad5);
      fieldSet(d, 0x057d6c0904c321a4, 0x16b3697701107026, 0x1d555aa30f5ca9f6, 0x18029d5c0eff4740, 0x0c55ac);
      fieldSet(t, 0x00acb3171eb044eb, 0x1eb4a132105c949b, 0x04666d4614311018, 0x122b53df12908862, 0x5ee32a);
      break;
    case 13:
      fieldSet(s, 0x1dc3088a11003fad, 0x04b39ab5179bdb77, 0x0384bec11dd03dfc, 0x1eec346f0482a6f4, 0x51a7eb);
      fieldSet(d, 0x01bc04ec193fdfc0, 0x1cebc99b0eeded6a, 0x0c8caaab0acb4577, 0x02d17602094f3a25, 0x4133c4);
      fieldSet(t, 0x0d828465199751bc, 0x17e6b1df11ba8e2a, 0x0dfe24691f299921, 0x0fdaa09710c745de, 0x24bdd3);
      break;
    case 15:
      fieldSet(s, 0x133b300c09e7f550, 0x08c28d1813848da4, 0x0f7eb07c16a68432, 0x117f12de0e565b7b, 0x30f114);
      fieldSet(d, 0x102f36190346677c, 0x029ba42a13221ac0, 0x0c0201ec128c969c, 0x14218d051d7eea10, 0x61dae6);
      fieldSet(t, 0x1669d8be0de85a8b, 0x18af4e3707fbddcb, 0x169f64f512138759, 0x1210ae4d1084065c, 0x288eb0);
      break;
  }
}

/** 1, 3, 5 and 7 times 2^128 B. */
function highNear(s: usize, d: usize, t: usize, multiple: i32): void {
  switch (multiple) {
    case 1:
      fieldSet(s, 0x00ec12fe1656c751, 0x1743e814117d108b, 0x160ec204062ed94d, 0x1e58eb3b1754563c, 0x15aa24);
      fieldSet(d, 0x1ce9d58b159edf1a, 0x0a38548e17b4170b, 0x194c515d0394cfbf, 0x1e71627d0aa20187, 0x498274);
      fieldSet(t, 0x02605349156e4e7f, 0x1bab3f8b091ba16f, 0x187ffe5e0e3051e0, 0x02d7c2dd0d27b41f, 0x22346f);
      break;
    case 3:
      fieldSet(s, 0x0d6992fd188766fb, 0x0ce5384605852789, 0x1415b54219d5cd8a, 0x124185b410e06c87, 0x357c9b);
      fieldSet(d, 0x043b3eae06f39f34, 0x036f9f370fced4bd, 0x16c2ef800acc12a0, 0x1c4a7f411c6de092, 0x2bbb14);
      fieldSet(t, 0x0880091404e35444, 0x0036134b0ab12e66, 0x0d88cf0c1944fe97, 0x1bb0caec031f07c4, 0x380f92);
      break;
    case 5:
      fieldSet(s, 0x17ba6f550ed8df77, 0x03ab370a0e47f731, 0x1c6fc71a06bc8e4e, 0x0191cfd319bc8951, 0x1b36a2);
      fieldSet(d, 0x0eeb523f1dab904d, 0x01916bdb1f21a1df, 0x0c5498d50a1dff74, 0x0eb3f33717b1a902, 0x510882);
      fieldSet(t, 0x18f05d0f195e460a, 0x1a26fcb510ad8773, 0x0bc39a291fdcb976, 0x0e6bc59304899970, 0x20b3d2);
      break;
    case 7:
      fieldSet(s, 0x0e438a2504bb875c, 0x1bcc2aac1e88147b, 0x13ffb7b51c3cdcc7, 0x054f26900d6c426a, 0x0fb51f);
      fieldSet(d, 0x12bdb3410dce30c4, 0x1fc9f4b214b09016, 0x0940bafa0a6e216e, 0x04c677d51e687a9f, 0x447e1d);
      fieldSet(t, 0x0293066709839a75, 0x0085b63102cb9acc, 0x0f88fdd60c14aa06, 0x10116b9001a3c466, 0x2797d6);
      break;
  }
}

/** 9, 11, 13 and 15 times 2^128 B. */
function highFar(s: usize, d: usize, t: usize, multiple: i32): void {
  switch (multiple) {
    case 9:
      fieldSet(s, 0x1f09fbdc071be45c, 0x12aa11b90e3f4f28, 0x04b1e1c21e99b64b, 0x10aa583b00e6cfb5, 0x5de350);
      fieldSet(d, 0x1f2f176d02ee163c, 0x06ab42800dc0f475, 0x032650470882f16b, 0x1e2aebd0140054a4, 0x1fec36);
      fieldSet(t, 0x08d0f60b1bb9d75c, 0x10c4661f1518d2a0, 0x05b7c86912d06661, 0x0b6940830858b79c, 0x699366);
      break;
    case 11:
      fieldSet(s, 0x089fc64a10696d17, 0x1a5d746e1b03add8, 0x193b30711d846fb2, 0x054daefe067361a9, 0x66a760);
      fieldSet(d, 0x1d4877e416e62a0b, 0x1ad727e107d07b53, 0x1824f4870b1625d8, 0x16b4cdca11fab628, 0x19b694);
      fieldSet(t, 0x135bf145129b65a3, 0x0f7223581a1f6598, 0x0f13e0c51de148bb, 0x1726486f1971c9e5, 0x0af1cb);
      break;
    case 13:
      fieldSet(s, 0x0534f93a13e33c80, 0x1f81931a1ba772b2, 0x1646ff13107d5d68, 0x167f4f511e5588d5, 0x113a8f);
      fieldSet(d, 0x192add240c0da2da, 0x024f1831007459d2, 0x09ed8cc80a02672f, 0x0d5c4b1b1e2054eb, 0x58367b);
      fieldSet(t, 0x10cd9be81103076a, 0x02d9eb410d7c4b15, 0x143473d4126f7330, 0x05254388185fb005, 0x38deb7);
      break;
    case 15:
      fieldSet(s, 0x11e0ca481fd31300, 0x05a79925128ff070, 0x1482dfd2001ea2fb, 0x03c041f31bb96681, 0x31ac2d);
      fieldSet(d, 0x09e23a4f0ca2bb1c, 0x1bb343ae12d13b01, 0x14d008fb12081ec5, 0x1f4339201b74d083, 0x07fb69);
      fieldSet(t, 0x1c8d3ba118c88e48, 0x1c7a18cd082e7e09, 0x07c398c11579f8d6, 0x1e37124b131b099a, 0x188c3a);
      break;
  }
}
