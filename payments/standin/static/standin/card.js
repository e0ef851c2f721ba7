// Inside the card frame: the only place that sees a card number. The page around gets a token or an error.
"use strict";
(() => {
  const form = document.getElementById("card");
  const fields = { number: null, expiry: null, cvc: null };
  for (const name of Object.keys(fields)) fields[name] = document.getElementById(name);
  const digits = (text) => text.replace(/\D/g, "");
  const say = (message) => parent.postMessage(message, location.origin);

  function show(name, message) {
    const error = document.getElementById(`${name}-error`);
    error.textContent = message;
    error.hidden = !message;
    fields[name].setAttribute("aria-invalid", String(Boolean(message)));
    if (message) fields[name].setAttribute("aria-describedby", error.id);
    else fields[name].removeAttribute("aria-describedby");
  }

  function expiry() {
    const [month, year] = fields.expiry.value.split("/").map((part) => digits(part ?? ""));
    if (year !== undefined) return { month, year: year.length === 2 ? `20${year}` : year };
    const text = month ?? "";
    return { month: text.slice(0, 2), year: text.length === 4 ? `20${text.slice(2)}` : "" };
  }

  function missing() {
    const wrong = [];
    const { month, year } = expiry();
    if (digits(fields.number.value).length < 12) wrong.push("number");
    if (!(Number(month) >= 1 && Number(month) <= 12 && year.length === 4)) wrong.push("expiry");
    if (digits(fields.cvc.value).length < 3) wrong.push("cvc");
    return wrong;
  }

  function check() {
    const wrong = missing();
    for (const name of Object.keys(fields)) {
      show(name, wrong.includes(name) ? form.dataset[`message${name[0].toUpperCase()}${name.slice(1)}`] : "");
    }
    if (!wrong.length) return null;
    fields[wrong[0]].focus();
    return { type: "validation_error", code: `incomplete_${wrong[0]}`, message: document.getElementById(`${wrong[0]}-error`).textContent };
  }

  const FIELD_OF = {
    incorrect_number: ["number", "messageNumber"],
    card_declined: ["number", "messageTest"],
    invalid_expiry_month: ["expiry", "messageExpiry"],
    invalid_expiry_year: ["expiry", "messageExpiry"],
  };

  async function tokenize(key) {
    const wrong = check();
    if (wrong) return { error: wrong };
    const { month, year } = expiry();
    const body = new URLSearchParams({
      type: "card",
      "card[number]": digits(fields.number.value),
      "card[exp_month]": String(Number(month)),
      "card[exp_year]": year,
      "card[cvc]": digits(fields.cvc.value),
    });
    let answer;
    try {
      const response = await fetch(new URL("../v1/payment_methods", location.href), {
        method: "POST",
        headers: { Authorization: `Bearer ${key}`, "Stripe-Version": "browser" },
        body,
      });
      answer = await response.json();
    } catch {
      return { error: { type: "api_connection_error", message: form.dataset.messageConnection } };
    }
    if (!answer.error) return { paymentMethod: answer };
    const [name, message] = FIELD_OF[answer.error.code] ?? ["number", "messageNumber"];
    show(name, form.dataset[message]);
    fields[name].focus();
    return { error: { ...answer.error, type: "validation_error", message: form.dataset[message] } };
  }

  addEventListener("message", async (event) => {
    if (event.source !== parent || event.origin !== location.origin || !event.data?.ask) return;
    const { ask, id, key } = event.data;
    if (ask === "check") say({ standin: "answer", id, answer: { error: check() ?? undefined } });
    else if (ask === "tokenize") say({ standin: "answer", id, answer: await tokenize(key) });
    else if (ask === "focus") fields.number.focus();
  });

  function group() {
    const text = digits(fields.number.value).slice(0, 19);
    if (fields.number.selectionStart === fields.number.value.length) {
      fields.number.value = text.replace(/(\d{4})(?=\d)/g, "$1 ");
    }
  }
  fields.number.addEventListener("input", group);
  group(); // what was typed before this script was here
  form.addEventListener("input", (event) => {
    if (event.target.getAttribute("aria-invalid") === "true") show(event.target.id, "");
    const empty = Object.values(fields).every((field) => !field.value);
    say({ standin: "change", empty, complete: missing().length === 0 });
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    say({ standin: "enter" });
  });
  new ResizeObserver(() => say({ standin: "height", height: Math.ceil(form.getBoundingClientRect().height) + 6 })).observe(form);
  say({ standin: "ready", title: document.title });
})();
