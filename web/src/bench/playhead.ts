/** When pictures move, and when they stand still for want of data. */

import { isStarved } from "../stalls";
import type { Teller } from "./teller";

/** A playhead that moves less than this share of real time between two looks stands still. */
const MOVING_RATIO = 0.1;
/** Shorter than this it is no stall: a picture may wait for its decoder for a frame or three. */
const STALL_MS_MIN = 150;
/**
 * With more than this ahead of the playhead the buffer is not dry: it is the machine that holds the
 * picture up, which says nothing of the link. Players stop a little before the last frame.
 */
const DRY_S = 0.5;

export class Playhead {
  private playing = false;
  private last: { now_ms: number; position_s: number } | null = null;
  /** When and where it was last seen to move. */
  private moved = { at_ms: 0, position_s: 0 };

  constructor(
    private readonly video: HTMLVideoElement,
    private readonly teller: Teller,
  ) {}

  look(): void {
    const now_ms = performance.now();
    const position_s = this.video.currentTime;
    const last = this.last ?? { now_ms, position_s };
    this.last = { now_ms, position_s };
    const took_ms = now_ms - last.now_ms;
    if (took_ms === 0 || this.video.ended) return;
    const moved_ms = (position_s - last.position_s) * 1000;
    const starved = isStarved(this.video);
    // It began, or ended, to move between two looks: its way says when.
    const part_ms = Math.min(moved_ms, took_ms);
    if (MOVING_RATIO * took_ms < moved_ms && !starved) {
      this.moved = { at_ms: now_ms, position_s };
      if (!this.playing) this.teller.tell({ what: "playing", position_s: last.position_s }, part_ms);
      this.playing = true;
    } else if (this.playing) {
      if (0 < part_ms && !starved) this.moved = { at_ms: last.now_ms + part_ms, position_s };
      const still_ms = now_ms - this.moved.at_ms;
      if (still_ms < STALL_MS_MIN || DRY_S < ahead_s(this.video)) return;
      this.playing = false;
      this.teller.tell({ what: "stalled", position_s: this.moved.position_s }, still_ms);
    }
  }
}

/** How much is buffered, of sound and pictures alike, from the playhead on. */
function ahead_s({ buffered, currentTime }: HTMLVideoElement): number {
  for (let range = 0; range < buffered.length; range += 1) {
    if (buffered.start(range) <= currentTime && currentTime < buffered.end(range)) {
      return buffered.end(range) - currentTime;
    }
  }
  return 0;
}
