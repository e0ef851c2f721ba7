// An offer that is theirs alone for a moment: the screen stays on, and the phone sounds and vibrates as the time runs out.
// Each where the browser can and lets it; without any of it the page is the same.

import { ring } from "./ring.js";

const CALLS = { 30: 1, 10: 2 }; // seconds left: how many times

export function start(element) {
  let lock = null;

  const live = () => element.isConnected && element.hasAttribute("data-awake");
  async function hold() {
    if (!live()) return letGo();
    if (lock && !lock.released) return undefined;
    try {
      lock = await navigator.wakeLock?.request("screen");
    } catch {
      lock = null; // battery saver, or another page is in front
    }
    return undefined;
  }
  function letGo() {
    lock?.release().catch(() => undefined);
    lock = null;
  }

  hold();
  ring(1);
  document.addEventListener("visibilitychange", () => document.hidden || hold());
  element.addEventListener("countdown-at", (event) => {
    if (live() && CALLS[event.detail]) ring(CALLS[event.detail]);
  });
  element.addEventListener("countdown-over", letGo);
  new MutationObserver(() => live() || letGo()).observe(element, { attributes: true, attributeFilter: ["data-awake"] });
}
