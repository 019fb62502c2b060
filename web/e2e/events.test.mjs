// dash.js shows the messages of MPDs and of segments: all players of this file share one browser.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { skip, startBrowser } from "./support/browser.mjs";
import { openLive, until } from "./support/live.mjs";
import { startServers } from "./support/servers.mjs";

const TICK = "urn:dashpot:event:tick:2026";
// Many times what it takes: a bound for a busy machine, not a measurement.
const SHOWN_MS_MAX = 60_000;

let servers;
let browser;
before(async () => {
  if (skip) return;
  servers = await startServers();
  browser = await startBrowser();
});
after(async () => {
  await browser?.close();
  await servers?.stop();
});

/** Plays `path` until `count` messages of each of the streams have come; returns them all. */
async function shown(path, schemes, count) {
  const { page, close } = await openLive(browser, `${servers.edge}${path}`, {}, schemes);
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
