// Card fields of the payment provider inside a form of ours; we never see a number. Works with Stripe.js and the stand-in.
//
// <form data-card-form data-publishable-key data-client-secret data-return-url data-message-declined ...>
//   optional radios name="card": "new", "again", or the id of a saved card, which are sent as they are
//   <div data-card-fields></div> <p data-card-error role="alert" hidden></p> <button>
//
// A setup (seti_...) is confirmed as such, a payment (pi_...) is paid; then the form goes to the server as usual.

import { messageFor, provider, say } from "./pay.js";

const ACCENT = "#c9470f"; // the provider's frame cannot read our tokens

export async function start(form) {
  const { publishableKey, clientSecret, returnUrl } = form.dataset;
  const place = form.querySelector("[data-card-fields]");
  const note = form.querySelector("[data-card-error]");
  let busy = false;
  let done = false;

  const show = (message) => {
    say(note, message);
    if (message) note.scrollIntoView({ block: "center" }); // on a phone the button is far below
  };
  const wantsNew = () => ["", "new"].includes(new FormData(form).get("card") ?? "");
  const wait = (on) => {
    busy = on;
    for (const button of form.elements) {
      if (button.type !== "submit") continue;
      if (on) button.setAttribute("aria-busy", "true");
      else button.removeAttribute("aria-busy");
    }
  };

  form.dataset.many = ""; // two submits: the provider's answer lies between them
  const Stripe = await provider();
  if (!Stripe) {
    show(form.dataset.messageUnavailable ?? "");
    return;
  }
  const stripe = Stripe(publishableKey, { locale: document.documentElement.lang || "auto" });
  const elements = stripe.elements({
    clientSecret,
    appearance: { variables: { colorPrimary: ACCENT, borderRadius: "12px" } },
  });
  elements.create("payment").mount(place);

  const toggle = () => {
    place.hidden = !wantsNew();
  };
  form.addEventListener("change", toggle);
  toggle();

  form.addEventListener(
    "submit",
    async (event) => {
      if (done || !wantsNew()) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (busy) return;
      // The boxes first: nobody is sent to the bank for an order that would be refused.
      const missing = [...form.elements].find((box) => box.type === "checkbox" && box.required && !box.checked);
      if (missing) {
        missing.focus();
        missing.reportValidity();
        return;
      }
      wait(true);
      show("");
      const options = {
        elements,
        confirmParams: { return_url: new URL(returnUrl || location.href, location.href).href },
        redirect: "if_required",
      };
      let error;
      try {
        ({ error } = await elements.submit());
        if (!error) {
          ({ error } = await (clientSecret.startsWith("seti_") ? stripe.confirmSetup(options) : stripe.confirmPayment(options)));
        }
      } catch {
        error = { type: "api_connection_error" };
      }
      wait(false);
      // Confirmed in another tab, or the answer to the first tap was lost: it is done.
      const known = error?.setup_intent ?? error?.payment_intent;
      if (error && known?.status !== "succeeded") {
        if (error.type !== "validation_error") show(messageFor(form, error));
        return;
      }
      done = true;
      delete form.dataset.many;
      form.requestSubmit(event.submitter);
    },
    true,
  );
}
