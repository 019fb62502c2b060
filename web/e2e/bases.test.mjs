// Where the first of several BaseURLs has nothing, dash.js goes on with the next, with nobody to ask.

import assert from "node:assert/strict";
import { test } from "node:test";
import { skip } from "./support/browser.mjs";
import { openLive, until } from "./support/live.mjs";
import { startWithPathways } from "./support/servers.mjs";
import { setServers } from "./support/stage.mjs";

const PLAY_S = 3;
// Many times the playing time: a bound for a busy machine, not a measurement.
const PLAY_MS_MAX = 60_000;

const servers = setServers(() => startWithPathways((place) => [`empty=${place}/nowhere`, `full=${place}`]));

async function play(path) {
  const { page, requested, close } = await openLive(servers.browser, `${servers.edge}/${path}`);
  // What fails at the first place is told as an error, and playing goes on.
  await until(page, `${path} plays`, PLAY_MS_MAX, (seconds) => seconds <= window.live.played_s, PLAY_S);
  const { errors } = await page.evaluate(() => window.live);
  assert.deepEqual(errors.filter((error) => !error.includes("/nowhere/")), [], path);
  const media = requested.filter((url) => /\.(m4s|mp4)$/.test(url));
  assert.ok(media[0].startsWith(`${servers.place}/nowhere/`), `${path} begins with the first place: ${media[0]}`);
  assert.ok(media.at(-1).startsWith(`${servers.place}/${path.split("/")[0]}/`), `${path} ends at ${media.at(-1)}`);
  await close();
}

test("dash.js takes the next place where the first fails", { skip, timeout: 120_000 }, async () => {
  await Promise.all(["live/film/bases_empty,full/time.mpd", "vod/film/bases_full@2-1,empty@1-9/number.mpd"].map(play));
});
