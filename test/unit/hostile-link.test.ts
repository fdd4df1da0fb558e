import { describe, expect, it } from "vitest";
import { HostileLink } from "../../emulator/fuzz/hostile-link.ts";

describe("a hostile link", () => {
  it("gives a bounded number of answers, however many steps repeat what others have repeated", () => {
    const link = new HostileLink({ answer: (datagram) => datagram });
    // For datagram 0, repeat eleven times; six steps of that would make 1,771,561 answers of one.
    link.play(Uint8Array.from({ length: 24 }, (_, index) => [0, 1, 10, 0][index % 4] ?? 0));
    link.send(Uint8Array.of(1, 2, 3, 4));
    let answers = 0;
    while (link.receive() !== undefined) answers += 1;
    expect(answers).toBe(144);
  });
});
