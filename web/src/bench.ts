/**
 * The page on which `dashpot bench --browser` has dash.js play: it asks what to play, plays it over
 * the link that is opened for it, and tells what dash.js does until it is over. Nobody watches it.
 */

import { MediaPlayer } from "dashjs";
import { configure, type Order } from "./bench/order";
import { Playhead } from "./bench/playhead";
import { Teller } from "./bench/teller";
import { listen } from "./bench/watch";

/** How often the playhead is looked at: a frame of the film, so that a stall is known to the frame. */
const LOOK_MS = 40;

async function main(): Promise<void> {
  const session = new URLSearchParams(location.search).get("session") ?? "";
  const teller = new Teller(`sessions/${encodeURIComponent(session)}`);
  const order = await teller.ask<Order>("order");
  const video = document.querySelector("video");
  if (video === null) throw new Error("the page has no video");
  const player = MediaPlayer().create();
  configure(player, order);
  // The link's trace begins with the answer, and so does the session's time.
  await teller.begin({ dashjs: player.getVersion() });
  const cut = listen(player, teller);
  const playhead = new Playhead(video, teller);
  player.initialize(video, order.mpd, true);
  const looking = setInterval(() => {
    playhead.look();
    if (order.length_s <= video.currentTime || video.ended) {
      clearInterval(looking);
      cut();
      teller.tell({ what: "ended", position_s: Math.min(video.currentTime, order.length_s) });
    }
  }, LOOK_MS);
}

main().catch((cause: unknown) => {
  document.title = "dashpot bench: failed";
  // Whoever started the browser reads its console.
  console.error(cause);
});
