// A person has the report before them: said to the server at the first tap or key, never by merely loading the page,
// which a mail scanner does too.

export function start(element) {
  const headers = JSON.parse(document.body.getAttribute("hx-headers:inherited") || "{}");
  const kinds = ["pointerdown", "keydown"];
  const say = (event) => {
    if (!event.isTrusted) return;
    for (const kind of kinds) removeEventListener(kind, say, true);
    // The report is gone, or a later state of the page has taken this element over.
    if (!element.isConnected || !element.dataset.seenUrl) return;
    fetch(element.dataset.seenUrl, { method: "POST", headers, keepalive: true }).catch(() => undefined);
  };
  for (const kind of kinds) addEventListener(kind, say, true);
}
