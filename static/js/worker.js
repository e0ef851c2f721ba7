// The service worker. MILA stands before it (mila/web/app_files.py): version, files, addresses.
//
// Three things: the site's own files come from the phone, and the page that says there is no network; a push is shown
// and the server told so at once; a tap leads to its page. What a phone keeps of jobs is keep.js's, encrypted.

importScripts(MILA.library);

const SHELL = `shell-${MILA.version}`;
const PATIENCE = 8_000; // milliseconds for a page of which the phone has its own copy
const STEP_PATIENCE = 12_000;
const PHOTO_PATIENCE = 45_000;
const STEP = /^\/partner\/jobs\/([0-9a-f-]{36})\/(call|note|tick|messages|code|arrive|start|finish|sign|rate)\/$/;
// Where the page goes on after a step that waits; the first that is kept.
const NEXT = { finish: ["sign/", ""], sign: ["rate/", "thanks/", ""], rate: ["thanks/", ""] };
for (const step of ["call", "note", "tick", "messages", "code", "arrive", "start"]) NEXT[step] = [""];
const files = new Set(MILA.files.map((file) => new URL(file, location).href));

// --- Life: a new version waits until the person says so, or no page is open any more

self.addEventListener("install", (event) => {
  event.waitUntil(fill());
});

async function fill() {
  const cache = await caches.open(SHELL);
  const fresh = (url) => new Request(url, { cache: "no-cache" });
  await cache.addAll([...MILA.files, ...Object.values(MILA.offline)].map(fresh));
}

self.addEventListener("activate", (event) => {
  event.waitUntil(takeOver());
});

async function takeOver() {
  for (const name of await caches.keys()) if (name.startsWith("shell-") && name !== SHELL) await caches.delete(name);
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
}

self.addEventListener("message", (event) => {
  if (event.data === "take-over") self.skipWaiting();
});

// --- Pages and files

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const step = request.method === "POST" && STEP.exec(new URL(request.url).pathname);
  if (step) event.respondWith(make(request, step[1], step[2]));
  else if (request.method === "POST" && request.mode === "navigate") event.respondWith(sent(request));
  if (request.method !== "GET" || new URL(request.url).origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else if (files.has(request.url)) event.respondWith(file(request));
});

async function file(request) {
  const cache = await caches.open(SHELL);
  return (await cache.match(request)) ?? fetch(request);
}

async function page(event) {
  const path = new URL(event.request.url).pathname;
  const copy = await self.milaKeep.page(path).catch(() => null);
  try {
    return await online(event, copy ? PATIENCE : 0);
  } catch {
    return copy ? shown(copy) : noNetwork();
  }
}

async function noNetwork() {
  const cache = await caches.open(SHELL);
  return (await cache.match(MILA.offline[await language()])) ?? Response.error();
}

// A form that is sent by going on to its answer; what was typed stays in its page (typed.js).
async function sent(request) {
  try {
    return await fetch(request);
  } catch {
    return noNetwork();
  }
}

function online(event, patience) {
  const answer = (async () => (await event.preloadResponse) ?? fetch(event.request))();
  return patience ? patient(answer, patience) : answer;
}

function patient(answer, patience) {
  const late = new Promise((_, refuse) => setTimeout(() => refuse(new Error("late")), patience));
  return Promise.race([answer, late]);
}

