// A chain, or servers alone, and a browser for the tests of one file: started before the first, ended after the last.

import { after, before } from "node:test";
import { skip, startBrowser } from "./browser.mjs";
import { startChain } from "./chain.mjs";
import { startServers } from "./servers.mjs";
import { visit } from "./viewer.mjs";

/** Sets the stage; returns it, with the page's address once the tests run. */
export function setStage() {
  const stage = { url: null, visit: (query, options) => visit(browser, stage.url, query, options) };
  let chain;
  let browser;
  before(async () => {
    if (skip) return;
    chain = await startChain();
    stage.url = chain.url;
    browser = await startBrowser();
  });
  after(async () => {
    await browser?.close();
    await chain?.stop();
  });
  return stage;
}

/** Sets servers and a `browser` without the page; returns them, with their addresses once the tests run. */
export function setServers(start = startServers) {
  const set = { browser: null };
  before(async () => {
    if (skip) return;
    Object.assign(set, await start());
    set.browser = await startBrowser();
  });
  after(async () => {
    await set.browser?.close();
    await set.stop?.();
  });
  return set;
}
