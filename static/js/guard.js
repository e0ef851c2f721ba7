// The next big button may lie where a finger has just tapped: for a moment it takes no tap, by finger or by key.

const MOMENT = 700; // milliseconds

export function start(dock) {
  const held = [...dock.querySelectorAll(".button")];
  const hold = () => {
    for (const button of held) if (!button.ariaDisabled) button.ariaDisabled = "true";
  };
  const wait = (event) => {
    if (!event.target.closest(".button")) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  const again = new MutationObserver(hold); // htmx gives a part that settles the attributes it was sent with
  again.observe(dock, { attributes: true, subtree: true, attributeFilter: ["aria-disabled"] });
  hold();
  dock.addEventListener("click", wait, true);
  setTimeout(() => {
    again.disconnect();
    dock.removeEventListener("click", wait, true);
    for (const button of held) button.ariaDisabled = null;
  }, MOMENT);
}