function shown({ html, policy }) {
  const headers = { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store" };
  if (policy) headers["Content-Security-Policy"] = policy;
  return new Response(html, { headers });
}

// --- Steps of a visit: sent at once; where there is no network they wait on the phone, and the day goes on

// The key is the step's from the first try on: one that went out, and whose answer is lost or late, is the same one later.
async function make(request, job, step) {
  const form = request.clone().formData();
  form.catch(() => undefined);
  const once = [...crypto.getRandomValues(new Uint8Array(18))].map((n) => n.toString(16).padStart(2, "0")).join("");
  const entry = { job, step, at: new Date().toISOString() };
  try {
    if (await behind(job)) throw new Error("in its turn");
    const headers = new Headers(request.headers);
    headers.set("Once", once);
    headers.set("Made-At", entry.at);
    const patience = request.headers.get("Content-Type")?.startsWith("multipart/") ? PHOTO_PATIENCE : STEP_PATIENCE;
    return await patient(fetch(new Request(request, { headers })), patience);
  } catch {
    const kept = await self.milaKeep.paths().catch(() => []);
    if (!kept.includes(`/partner/jobs/${job}/`)) return unsent(request);
    const { fields, photo } = said(await form);
    try {
      await self.milaKeep.enqueue(once, { ...entry, fields }, photo);
    } catch {
      return unsent(request); // no room on the phone
    }
    await toPages({ waits: job });
    if (step === "tick" && request.headers.get("HX-Request")) return new Response(null, { status: 204 }); // the box stays as it is
    return onTo(request, NEXT[step].map((page) => `/partner/jobs/${job}/${page}`).find((path) => kept.includes(path)));
  }
}

// The fields of a form as text, several of one name as one ("0,2"), and its photo.
function said(form) {
  const fields = {};
  for (const name of new Set(form.keys())) {
    const texts = form.getAll(name).filter((value) => typeof value === "string");
    if (texts.length && name !== "csrfmiddlewaretoken") fields[name] = texts.join(",");
  }
  return { fields, photo: [...form.values()].find((value) => value instanceof File && value.size) };
}

const unsent = (request) => (request.mode === "navigate" ? noNetwork() : Response.error());

// Whether something of this job waits: what comes after it must not overtake it.
async function behind(job) {
  const entries = await self.milaKeep.queued().catch(() => []);
  return entries.some((entry) => entry.job === job && !entry.refused);
}

function onTo(request, path) {
  if (request.headers.get("HX-Request")) return new Response("", { headers: { "HX-Redirect": path } });
  return Response.redirect(new URL(path, location), 303);
}

// The language of the last page this browser was shown; it tells us itself (app.js).
async function language() {
  const said = await self.milaKeep.read("language").catch(() => undefined);
  return said in MILA.offline ? said : (navigator.language ?? "").slice(0, 2) in MILA.offline ? navigator.language.slice(0, 2) : "fr";
}

// --- Push

self.addEventListener("push", (event) => {
  let message;
  try {
    message = event.data.json();
  } catch {
    return; // nothing of ours
  }
  event.waitUntil(ring(message));
});

async function ring(message) {
  const told = tell(MILA.heard, message.token);
  if (message.lost) await self.milaKeep.forget(message.lost).catch(() => undefined);
  await self.registration.showNotification(message.title, {
    body: message.body || undefined,
    tag: message.tag,
    renotify: true,
    requireInteraction: message.rings === true,
    vibrate: message.rings ? [300, 150, 300, 150, 300] : [200],
    icon: MILA.icon,
    badge: MILA.badge,
    actions: message.actions ?? [],
    data: { url: message.url, token: message.token },
  });
  await count();
  await Promise.all([told, toPages({ pushed: message.tag })]);
}

// The token proves the device; no page is open that could have another one.
async function tell(url, token) {
  const body = JSON.stringify({ token });
  for (const wait of [0, 1_000, 4_000]) {
    await new Promise((go) => setTimeout(go, wait));
    try {
      const answer = await fetch(url, { method: "POST", body, keepalive: true, headers: { "Content-Type": "application/json" } });
      if (answer.status < 500) return answer.ok;
    } catch {
      continue; // the network of a phone that has just been woken
    }
  }
  return false;
}

async function count() {
  const shown = await self.registration.getNotifications();
  if (shown.length) await navigator.setAppBadge?.(shown.length).catch(() => undefined);
  else await navigator.clearAppBadge?.().catch(() => undefined);
}

async function toPages(news) {
  for (const client of await self.clients.matchAll({ includeUncontrolled: true })) client.postMessage(news);
}

self.addEventListener("notificationclick", (event) => {
  const { url, token } = event.notification.data ?? {};
  event.notification.close();
  event.waitUntil(Promise.all([event.action === "pass" ? tell(MILA.pass, token) : open(url), count()]));
});

self.addEventListener("notificationclose", (event) => event.waitUntil(count()));

async function open(url) {
  const wanted = new URL(url ?? "/", location);
  if (wanted.origin !== location.origin) return undefined;
  for (const client of await self.clients.matchAll({ type: "window" })) {
    if (new URL(client.url).pathname === wanted.pathname) return client.focus();
  }
  return self.clients.openWindow(wanted.href);
}
