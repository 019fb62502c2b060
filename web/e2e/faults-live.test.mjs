// What dash.js makes of clocks that go wrong and of segments that come late, as docs/faults.md says.

import assert from "node:assert/strict";
import { test } from "node:test";
import { skip } from "./support/browser.mjs";
import { openLive, played } from "./support/live.mjs";
import { setServers } from "./support/stage.mjs";

const PLAY_S = 4;
// Many times the playing time: a bound for a busy machine, not a measurement.
const PLAY_MS_MAX = 90_000;

// Each is within what a player at its default distance from the live edge (three segments) can bear.
const FAULTS = ["early_2s", "late_1s", "skew_-2s", "skew_2s", "stale_2s", "status_503,on_time", "delay_2s,on_time"];

const servers = setServers();

for (const fault of FAULTS) {
  test(`plays on: ${fault}`, { skip, timeout: 2 * PLAY_MS_MAX }, async () => {
    const url = `${servers.edge}/live/film/fault_${fault}/time.mpd`;
    const { page, close } = await openLive(servers.browser, url);
    const { errors } = await played(page, PLAY_S, PLAY_MS_MAX);
    assert.deepEqual(errors, []);
    await close();
  });
}
