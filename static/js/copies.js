// Copy what stands in a field, and say so in the page's words. Without a script the text is there to be selected.

export function start(button) {
  const field = document.getElementById(button.dataset.copies);
  if (!navigator.clipboard) {
    button.hidden = true;
    return;
  }
  button.addEventListener("click", async () => {
    field.select();
    try {
      await navigator.clipboard.writeText(field.value);
    } catch {
      return; // it is selected: the device's own copy works
    }
    document.querySelector(`[data-said-for="${field.id}"]`).textContent = button.dataset.said;
  });
}
