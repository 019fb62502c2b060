/** Starts the page with what the server offers and what its address asks for. */

import "./style/base.css";
import "./style/layout.css";
import "./style/controls.css";
import "./style/panels.css";
import { readChoices, readPreset } from "./choices";
import { loadConfig } from "./config";
import { byId, setText } from "./dom";
import { Page } from "./page";
import { showProblem } from "./problem-bar";
import { serverUnreachable } from "./problems";

async function main(): Promise<void> {
  try {
    const config = await loadConfig();
    const query = new URLSearchParams(location.search);
    setText(byId("version", HTMLElement), config.version);
    const origin = byId("origin", HTMLAnchorElement);
    origin.hidden = config.originUrl === null;
    if (config.originUrl !== null) origin.href = `${config.originUrl}/`;
    new Page(config, readChoices(query, config), readPreset(query));
  } catch (cause) {
    showProblem(serverUnreachable(cause), () => location.reload());
  }
}

void main();
