// The technician's day on the phone: copies of today's pages are brought up to date, what waited is sent, and the page
// says what has not gone out yet, and what was not taken. <section data-day-url data-day-say-...> in partner/_waiting.html.

import "./keep.js";

const keep = self.milaKeep;
const FRESH = 120_000; // milliseconds between two rounds of all pages
const AGAIN = 30_000; // while something waits

export function start(element) {
  const { dayUrl } = element.dataset;
  const copyAt = document.documentElement.dataset.copy;
  let busy = false;
  let missed = false; // the network came back while a round was still finding out that there is none

  const find = (name) => element.querySelector(`[data-day-${name}]`);
  const show = (name, now) => {
    const line = find(name);
    if (line) line.hidden = !now;
  };

  async function mark() {
    const entries = await keep.queued();
    const waiting = entries.filter((entry) => !entry.refused);
    show("waits", waiting.length);
    find("what").textContent = [...new Set(waiting.map(name))].join(", ");
    waiting.filter((entry) => entry.step === "tick").forEach(tick);
    const list = find("refused");
    list.replaceChildren();
    for (const entry of entries.filter((one) => one.refused)) list.append(refusal(entry));
    return waiting;
  }
  const name = ({ step, photo }) => element.getAttribute(`data-say-${photo ? "photo" : step}`);

  // The page was made before this tap: it shows it all the same, and the next one says the right thing.
  function tick({ job, fields }) {
    if (!location.pathname.includes(job)) return;
    const list = document.querySelector(`input[name=checklist][value="${Number(fields.checklist)}"]`)?.form;
    const box = list?.querySelector(`input[name=item][value="${Number(fields.tapped)}"]`);
    if (box) box.checked = (fields.item ?? "").split(",").includes(fields.tapped);
  }
  function refusal(entry) {
    const line = find("template").content.firstElementChild.cloneNode(true);
    line.querySelector("[data-words]").textContent = `${name(entry)}: ${entry.refused}`;
    line.querySelector("a").href = `/partner/jobs/${entry.job}/`;
    line.querySelector("button").addEventListener("click", async () => {
      await keep.dequeue(entry.key);
      line.remove();
    });
    return line;
  }

  // Whether we are who the phone belongs to; null without network.
  async function day() {
    const answer = await fetch(dayUrl, { headers: { Accept: "application/json" } });
    if (answer.status === 403) await keep.wipe(); // no technician any more
    if (answer.redirected || !answer.ok) {
      for (const path of await keep.paths()) await keep.dropPage(path);
      show("sign-in", await keep.waiting());
      return null;
    }
    const found = await answer.json();
    await keep.own(found.owner);
    return found;
  }
  async function send(entry, csrf) {
    const { key, step, fields, at } = entry;
    const photo = entry.photo ? await keep.photo(key) : null;
    let body = JSON.stringify({ key, step, fields, at });
    const headers = { "X-CSRFToken": csrf };
    if (!photo) headers["Content-Type"] = "application/json";
    else {
      const form = new FormData();
      form.append("entry", body);
      form.append("photo", photo, "photo");
      body = form;
    }
    const answer = await fetch(`/partner/jobs/${entry.job}/later/`, { method: "POST", headers, body });
    if (answer.status === 404) return keep.amend(key, { refused: element.dataset.sayGone });
    if (answer.status === 400 || answer.status === 413) return keep.amend(key, { refused: element.dataset.sayUnreadable });
    if (!answer.ok || answer.redirected) throw new Error("not now");
    const { done, sentence } = await answer.json();
    if (done && !sentence) return keep.dequeue(key);
    return keep.amend(key, { refused: sentence });
  }
  async function copies({ pages }) {
    const wanted = new Set(pages.map((page) => page.path));
    const held = await keep.paths();
    for (const path of held) if (!wanted.has(path)) await keep.dropPage(path);
    const stale = Date.now() - ((await keep.read("round")) ?? 0) > FRESH;
    for (const { path, url } of pages) {
      const here = location.pathname.startsWith("/partner/jobs/") && path.startsWith(location.pathname.slice(0, 51));
      if (!stale && !here && held.includes(path)) continue;
      const answer = await fetch(url);
      const html = await answer.text();
      if (!answer.ok || new URL(answer.url).pathname !== path) await keep.dropPage(path);
      else {
        const stamped = html.replace("<html ", `<html data-copy="${new Date().toISOString()}" `);
        await keep.keepPage(path, { html: stamped, policy: answer.headers.get("Content-Security-Policy") });
      }
    }
    if (stale) await keep.write("round", Date.now());
  }

  async function round() {
    if (!element.isConnected) return;
    missed = busy;
    if (busy) return;
    busy = true;
    try {
      const found = await day();
      if (!found) return;
      show("sign-in", false);
      const before = await mark();
      for (const entry of before) await send(entry, found.csrf);
      if (before.length) {
        await mark();
        if (before.some((entry) => location.pathname.includes(entry.job)) || copyAt) {
          location.reload();
          return;
        }
      }
      if (copyAt) location.reload();
      else await copies(found);
    } catch {
      await mark().catch(() => undefined); // no network, or none that holds: the next round
    } finally {
      busy = false;
      if (missed) round();
    }
  }

  if (copyAt) {
    const clock = new Date(copyAt).toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
    find("copy-at").textContent = clock;
    show("copy", true);
    const finish = location.pathname.replace(/^(\/partner\/jobs\/[0-9a-f-]{36}\/).*/, "$1finish/");
    keep.paths().then(async (kept) => {
      const begun = (await keep.queued()).some((entry) => entry.step === "start" && location.pathname.includes(entry.job));
      show("next", begun && finish !== location.pathname && kept.includes(finish));
      find("next").querySelector("a").href = finish;
    }, () => undefined);
  }
  mark().catch(() => undefined);
  round();
  addEventListener("online", round);
  navigator.serviceWorker?.addEventListener("message", (event) => event.data?.waits && mark().catch(() => undefined));
  document.addEventListener("visibilitychange", () => document.hidden || round());
  const look = setInterval(async () => {
    if (!element.isConnected) return clearInterval(look);
    if ((await keep.waiting().catch(() => 0)) || copyAt) round();
    return undefined;
  }, AGAIN);
}
