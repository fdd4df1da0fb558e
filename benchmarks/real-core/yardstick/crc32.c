/* CRC-32 (ISO 3309) bit by bit: bytes, shifts and branches. */
typedef unsigned char u8;
typedef unsigned u32;

void yardstick(const u8 *input, u32 length, u8 *output) {
  u32 crc = 0xffffffff;
  for (u32 i = 0; i < length; i++) {
    crc ^= input[i];
    for (int bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ (0xedb88320 & -(crc & 1));
  }
  for (int i = 0; i < 4; i++) output[i] = (u8)(~crc >> (8 * i));
}
