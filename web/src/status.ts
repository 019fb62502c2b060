/** The row of big figures beside the picture. */

import { make, setText } from "./dom";
import { NOTHING, rate, seconds } from "./format";
import { PHASE_NAMES, type State } from "./state";

interface Tile {
  label: string;
  main: (state: State) => string;
  detail: (state: State) => string;
  tone?: (state: State) => string;
}

/** Below this a two-second segment that comes late is a stall. */
const BUFFER_S_LOW = 2;

const TILES: Tile[] = [
  {
    label: "State",
    main: (state) => PHASE_NAMES[state.phase],
    detail: (state) => `${state.switches} switch${state.switches === 1 ? "" : "es"}`,
    tone: (state) => ({ playing: "good", stalled: "bad", failed: "bad" })[state.phase as string] ?? "",
  },
  {
    label: "Rung",
    main: (state) => state.rung?.id ?? NOTHING,
    detail: ({ rung }) => (rung === null ? "" : `${rung.width}×${rung.height} · ${rate(rung.bitrate_bps)}`),
  },
  {
    label: "Buffer",
    main: (state) => (state.rungs.length === 0 ? NOTHING : seconds(state.buffer_s)),
    detail: () => "ahead of the picture",
    tone: (state) => (state.phase === "playing" && state.buffer_s < BUFFER_S_LOW ? "warn" : ""),
  },
  {
    label: "Throughput",
    main: (state) => rate(state.throughput_bps),
    detail: () => "measured",
  },
  {
    label: "Stalls",
    main: (state) => String(state.stalls.count),
    detail: (state) => `${(state.stalls.total_ms / 1000).toFixed(1)} s in all`,
    tone: (state) => (0 < state.stalls.count ? "bad" : ""),
  },
  {
    label: "Dropped frames",
    main: (state) => String(state.frames.dropped),
    detail: (state) => `of ${state.frames.total.toLocaleString("en")}`,
  },
];

export class Status {
  private readonly cells: { tile: Tile; box: HTMLElement; main: HTMLElement; detail: HTMLElement }[];
  private announced = "";

  constructor(
    root: HTMLElement,
    private readonly announcer: HTMLElement,
  ) {
    this.cells = TILES.map((tile) => {
      const main = make("dd", "figure");
      const detail = make("dd", "detail");
      const box = make("div", "tile", make("dt", "", tile.label), main, detail);
      root.append(box);
      return { tile, box, main, detail };
    });
  }

  draw(state: State): void {
    for (const { tile, box, main, detail } of this.cells) {
      setText(main, tile.main(state));
      setText(detail, tile.detail(state));
      box.dataset.tone = tile.tone?.(state) ?? "";
    }
    this.announce(state);
  }

  /** Says aloud what changed: the phase or the rung, not the figures that never stand still. */
  private announce(state: State): void {
    const rung = state.rung === null ? "" : `, ${state.rung.height} lines, ${rate(state.rung.bitrate_bps)}`;
    const words = PHASE_NAMES[state.phase] + rung;
    if (words === this.announced) return;
    this.announced = words;
    setText(this.announcer, words);
  }
}
