// The page's own link control brings the picture down a rung, and up again once it lets go.

import assert from "node:assert/strict";
import { test } from "node:test";
import { skip } from "./support/browser.mjs";
import { setStage } from "./support/stage.mjs";
import { LADDER, probe, rungInPicture, shoot, until, untilPicture } from "./support/viewer.mjs";

// Time for the first sessions to reach a high rung on an open link.
const RISE_MS_MAX = 45_000;
// With a buffer of 8 s and segments of 2 s: one segment to notice, then the buffer plays out.
const REQUEST_MS_MAX = 15_000;
const SHOW_MS_MAX = 30_000;

const stage = setStage();

test("adapts to a squeezed link and back", { skip, timeout: 200_000 }, async () => {
  const { page, errors, close } = await stage.visit({ autoplay: "1", buffer: "8" });
  const high = LADDER.slice(3);
  await untilPicture(page, high, RISE_MS_MAX);
  await until(
    page,
    "the state agrees with the picture",
    5_000,
    (state, ids) => ids.includes(state.rung?.id),
    high,
  );
  await shoot(page, "adapt-1-open");

  await page.getByRole("button", { name: "300 kbit/s" }).click();
  // What is asked for before the edge has confirmed the limit says nothing of it.
  await page.waitForFunction(() => window.__dashpot.link.rate_bps === 300_000, undefined, {
    timeout: REQUEST_MS_MAX,
  });
  const before = (await probe(page)).state;
  const lower = (state, from) => state.requestedIds.slice(from).some((id) => id === "v1" || id === "v2");
  await until(page, "a lower rung is asked for", REQUEST_MS_MAX, lower, before.requestedIds.length);
  const low = await untilPicture(page, ["v1", "v2"], SHOW_MS_MAX);
  await until(
    page,
    "the state agrees with the picture",
    5_000,
    (state, ids) => ids.includes(state.rung?.id),
    ["v1", "v2"],
  );
  await shoot(page, "adapt-2-squeezed");

  const from = (await probe(page)).state.requestedIds.length;
  await page.getByRole("button", { name: "Open rate" }).click();
  const above = LADDER.slice(LADDER.indexOf(low) + 1);
  const higher = (state, [at, ids]) => state.requestedIds.slice(at).some((id) => ids.includes(id));
  await until(page, "a higher rung is asked for", SHOW_MS_MAX, higher, [from, above]);
  await untilPicture(page, above, RISE_MS_MAX);
  await shoot(page, "adapt-3-released");

  const state = (await probe(page)).state;
  assert.ok(2 <= state.switches, `the picture switched ${state.switches} times`);
  assert.ok(LADDER.includes(await rungInPicture(page)));
  assert.deepEqual(state.errors, []);
  assert.deepEqual(errors, [], "the console has no error");
  await close();
});
