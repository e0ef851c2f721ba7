// The page after "your bank wants to ask you": confirm a payment with the card that was tried, or the card itself for a
// later one (seti_...), then tell the server.
//
// <form data-pay-form data-publishable-key data-client-secret data-payment-method data-return-url data-message-declined ...>
//   <p data-card-error role="alert" hidden></p> <button>

// The page's own words for what the provider said; its message only where the page has none.
export function messageFor(form, error) {
  const { messageAuthentication, messageDeclined, messageUnavailable } = form.dataset;
  if (error.code?.endsWith("authentication_failure")) return messageAuthentication ?? error.message;
  if (error.type === "card_error") return messageDeclined ?? error.message;
  return messageUnavailable ?? error.message ?? "";
}

export function say(note, message) {
  note.textContent = message;
  note.hidden = !message;
}

// The provider's script is deferred too and may come after this module; undefined when it could not be had.
export async function provider() {
  if (!window.Stripe && document.readyState !== "complete") {
    await new Promise((resolve) => addEventListener("load", resolve, { once: true }));
  }
  return window.Stripe;
}

export async function start(form) {
  const { publishableKey, clientSecret, paymentMethod, returnUrl } = form.dataset;
  const note = form.querySelector("[data-card-error]");
  let busy = false;
  let done = false;

  const show = (message) => say(note, message);

  form.dataset.many = "";
  const Stripe = await provider();
  if (!Stripe) {
    show(form.dataset.messageUnavailable ?? "");
    return;
  }
  const stripe = Stripe(publishableKey, { locale: document.documentElement.lang || "auto" });

  form.addEventListener(
    "submit",
    async (event) => {
      if (done) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      if (busy) return;
      busy = true;
      event.submitter?.setAttribute("aria-busy", "true");
      show("");
      let error;
      try {
        const confirm = clientSecret.startsWith("seti_") ? stripe.confirmSetup : stripe.confirmPayment;
        ({ error } = await confirm.call(stripe, {
          clientSecret,
          confirmParams: {
            payment_method: paymentMethod,
            return_url: new URL(returnUrl || location.href, location.href).href,
          },
          redirect: "if_required",
        }));
      } catch {
        error = { type: "api_connection_error" };
      }
      busy = false;
      event.submitter?.removeAttribute("aria-busy");
      const known = error?.setup_intent ?? error?.payment_intent; // confirmed in another tab, or its answer was lost
      if (error && known?.status !== "succeeded") {
        show(messageFor(form, error));
        return;
      }
      done = true;
      delete form.dataset.many;
      form.requestSubmit(event.submitter);
    },
    true,
  );
}
