// What dash.js makes of each fault, as docs/faults.md says: it plays on, it says what is wrong, or it
// takes what is missing for the end.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { skip } from "./support/browser.mjs";
import { setStage } from "./support/stage.mjs";
import { until } from "./support/viewer.mjs";

// Beyond the segments that go wrong, which are 2 s long.
const PLAYED_S = 7;
// dash.js tries a segment six times, a second apart; the rest is for a busy machine.
const CASE_MS_MAX = 90_000;

const PLAYS = ["plays on"];
const REPORTS = ["reports"];
const ENDS = ["ends"];
// What a decoder makes of false bytes is its own affair.
const EITHER = [...PLAYS, ...REPORTS];

// Fault, form of the MPD, and what comes of it.
const CASES = [
  ["status_503,n_3,first_2", "number", PLAYS],
  ["status_503,n_3", "number", REPORTS],
  ["status_503,p_0.3,seed_1", "number", PLAYS],
  ["status_404,on_mpd", "number", REPORTS],
  ["status_404,on_init", "number", REPORTS],
  ["missing,n_3", "number", REPORTS],
  ["gap,n_3", "time", ENDS],
  ["delay_2s,n_2-3", "number", PLAYS],
  ["delay_1s,on_mpd+init", "number", PLAYS],
  ["rate_4Mbps", "number", PLAYS],
  ["stall_2s,n_2", "time", PLAYS],
  ["truncate,n_3,first_1", "number", PLAYS],
  ["truncate,first_1,on_file", "base", PLAYS],
  ["truncate,n_3", "number", REPORTS],
  ["truncate,on_mpd", "number", REPORTS],
  ["reset,n_3,first_1", "number", PLAYS],
  ["reset,n_3", "number", REPORTS],
  ["flip_20,n_3", "number", EITHER],
  ["flip_20,on_init", "number", EITHER],
  ["flip_40,on_mpd", "number", REPORTS],
  ["length_100,n_3,first_1", "number", PLAYS],
  ["length_100,n_3", "number", REPORTS],
  ["length_-100,n_3", "number", EITHER],
  ["length_-100,on_mpd", "number", REPORTS],
  ["redirect_3", "number", PLAYS],
  ["redirect_3,on_mpd", "time", PLAYS],
  ["redirect_30,n_3", "number", REPORTS],
  ["status_503,on_key,first_1", "drm_cenc/number", PLAYS],
  ["status_503,on_key", "drm_cbcs/number", REPORTS],
  ["delay_1s,on_key", "drm_cenc/time", PLAYS],
];

const stage = setStage();

/** Returns the origin's own address: through an edge, some faults are healed. */
async function originUrl() {
  const config = await (await fetch(new URL("config.json", stage.url))).json();
  return config.origin.url;
}

// Most of the time goes by in waiting, which several do at once.
describe("dash.js and faults", { concurrency: 3, skip }, () => {
  for (const [fault, form, expected] of CASES) {
    test(`${expected.join(" or ")}: ${fault}`, { timeout: 2 * CASE_MS_MAX }, async () => {
      const mpd = new URL(`/vod/film/fault_${fault}/${form}.mpd`, await originUrl()).href;
      const { page, close } = await stage.visit({ autoplay: "1", buffer: "4", abr: "lowest", mpd });
      const settled = (state, to) => to <= state.playhead_s || ["failed", "ended"].includes(state.phase);
      const state = await until(page, `${fault} is over`, CASE_MS_MAX, settled, PLAYED_S);
      const outcomes = { failed: "reports", ended: "ends" };
      const outcome = outcomes[state.phase] ?? "plays on";
      assert.ok(expected.includes(outcome), `it ${outcome}: ${JSON.stringify(state)}`);
      assert.equal(state.errors.length !== 0, outcome === "reports", JSON.stringify(state));
      await close();
    });
  }
});
