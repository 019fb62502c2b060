// Starts the whole chain (`dashpot up`) for a test and ends exactly what it started.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";

const WEB = resolve(import.meta.dirname, "../..");
/** The program under test. */
export const BINARY = resolve(WEB, process.env.DASHPOT_BIN ?? "../target/debug/dashpot");

// A debug build on a busy machine needs a few seconds to scan its media.
const START_MS_MAX = 30_000;
// The chain drains within a second; what takes longer hangs.
const STOP_MS_MAX = 5_000;
// Enough of the log to see why a start failed.
const LOG_LINES_MAX = 40;

/** Starts `dashpot up` on free ports; returns the page's address and a way to end it. */
export function startChain() {
  return startServer(["up", "--listen", "127.0.0.1:0"]);
}

/**
 * Starts the binary with `args`; returns the address that it prints first and a way to end it. One that prints more
 * lines is waited for until `count` are there: `printed`.
 */
export async function startServer(args, count = 1) {
  if (!existsSync(BINARY)) {
    throw new Error(`no dashpot at ${BINARY}: build it first (cargo build --bin dashpot) or set DASHPOT_BIN`);
  }
  const child = spawn(BINARY, args, { stdio: ["ignore", "pipe", "pipe"] });
  const exited = new Promise((ended) => child.once("exit", ended));
  // A test run that is cut short must not leave the chain behind.
  process.once("exit", () => child.kill("SIGKILL"));
  const log = [];
  createInterface({ input: child.stderr }).on("line", (line) => {
    log.push(line);
    if (LOG_LINES_MAX < log.length) log.shift();
  });
  const lines = createInterface({ input: child.stdout });
  let timer;
  const printed = [];
  await new Promise((found, failed) => {
    const giveUp = (why) => failed(new Error(`dashpot ${args[0]} ${why}\n${log.join("\n")}`));
    timer = setTimeout(() => giveUp("printed no address in time"), START_MS_MAX);
    lines.on("line", (line) => {
      printed.push(line);
      if (count <= printed.length) found();
    });
    child.once("error", (error) => giveUp(`did not start: ${error.message}`));
    exited.then((code) => giveUp(`ended with ${code}`));
  }).finally(() => clearTimeout(timer));
  return { url: printed[0], printed, log, stop: () => stop(child, exited) };
}

async function stop(child, exited) {
  child.kill("SIGINT");
  const timer = setTimeout(() => child.kill("SIGKILL"), STOP_MS_MAX);
  await exited;
  clearTimeout(timer);
}
