// The page beside the picture: keyboard, small screens, languages, and what it says when things fail.

import assert from "node:assert/strict";
import { test } from "node:test";
import { skip } from "./support/browser.mjs";
import { setStage } from "./support/stage.mjs";
import { shoot, until } from "./support/viewer.mjs";

const stage = setStage();

const playing = (state) => 1 < state.playhead_s;

test("fits a phone and starts by keyboard", { skip, timeout: 60_000 }, async () => {
  const phone = { viewport: { width: 360, height: 740 }, colorScheme: "dark" };
  const { page, errors, close } = await stage.visit({}, phone);
  const play = page.getByRole("button", { name: "Play", disabled: false });
  await play.waitFor({ timeout: 20_000 });
  await play.focus();
  await page.keyboard.press("Enter");
  await until(page, "the film begins", 20_000, playing);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  await shoot(page, "phone-dark");
  assert.equal(width, 360, "nothing sticks out to the side");
  assert.deepEqual(errors, []);
  await close();
});

test("switches sound and subtitles to Korean", { skip, timeout: 60_000 }, async () => {
  const { page, errors, close } = await stage.visit({ autoplay: "1", buffer: "8" });
  await until(page, "the film begins", 20_000, playing);
  const korean = page.waitForResponse((response) => response.url().includes("/a-ko/"), { timeout: 20_000 });
  await choose(page, "Audio", /Korean|한국어/);
  assert.equal((await korean).status(), 200);
  await choose(page, "Subtitles", /Korean|한국어/);
  const shown = () =>
    [...document.querySelector("video").textTracks].some((track) => track.activeCues?.length);
  await page.waitForFunction(shown, undefined, { timeout: 20_000 });
  await shoot(page, "korean");
  assert.deepEqual(errors, []);
  await close();
});

test("shows the edge's figures and this page's own requests", { skip, timeout: 60_000 }, async () => {
  const { page, errors, close } = await stage.visit({ autoplay: "1", buffer: "8" });
  await until(page, "the film begins", 20_000, playing);
  await page.locator("tr.mine").first().waitFor({ timeout: 10_000 });
  await page.locator("#edges").scrollIntoViewIfNeeded();
  await shoot(page, "edges");
  assert.notEqual(await page.locator(".figures dd").nth(1).textContent(), "0", "requests are counted");
  assert.deepEqual(errors, []);
  await close();
});

test("tells the origin how it plays, and leads to what it told", { skip, timeout: 90_000 }, async () => {
  const { page, errors, close } = await stage.visit({ autoplay: "1", buffer: "8" });
  await until(page, "the film begins", 20_000, playing);
  const link = page.getByRole("link", { name: "What the player tells" });
  const [told] = await Promise.all([page.context().waitForEvent("page"), link.click()]);
  const figure = told.locator("svg path[stroke-width]").first();
  while ((await figure.count()) === 0) {
    await page.waitForResponse((response) => response.url().endsWith("/cmcd"), { timeout: 30_000 });
    await told.reload();
  }
  await shoot(told, "told");
  assert.match(await told.textContent("body"), /film/);
  assert.deepEqual(errors, []);
  await close();
});

test("says what to do when an MPD does not load", { skip, timeout: 60_000 }, async () => {
  const { page, close } = await stage.visit({ autoplay: "1", mpd: `${stage.url}none.mpd` });
  const problem = page.getByRole("alert");
  await problem.waitFor({ timeout: 30_000 });
  await shoot(page, "problem");
  assert.match(await problem.textContent(), /The MPD did not load.*none\.mpd.*Try again/s);
  await close();
});

async function choose(page, label, name) {
  const select = page.getByLabel(label, { exact: true });
  const option = select.locator("option").filter({ hasText: name });
  await select.selectOption(await option.getAttribute("value"));
}
