/**
 * Every command, parameter and member of the label tables, in an envelope of its own: device and host process
 * it if the table says that the build does, and refuse it by name if not.
 */
import { describe, expect, it } from "vitest";
import { MANAGED } from "../../host/build/variant.ts";
import { AUTHOR } from "../../host/fuzz/author.ts";
import {
  commandEnvelope,
  dependenciesEnvelope,
  memberEnvelope,
  parameterEnvelope,
  severedMemberEnvelope,
} from "../../host/fuzz/agreement-seed.ts";
import { capabilityOf, DEFAULT_BUILD } from "../../host/manifest/capability.ts";
import {
  COMMANDS,
  COMMON_MEMBERS,
  isSupported,
  MANIFEST_MEMBERS,
  PARAMETERS,
  SEVERABLE_MEMBERS,
} from "../../host/manifest/labels.ts";
import { verifyEnvelope } from "../../host/manifest/verify.ts";
import { statusText } from "../../host/status-text.ts";
import { DeviceJudge } from "../device-judge.ts";
import { readWasm } from "../wasm-file.ts";

describe.each([
  ["bootloader", DEFAULT_BUILD],
  ["bootloader-managed", MANAGED],
])("device and host, by %s,", (name, build) => {
  const judge = new DeviceJudge([AUTHOR], readWasm(name));
  const capability = capabilityOf(build);

  function expectReason(envelope: Uint8Array, reason: string): void {
    expect(statusText(judge.verify(envelope))?.code).toBe(reason);
    expect(verifyEnvelope(envelope, [AUTHOR], {}, capability).reason).toBe(reason);
  }

  it.each(COMMANDS)("process the command $name or refuse it as unsupported, as the table says", (command) => {
    expectReason(
      commandEnvelope(command),
      isSupported(command.support, build) ? "ok" : "command-unsupported",
    );
  });

  it.each(PARAMETERS)(
    "process the parameter $name or refuse it as unsupported, as the table says",
    (parameter) => {
      expectReason(
        parameterEnvelope(parameter),
        isSupported(parameter.support, build) ? "ok" : "parameter-unsupported",
      );
    },
  );

  it.each(MANIFEST_MEMBERS.filter(({ label }) => label > 3))(
    "process the member $name or refuse it as unsupported, as the table says",
    (member) => {
      expectReason(memberEnvelope(member), isSupported(member.support, build) ? "ok" : "member-unsupported");
    },
  );

  it.each(SEVERABLE_MEMBERS)(
    "process the severed member $name or refuse it as unsupported, as the table says",
    (member) => {
      expectReason(
        severedMemberEnvelope(member),
        isSupported(member.support, build) ? "ok" : "member-unsupported",
      );
    },
  );

  it.each(COMMON_MEMBERS.filter(({ kind }) => kind === "dependencies"))(
    "process $name or refuse them as a whole, as the table says",
    (member) => {
      expectReason(
        dependenciesEnvelope(member),
        isSupported(member.support, build) ? "ok" : "dependencies-unsupported",
      );
    },
  );
});
