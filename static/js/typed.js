// What is typed on the phone stays there until it is sent: through a reload, a locked screen, a call in between.
// A form with data-keep="<form>:<booking>:<version>" keeps its fields under that name; the version changes with what
// was sent, so that nothing sent comes back. Kept for one person (data-keeper) on this device, gone with their sign-out.
// Who signs in from the page itself, by a link or a button with data-takes-along, finds there what they typed before as
// nobody: in this tab, soon, and where they had typed an address, it is the account's; otherwise they are asked first.
// Somebody else may sit there by then. The button keeps it in the draft where there is no script.

const MARK = "mila:kept:";
const LONGEST = 3 * 24 * 60 * 60 * 1000; // milliseconds
const ALONG = 15 * 60 * 1000; // milliseconds: a code by mail, a second factor
const NEVER = new Set(["hidden", "file", "password", "submit", "button", "image", "reset"]);

export function start(element) {
  if (element.hasAttribute("data-keeper")) return tidy();
  if (element.hasAttribute("data-forgets")) return element.addEventListener("submit", () => drop(() => true));
  if ("needsNetwork" in element.dataset) element.addEventListener("submit", stay, true);
  restore(element);
  document.addEventListener("click", (event) => {
    const way = event.target.closest("[data-takes-along]");
    if (!way || !element.isConnected) return;
    save(element, { along: Date.now() });
    if (!way.dataset.takesAlong) return;
    event.preventDefault();
    window.location.assign(way.dataset.takesAlong);
  });
  element.addEventListener("input", () => save(element));
  element.addEventListener("change", () => save(element));
  element.addEventListener("submit", () => save(element, { sent: true }));
  element.addEventListener("htmx:finally:request", (event) => {
    const status = event.detail?.ctx?.response?.raw?.status ?? 0;
    const key = event.target.dataset?.keptAs;
    if (!key) return;
    if (status >= 200 && status < 400) forget(shelf(event.target), key);
    else save(element);
  });
  return undefined;
}

const owner = () => document.querySelector("[data-keeper]")?.dataset.keeper ?? "";
const fields = (form) => [...form.elements].filter((field) => field.name && !NEVER.has(field.type));
const shelf = (form) => (form.dataset.keepIn === "tab" ? "sessionStorage" : "localStorage"); // by name: to ask may throw

// Without network the form stays where it is; the page says so (delegated_events.js).
function stay(event) {
  if (navigator.onLine) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  delete event.target.dataset.sent; // submit_once.js has counted the tap
}

function save(form, { sent = false, along = 0 } = {}) {
  form.dataset.keptAs = form.dataset.keep;
  const values = fields(form).map((field) => {
    const ticks = field.type === "checkbox" || field.type === "radio";
    return [field.name, ticks ? field.value : null, ticks ? field.checked : field.value];
  });
  write(shelf(form), form.dataset.keep, { owner: owner(), at: Date.now(), sent, along, values });
}

function restore(form) {
  const kept = read(shelf(form), form.dataset.keep);
  if (!kept) return;
  // What was sent from a page shown without network waits with the worker (worker.js).
  if (kept.sent && document.documentElement.dataset.copy) return forget(shelf(form), form.dataset.keep);
  if (kept.owner === owner()) fill(form, kept.values);
  else if (comesAlong(kept)) takeOver(form, kept);
}

function fill(form, values) {
  for (const [name, choice, value] of values) {
    for (const field of fields(form)) {
      if (field.name !== name || field.disabled) continue;
      if (choice === null) field.value = value;
      else if (field.value === choice) field.checked = value;
    }
  }
}

const comesAlong = (kept) => kept.owner === "" && owner() !== "" && Date.now() - (kept.along ?? 0) < ALONG;

// What was left empty takes nothing away that the account knows.
function takeOver(form, kept) {
  const take = () => {
    fill(form, kept.values.filter(([, , value]) => value));
    save(form);
  };
  const address = form.elements.namedItem("email");
  const typed = kept.values.find(([name]) => name === "email")?.[2].trim().toLowerCase();
  const question = form.querySelector("[data-typed-before]");
  if (!typed || !address || typed === address.value.toLowerCase()) return take();
  question.hidden = false;
  question.querySelector("button").addEventListener("click", () => {
    question.hidden = true;
    take();
    form.elements.namedItem("name").focus();
  });
  return undefined;
}

// Another person's, too old, or sent and no longer asked for.
function tidy() {
  const here = new Set([...document.querySelectorAll("[data-keep]")].map((form) => form.dataset.keep));
  drop((key, kept) => {
    const over = Date.now() - kept.at > LONGEST;
    const foreign = kept.owner !== owner() && !(comesAlong(kept) && here.has(key));
    return foreign || over || (kept.sent && !here.has(key));
  });
}

function drop(whether) {
  try {
    for (const store of ["localStorage", "sessionStorage"]) {
      for (const name of Object.keys(window[store])) {
        if (!name.startsWith(MARK)) continue;
        const key = name.slice(MARK.length);
        const kept = read(store, key);
        if (!kept || whether(key, kept)) forget(store, key);
      }
    }
  } catch {
    // no storage: nothing is kept there
  }
}

function read(store, key) {
  try {
    return JSON.parse(window[store].getItem(MARK + key));
  } catch {
    return null;
  }
}

function write(store, key, kept) {
  try {
    window[store].setItem(MARK + key, JSON.stringify(kept));
  } catch {
    // full, or refused: the form works without
  }
}

function forget(store, key) {
  try {
    window[store].removeItem(MARK + key);
  } catch {
    // the same
  }
}
