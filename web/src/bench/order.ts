/** What is to be played and how, and dash.js's settings for it. */

import type { MediaPlayerClass, MediaPlayerSettingClass } from "dashjs";

export interface Order {
  mpd: string;
  /** How much is played, in seconds of media. */
  length_s: number;
  /** The most media kept ahead; null leaves it to dash.js. */
  buffer_s: number | null;
  /** Which of dash.js's rules choose: `dynamic` is what it does by default. */
  abr: string;
}

/** Errors only: they go to the console, whose reader wants to know why a session failed. */
const LOG_LEVEL_ERROR = 2;

/** The rules of each name; what is not named keeps dash.js's default. */
const RULES: Record<string, Record<string, { active: boolean }>> = {
  dynamic: {},
  throughput: { throughputRule: { active: true }, bolaRule: { active: false } },
  bola: { throughputRule: { active: false }, bolaRule: { active: true } },
  l2a: others("l2ARule"),
  lolp: others("loLPRule"),
};

/** Rules of a kind of their own run alone, as dash.js's documentation has it. */
function others(rule: string): Record<string, { active: boolean }> {
  const off = ["throughputRule", "bolaRule", "insufficientBufferRule", "switchHistoryRule", "abandonRequestsRule"];
  return { ...Object.fromEntries(off.map((name) => [name, { active: false }])), [rule]: { active: true } };
}

/** Sets dash.js to what was ordered; everything else stays as it is by default. */
export function configure(player: MediaPlayerClass, order: Order): void {
  const rules = RULES[order.abr];
  if (rules === undefined) throw new Error(`dash.js has no strategy ${order.abr}`);
  const buffer =
    order.buffer_s === null
      ? {}
      : {
          bufferTimeDefault: order.buffer_s,
          bufferTimeAtTopQuality: order.buffer_s,
          bufferTimeAtTopQualityLongForm: order.buffer_s,
        };
  player.updateSettings({
    debug: { logLevel: LOG_LEVEL_ERROR },
    streaming: {
      // The link carries pictures and sound, as for every other player of the comparison.
      text: { defaultEnabled: false },
      // The default source of time is a server on the Internet; only live streams need one.
      utcSynchronization: { enabled: false },
      buffer,
      abr: { rules },
    },
  } as MediaPlayerSettingClass);
}
