/** What the player tells the origin of itself: CMCD version 2 (CTA-5004-A), by events alone. */

import type { MediaPlayerClass, MediaPlayerSettingClass } from "dashjs";

/** How often it tells, in seconds: dense enough for the figures of a session page, and light. */
const EVERY_S = 2;
const KEYS = ["e", "sta", "ts", "bl", "br", "tb", "mtp", "pt", "bs", "sid", "cid", "st", "sf", "v"];

export interface Named {
  id: string;
  /** What is played. */
  content: string;
  /** Where the origin shows it. */
  page: string;
  /** Where its events go. */
  events: string;
}

/** Names a session of `content` for the origin to be told of; null where there is no origin to tell. */
export function nameSession(originUrl: string | null, content: string): Named | null {
  if (originUrl === null) return null;
  const id = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`;
  return { id, content, page: `${originUrl}/sessions/${id}`, events: `${originUrl}/cmcd` };
}

/** Has the player tell; its requests to the edge stay as they are. */
export function tell(player: MediaPlayerClass, session: Named): void {
  player.updateSettings({
    streaming: {
      cmcd: {
        enabled: true,
        version: 2,
        sid: session.id,
        cid: session.content,
        // dash.js wants one kind of request; the page's MPDs have no steering.
        includeInRequests: ["steering"],
        eventTargets: [
          { enabled: true, url: session.events, events: ["ps", "t"], interval: EVERY_S, enabledKeys: KEYS },
        ],
      },
    },
  } as MediaPlayerSettingClass);
}
