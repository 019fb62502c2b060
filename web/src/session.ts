/** One run of the player on one MPD: listens to dash.js and keeps the session's state up to date. */

import { MediaPlayer, type MediaInfo, type MediaPlayerClass, type Representation } from "dashjs";
import type { Strategy } from "./choices";
import { makePlayer, pin, setBufferTarget, setStrategy } from "./player";
import { explain, type Problem } from "./problems";
import { ArrivedSegments, seenRung, type Rung } from "./rungs";
import { StallMeter } from "./stalls";
import { ERRORS_MAX, initialState, REQUESTED_IDS_MAX, type State } from "./state";
import { tell, type Named } from "./telling";

export interface SessionEvents {
  /** Audio and subtitle tracks are known. */
  tracks(): void;
  failed(problem: Problem): void;
}

interface SegmentEvent {
  request: {
    type: string | null;
    mediaType: string;
    startTime: number;
    duration: number;
    representation?: Representation;
  };
  error?: unknown;
}

export class Session {
  readonly state: State = initialState();
  private readonly player: MediaPlayerClass;
  private readonly arrived = new ArrivedSegments();
  private readonly meter = new StallMeter();
  private strategy: Strategy;

  constructor(
    private readonly video: HTMLVideoElement,
    mpdUrl: string,
    chosen: { strategy: Strategy; buffer_s: number },
    private readonly events: SessionEvents,
    told: Named | null,
  ) {
    this.strategy = chosen.strategy;
    this.state.phase = "loading";
    this.state.mpdUrl = mpdUrl;
    this.player = makePlayer(chosen.strategy, chosen.buffer_s);
    if (told !== null) tell(this.player, told);
    this.listen();
    this.player.initialize(video, mpdUrl, true);
  }

  /** Brings the state up to this moment. */
  look(now_ms: number): State {
    const { state, video, player } = this;
    if (state.phase === "failed" || !this.ready()) return state;
    state.playhead_s = video.currentTime;
    state.duration_s = Number.isFinite(video.duration) ? video.duration : 0;
    const buffer_s = player.getBufferLength("video");
    state.buffer_s = Number.isFinite(buffer_s) ? buffer_s : 0;
    const throughput_kbps = player.getAverageThroughput("video");
    state.throughput_bps = 0 < throughput_kbps ? throughput_kbps * 1000 : null;
    const quality = video.getVideoPlaybackQuality();
    state.frames = { dropped: quality.droppedVideoFrames, total: quality.totalVideoFrames };
    this.meter.look(now_ms, video);
    state.stalls = { ...this.meter.stalls };
    this.lookAtRung();
    state.phase = this.phase();
    return state;
  }

  setStrategy(strategy: Strategy): void {
    this.strategy = strategy;
    setStrategy(this.player, strategy);
    if (this.ready()) pin(this.player, strategy);
  }

  setBufferTarget(buffer_s: number): void {
    setBufferTarget(this.player, buffer_s);
  }

  tracks(kind: "audio" | "text"): MediaInfo[] {
    return this.ready() ? this.player.getTracksFor(kind) : [];
  }

  currentAudio(): MediaInfo | null {
    return this.ready() ? this.player.getCurrentTrackFor("audio") : null;
  }

  chooseAudio(index: number): void {
    const track = this.tracks("audio")[index];
    if (track !== undefined && track !== this.currentAudio()) this.player.setCurrentTrack(track);
  }

  /** Shows the subtitle track of this index; -1 shows none. */
  chooseSubtitles(index: number): void {
    this.player.enableText(index !== -1);
    this.player.setTextTrack(index);
  }

  end(): void {
    this.player.destroy();
  }

  private lookAtRung(): void {
    const { state, video } = this;
    const id = this.arrived.shown(video.currentTime, video.seeking);
    const rung = seenRung(state.rungs, id, video.videoWidth, video.videoHeight);
    if (rung === undefined || rung === state.rung) return;
    if (state.rung !== null) state.switches += 1;
    state.rung = rung;
  }

  /** Most of dash.js's questions may only be asked once it has read the MPD. */
  private ready(): boolean {
    return 0 < this.state.rungs.length;
  }

  private phase(): State["phase"] {
    const { video } = this;
    if (video.ended) return "ended";
    if (this.meter.stalled) return "stalled";
    if (video.paused) return this.state.rung === null ? "loading" : "paused";
    return video.readyState < HTMLMediaElement.HAVE_FUTURE_DATA && this.state.frames.total === 0
      ? "loading"
      : "playing";
  }

  private listen(): void {
    const on = (type: string, listener: (event: never) => void) =>
      this.player.on(type, listener as (event: { type: string }) => void);
    const events = MediaPlayer.events;
    on(events.STREAM_INITIALIZED, () => this.streamReady());
    on(events.TEXT_TRACKS_ADDED, () => this.events.tracks());
    on(events.FRAGMENT_LOADING_STARTED, (event: SegmentEvent) => this.asked(event));
    on(events.FRAGMENT_LOADING_COMPLETED, (event: SegmentEvent) => this.came(event));
    on(events.ERROR, (event: { error?: unknown }) => this.failed(event.error));
    on(events.PLAYBACK_ERROR, (event: { error?: unknown }) => this.failed(event.error));
  }

  private streamReady(): void {
    this.state.rungs = this.player
      .getRepresentationsByType("video")
      .map(toRung)
      .sort((a, b) => a.bitrate_bps - b.bitrate_bps);
    pin(this.player, this.strategy);
    this.events.tracks();
  }

  private asked({ request }: SegmentEvent): void {
    // dash.js times a download by the first entry of its URL, which for byte ranges of one file is
    // that of an earlier range; and browsers stop to record after 250 entries.
    performance.clearResourceTimings();
    if (request.mediaType !== "video" || request.type !== "MediaSegment" || !request.representation) return;
    this.state.requested = toRung(request.representation);
    this.state.requestedIds.push(request.representation.id);
    if (this.state.requestedIds.length > REQUESTED_IDS_MAX) this.state.requestedIds.shift();
  }

  private came({ request, error }: SegmentEvent): void {
    if (request.mediaType !== "video" || request.type !== "MediaSegment" || !request.representation) return;
    if (!error) this.arrived.add(request.startTime, request.duration, request.representation.id);
  }

  private failed(error: unknown): void {
    const problem = explain(error, this.state.mpdUrl ?? "");
    if (this.state.errors.length < ERRORS_MAX) this.state.errors.push(problem.title);
    this.state.phase = "failed";
    this.events.failed(problem);
  }
}

function toRung({ id, width, height, bandwidth }: Representation): Rung {
  return { id, width, height, bitrate_bps: bandwidth };
}
