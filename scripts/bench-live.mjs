#!/usr/bin/env node
// Measures the latency that dash.js holds in headless Chromium, live through the edge: how long until
// it plays, how far behind the live edge it is (every 250 ms from 20 s on, for catching up to the target
// takes that long at four per cent), and how often it stalls.
//
//   scripts/bench-live.mjs [--seconds N] [--runs N] [--direct] [PATH…]
//
// PATH is what follows /live/film/. --direct leaves out the edge. DASHPOT_BIN names the binary.

import { parseArgs } from "node:util";
import { skip, startBrowser } from "../web/e2e/support/browser.mjs";
import { openLive, played } from "../web/e2e/support/live.mjs";
import { startServers } from "../web/e2e/support/servers.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: "string", default: "60" },
    runs: { type: "string", default: "1" },
    direct: { type: "boolean", default: false },
  },
});
if (skip) {
  console.error(`bench-live: ${skip}`);
  process.exit(2);
}
const PATHS = [
  "number.mpd",
  "time.mpd",
  "chunk_0.25s/ltgt_1s/number.mpd",
  "chunk_0.1s/ltgt_1s/number.mpd",
  "chunk_0.1s/ltgt_0.5s/number.mpd",
  "chunk_0.04s/ltgt_0.5s/number.mpd",
];
// What comes before is the way to the target, not the holding of it.
const SETTLE_S = 20;
const SAMPLES_PER_S = 4;

const servers = await startServers();
const browser = await startBrowser();
try {
  const columns = ["startup ms", "median s", "min s", "max s", "stalls", "errors"];
  console.log(["path".padEnd(36), ...columns.map((name) => name.padStart(10))].join(" "));
  for (const path of positionals.length ? positionals : PATHS) {
    for (let run = 0; run < Number(values.runs); run += 1) console.log(row(path, await measure(path)));
  }
} finally {
  await browser.close();
  await servers.stop();
}

async function measure(path) {
  const base = values.direct ? servers.origin : servers.edge;
  const { page, close } = await openLive(browser, `${base}/live/film/${path}`);
  const seconds = SETTLE_S + Number(values.seconds);
  const live = await played(page, seconds, (seconds * 2 + 30) * 1000);
  await close();
  return live;
}

function row(path, live) {
  const sorted = live.latencies_s.slice(SETTLE_S * SAMPLES_PER_S).sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? NaN;
  const figures = [
    live.startup_ms?.toFixed(0),
    median.toFixed(2),
    sorted.at(0)?.toFixed(2),
    sorted.at(-1)?.toFixed(2),
    live.stalls,
    live.errors.length,
  ];
  return [path.padEnd(36), ...figures.map((figure) => String(figure).padStart(10))].join(" ");
}
