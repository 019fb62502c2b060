// The origin's page that builds the URL of an MPD: on a phone, in the dark, with the keyboard.

import assert from "node:assert/strict";
import { resolve } from "node:path";
import { after, before, describe, test } from "node:test";
import { skip, startBrowser } from "./support/browser.mjs";
import { startServer } from "./support/chain.mjs";
import { shoot, visit } from "./support/viewer.mjs";

const MEDIA = resolve(import.meta.dirname, "../../media");
// A reply over loopback, on a busy machine.
const REPLY_MS_MAX = 30_000;

describe("the page that builds URLs", { skip }, () => {
  let origin, browser;
  before(async () => {
    origin = await startServer(["origin", "--media", MEDIA, "--listen", "127.0.0.1:0"]);
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await origin?.stop();
  });

  test("shows what fits, says what does not, and stays within a phone", async () => {
    const phone = { viewport: { width: 360, height: 740 }, colorScheme: "dark" };
    const { page, close } = await visit(browser, `${origin.url}urlgen`, {}, phone);
    const says = (text) => page.locator("#state", { hasText: text }).waitFor({ timeout: REPLY_MS_MAX });
    const path = async () => new URL(await page.locator("#url").innerText()).pathname;
    await says("The MPD is there");
    await page.focus("#live-tsbd");
    await page.keyboard.type("120");
    await page.focus("#live-chunk");
    await page.keyboard.type("9");
    await says("400: option `chunk_9s` does not fit");
    assert.equal(await path(), "/live/film/tsbd_120s/chunk_9s/number.mpd");
    await shoot(page, "urlgen-360-dark");
    await page.keyboard.press("Backspace");
    await page.keyboard.type("1.5");
    await says("The MPD is there");
    await page.selectOption("#kind", "vod/base");
    assert.equal(await path(), "/vod/film/base.mpd");
    assert.equal(await page.locator("#live-tsbd").isVisible(), false);
    await page.fill("#vod-loop", "5000");
    await says("did you mean `loop_1000`");
    assert.match(await page.locator("#command").innerText(), /^dashpot play http.*\/loop_5000\/base\.mpd$/);
    await page.selectOption("#kind", "live/hls");
    await says("The playlist is there");
    assert.equal(await path(), "/live/film/tsbd_120s/chunk_1.5s/hls.m3u8");
    assert.equal(await page.locator("#command").innerText(), "", "no player of this project plays it");
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 360);
    await close();
  });
});
