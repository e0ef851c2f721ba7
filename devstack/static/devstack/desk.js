// The desk: a number to copy is copied by a touch; the page that waits for a new demo opens the desk when it is there.

for (const field of document.querySelectorAll("[data-copies]")) {
  field.addEventListener("click", () => {
    field.select();
    navigator.clipboard?.writeText(field.value);
  });
}

const waiting = document.querySelector("[data-when-back]");
if (waiting) {
  let gone = false; // the old site answers for a moment longer
  const look = async () => {
    try {
      const answer = await fetch("/readyz", { cache: "no-store" });
      if (!answer.ok) throw new Error("not yet");
      if (gone) {
        location.assign(waiting.dataset.whenBack);
        return;
      }
    } catch {
      gone = true;
    }
    setTimeout(look, 1000);
  };
  look();
}
