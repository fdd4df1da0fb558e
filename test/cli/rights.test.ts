/**
 * Keys with limited rights and keys that must all sign, command by command.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Workshop } from "./workshop.ts";

const workshop = new Workshop();
afterAll(() => workshop.remove());

beforeAll(async () => {
  await workshop.prepareUpdate();
  await workshop.succeed("keys generate --out operator.key");
  await workshop.succeed("keys public operator.key --out operator.pub");
  await workshop.succeed("keys public author.key --components 0 --format cose --out author.cose");
  await workshop.succeed("keys public operator.key --components 1 --format cose --out operator.cose");
  await workshop.succeed("keys public operator.key --components 5 --format cose --out wide.cose");
  await workshop.succeed("manifest sign update.unsigned --key operator.key --out of-operator.suit");
  await workshop.succeed("manifest sign update.suit --key operator.key --out both.suit");
  await workshop.succeed(
    "device create limited.device --component app --component aux --key author.cose --key operator.cose",
  );
  await workshop.succeed("device create strict.device --key author.pub --require operator.pub");
  await workshop.succeed("device create all.device --key author.pub --key operator.pub --require-all");
});

/** What both judges say of an envelope. */
async function reasons(line: string): Promise<string[]> {
  const judged = await Promise.all(
    ["device", "host"].map((by) => workshop.run(`manifest verify ${line} --by ${by} --json`)),
  );
  return judged.map(({ out }) => /"reason":"([a-z-]+)"/.exec(out)?.[1] ?? out);
}

describe("the rights of a key", () => {
  it("are written into the COSE_Key, kept when it is written again, and printed", async () => {
    const wide = "keys public operator.key --components 0,2 --format cose";
    expect(await workshop.succeed(`${wide} --out two.cose`)).toBe(
      "two.cose: P-256 public key (cose), may touch components 0, 2 only\n",
    );
    expect(await workshop.succeed("keys public two.cose --format cose --out again.cose")).toContain("0, 2");
    expect(workshop.read("again.cose")).toEqual(workshop.read("two.cose"));
    expect(await workshop.succeed("keys public two.cose --format cose --json")).toContain(
      '"components":[0,2]',
    );
    expect(await workshop.succeed("keys public two.cose --components none --format cose --out no.cose")).toBe(
      "no.cose: P-256 public key (cose), may touch no component\n",
    );
  });

  it("are shown with the device, and decide which manifests it takes", async () => {
    const shown = await workshop.succeed("device show limited.device");
    expect(shown).toMatch(/trusts +key [0-9a-f]{16} for ESP256 or ES256, may touch app only\n/);
    expect(shown).toMatch(/ +key [0-9a-f]{16} for ESP256 or ES256, may touch aux only\n/);
    expect(await reasons("update.suit --device limited.device")).toEqual(["ok", "ok"]);
    expect(await reasons("both.suit --device limited.device")).toEqual(["ok", "ok"]);
    expect(await reasons("of-operator.suit --device limited.device")).toEqual([
      "component-unauthorized",
      "component-unauthorized",
    ]);
    const { exitCode } = await workshop.run(
      "device update limited.device --envelope of-operator.suit --payload firmware-2.wasm",
    );
    expect(exitCode).toBe(1);
  });

  it("can be asked for without a device file, by the names of the components", async () => {
    const keys = "--key author.cose --key operator.cose";
    const components = "--component app --component aux";
    expect(await reasons(`update.suit ${keys} ${components}`)).toEqual(["ok", "ok"]);
    expect(await reasons(`of-operator.suit ${keys} ${components}`)).toEqual([
      "component-unauthorized",
      "component-unauthorized",
    ]);
    expect(await reasons(`update.suit ${keys} --component radio --component aux`)).toEqual([
      "component-unknown",
      "component-unknown",
    ]);
    expect(await workshop.succeed(`manifest verify both.suit ${keys} ${components}`)).toContain(
      "A trusted key has signed it, those who signed may touch its components, and the bootloader",
    );
    const told = await workshop.succeed(`manifest verify both.suit ${keys} ${components} --by host`);
    expect(told).toContain("key 1 of 2 (for component positions 0), and with");
  });
});

