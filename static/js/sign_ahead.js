// The page to sign, made before the work was done: what was done stands only on this phone yet (partner/sign.html, ahead).
// Without it, or at a price that is not the agreed one, there is nothing to sign here.

import "./keep.js";

const keep = self.milaKeep;
const PLACE = "{done}"; // each of its lines on one of its own, as requests_app/statement.py puts them
const LINE_ENDS = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/;
const BLANKS = /[^\S\xa0\u202f]+/g;
const number = (text) => Number(String(text).replace(",", ".").replace(/[^0-9.]/g, ""));

export async function start(form) {
  const job = location.pathname.split("/")[3];
  const finishes = (await keep.queued()).filter((entry) => entry.step === "finish" && entry.job === job);
  const said = finishes.at(-1)?.fields;
  const lower = said?.price !== undefined && Math.round(number(said.price) * 100) !== Number(form.dataset.agreedCents);
  if (!said || lower) {
    form.hidden = true;
    document.querySelector("[data-ahead-dock]").hidden = true;
    document.querySelector(`[data-ahead-not="${said ? "lower" : "none"}"]`).hidden = false;
    return;
  }
  const lines = said.done.split(LINE_ENDS).map((one) => one.replace(BLANKS, " ").trim()).filter(Boolean);
  const list = form.querySelector("[data-ahead-done]");
  const sample = list.firstElementChild;
  for (const line of lines) {
    const item = sample.cloneNode(true);
    item.querySelector("span").textContent = line;
    list.append(item);
  }
  sample.remove();
  const words = () => [...form.querySelectorAll(".sign-words p")];
  for (const line of words().filter((one) => one.textContent.includes(PLACE))) {
    line.textContent = line.textContent.replace(PLACE, () => (lines.length < 2 ? lines.join("") : "")).trim();
    if (lines.length < 2) continue;
    line.after(...lines.map((one) => Object.assign(line.cloneNode(), { textContent: `– ${one}` })));
  }
  form.querySelector("[name=words]").value = words().map((line) => line.textContent.trim()).join("\n");
}
