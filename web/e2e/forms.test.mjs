// Every form of MPD plays through an edge, over the seam of the looped film, without a single error.

import assert from "node:assert/strict";
import { test } from "node:test";
import { skip } from "./support/browser.mjs";
import { setStage } from "./support/stage.mjs";
import { LADDER, rungInPicture, shoot, until } from "./support/viewer.mjs";

const FORMS = ["number", "time", "base", "list"];
// The film is 24 s long, so these 20 s hold the seam between its first and second run.
const FROM_S = 12;
const TO_S = 32;
// Twice the playing time: a bound for a busy machine, not a measurement.
const PLAY_MS_MAX = 45_000;

const stage = setStage();

for (const form of FORMS) {
  test(`plays 20 s of the ${form} form`, { skip, timeout: 90_000 }, async () => {
    const { page, errors, close } = await stage.visit({ autoplay: "1", form, buffer: "8" });
    await until(page, "the film begins", 20_000, (state) => 0.5 < state.playhead_s);
    await page.evaluate((from) => (document.querySelector("video").currentTime = from), FROM_S);
    // It may pause for a moment on a busy machine; it has to go on.
    const played = (state, to) =>
      (to <= state.playhead_s && state.phase === "playing") || state.phase === "failed";
    const state = await until(page, `${form} plays to ${TO_S} s`, PLAY_MS_MAX, played, TO_S);
    await shoot(page, `form-${form}`);

    assert.deepEqual(state.errors, []);
    assert.equal(state.phase, "playing");
    assert.match(state.mpdUrl, new RegExp(`/_v/[^/]+/vod/film/loop_\\d+/${form}\\.mpd$`));
    assert.deepEqual(
      state.rungs.map((rung) => rung.id),
      LADDER,
    );
    assert.ok(10 <= state.requestedIds.length, `${state.requestedIds.length} segments were asked for`);
    assert.ok(LADDER.includes(await rungInPicture(page)), "the picture shows a rung's patch");
    assert.deepEqual(errors, [], "the console has no error");
    await close();
  });
}
