/** dash.js's settings for what the visitor chose. */

import { MediaPlayer, type MediaPlayerClass, type MediaPlayerSettingClass } from "dashjs";
import type { Strategy } from "./choices";

/** Errors only: dash.js's warnings are part of its normal work. */
const LOG_LEVEL_ERROR = 2;
/** dash.js leaves BOLA again at half of this level; two thirds of the target leave it room to work. */
const HYBRID_SHARE = 2 / 3;

export function makePlayer(strategy: Strategy, buffer_s: number): MediaPlayerClass {
  const player = MediaPlayer().create();
  player.updateSettings({
    debug: { logLevel: LOG_LEVEL_ERROR },
    streaming: {
      // On loopback a segment arrives faster than dash.js believes a network can be; it would take
      // the answer for one out of the browser's cache and never measure anything.
      cacheLoadThresholds: { video: 0, audio: 0 },
      // Every session starts from nothing, so that two runs of the same link are alike.
      lastBitrateCachingInfo: { enabled: false },
      lastMediaSettingsCachingInfo: { enabled: false },
      // With three retries, dash.js's own number, a link that loses three segments in ten would end
      // the session within a minute; with five it takes most of an hour.
      retryAttempts: { MediaSegment: 5, InitializationSegment: 5 },
      text: { defaultEnabled: false },
      // The clock is only needed for live streams, and the default source is a server on the Internet.
      utcSynchronization: { enabled: false },
    },
  } as MediaPlayerSettingClass);
  setStrategy(player, strategy);
  setBufferTarget(player, buffer_s);
  return player;
}

export function setStrategy(player: MediaPlayerClass, strategy: Strategy): void {
  const adaptive = strategy !== "lowest" && strategy !== "highest";
  player.updateSettings({
    streaming: {
      abr: {
        autoSwitchBitrate: { video: adaptive },
        // dash.js takes the representation nearest below; -1 leaves the first choice to its rules.
        initialBitrate: { video: adaptive ? -1 : strategy === "lowest" ? 1 : Number.MAX_SAFE_INTEGER },
        rules: {
          throughputRule: { active: strategy !== "bola" },
          bolaRule: { active: strategy !== "throughput" },
        },
      },
    },
  } as MediaPlayerSettingClass);
}

export function setBufferTarget(player: MediaPlayerClass, buffer_s: number): void {
  player.updateSettings({
    streaming: {
      buffer: {
        bufferTimeDefault: buffer_s,
        bufferTimeAtTopQuality: buffer_s,
        bufferTimeAtTopQualityLongForm: buffer_s,
      },
      abr: { hybridSwitchBufferTime: buffer_s * HYBRID_SHARE },
    },
  } as MediaPlayerSettingClass);
}

/** Pins a stream that is ready to one end of its ladder, if that is the strategy. */
export function pin(player: MediaPlayerClass, strategy: Strategy): void {
  if (strategy !== "lowest" && strategy !== "highest") return;
  const ladder = [...player.getRepresentationsByType("video")].sort((a, b) => a.bandwidth - b.bandwidth);
  const end = strategy === "lowest" ? ladder[0] : ladder.at(-1);
  if (end !== undefined) player.setRepresentationForTypeById("video", end.id);
}
