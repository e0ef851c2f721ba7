// The page's side of the service worker: it is fetched when the page is done, offers its next version, and is told
// which language we speak. Signing out takes what the phone keeps with it.

import { showWhen } from "./delegated_events.js";
import "./keep.js";

const keep = self.milaKeep;
let wanted = null; // the browser's own question, asked when a person taps "install"

function offer(registration) {
  const ready = () => registration.waiting && navigator.serviceWorker.controller;
  const say = () => showWhen("update", Boolean(ready()));
  say();
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", say));
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-take-over]") || !ready()) return;
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    registration.waiting.postMessage("take-over");
  });
}

// An install hint has a moment: data-install="browser" where the browser can ask, "iphone" where a person must do it.
function hint() {
  const standalone = matchMedia("(display-mode: standalone)").matches || navigator.standalone === true;
  const place = navigator.standalone === false ? "iphone" : wanted ? "browser" : "";
  for (const line of document.querySelectorAll("[data-install]")) {
    line.hidden = standalone || line.dataset.install !== place || localStorage.getItem("no-hint") === "1" && "dismissable" in line.dataset;
  }
}

function install() {
  hint();
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    wanted = event;
    hint();
  });
  addEventListener("appinstalled", () => {
    wanted = null;
    hint();
  });
  document.addEventListener("click", async (event) => {
    if (event.target.closest("[data-install-now]") && wanted) {
      await wanted.prompt();
      wanted = null;
      hint();
    }
    if (event.target.closest("[data-install-later]")) {
      localStorage.setItem("no-hint", "1");
      hint();
    }
  });
}

function badge() {
  const place = document.querySelector("[data-badge]");
  if (!place || !navigator.setAppBadge) return;
  const count = Number(place.dataset.badge);
  (count ? navigator.setAppBadge(count) : navigator.clearAppBadge()).catch(() => undefined);
}

// What is not sent yet would be lost: the form says so once, a second tap means it.
function signOut() {
  document.addEventListener(
    "submit",
    async (event) => {
      const form = event.target;
      if (!form.matches("[data-signs-out]") || form.dataset.wiped) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const left = await keep.waiting().catch(() => 0);
      const warning = form.querySelector("[data-unsent]");
      if (left && warning?.hidden) {
        warning.hidden = false;
        return;
      }
      await keep.wipe().catch(() => undefined);
      form.dataset.wiped = "1";
      form.requestSubmit(event.submitter);
    },
    true,
  );
}

export function startWorker() {
  const address = document.querySelector('meta[name="worker"]')?.content;
  install();
  signOut();
  badge();
  if (!address || !("serviceWorker" in navigator)) return;
  keep.write("language", document.documentElement.lang).catch(() => undefined);
  const register = async () => {
    const options = { scope: "/", updateViaCache: "none" };
    const registration = await navigator.serviceWorker.register(address, options).catch(() => null);
    if (registration) offer(registration);
  };
  if (document.readyState === "complete") register();
  else addEventListener("load", register, { once: true });
}
