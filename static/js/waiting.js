// Offers reach every page of the app: a number on the tab, on the app's own sign, in the title of the window, a line on
// top for one that is theirs, and the phone calls when it comes. Not when a page is opened while it is there already:
// they know of that one.

import { ring } from "./ring.js";

const NUMBER = /^\(\d+\) /;

export function start(line) {
  const stream = document.createElement("div"); // live.js listens where it stands
  stream.hidden = true;
  let before = null;
  document.addEventListener("live", look);

  async function look() {
    if (!line.isConnected) return;
    try {
      const answer = await fetch(line.dataset.waitingUrl, { headers: { accept: "application/json" } });
      if (!answer.ok || !answer.headers.get("content-type")?.includes("json")) return;
      show(await answer.json());
    } catch {
      // no network: the next look shows it
    }
  }

  function show({ count, live, stream: address }) {
    line.hidden = !live;
    if (live && before === false) ring(2);
    before = live;
    const title = document.title.replace(NUMBER, "");
    document.title = count ? `(${count}) ${title}` : title;
    for (const badge of document.querySelectorAll("[data-waiting-count]")) {
      badge.hidden = !count;
      badge.querySelector("[data-count]").textContent = count || "";
    }
    const sign = count ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.(); // of the installed app
    sign?.catch(() => undefined);
    stream.dataset.liveUrl = address;
    // A page that listens already hears the same news: one stream is enough.
    if (!document.querySelector("[data-live-url]")) line.after(stream);
  }

  look();
}
