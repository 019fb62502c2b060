/** The one value that says how the session is doing; drawn by the page, read by tests. */

import type { Rung } from "./rungs";
import type { Stalls } from "./stalls";

export type Phase = "idle" | "loading" | "playing" | "paused" | "stalled" | "ended" | "failed";

export const PHASE_NAMES: Record<Phase, string> = {
  idle: "Ready",
  loading: "Loading",
  playing: "Playing",
  paused: "Paused",
  stalled: "Stalled",
  ended: "Ended",
  failed: "Failed",
};

export interface State {
  phase: Phase;
  mpdUrl: string | null;
  /** The representation in the picture. */
  rung: Rung | null;
  /** The representation of the last video segment asked for. */
  requested: Rung | null;
  /** Ids of the video representations asked for, one a segment, oldest first. */
  requestedIds: string[];
  rungs: Rung[];
  switches: number;
  buffer_s: number;
  throughput_bps: number | null;
  playhead_s: number;
  duration_s: number;
  frames: { dropped: number; total: number };
  stalls: Stalls;
  errors: string[];
}

/** Enough for an hour of two-second segments; a bound so that a page left open stays small. */
export const REQUESTED_IDS_MAX = 2000;
/** A stream that fails keeps failing; the first errors say why. */
export const ERRORS_MAX = 50;

export function initialState(): State {
  return {
    phase: "idle",
    mpdUrl: null,
    rung: null,
    requested: null,
    requestedIds: [],
    rungs: [],
    switches: 0,
    buffer_s: 0,
    throughput_bps: null,
    playhead_s: 0,
    duration_s: 0,
    frames: { dropped: 0, total: 0 },
    stalls: { count: 0, total_ms: 0 },
    errors: [],
  };
}
