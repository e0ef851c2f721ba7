// The signature: a canvas whose strokes are posted as points in a hidden field; the server draws its own picture.
// Without script the typed name alone is there and enough.

import SignaturePad from "../vendor/signature_pad.min.js";

const INK = "#1b2333"; // a document: the same in both themes

export function start(element) {
  const frame = element.querySelector("[data-pad]");
  const canvas = frame.querySelector("canvas");
  const field = element.querySelector("[data-strokes]");
  const clear = element.querySelector("[data-clear]");
  frame.hidden = false;
  if (clear) clear.hidden = false;
  const pad = new SignaturePad(canvas, { penColor: INK, minWidth: 0.9, maxWidth: 2.8 });
  let width = 0;

  function fit() {
    const wide = canvas.offsetWidth;
    if (!wide || wide === width) return;
    const scale = width ? wide / width : 1;
    const strokes = pad.toData();
    for (const stroke of strokes) for (const point of stroke.points) Object.assign(point, { x: point.x * scale, y: point.y * scale });
    const ratio = Math.max(devicePixelRatio || 1, 1);
    canvas.width = wide * ratio;
    canvas.height = canvas.offsetHeight * ratio;
    canvas.getContext("2d").scale(ratio, ratio);
    width = wide;
    if (strokes.length) pad.fromData(strokes);
    else pad.clear();
    write();
  }
  function write() {
    const round = (number) => Math.round(number * 10) / 10;
    const strokes = pad.toData().map((stroke) => stroke.points.map((point) => [round(point.x), round(point.y)]));
    field.value = strokes.length ? JSON.stringify({ width, height: canvas.offsetHeight, strokes }) : "";
    if (strokes.length) frame.dataset.state = "full";
    else delete frame.dataset.state;
  }

  pad.addEventListener("endStroke", write);
  clear?.addEventListener("click", () => {
    pad.clear();
    write();
  });
  element.closest("form")?.addEventListener("reset", () => {
    pad.clear();
    write();
  });
  new ResizeObserver(fit).observe(canvas);
  fit();
}
