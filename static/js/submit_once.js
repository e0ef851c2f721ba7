// A form that changes something is sent once: a second tap waits for the answer to the first.
// The button keeps the focus (aria-disabled, not disabled) and turns busy. Opt out with data-many.

const WAIT = 20_000; // a page that never came: let the person try again

function release(form) {
  delete form.dataset.sent;
  for (const button of document.querySelectorAll('[aria-busy="true"][data-held]')) {
    if (button.form !== form) continue;
    button.removeAttribute("aria-busy");
    button.removeAttribute("aria-disabled");
    delete button.dataset.held;
  }
}

export function submitOnce(document) {
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      if (form.method !== "post" || "many" in form.dataset) return;
      if (form.dataset.sent) {
        event.preventDefault();
        event.stopImmediatePropagation();
        return;
      }
      form.dataset.sent = "1";
      const button = event.submitter;
      // After the browser has gathered the fields: the button's own name and value belong to them.
      setTimeout(() => {
        if (!form.dataset.sent || !button) return;
        button.dataset.held = "";
        button.setAttribute("aria-busy", "true");
        button.setAttribute("aria-disabled", "true");
      });
      setTimeout(() => release(form), WAIT);
    },
    true,
  );
  document.addEventListener("htmx:finally:request", (event) => {
    const form = event.target.closest?.("form") ?? event.detail.ctx?.sourceElement?.closest?.("form");
    if (form) release(form);
  });
  // Back button: the browser may show the page as it was left, busy.
  addEventListener("pageshow", () => {
    for (const form of document.querySelectorAll("form[data-sent]")) release(form);
  });
}
