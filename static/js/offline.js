// The page without network: it tries again by itself, and leads to what this phone keeps.

import "./keep.js";

const keep = self.milaKeep;
const again = () => location.replace(location.href); // not a reload: that would send a form once more

document.querySelector("[data-again]").addEventListener("click", again);
addEventListener("online", again);

async function kept() {
  const jobs = (await keep.paths()).filter((path) => /^\/partner\/jobs\/[0-9a-f-]+\/$/.test(path));
  const list = document.querySelector("[data-kept-list]");
  for (const path of jobs) {
    const copy = new DOMParser().parseFromString((await keep.page(path)).html, "text/html");
    const link = document.createElement("a");
    link.href = path;
    link.className = "button";
    link.dataset.kind = "second";
    link.dataset.wide = "";
    link.textContent = copy.title.replace(/\s+/g, " ").trim();
    list.append(document.createElement("li"));
    list.lastChild.append(link);
  }
  document.querySelector("[data-kept]").hidden = !jobs.length;
  document.querySelector("[data-kept-waiting]").hidden = !(await keep.waiting());
}
kept().catch(() => undefined);
