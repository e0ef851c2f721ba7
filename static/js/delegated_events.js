// Small delegated habits: close a message, open a dialog, submit on change, say when the network is gone.

// A line the page brought along, hidden until it is true.
export function showWhen(what, now) {
  for (const line of document.querySelectorAll(`[data-when="${what}"]`)) line.hidden = !now;
}

export function delegateEvents(document) {
  document.addEventListener("click", (event) => {
    const dismiss = event.target.closest("[data-dismiss]");
    if (dismiss) dismiss.closest(".toast").hidden = true;
    const opener = event.target.closest("[data-opens]");
    const dialog = opener && document.getElementById(opener.dataset.opens);
    if (dialog?.showModal) {
      event.preventDefault();
      dialog.showModal();
    }
    for (const menu of document.querySelectorAll("details.language[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest("details.language[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
  document.addEventListener("change", (event) => {
    const field = event.target.closest("[data-submit]");
    field?.form?.requestSubmit();
  });

  const show = (what, now) => {
    if (what === "offline" && "copy" in document.documentElement.dataset) return; // the page says it itself (day.js)
    showWhen(what, now);
  };
  addEventListener("offline", () => show("offline", true));
  addEventListener("online", () => show("offline", false));
  if (!navigator.onLine) show("offline", true);
  document.addEventListener("htmx:before:request", () => show("failed", false));
  // A message ends with the state it speaks of: once the part that is refreshed by itself has become another one.
  let before = "";
  document.addEventListener("htmx:before:swap", (event) => {
    const { sourceElement, target } = event.detail.ctx;
    before = sourceElement?.matches?.("[data-live-url]") ? (target?.textContent ?? "") : "";
    for (const toast of document.querySelectorAll(".messages .toast")) toast.toggleAttribute("data-old", before !== "");
  });
  document.addEventListener("htmx:after:swap", (event) => {
    const id = event.detail.ctx.target?.id;
    if (!before || !id || document.getElementById(id)?.textContent === before) return;
    before = "";
    for (const toast of document.querySelectorAll('.messages .toast[data-old]:not([role="alert"])')) toast.remove();
  });
  document.addEventListener("htmx:error", () => show(navigator.onLine ? "failed" : "offline", true));
  document.addEventListener("htmx:response:error", (event) => {
    if (event.detail.ctx.response.raw.status >= 500) show("failed", true);
  });
}
