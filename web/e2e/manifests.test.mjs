// Every hand-written MPD plays in dash.js, from its start and after a seek, without a single error.

import assert from "node:assert/strict";
import { test } from "node:test";
import { skip } from "./support/browser.mjs";
import { setStage } from "./support/stage.mjs";
import { until } from "./support/viewer.mjs";

const stage = setStage();
// Into the second Period of the one that has two, and far from what is buffered by then.
const SEEK_S = 14;
const PLAY_MS_MAX = 20_000;

test("plays every hand-written MPD", { skip, timeout: 180_000 }, async () => {
  const config = await (await fetch(new URL("config.json", stage.url))).json();
  assert.ok(5 <= config.manifests.length, "the chain offers its manifests");
  for (const { name, path } of config.manifests) {
    const mpd = new URL(path, config.edges[0].url).href;
    const { page, errors, close } = await stage.visit({ autoplay: "1", buffer: "4", mpd });
    // It may pause for a moment on a busy machine; it has to go on.
    const beyond = (state, to) =>
      (to <= state.playhead_s && state.phase === "playing") || state.phase === "failed";
    await until(page, `${name} begins`, PLAY_MS_MAX, beyond, 1);
    await page.evaluate((to) => (document.querySelector("video").currentTime = to), SEEK_S);
    const state = await until(page, `${name} plays on after a seek`, PLAY_MS_MAX, beyond, SEEK_S + 4);
    assert.deepEqual([state.errors, errors], [[], []], name);
    assert.equal(state.phase, "playing", name);
    await close();
  }
});
