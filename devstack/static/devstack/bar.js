// The clock goes on and the code of the second factor changes, also on a page that stays open.

setInterval(() => {
  const all = [...document.querySelectorAll("[data-fresh]")];
  for (const url of new Set(all.map((shown) => shown.dataset.fresh))) {
    fetch(url, { cache: "no-store" })
      .then(async (answer) => {
        if (!answer.ok) return;
        const words = await answer.text(); // one answer for every place that shows it
        for (const shown of all) if (shown.dataset.fresh === url) shown.textContent = words;
      })
      .catch(() => undefined); // the demo was stopped
  }
}, 5000);
