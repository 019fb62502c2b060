/** What went wrong, in words that say what to do next. */

export interface Problem {
  title: string;
  advice: string;
}

// dash.js's error codes (its `MediaPlayerErrors`), as far as they need words of their own.
const MANIFEST_UNREADABLE = 10;
const MANIFEST_NOT_LOADED = 11;
const DOWNLOAD_MANIFEST = 25;
const DOWNLOAD_INDEX = 26;
const DOWNLOAD_SEGMENT = 27;
const DOWNLOAD_INIT = 28;
const MANIFEST_UNPARSABLE = 31;
const NO_STREAMS = 32;

/** Explains an error of dash.js or of the media element. */
export function explain(error: unknown, mpdUrl: string): Problem {
  const { code, message } = (error ?? {}) as { code?: number; message?: string };
  const detail = message === undefined || message === "" ? "" : ` (${message})`;
  switch (code) {
    case MANIFEST_NOT_LOADED:
    case DOWNLOAD_MANIFEST:
      return {
        title: "The MPD did not load",
        advice: `Nothing usable came from ${mpdUrl}. Open it in a tab of its own to see the answer; check that the edge can reach its origin and that the asset exists.`,
      };
    case MANIFEST_UNREADABLE:
    case MANIFEST_UNPARSABLE:
      return {
        title: "The MPD cannot be read",
        advice: `${mpdUrl} is not a well-formed MPD. Choose another form, or mend the file.`,
      };
    case NO_STREAMS:
      return {
        title: "The MPD holds nothing this browser can play",
        advice:
          "Its codecs are unknown to the browser, or it lists no Period with media. Try another asset or browser.",
      };
    case DOWNLOAD_INIT:
    case DOWNLOAD_INDEX:
    case DOWNLOAD_SEGMENT:
      return {
        title: "A segment did not arrive, even after retries",
        advice:
          "Lower the link's loss or raise its rate, look at the edge's last requests below, then try again.",
      };
    default:
      return {
        title: `Playback failed${code === undefined ? "" : `: error ${code}`}`,
        advice: `The player gave up${detail}. Try again; if it fails at the same place, the media there is damaged.`,
      };
  }
}

export function edgeUnreachable(name: string, url: string, cause: unknown): Problem {
  const why = cause instanceof Error ? ` (${cause.message})` : "";
  return {
    title: `Edge ${name} cannot be reached`,
    advice: `Nothing answers at ${url}${why}. Check that the edge is running, or choose another edge, then try again.`,
  };
}

export function serverUnreachable(cause: unknown): Problem {
  const why = cause instanceof Error ? ` (${cause.message})` : "";
  return {
    title: "The server of this page does not answer",
    advice: `Its configuration did not load${why}. Start it again with “dashpot up”, then try again.`,
  };
}

export function nothingToPlay(): Problem {
  return {
    title: "There is nothing to play",
    advice:
      "The server found no asset. Start it with a folder that holds media, as in “dashpot up MEDIA”, or add ?mpd=URL to this page's address.",
  };
}
