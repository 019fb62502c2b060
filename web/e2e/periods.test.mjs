// Periods follow one another without a break, and dash.js plays across their borders.

import assert from "node:assert/strict";
import { test } from "node:test";
import { skip } from "./support/browser.mjs";
import { openLive, played, unexpected } from "./support/live.mjs";
import { setServers } from "./support/stage.mjs";

// With Periods of four seconds there are two borders in it.
const PLAY_S = 9;
// Many times the playing time: a bound for a busy machine, not a measurement.
const PLAY_MS_MAX = 60_000;

const LIVE = [
  "period_4s/number.mpd",
  "period_4s/time.mpd",
  "period_4s/join_none/chunk_0.5s/timeline.mpd",
];

const servers = setServers();

test("live Periods play on across their borders", { skip, timeout: 90_000 }, async () => {
  const play = async (path) => {
    const { page, failed, close } = await openLive(servers.browser, `${servers.edge}/live/film/${path}`);
    const { errors } = await played(page, PLAY_S, PLAY_MS_MAX);
    assert.deepEqual(errors, [], path);
    assert.deepEqual(failed.filter(unexpected), [], path);
    await close();
  };
  await Promise.all(LIVE.map(play));
});
