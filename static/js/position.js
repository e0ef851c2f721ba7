// The partner's place while on their way: posted every 15 seconds, and only then.
// It ends when the element leaves the page or the server says that the journey is over.

const EVERY = 15_000;
const OVER = [403, 404, 409, 410];

export function start(element) {
  const url = element.dataset.positionUrl;
  const headers = JSON.parse(document.body.getAttribute("hx-headers:inherited") || "{}");
  let latest = null;
  let timer = 0;

  const say = (what) => {
    for (const line of element.querySelectorAll("[data-position]")) line.hidden = line.dataset.position !== what;
  };
  const stop = () => {
    clearInterval(timer);
    navigator.geolocation.clearWatch(watch);
  };
  async function send() {
    if (!element.isConnected) return stop();
    if (!latest) return undefined;
    const { latitude, longitude, accuracy } = latest;
    latest = null;
    const body = new URLSearchParams({ latitude, longitude, accuracy: Math.round(accuracy) });
    try {
      const answer = await fetch(url, { method: "POST", headers, body });
      if (OVER.includes(answer.status)) stop();
    } catch {
      return undefined; // no network: the next place is the better one
    }
    return undefined;
  }

  if (!navigator.geolocation) {
    say("refused");
    return;
  }
  const watch = navigator.geolocation.watchPosition(
    (place) => {
      const first = timer === 0;
      latest = place.coords;
      say("shared");
      if (first) {
        timer = setInterval(send, EVERY);
        send();
      }
    },
    (problem) => problem.code === problem.PERMISSION_DENIED && say("refused"),
    { enableHighAccuracy: true, maximumAge: 10_000, timeout: 30_000 },
  );
}
