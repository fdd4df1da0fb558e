#!/usr/bin/env node
/**
 * The `brownout` command.
 */
import { processIo } from "./io.ts";
import { main } from "./main.ts";

// An exit code instead of an exit: output that is under way is still written.
process.exitCode = await main(process.argv.slice(2), processIo());
