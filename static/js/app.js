// Boot. A behaviour is fetched when the page, or a part swapped in later, carries its attribute.
// No words here: they come from data- attributes.

import { startWorker } from "./app_worker.js";
import { submitOnce } from "./submit_once.js";
import { delegateEvents } from "./delegated_events.js";

const behaviours = [
  ["[data-countdown], [data-clock]", () => import("./countdown.js")],
  ["[data-live-url]", () => import("./live.js")],
  ["[data-guard]", () => import("./guard.js")],
  ["[data-signature]", () => import("./signature.js")],
  ["[data-position-url]", () => import("./position.js")],
  ["[data-brief]", () => import("./brief.js")],
  ["[data-copies]", () => import("./copies.js")],
  ["[data-place]", () => import("./place.js")],
  ["[data-streets]", () => import("./streets.js")],
  ["[data-card-form]", () => import("./card.js")],
  ["[data-waiting-url]", () => import("./waiting.js")],
  ["[data-keep], [data-keeper], [data-forgets]", () => import("./typed.js")],
  ["[data-seen-url]", () => import("./seen.js")],
  ["[data-pay-form]", () => import("./pay.js")],
  ["[data-awake]", () => import("./awake.js")],
  ["[data-phone]", () => import("./phone.js")],
  ["[data-day-url]", () => import("./day.js")],
  ["[data-agreed-cents]", () => import("./sign_ahead.js")],
];
const started = new WeakSet();

function matching(root, selector) {
  const inside = [...root.querySelectorAll(selector)];
  return root.matches?.(selector) ? [root, ...inside] : inside;
}

// seenAt: when the answer that brought the element reached this device; the server's `data-now` belongs to it.
function wake(root, seenAt) {
  for (const [selector, load] of behaviours) {
    for (const element of matching(root, selector)) {
      if (started.has(element)) continue;
      started.add(element);
      load().then((module) => module.start(element, seenAt));
    }
  }
  for (const element of matching(root, "[data-focus]")) element.closest("[data-still]") || element.focus();
  for (const element of matching(root, "[data-dismiss], [data-scripted]")) element.hidden = false;
}

const arrival = performance.getEntriesByType("navigation")[0]?.responseStart;
wake(document.body, arrival ? performance.timeOrigin + arrival : Date.now());
new MutationObserver((changes) => {
  for (const change of changes) {
    for (const node of change.addedNodes) {
      if (node.nodeType === Node.ELEMENT_NODE) wake(node, Date.now());
    }
  }
}).observe(document.body, { childList: true, subtree: true });
startWorker();
submitOnce(document);
delegateEvents(document);
