// The partner's place while on their way: posted every 15 seconds, and only then. A phone that stands still says so once
// a minute. In the background nothing is asked or sent; the page in front again, it goes on with a place of now.
// It ends when the element leaves the page or the server says that the journey is over.

const EVERY = 15_000;
const STILL = 60_000;
const NEAR = 25; // metres: not moved
const OVER = [403, 404, 409, 410];

const METRES = 111_195; // of a degree
function apart(one, other) {
  const east = (other.longitude - one.longitude) * Math.cos((one.latitude * Math.PI) / 180);
  return METRES * Math.hypot(other.latitude - one.latitude, east);
}

export function start(element) {
  const url = element.dataset.positionUrl;
  const headers = JSON.parse(document.body.getAttribute("hx-headers:inherited") || "{}");
  let latest = null;
  let sent = null; // the place, and when
  let timer = 0;
  let watch = null;

  const say = (what) => {
    for (const line of element.querySelectorAll("[data-position]")) line.hidden = line.dataset.position !== what;
  };
  const pause = () => {
    clearInterval(timer);
    if (watch !== null) navigator.geolocation.clearWatch(watch);
    watch = null;
    timer = 0;
    latest = null; // an old place is none
  };
  const stop = () => {
    pause();
    document.removeEventListener("visibilitychange", turn);
  };
  const turn = () => (document.hidden ? pause() : go());

  async function send() {
    if (!element.isConnected) return stop();
    if (!latest) return undefined;
    const place = latest;
    latest = null;
    if (sent && apart(sent.place, place) < NEAR && Date.now() - sent.at < STILL) return undefined;
    sent = { place, at: Date.now() };
    const { latitude, longitude, accuracy } = place;
    const body = new URLSearchParams({ latitude, longitude, accuracy: Math.round(accuracy) });
    try {
      const answer = await fetch(url, { method: "POST", headers, body });
      if (OVER.includes(answer.status)) stop();
      else if (!answer.ok) sent = null;
    } catch {
      sent = null; // no network: the next place is the better one
    }
    return undefined;
  }

  function go() {
    if (!element.isConnected) return stop();
    if (watch !== null) return undefined;
    watch = navigator.geolocation.watchPosition(
      (place) => {
        latest = place.coords;
        say("shared");
        if (timer) return;
        timer = setInterval(send, EVERY);
        send();
      },
      (problem) => problem.code === problem.PERMISSION_DENIED && say("refused"),
      { enableHighAccuracy: true, maximumAge: 10_000, timeout: 30_000 },
    );
    return undefined;
  }

  if (!navigator.geolocation) {
    say("refused");
    return;
  }
  document.addEventListener("visibilitychange", turn);
  turn();
}
