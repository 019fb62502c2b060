/**
 * Counts stalls: the playhead stands still, or passes the end of what is buffered, although the film
 * should run. The second happens because Chromium lets the sound go on for up to three seconds while
 * the picture is frozen for want of data.
 */

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

  /** Looks at the playhead of a video. */
  look(now_ms: number, video: HTMLVideoElement): void {
    const playhead_s = video.currentTime;
    const running = !video.paused && !video.seeking && !video.ended;
    const last = this.last;
    this.last = { now_ms, playhead_s };
    if (!running || last === null) {
      this.stalled = false;
      if (!running) this.last = null;
      return;
    }
    const took_ms = now_ms - last.now_ms;
    const moved_ms = (playhead_s - last.playhead_s) * 1000;
    const moving = MOVING_RATIO * took_ms < moved_ms && !isStarved(video);
    // The wait for the first picture is start-up, not a stall.
    this.started ||= moving;
    if (!this.started) return;
    if (!moving && !this.stalled) this.stalls.count += 1;
    if (!moving) this.stalls.total_ms += took_ms;
    this.stalled = !moving;
  }
}

/** The last moments of a film need nothing after them. */
const END_S = 0.5;

/** Whether the playhead lies where audio or video is missing. */
export function isStarved({ buffered, currentTime, duration }: HTMLVideoElement): boolean {
  if (duration - currentTime < END_S) return false;
  for (let range = 0; range < buffered.length; range += 1) {
    if (buffered.start(range) <= currentTime && currentTime < buffered.end(range)) return false;
  }
  return true;
}
