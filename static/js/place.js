// Where the phone is, asked once as a form is sent, for the move that keeps it as evidence. A device that gives no place,
// or none soon, sends the form without: <span data-place> with inputs lat, lon, accuracy.

const PATIENCE = 8_000; // also while somebody reads the browser's question

function whereNow() {
  return new Promise((answer) => {
    if (!navigator.geolocation) {
      answer(null);
      return;
    }
    setTimeout(() => answer(null), PATIENCE);
    navigator.geolocation.getCurrentPosition(
      (place) => answer(place.coords),
      () => answer(null),
      { enableHighAccuracy: true, maximumAge: 10_000, timeout: PATIENCE },
    );
  });
}

export function start(element) {
  const form = element.closest("form");
  const field = (name) => element.querySelector(`[name="${name}"]`);
  let answered = false;

  form.addEventListener(
    "submit",
    async (event) => {
      if (answered || !element.isConnected) {
        answered = false; // the next time it is asked anew
        return;
      }
      event.preventDefault();
      event.stopImmediatePropagation();
      const coords = await whereNow();
      field("lat").value = coords?.latitude ?? "";
      field("lon").value = coords?.longitude ?? "";
      field("accuracy").value = coords ? Math.ceil(coords.accuracy) : "";
      answered = true;
      delete form.dataset.sent; // submit_once.js has counted the tap that asked
      form.requestSubmit(event.submitter);
    },
    true,
  );
}
