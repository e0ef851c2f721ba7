// The clock goes on and the code of the second factor changes, also on a page that stays open.

setInterval(() => {
  for (const shown of document.querySelectorAll("[data-fresh]")) {
    fetch(shown.dataset.fresh, { cache: "no-store" })
      .then(async (answer) => {
        if (answer.ok) shown.textContent = await answer.text();
      })
      .catch(() => undefined); // the demo was stopped
  }
}, 5000);
