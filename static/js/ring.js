// The phone calls: it vibrates, and sounds once a person has touched the page, since before that no browser lets it.
// Each where the browser can; without any of it the page is the same. A touch may have come before this file did: the
// browser remembers it. An iPhone wants its sound begun under the finger, and so each touch begins it too.

const TONE = 880; // hertz
const LENGTH = 0.25; // seconds

let audio = null;

function touched() {
  if (!audio && window.AudioContext) audio = new AudioContext();
}
addEventListener("pointerdown", touched);
addEventListener("keydown", touched);

export function ring(times) {
  if (navigator.userActivation?.hasBeenActive) touched();
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