describe("required keys", () => {
  it("must all sign, whether one is required or all", async () => {
    for (const device of ["strict.device", "all.device"]) {
      expect(await reasons(`both.suit --device ${device}`)).toEqual(["ok", "ok"]);
      expect(await reasons(`update.suit --device ${device}`)).toEqual([
        "cosignature-missing",
        "cosignature-missing",
      ]);
    }
    expect(await reasons("of-operator.suit --device strict.device")).toEqual(["ok", "ok"]);
    expect(await reasons("of-operator.suit --device all.device")).toEqual([
      "cosignature-missing",
      "cosignature-missing",
    ]);
    expect(
      await workshop.succeed("manifest verify both.suit --key author.pub --require operator.pub"),
    ).toContain("Every required key has signed it, and the bootloader can process all of it.");
    expect(await reasons("update.suit --key author.pub --require operator.pub")).toEqual([
      "cosignature-missing",
      "cosignature-missing",
    ]);
    expect(await reasons("both.suit --key author.pub --key operator.pub --require-all")).toEqual([
      "ok",
      "ok",
    ]);
  });

  it("are shown with the device, as text and as data", async () => {
    const shown = await workshop.succeed("device show strict.device");
    expect(shown.match(/must sign every update/g)).toHaveLength(1);
    const { anchors } = JSON.parse(await workshop.succeed("device show all.device --json")) as {
      anchors: { isRequired: boolean }[];
    };
    expect(anchors.map(({ isRequired }) => isRequired)).toEqual([true, true]);
  });

  it("are asked for by the device when it is updated", async () => {
    const update = "device update strict.device --payload firmware-2.wasm --envelope";
    expect((await workshop.run(`${update} update.suit`)).out).toContain("cosignature-missing");
  });
});

describe("a mistake about rights", () => {
  it.each([
    ["keys public author.key --components 32 --format cose", "positions", "0 to 31"],
    ["keys public author.key --components 0,,1 --format cose", "positions", '"" is not the position'],
    ["keys public author.key --components one --format cose", "positions", '"one" is not the position'],
    ["keys public author.key --components 0", "rights-need-cose", "PEM cannot say so"],
    ["keys public author.cose --format jwk", "rights-need-cose", "a JWK cannot say so"],
    ["device create x --key wide.cose", "key-component-unknown", "may touch component 5"],
    ["device create x --key author.cose --require author.pub", "key-twice", "different rights"],
    ["manifest verify update.suit --key author.cose", "components-missing", "counted in the device's order"],
    ["manifest verify update.suit --device all.device --key author.pub", "usage", "whom the device trusts"],
    ["manifest verify update.suit --device all.device --require-all", "usage", "whom the device trusts"],
    ["manifest verify update.suit", "usage", "Nobody is trusted"],
  ])("%s → %s", async (line, code, part) => {
    const { exitCode, err } = await workshop.run(`${line} --json`);
    expect(exitCode).toBe(2);
    const { error } = JSON.parse(err) as { error: { code: string; message: string } };
    expect(error.code).toBe(code);
    expect(error.message).toContain(part);
  });

  it("in a COSE_Key that someone else wrote is named", async () => {
    const cose = Buffer.from(workshop.read("wide.cose")).toString("hex");
    // -65537 is the key 3a 00010000; its value 32 becomes -1.
    expect(cose).toMatch(/3a000100001820/);
    workshop.write("odd.cose", Buffer.from(cose.replace("3a000100001820", "3a0001000020"), "hex"));
    const { err } = await workshop.run("manifest verify update.suit --key odd.cose");
    expect(err).toContain("odd.cose: the rights of the COSE_Key (-65537) are not an unsigned integer");
  });
});
