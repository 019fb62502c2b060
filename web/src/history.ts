/** The last two minutes of a session, in columns as the charts want them. */

import type { State } from "./state";

export const WINDOW_S = 120;

export interface Mark {
  at_s: number;
  kind: "up" | "down";
}

export interface StallBand {
  from_s: number;
  to_s: number;
}

export class History {
  /** Seconds since the session began. */
  readonly time_s: number[] = [];
  readonly played_bps: (number | null)[] = [];
  readonly requested_bps: (number | null)[] = [];
  readonly buffer_s: number[] = [];
  readonly throughput_bps: (number | null)[] = [];
  readonly limit_bps: (number | null)[] = [];
  marks: Mark[] = [];
  bands: StallBand[] = [];
  private lastPlayed_bps: number | null = null;

  add(at_s: number, state: State, limit_bps: number | null): void {
    this.time_s.push(at_s);
    this.played_bps.push(state.rung?.bitrate_bps ?? null);
    this.requested_bps.push(state.requested?.bitrate_bps ?? null);
    this.buffer_s.push(state.buffer_s);
    this.throughput_bps.push(state.throughput_bps);
    this.limit_bps.push(limit_bps);
    this.mark(at_s, state);
    this.forget(at_s - WINDOW_S);
  }

  private mark(at_s: number, state: State): void {
    const played_bps = state.rung?.bitrate_bps ?? null;
    if (played_bps !== null && this.lastPlayed_bps !== null && played_bps !== this.lastPlayed_bps) {
      this.marks.push({ at_s, kind: this.lastPlayed_bps < played_bps ? "up" : "down" });
    }
    this.lastPlayed_bps = played_bps;
    if (state.phase !== "stalled") return;
    const previous_s = this.time_s.at(-2) ?? at_s;
    const band = this.bands.at(-1);
    if (band !== undefined && previous_s <= band.to_s) band.to_s = at_s;
    else this.bands.push({ from_s: previous_s, to_s: at_s });
  }

  private forget(before_s: number): void {
    // One sample beyond the edge stays, so that lines reach it.
    while ((this.time_s[1] ?? before_s) < before_s) {
      for (const column of [
        this.time_s,
        this.played_bps,
        this.requested_bps,
        this.buffer_s,
        this.throughput_bps,
        this.limit_bps,
      ]) {
        column.shift();
      }
    }
    this.marks = this.marks.filter((mark) => before_s <= mark.at_s);
    this.bands = this.bands.filter((band) => before_s <= band.to_s);
  }
}
