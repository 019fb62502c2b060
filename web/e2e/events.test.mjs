// dash.js shows the messages of MPDs and of segments: all players of this file share one browser.

import assert from "node:assert/strict";
import { test } from "node:test";
import { skip } from "./support/browser.mjs";
import { openLive, until } from "./support/live.mjs";
import { setServers } from "./support/stage.mjs";

const TICK = "urn:dashpot:event:tick:2026";
// Many times what it takes: a bound for a busy machine, not a measurement.
const SHOWN_MS_MAX = 60_000;

const servers = setServers();

/** Plays `path` until `count` messages of each of the streams have come; returns them all. */
async function shown(path, schemes, count) {
  const { page, close } = await openLive(servers.browser, `${servers.edge}${path}`, {}, schemes);
  const all = await until(page, `${count} messages of ${schemes}`, SHOWN_MS_MAX, ([schemes, count]) => {
    const { events, errors } = window.live;
    if (0 < errors.length) return errors;
    const enough = (scheme) => count <= events.filter((event) => event.scheme === scheme).length;
    return schemes.every(enough) && events;
  }, [schemes, count]);
  await close();
  return all;
}

for (const [path, value] of [
  ["/live/film/events_1s/number.mpd", "mpd"],
  ["/live/film/patch_60s/events_1s/time.mpd", "mpd"],
  ["/live/film/emsg_1s/time.mpd", "emsg"],
  ["/live/film/emsg_1s/emsgv_0/chunk_0.5s/number.mpd", "emsg"],
  ["/vod/film/emsg_1s/number.mpd", "emsg"],
  ["/vod/film/events_1s/base.mpd", "mpd"],
]) {
  test(`dash.js shows the messages of ${path}`, { skip, timeout: 90_000 }, async () => {
    const events = await shown(path, [TICK], 4);
    for (const event of events) {
      assert.equal(event.value, value);
      assert.equal(event.message, `tick ${event.id}`);
      // A second each, counted from time zero of the media.
      assert.equal(event.at_s, event.id);
    }
    const ids = events.map((event) => event.id);
    assert.equal(new Set(ids).size, ids.length, "each is shown once");
  });
}

test("dash.js reads the same cues in segments and in the MPD", { skip, timeout: 90_000 }, async () => {
  const schemes = ["urn:scte:scte35:2013:bin", "urn:scte:scte35:2014:xml+bin"];
  const path = "/vod/film/scte35_3/cue_insert-signal/cueas_emsg-xmlbin/number.mpd";
  const cues = await shown(path, schemes, 2);
  const [carried, listed] = schemes.map((scheme) => new Map(
    cues.filter((cue) => cue.scheme === scheme).map(({ id, at_s, message }) => [id, { at_s, message }]),
  ));
  assert.deepEqual(carried.get(0), listed.get(0), "splice_insert of the first break");
  assert.deepEqual(carried.get(1), listed.get(1), "time_signal of the first break");
  assert.equal(carried.get(0).at_s, 10);
  // table_id 0xfc, no flags but the reserved ones: SCTE 35, 9.6.
  assert.match(carried.get(0).message, /^\/DA/);
});
