// The street field as a combobox with a list (WAI-ARIA's pattern: the focus stays in the field). The list comes from the
// server as one types; a choice fills street, postcode and town. <div data-streets> of customer/_street.html.

export function start(element) {
  const field = element.querySelector('input[name="street"]');
  const list = () => element.querySelector('[role="listbox"]');
  const lines = () => [...element.querySelectorAll('[role="option"]')];
  const said = element.querySelector("[data-streets-said]");
  const other = (name) => element.closest("form")?.elements.namedItem(name);
  let chosen = field.value; // what the list must not open for: it was there, or was taken from the list

  // Set as somebody comes in: without script, and after the server has drawn the field again, it is a plain one.
  function dress() {
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", list().id);
    field.setAttribute("aria-expanded", String(!list().hidden));
  }

  const active = () => lines().findIndex((line) => line.getAttribute("aria-selected") === "true");

  function point(at) {
    lines().forEach((line, number) => line.setAttribute("aria-selected", String(number === at)));
    const line = lines()[at];
    if (line) field.setAttribute("aria-activedescendant", line.id);
    else field.removeAttribute("aria-activedescendant");
    line?.scrollIntoView({ block: "nearest" });
  }

  function open(now) {
    list().hidden = !now;
    dress();
    point(-1);
    said.textContent = now ? (list().dataset.said ?? "") : "";
  }

  function take(line) {
    const elsewhere = other("postcode").value !== line.dataset.postcode;
    chosen = field.value = line.dataset.street;
    other("postcode").value = line.dataset.postcode;
    if (elsewhere || !other("city").value) other("city").value = line.dataset.city;
    open(false);
    if ("whole" in line.dataset) field.dispatchEvent(new Event("change", { bubbles: true }));
    else field.setSelectionRange(...(other("country").value === "CH" ? [chosen.length, chosen.length] : [0, 0]));
  }

  field.addEventListener("focus", dress);
  field.addEventListener("blur", () => open(false));
  field.addEventListener("keydown", (event) => {
    const count = lines().length;
    if (event.isComposing || !count) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      if (list().hidden) open(true);
      const from = active() === -1 && step === -1 ? count : active();
      point((from + step + count) % count);
    } else if (event.key === "Enter" && active() >= 0) {
      event.preventDefault();
      take(lines()[active()]);
    } else if (event.key === "Escape" && !list().hidden) {
      event.preventDefault();
      open(false);
    }
  });
  // not "click": the field must not be left before
  element.addEventListener("mousedown", (event) => {
    const line = event.target.closest('[role="option"]');
    if (list().contains(event.target)) event.preventDefault();
    if (line) take(line);
  });
  new MutationObserver((changes) => {
    const fresh = changes.some(({ addedNodes }) => [...addedNodes].includes(list()));
    if (fresh) open(document.activeElement === field && field.value !== chosen && lines().length > 0);
  }).observe(element, { childList: true });
}
