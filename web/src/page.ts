/** The page at work: one session at a time, on a link of its own, and what is drawn of it. */

import { Charts } from "./charts";
import { keepInAddress, mpdUrlOf, type Choices, type Preset } from "./choices";
import type { Config, Edge } from "./config";
import { byId } from "./dom";
import { EdgePanel } from "./edge-panel";
import { History } from "./history";
import { Lane } from "./lane";
import { exposeProbe } from "./probe";
import { showProblem } from "./problem-bar";
import { edgeUnreachable, nothingToPlay, type Problem } from "./problems";
import { Session } from "./session";
import { SessionPanel } from "./session-panel";
import { initialState, type State } from "./state";
import { Status } from "./status";
import { nameSession } from "./telling";

/** Four looks a second: smooth enough for a chart of two minutes, and light. */
const LOOK_EVERY_MS = 250;

export class Page {
  private readonly video = byId("video", HTMLVideoElement);
  private readonly playButton = byId("play", HTMLButtonElement);
  private readonly status = new Status(byId("status", HTMLElement), byId("announcer", HTMLElement));
  private readonly charts = new Charts(byId("charts", HTMLElement));
  private readonly lane: Lane;
  private readonly panel: SessionPanel;
  private session: Session | null = null;
  private history = new History();
  private begun_ms = 0;
  /** Counts starts, so that an answer to an earlier one is recognised as late. */
  private start = 0;

  constructor(
    private readonly config: Config,
    private readonly choices: Choices,
    preset: Preset,
  ) {
    this.lane = new Lane(preset.rate_bps, () => this.keep());
    this.panel = new SessionPanel(config, choices, {
      restart: () => this.restart(),
      adjust: () => this.adjust(),
    });
    this.offer();
    for (const edge of config.edges) {
      new EdgePanel(edge, byId("edges", HTMLElement), () => this.lane.viewerId);
    }
    this.playButton.addEventListener("click", () => void this.play());
    this.playButton.disabled = false;
    setInterval(() => this.look(), LOOK_EVERY_MS);
    exposeProbe(() => ({ state: this.state(), viewer: this.lane.viewerId, link: this.lane.inForce }));
    this.look();
    if (!preset.autoplay) return;
    // Browsers refuse to start sound before the visitor has touched the page.
    this.video.muted = true;
    void this.play();
  }

  /** Starts over with the present choices. */
  private async play(): Promise<void> {
    const start = ++this.start;
    this.stop();
    showProblem(null);
    this.showScreen();
    const edge = this.edge();
    let prefix = "";
    try {
      if (edge?.lab) prefix = await this.lane.open(edge, () => start === this.start);
    } catch (cause) {
      if (start === this.start) this.fail(edgeUnreachable(edge?.name ?? "", edge?.url ?? "", cause));
      return;
    }
    if (start !== this.start) return;
    const mpdUrl = mpdUrlOf(this.choices, this.config, edge?.url ?? "", prefix);
    if (mpdUrl === null) return this.fail(nothingToPlay());
    this.history = new History();
    this.begun_ms = performance.now();
    const told = edge === undefined ? null : nameSession(this.config.originUrl, this.choices.source.split(":").at(-1) ?? "");
    const events = {
      tracks: () => this.panel.showTracks(this.session),
      failed: (problem: Problem) => this.fail(problem),
    };
    this.session = new Session(this.video, mpdUrl, this.choices, events, told);
    this.panel.showTold(told?.page ?? null);
  }

  private stop(): void {
    this.session?.end();
    this.session = null;
    this.panel.showTracks(null);
    this.panel.showTold(null);
    this.lane.close();
    this.offer();
  }

  private restart(): void {
    this.keep();
    this.offer();
    showProblem(null);
    if (this.playButton.hidden) void this.play();
  }

  private adjust(): void {
    this.keep();
    this.session?.setStrategy(this.choices.strategy);
    this.session?.setBufferTarget(this.choices.buffer_s);
  }

  /** Shows what the choices make possible: an address to copy, a link to limit. */
  private offer(): void {
    const edge = this.edge();
    this.lane.offer(edge);
    this.panel.showAddress(mpdUrlOf(this.choices, this.config, edge?.url ?? "", ""));
  }

  private keep(): void {
    keepInAddress(this.choices, this.lane.rate_bps);
  }

  /** Returns the chosen edge; none for an MPD that was given by its whole URL. */
  private edge(): Edge | undefined {
    if (this.choices.source === "address") return undefined;
    return this.config.edges.find(({ name }) => name === this.choices.edge);
  }

  private state(): State {
    return this.session?.state ?? initialState();
  }

  private look(): void {
    if (this.session !== null) {
      const now_ms = performance.now();
      const state = this.session.look(now_ms);
      this.history.add((now_ms - this.begun_ms) / 1000, state, this.lane.inForce?.rate_bps ?? null);
    }
    if (document.hidden) return;
    this.status.draw(this.state());
    this.charts.draw(this.history);
  }

  /** Gives the picture its controls, and the focus that was on the button before it. */
  private showScreen(): void {
    const focused = document.activeElement === this.playButton;
    this.playButton.hidden = true;
    this.video.controls = true;
    if (focused) this.video.focus();
  }

  private fail(problem: Problem): void {
    showProblem(problem, () => void this.play());
    if (this.session !== null) return;
    this.playButton.hidden = false;
    this.video.controls = false;
  }
}
