// The page to sign, made before the work was done: what was done stands only on this phone yet (partner/sign.html, ahead).
// Without it, or at a price that is not the agreed one, there is nothing to sign here.

import "./keep.js";

const keep = self.milaKeep;
const PLACE = "{done}";
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
  const list = form.querySelector("[data-ahead-done]");
  const sample = list.firstElementChild;
  for (const line of said.done.split("\n").map((one) => one.trim()).filter(Boolean)) {
    const item = sample.cloneNode(true);
    item.querySelector("span").textContent = line;
    list.append(item);
  }
  sample.remove();
  const plain = said.done.split(/\s+/).join(" ").trim();
  const words = [...form.querySelectorAll(".sign-words p")];
  for (const line of words) if (line.textContent.includes(PLACE)) line.textContent = line.textContent.replace(PLACE, plain);
  form.querySelector("[name=words]").value = words.map((line) => line.textContent.trim()).join("\n");
}
