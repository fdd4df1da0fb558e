/**
 * Two readings of the same envelopes: the bootloader's Wasm on an emulated device, and the host's own code.
 *
 * They share no code but the status numbers, and both name the first rule that an envelope breaks, on the
 * way that docs/conformance.md describes. So they have to give the same verdict and the same reason for any
 * bytes; wherever they do not, one of them is wrong.
 *
 * Envelopes are mutated from seeds that hold every member, command and parameter of the label tables, and
 * from what mutation has made of them: an envelope that shows a reason for the first time, or that is
 * accepted, takes part from then on. Most are signed again after their mutation, or nothing behind the
 * signature would ever be looked at. Each is shown to a device that asks more or less of its signers: one
 * good signature, certain keys, or keys with a right to the components; and each block is signed by one of
 * the keys.
 */
import { Chance } from "../../emulator/fuzz/chance.ts";
import { mutateEnvelope } from "../../emulator/fuzz/envelope-mutation.ts";
import { DeviceVerifier } from "../device/verifier.ts";
import type { Authority } from "../manifest/authority.ts";
import { OWN_CAPABILITY, type Capability } from "../manifest/capability.ts";
import { verifyEnvelope } from "../manifest/verify.ts";
import type { StatusCode } from "../status-text.ts";
import { AUTHOR, IDENTITY, SECOND_AUTHOR, sign, signSecond } from "./author.ts";
import { agreementSeeds, SEED_COMPONENTS } from "./agreement-seed.ts";

/** An envelope, and what the two say of it. */
export interface Disagreement {
  readonly envelope: Uint8Array;
  readonly device: StatusCode;
  readonly host: StatusCode;
}

/** What a run has come to. */
export interface AgreementResult {
  readonly seed: number;
  readonly envelopes: number;
  /** How often the two agreed on each reason, most frequent first. */
  readonly reasons: ReadonlyMap<StatusCode, number>;
  /** The first few. */
  readonly disagreements: readonly Disagreement[];
  readonly disagreementCount: number;
}

/** Keys that both trust. */
const TRUSTED = [AUTHOR, SECOND_AUTHOR];
/** The devices: what each asks of those who sign. */
const AUTHORITIES: readonly Authority[] = [
  { keys: TRUSTED },
  { keys: TRUSTED },
  // Where every key is pinned to one algorithm, another one is a reason of its own.
  { keys: [AUTHOR] },
  { keys: TRUSTED, required: 0b11 },
  { keys: TRUSTED, required: 0b10, components: SEED_COMPONENTS },
  { keys: [AUTHOR], components: SEED_COMPONENTS.slice(0, 2) },
  {
    keys: [
      { ...AUTHOR, components: 0b011 },
      { ...SECOND_AUTHOR, components: 0b100 },
    ],
    components: SEED_COMPONENTS,
  },
  {
    keys: [
      { ...SECOND_AUTHOR, components: 0b110 },
      { ...AUTHOR, components: 0 },
    ],
    required: 0b10,
    components: SEED_COMPONENTS,
  },
];
/** One in so many blocks is signed by the second author. */
const SECOND_EVERY = 3;
/** Longer envelopes say nothing new. */
const ENVELOPE_BYTES_MAX = 2048;
/** Mutated envelopes that are mutated further. */
const POOL_MAX = 512;
/** One in so many of the accepted envelopes is mutated further. */
const KEPT_EVERY = 8;
const DISAGREEMENTS_SHOWN = 10;

/**
 * Compares so many envelopes.
 *
 * @param options.bootloader the Wasm module that judges on the device
 * @param options.seed of all choices; the same seed compares the same envelopes
 * @param options.capability what the host takes the module to process; that of our default build unless given
 * @throws ModuleError for a bootloader that the device refuses, UserError if it crashes on an envelope
 */
export function compareReadings(options: {
  readonly bootloader: Uint8Array;
  readonly seed: number;
  readonly envelopes: number;
  readonly capability?: Capability;
}): AgreementResult {
  const { bootloader, seed, envelopes, capability = OWN_CAPABILITY } = options;
  // A build that cannot require certain keys does not boot on a device that does.
  const authorities = AUTHORITIES.filter(({ required = 0 }) => capability.signerRights || required === 0);
  const judges = authorities.map(({ keys, ...rules }) => ({
    keys,
    rules,
    device: new DeviceVerifier(bootloader, keys, { ...rules, identity: IDENTITY }),
  }));
  const reasons = new Map<StatusCode, number>();
  const disagreements: Disagreement[] = [];
  let disagreementCount = 0;
  const judge = (envelope: Uint8Array): StatusCode | undefined => {
    const { keys, rules, device } = chance.pick(judges);
    const host = verifyEnvelope(envelope, keys, rules, capability).reason;
    const found = { device: device.verify(envelope).reason, host };
    const isNew = !reasons.has(found.device);
    if (found.device === found.host) reasons.set(found.device, (reasons.get(found.device) ?? 0) + 1);
    else {
      disagreementCount += 1;
      if (disagreements.length < DISAGREEMENTS_SHOWN) disagreements.push({ envelope, ...found });
    }
    return isNew || found.device === "ok" ? found.device : undefined;
  };
  const chance = new Chance(seed);
  const seeds = agreementSeeds();
  const signBlock = (digest: Uint8Array): Uint8Array =>
    chance.oneIn(SECOND_EVERY) ? signSecond(digest) : sign(digest);
  const pool: Uint8Array[] = [];
  for (let count = 0; count < envelopes; count += 1) {
    const first = seeds[count];
    const input = chance.oneIn(2) && pool.length > 0 ? chance.pick(pool) : chance.pick(seeds);
    const envelope =
      first ??
      mutateEnvelope(input, chance.pick(seeds), chance, { sign: signBlock, bytesMax: ENVELOPE_BYTES_MAX });
    const news = judge(envelope);
    if (news === undefined || (news === "ok" && !chance.oneIn(KEPT_EVERY))) continue;
    if (pool.length < POOL_MAX) pool.push(envelope);
    else pool[chance.below(POOL_MAX)] = envelope;
  }
  return {
    seed,
    envelopes,
    reasons: new Map([...reasons].sort(([, left], [, right]) => right - left)),
    disagreements,
    disagreementCount,
  };
}
