/** Wires the page: configuration, controls, one session at a time, and what is drawn of it. */

import "./style/base.css";
import "./style/layout.css";
import "./style/controls.css";
import "./style/panels.css";
import { Charts } from "./charts";
import { keepInAddress, mpdUrlOf, readChoices, readPreset, type Choices, type Preset } from "./choices";
import { loadConfig, type Config } from "./config";
import { byId, setText } from "./dom";
import { EdgePanel } from "./edge-panel";
import { History } from "./history";
import { LinkPanel } from "./link-panel";
import { exposeProbe } from "./probe";
import { edgeUnreachable, nothingToPlay, serverUnreachable, type Problem } from "./problems";
import { Session } from "./session";
import { SessionPanel } from "./session-panel";
import { initialState, type State } from "./state";
import { Status } from "./status";
import { closeViewer, limitViewer, openViewer, type Link, type Viewer } from "./viewer";

/** Four looks a second: smooth enough for a chart of two minutes, and light. */
const LOOK_EVERY_MS = 250;

class Page {
  private readonly video = byId("video", HTMLVideoElement);
  private readonly playButton = byId("play", HTMLButtonElement);
  private readonly status = new Status(byId("status", HTMLElement), byId("announcer", HTMLElement));
  private readonly charts = new Charts(byId("charts", HTMLElement));
  private readonly link = new LinkPanel((link) => void this.limit(link));
  private readonly panel: SessionPanel;
  private session: Session | null = null;
  private viewer: Viewer | null = null;
  private history = new History();
  private begun_ms = 0;
  private inForce: Link | null = null;
  /** Counts starts, so that an answer to an earlier one is recognised as late. */
  private start = 0;

  constructor(
    private readonly config: Config,
    private readonly choices: Choices,
    preset: Preset,
  ) {
    this.panel = new SessionPanel(config, choices, {
      restart: () => void this.changed(),
      adjust: () => this.adjust(),
    });
    this.link.preset(preset.rate_bps);
    this.offerLink();
    for (const edge of config.edges) {
      new EdgePanel(edge, byId("edges", HTMLElement), () => this.viewer?.id ?? null);
    }
    this.playButton.addEventListener("click", () => void this.play());
    byId("problem-retry", HTMLButtonElement).addEventListener("click", () => void this.play());
    addEventListener("pagehide", () => this.viewer && closeViewer(this.viewer));
    setInterval(() => this.look(), LOOK_EVERY_MS);
    exposeProbe(() => ({ state: this.state(), viewer: this.viewer?.id ?? null, link: this.inForce }));
    this.look();
    if (preset.autoplay) {
      // Browsers refuse to start sound before the visitor has touched the page.
      this.video.muted = true;
      void this.play();
    }
  }

  /** Starts over with the present choices, on a link of its own. */
  private async play(): Promise<void> {
    const start = ++this.start;
    this.stop();
    showProblem(null);
    this.playButton.hidden = true;
    const edge = this.config.edges.find(({ name }) => name === this.choices.edge);
    try {
      if (edge?.lab && this.choices.source !== "address") {
        const viewer = await openViewer(edge);
        if (start !== this.start) return closeViewer(viewer);
        this.viewer = viewer;
        await this.limit(this.link.wanted);
      }
    } catch (cause) {
      if (start === this.start) this.fail(edgeUnreachable(edge?.name ?? "", edge?.url ?? "", cause));
      return;
    }
    if (start !== this.start) return;
    const prefix = this.viewer?.prefix ?? "";
    const noEdge = { name: "", url: "", lab: false };
    const mpdUrl = mpdUrlOf(this.choices, this.config, edge ?? noEdge, prefix);
    if (mpdUrl === null) return this.fail(nothingToPlay());
    this.history = new History();
    this.begun_ms = performance.now();
    this.session = new Session(this.video, mpdUrl, this.choices, {
      tracks: () => this.panel.showTracks(this.session),
      failed: (problem) => this.fail(problem),
    });
  }

  private stop(): void {
    this.session?.end();
    this.session = null;
    this.panel.showTracks(null);
    if (this.viewer !== null) closeViewer(this.viewer);
    this.viewer = null;
    this.inForce = null;
    this.offerLink();
  }

  private async changed(): Promise<void> {
    keepInAddress(this.choices, this.link.wanted.rate_bps);
    this.offerLink();
    if (this.playButton.hidden) await this.play();
  }

  private adjust(): void {
    keepInAddress(this.choices, this.link.wanted.rate_bps);
    this.session?.setStrategy(this.choices.strategy);
    this.session?.setBufferTarget(this.choices.buffer_s);
  }

  private async limit(link: Link): Promise<void> {
    keepInAddress(this.choices, link.rate_bps);
    const { viewer } = this;
    if (viewer === null) return;
    try {
      const inForce = await limitViewer(viewer, link);
      if (viewer !== this.viewer) return;
      this.inForce = inForce;
      this.link.setInForce(inForce);
    } catch (cause) {
      if (viewer === this.viewer) this.link.setFailed(cause);
    }
  }

  private offerLink(): void {
    const edge = this.config.edges.find(({ name }) => name === this.choices.edge);
    if (this.choices.source === "address") {
      this.link.setUnavailable("An MPD from the address bar does not pass through an edge's lab.");
    } else if (!edge?.lab) {
      this.link.setUnavailable("This edge runs without --lab, so its links cannot be limited.");
    } else {
      this.link.setUnavailable(null);
      if (this.viewer === null) this.link.setWaiting();
    }
  }

  private state(): State {
    return this.session?.state ?? initialState();
  }

  private look(): void {
    if (this.session !== null) {
      const now_ms = performance.now();
      const state = this.session.look(now_ms);
      if (!document.hidden || state.phase === "stalled") {
        const at_s = (now_ms - this.begun_ms) / 1000;
        this.history.add(at_s, state, this.inForce?.rate_bps ?? null);
      }
    }
    if (document.hidden) return;
    this.status.draw(this.state());
    this.charts.draw(this.history);
  }

  private fail(problem: Problem): void {
    showProblem(problem);
    if (this.session === null) this.playButton.hidden = false;
  }
}

function showProblem(problem: Problem | null): void {
  byId("problem", HTMLElement).hidden = problem === null;
  setText(byId("problem-title", HTMLElement), problem?.title ?? "");
  setText(byId("problem-advice", HTMLElement), problem?.advice ?? "");
}

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
    showProblem(serverUnreachable(cause));
    byId("problem-retry", HTMLButtonElement).addEventListener("click", () => location.reload());
  }
}

void main();
