// The code of the second factor changes each half minute, also on a page that stays open.

const shown = document.querySelector("[data-code]");
setInterval(async () => {
  const answer = await fetch(shown.dataset.code, { cache: "no-store" });
  if (answer.ok) shown.textContent = await answer.text();
}, 5000);
