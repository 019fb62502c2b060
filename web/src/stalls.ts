/** Counts stalls by watching the playhead: it stands still although it should move. */

export interface Stalls {
  count: number;
  total_ms: number;
}

/** A playhead that moves less than this share of real time between two looks stands still. */
const MOVING_RATIO = 0.1;

export class StallMeter {
  readonly stalls: Stalls = { count: 0, total_ms: 0 };
  stalled = false;
  private started = false;
  private last: { now_ms: number; playhead_s: number } | null = null;

  /** Looks at the playhead; `running` is false while paused, seeking or ended. */
  look(now_ms: number, playhead_s: number, running: boolean): void {
    const last = this.last;
    this.last = { now_ms, playhead_s };
    if (!running || last === null) {
      this.stalled = false;
      if (!running) this.last = null;
      return;
    }
    const took_ms = now_ms - last.now_ms;
    const moved_ms = (playhead_s - last.playhead_s) * 1000;
    const moving = MOVING_RATIO * took_ms < moved_ms;
    // The wait for the first picture is start-up, not a stall.
    this.started ||= moving;
    if (!this.started) return;
    if (!moving && !this.stalled) this.stalls.count += 1;
    if (!moving) this.stalls.total_ms += took_ms;
    this.stalled = !moving;
  }
}
