/**
 * What a thread needs to make the same device as the campaign that started it.
 */
import { CoapServer, type CoapRecipe } from "../../emulator/coap-server.ts";
import type { DeviceOptions } from "../../emulator/device.ts";
import type { Subject } from "../../emulator/explore/subject.ts";
import type { TearClass } from "../../emulator/tear.ts";

/** Plain data. */
export interface WorkerRecipe {
  readonly device: Omit<DeviceOptions, "link">;
  /** The far end of the link, if there is one. */
  readonly server: CoapRecipe | undefined;
  readonly subject: Subject;
  readonly tearClasses: readonly TearClass[];
  /** States that one batch may find; what a thread can hold unless given. */
  readonly statesMax?: number | undefined;
}

/**
 * The recipe for a device.
 *
 * @returns undefined when the far end of its link is nothing that could be made again elsewhere
 */
export function recipeOf(
  { link, ...device }: DeviceOptions,
  rest: Pick<WorkerRecipe, "subject" | "tearClasses" | "statesMax">,
): WorkerRecipe | undefined {
  if (link !== undefined && !(link instanceof CoapServer)) return undefined;
  return { device, server: link?.recipe(), ...rest };
}

/** Follows a recipe. */
export function deviceFrom({ device, server }: WorkerRecipe): DeviceOptions {
  return server === undefined ? device : { ...device, link: new CoapServer(server.resources, server) };
}
