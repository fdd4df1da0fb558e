/** Which folder may import which: data flows one way. */
export default {
  forbidden: [
    {
      name: "assembly-is-alone",
      comment: "The device knows nothing of who emulates or feeds it; its only imports are the HAL.",
      severity: "error",
      from: { path: "^assembly" },
      to: { pathNot: "^(assembly|node_modules/as-bignum)" },
    },
    {
      name: "emulator-runs-in-a-browser",
      comment: "The emulator uses neither Node nor the host, and of the device only its plain constants.",
      severity: "error",
      from: { path: "^emulator" },
      to: { pathNot: "^(emulator|assembly/(feature|layout|status|limits)\\.ts$|node_modules/@noble/hashes)" },
    },
    {
      name: "nothing-imports-host",
      comment: "Only the host itself, its tests and the benchmarks may.",
      severity: "error",
      from: { pathNot: "^(host|test|benchmarks)" },
      to: { path: "^host" },
    },
    {
      name: "host-reads-plain-constants",
      comment: "Of the device's sources, the host reads the files that both compilers understand.",
      severity: "error",
      from: { path: "^(host|benchmarks)" },
      to: { path: "^assembly", pathNot: "^assembly/(feature|layout|status|limits)\\.ts$" },
    },
    {
      name: "device-layers-cbor-crypto",
      comment: "cbor and crypto stand on nothing but the shared constants.",
      severity: "error",
      from: { path: "^assembly/(cbor|crypto)" },
      to: { path: "^assembly/(cose|flash|suit|boot|link|firmware|hal)" },
    },
    {
      name: "device-layers-flash",
      comment: "flash stands on the HAL.",
      severity: "error",
      from: { path: "^assembly/flash" },
      to: { path: "^assembly/(cose|suit|boot|link|firmware)" },
    },
    {
      name: "device-layers-suit",
      comment: "cose and suit know nothing of boot order or transport.",
      severity: "error",
      from: { path: "^assembly/(cose|suit)" },
      to: { path: "^assembly/(boot|link|firmware)" },
    },
    {
      name: "device-layers-link",
      comment:
        "The update agent believes nothing, so it needs neither SUIT nor crypto; payload decrypts for it.",
      severity: "error",
      from: { path: "^assembly/(link|firmware)" },
      to: { path: "^assembly/(cose|suit|boot|crypto|cbor)" },
    },
    {
      name: "device-layers-dispatch",
      comment: "Sending an image on to a radio believes nothing but what suit makes of a manifest.",
      severity: "error",
      from: { path: "^assembly/dispatch" },
      to: { path: "^assembly/(cbor|cose|boot|link|payload|report|firmware)" },
    },
    {
      name: "device-layers-payload",
      comment:
        "Decryption stands on cose, crypto, cbor and flash, and takes only labels from suit; it fetches nothing.",
      severity: "error",
      from: { path: "^assembly/payload" },
      to: { path: "^assembly/(suit|boot|link|firmware)", pathNot: "^assembly/suit/label\\.ts$" },
    },
    {
      name: "device-layers-report",
      comment: "Reports stand on link, flash, crypto and cbor; they decide nothing, so they need no SUIT.",
      severity: "error",
      from: { path: "^assembly/report" },
      to: { path: "^assembly/(cose|suit|boot|firmware)" },
    },
    {
      name: "nothing-rests-on-reports",
      comment: "The update does not know of reports; who runs the agent may report.",
      severity: "error",
      from: { path: "^assembly/(cbor|crypto|flash|cose|suit|link)" },
      to: { path: "^assembly/report" },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    { name: "everything-resolves", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^build" },
    tsConfig: { fileName: "tsconfig.json" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types"],
      extensions: [".ts", ".js"],
    },
  },
};
