// Time left, from the server's instants: data-expires-at, and data-now as it stood when the answer left.
// [data-countdown] is the ring; it ends with an event. [data-clock] is the written clock of a promise.

const SAY = [60, 30, 10, 0];
const NEAR = 30;
const GRACE = 400; // ask again only when the server agrees that it is over

export function start(element, seenAt) {
  const ring = element.hasAttribute("data-countdown");
  let now = element.dataset.now;
  let ahead = Date.parse(now) - seenAt;
  let before = Infinity;
  let timer = 0;

  function tick() {
    if (!element.isConnected) return;
    if (element.dataset.now !== now) {
      now = element.dataset.now; // the part was refreshed in place
      ahead = Date.parse(now) - Date.now();
      before = Infinity;
    }
    const ms = Date.parse(element.dataset.expiresAt) - (Date.now() + ahead);
    const left = Math.ceil(ms / 1000);
    if (ring) drawRing(element, ms, left, before);
    else drawClock(element, ms);
    if (ms <= 0 && before > 0) {
      const name = element.dataset.event || (ring ? "countdown-over" : "clock-over");
      setTimeout(() => element.dispatchEvent(new CustomEvent(name, { bubbles: true })), GRACE);
    }
    before = left;
    timer = setTimeout(tick, ring ? Math.min(250, Math.max(50, ms)) : 5_000);
    if (ring && ms <= 0) clearTimeout(timer);
  }

  tick();
  document.addEventListener("visibilitychange", () => {
    if (document.hidden || !element.isConnected) return;
    clearTimeout(timer);
    tick();
  });
}

function drawRing(element, ms, left, before) {
  const seconds = Number(element.dataset.seconds);
  const shown = Math.max(0, left);
  const circle = element.querySelector(".ring-left");
  circle.setAttribute("stroke-dasharray", `${Math.max(0, Math.min(seconds, ms / 1000))} ${seconds}`);
  circle.toggleAttribute("hidden", ms <= 0);
  element.querySelector("[data-left]").textContent = `${Math.floor(shown / 60)}:${String(shown % 60).padStart(2, "0")}`;
  if (left <= NEAR) element.dataset.state = "near";
  else delete element.dataset.state;
  const line = element.querySelector("[aria-live]");
  const due = SAY.filter((second) => shown <= second && second < before).pop();
  if (due !== undefined && before !== Infinity) {
    element.dispatchEvent(new CustomEvent("countdown-at", { bubbles: true, detail: due }));
  }
  if (line && due !== undefined && before !== Infinity) line.textContent = line.getAttribute(`data-say-${due}`) ?? "";
}

function drawClock(element, ms) {
  const line = element.querySelector("[data-left]");
  if (!line) return;
  const minutes = Math.floor(Math.abs(ms) / 60_000);
  const parts = { days: Math.floor(minutes / 1440), hours: Math.floor(minutes / 60) % 24, minutes: minutes % 60 };
  const pattern = parts.days ? "days" : parts.hours ? "hours" : "minutes";
  const words = line.dataset[pattern].replace(/{(\w+)}/g, (_, part) =>
    part === "minutes" && pattern === "hours" ? String(parts.minutes).padStart(2, "0") : parts[part],
  );
  const text = (ms <= -60_000 ? "−\u00a0" : "") + words.replaceAll(" ", "\u00a0");
  if (line.textContent !== text) line.textContent = text;
  if (ms <= 0) element.dataset.state = "over";
}
