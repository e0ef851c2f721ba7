// News of a page: an event stream tells that something changed, the page then asks what (event `live`).
// The address itself is the ticket; the front leads it past the pages' server.

const POLL = 20_000; // while there is no stream
const CALM = 60_000; // with a stream: one look a minute, should a message be lost
const FIRST = 1_000;
const LONGEST = 8_000; // whoever comes back is found again within ten seconds

export function start(element) {
  let source = null;
  let heardAt = ""; // the address in use: a refreshed part brings a new ticket
  let failures = 0;
  let again = 0;
  let look = 0;

  const tell = () => element.dispatchEvent(new CustomEvent("live", { bubbles: true }));
  const every = (time) => {
    clearInterval(look);
    look = setInterval(() => {
      if (!element.isConnected) return stop();
      if (document.hidden) return undefined;
      if (!source && element.dataset.liveUrl !== heardAt) connect();
      return tell();
    }, time);
  };
  const hangUp = () => {
    clearTimeout(again);
    source?.close();
    source = null;
  };
  function stop() {
    hangUp();
    clearInterval(look);
    document.removeEventListener("visibilitychange", turn);
  }
  function connect() {
    if (!element.isConnected) return stop();
    hangUp();
    if (!element.dataset.liveUrl || !("EventSource" in window)) return undefined;
    heardAt = element.dataset.liveUrl;
    source = new EventSource(heardAt);
    const heard = () => (element.isConnected ? tell() : stop());
    source.onmessage = heard;
    source.addEventListener("over", () => {
      hangUp(); // the ticket has run out; the next look brings another
      every(POLL);
      tell();
    });
    source.onopen = () => {
      if (failures) tell(); // what was said meanwhile
      failures = 0;
      every(CALM);
    };
    source.onerror = () => {
      hangUp();
      failures += 1;
      every(POLL);
      const delay = Math.min(LONGEST, FIRST * 2 ** failures);
      again = setTimeout(connect, delay / 2 + (Math.random() * delay) / 2);
    };
    return undefined;
  }
  function turn() {
    if (document.hidden) return hangUp();
    if (!element.isConnected) return stop();
    if (!source) {
      tell();
      connect();
    }
    return undefined;
  }

  every(POLL);
  connect();
  document.addEventListener("visibilitychange", turn);
}
