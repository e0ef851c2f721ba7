// A stand-in for Stripe.js: the calls Mila makes, with the same shapes. Card fields live in a frame of their own.
"use strict";
(() => {
  const BASE = "/_stripe";
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = new URL("standin.css", document.currentScript.src);
  document.head.append(style);

  const nounOf = (secret) => (secret.startsWith("seti_") ? "setup_intents" : "payment_intents");
  const idOf = (secret) => secret.split("_secret_")[0];
  const failure = (intent) => intent.last_setup_error ?? intent.last_payment_error;
  const result = (intent) => ({ [intent.object === "setup_intent" ? "setupIntent" : "paymentIntent"]: intent });

  function inside(target) {
    const node = typeof target === "string" ? document.querySelector(target) : target;
    if (!node) throw new Error("IntegrationError: no such node to mount into");
    return node;
  }

  class CardElement {
    #frame = null;
    #listeners = new Map();
    #asked = new Map();
    #ready;
    #next = 0;
    #hear = (event) => this.#heard(event);

    mount(target) {
      this.unmount();
      this.#frame = document.createElement("iframe");
      this.#frame.className = "standin-frame";
      this.#ready = new Promise((resolve) => this.on("ready", resolve));
      addEventListener("message", this.#hear);
      this.#frame.src = `${BASE}/card/`;
      inside(target).replaceChildren(this.#frame);
    }

    unmount() {
      removeEventListener("message", this.#hear);
      this.#frame?.remove();
      this.#frame = null;
    }

    destroy() {
      this.unmount();
      this.#listeners.clear();
    }

    on(event, listener) {
      this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
      return this;
    }

    off(event, listener) {
      this.#listeners.set(event, (this.#listeners.get(event) ?? []).filter((one) => one !== listener));
      return this;
    }

    update() {}

    focus() {
      this.#send({ ask: "focus" });
    }

    async ask(ask, key) {
      if (!this.#frame) throw new Error("IntegrationError: the element is not mounted");
      await this.#ready;
      const id = ++this.#next;
      return new Promise((resolve) => {
        this.#asked.set(id, resolve);
        this.#send({ ask, id, key });
      });
    }

    #send(message) {
      this.#frame?.contentWindow.postMessage(message, location.origin);
    }

    #heard(event) {
      if (event.origin !== location.origin || event.source !== this.#frame?.contentWindow || !event.data?.standin) return;
      const { standin: what, id, answer, height, title, ...details } = event.data;
      if (title) this.#frame.title = title;
      if (height) this.#frame.style.blockSize = `${height}px`;
      if (what === "answer") {
        this.#asked.get(id)?.(answer);
        this.#asked.delete(id);
      }
      if (what === "enter") this.#frame.closest("form")?.requestSubmit();
      for (const listener of this.#listeners.get(what) ?? []) listener({ elementType: "payment", ...details });
    }
  }

  class Elements {
    #element = null;
    constructor(options) {
      this.clientSecret = options.clientSecret;
    }

    create(type) {
      if (type !== "payment") throw new Error(`IntegrationError: no element ${type} here`);
      this.#element = new CardElement();
      return this.#element;
    }

    getElement() {
      return this.#element;
    }

    update() {}

    async submit() {
      const { error } = await this.#element.ask("check");
      return error ? { error } : { selectedPaymentMethod: "card" };
    }

    tokenize(key) {
      return this.#element.ask("tokenize", key);
    }
  }

  function askBank(intent) {
    const action = intent.next_action;
    const url = new URL(action.use_stripe_sdk?.stripe_js ?? action.redirect_to_url.url, location.href);
    const dialog = document.createElement("dialog");
    dialog.className = "standin-bank";
    const frame = document.createElement("iframe");
    frame.src = `${url.pathname}${url.search}`;
    dialog.append(frame);
    document.body.append(dialog);
    return new Promise((resolve) => {
      const hear = (event) => {
        if (event.origin !== location.origin || event.source !== frame.contentWindow) return;
        if (event.data?.title) {
          frame.title = event.data.title;
          dialog.setAttribute("aria-label", event.data.title);
        }
        if (event.data?.standin !== "answered") return;
        removeEventListener("message", hear);
        dialog.remove();
        resolve();
      };
      addEventListener("message", hear);
      dialog.addEventListener("cancel", (event) => event.preventDefault()); // the bank wants an answer
      dialog.showModal();
    });
  }

  window.Stripe = function Stripe(key) {
    if (!key?.startsWith("pk_")) throw new Error("IntegrationError: a publishable key is needed");

    async function call(method, path, values) {
      const query = new URLSearchParams(values);
      const address = `${BASE}/v1/${path}`;
      const headers = { Authorization: `Bearer ${key}`, "Stripe-Version": "browser" };
      try {
        const response =
          method === "GET"
            ? await fetch(`${address}?${query}`, { headers })
            : await fetch(address, { method, headers, body: query });
        return await response.json();
      } catch {
        return { error: { type: "api_connection_error", message: "The connection was lost." } };
      }
    }

    const retrieve = (secret) => call("GET", `${nounOf(secret)}/${idOf(secret)}`, { client_secret: secret });

    async function settled(secret, intent) {
      if (intent.error) return { error: intent.error };
      if (intent.status !== "requires_action") return result(intent);
      await askBank(intent);
      const after = await retrieve(secret);
      if (after.error) return { error: after.error };
      return failure(after) && after.status === "requires_payment_method" ? { error: failure(after) } : result(after);
    }

    async function confirm({ elements, clientSecret, confirmParams = {}, redirect = "always" }) {
      const secret = clientSecret ?? elements?.clientSecret;
      if (!secret) throw new Error("IntegrationError: a client secret is needed");
      if (redirect === "always" && !confirmParams.return_url) throw new Error("IntegrationError: a return_url is needed");
      let method = confirmParams.payment_method;
      if (elements) {
        const answer = await elements.tokenize(key);
        if (answer.error) return { error: answer.error };
        method = answer.paymentMethod.id;
      }
      const values = { client_secret: secret, use_stripe_sdk: "true" };
      if (method) values.payment_method = method;
      if (confirmParams.return_url) values.return_url = confirmParams.return_url;
      const answer = await settled(secret, await call("POST", `${nounOf(secret)}/${idOf(secret)}/confirm`, values));
      if (answer.error || redirect !== "always") return answer;
      const intent = answer.setupIntent ?? answer.paymentIntent;
      const back = new URL(confirmParams.return_url, location.href);
      back.searchParams.set(intent.object, intent.id);
      back.searchParams.set(`${intent.object}_client_secret`, secret);
      back.searchParams.set("redirect_status", "succeeded");
      location.assign(back);
      return new Promise(() => {}); // the page is leaving
    }

    return {
      elements: (options) => new Elements(options),
      confirmSetup: confirm,
      confirmPayment: confirm,
      confirmCardPayment: (secret, { payment_method } = {}) =>
        confirm({ clientSecret: secret, confirmParams: { payment_method }, redirect: "if_required" }),
      async handleNextAction({ clientSecret }) {
        const intent = await retrieve(clientSecret);
        if (!intent.error && intent.status !== "requires_action") {
          throw new Error("IntegrationError: handleNextAction: the intent is not in the requires_action state");
        }
        return settled(clientSecret, intent);
      },
      async retrieveSetupIntent(secret) {
        const intent = await retrieve(secret);
        return intent.error ? { error: intent.error } : { setupIntent: intent };
      },
      async retrievePaymentIntent(secret) {
        const intent = await retrieve(secret);
        return intent.error ? { error: intent.error } : { paymentIntent: intent };
      },
    };
  };
})();
