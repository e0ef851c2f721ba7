// An offer that is theirs alone for a moment: the screen stays on, and the phone sounds and vibrates as the time runs out.
// Each where the browser can and lets it; without any of it the page is the same.

const CALLS = { 30: 1, 10: 2 }; // seconds left: how many times
const TONE = 880; // hertz
const LENGTH = 0.25; // seconds

export function start(element) {
  let lock = null;
  let audio = null;

  const live = () => element.isConnected && element.hasAttribute("data-awake");
  async function hold() {
    if (!live()) return letGo();
    if (lock && !lock.released) return undefined;
    try {
      lock = await navigator.wakeLock?.request("screen");
    } catch {
      lock = null; // battery saver, or another page is in front
    }
    return undefined;
  }
  function letGo() {
    lock?.release().catch(() => undefined);
    lock = null;
  }
  // A browser lets a page sound only after a person has touched it.
  function touched() {
    if (!live() || audio || !window.AudioContext) return;
    audio = new AudioContext();
  }
  function call(times) {
    navigator.vibrate?.(Array.from({ length: times * 2 - 1 }, (_, n) => (n % 2 ? 150 : 300)));
    if (!audio) return;
    for (let n = 0; n < times; n += 1) {
      const tone = audio.createOscillator();
      const begin = audio.currentTime + n * LENGTH * 2;
      tone.frequency.value = TONE;
      tone.connect(audio.destination);
      tone.start(begin);
      tone.stop(begin + LENGTH);
    }
  }

  hold();
  call(1);
  addEventListener("pointerdown", touched);
  addEventListener("keydown", touched);
  document.addEventListener("visibilitychange", () => document.hidden || hold());
  element.addEventListener("countdown-at", (event) => {
    if (live() && CALLS[event.detail]) call(CALLS[event.detail]);
  });
  element.addEventListener("countdown-over", letGo);
  new MutationObserver(() => live() || letGo()).observe(element, { attributes: true, attributeFilter: ["data-awake"] });
}
