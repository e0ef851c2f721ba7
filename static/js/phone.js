// Whether this phone is woken, in the page's own sentences: [data-phone-says="on | off | blocked | iphone | ..."].
// Buttons: data-phone-wake, data-phone-rest, data-phone-test.

const PATIENCE = 20_000; // milliseconds for a test to come back

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

export function start(element) {
  const { key, wakeUrl, restUrl, testUrl } = element.dataset;
  const csrf = JSON.parse(document.body.getAttribute("hx-headers:inherited") || "{}");
  const headers = { "Content-Type": "application/json", ...csrf };
  const buttons = { wake: find("wake"), rest: find("rest"), test: find("test") };
  let tested = 0;

  function find(name) {
    return element.querySelector(`[data-phone-${name}]`);
  }
  function say(what) {
    for (const line of element.querySelectorAll("[data-phone-says]")) line.hidden = line.dataset.phoneSays !== what;
    if (buttons.wake) buttons.wake.hidden = !["off", "failed"].includes(what);
    for (const name of ["rest", "test"]) if (buttons[name]) buttons[name].hidden = what !== "on";
  }
  function sayTest(what) {
    for (const line of element.querySelectorAll("[data-test-says]")) line.hidden = line.dataset.testSays !== what;
  }
  const post = (url, body) => fetch(url, { method: "POST", headers, body: JSON.stringify(body) });

  // Why this browser cannot be woken at all; empty when it can.
  function hindrance() {
    if (!isSecureContext) return "insecure";
    if (navigator.standalone === false) return "iphone"; // Safari wakes only what is on the home screen
    if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return "unable";
    return Notification.permission === "denied" ? "blocked" : "";
  }

  async function tell(subscription) {
    const body = { endpoint: subscription.endpoint, p256dh: text(subscription.getKey("p256dh")), auth: text(subscription.getKey("auth")) };
    const answer = await post(wakeUrl, body);
    return answer.ok;
  }
  async function look() {
    const hindered = hindrance();
    if (hindered) return say(hindered);
    const registration = await navigator.serviceWorker.ready;
    let subscription = await registration.pushManager.getSubscription();
    const ours = subscription?.options?.applicationServerKey;
    if (ours && text(ours) !== key) {
      await subscription.unsubscribe(); // of a key we no longer have
      subscription = null;
    }
    if (!subscription || localStorage.getItem(`woken:${wakeUrl}`) !== "1") return say("off");
    return say((await tell(subscription)) ? "on" : "failed");
  }
  async function wake() {
    if ((await Notification.requestPermission()) !== "granted") return say(Notification.permission === "denied" ? "blocked" : "off");
    const registration = await navigator.serviceWorker.ready;
    const options = { userVisibleOnly: true, applicationServerKey: bytes(key) };
    const subscription = await registration.pushManager.subscribe(options);
    if (!(await tell(subscription))) return say("failed");
    localStorage.setItem(`woken:${wakeUrl}`, "1");
    return say("on");
  }
  async function rest() {
    const registration = await navigator.serviceWorker.ready;
    const subscription = await registration.pushManager.getSubscription();
    if (subscription) await post(restUrl, { endpoint: subscription.endpoint });
    localStorage.removeItem(`woken:${wakeUrl}`);
    return say("off"); // the browser's own subscription stays: another page may be woken by it
  }
  async function test() {
    const registration = await navigator.serviceWorker.ready;
    const subscription = await registration.pushManager.getSubscription();
    clearTimeout(tested);
    sayTest("sent");
    const answer = subscription && (await post(testUrl, { endpoint: subscription.endpoint }));
    if (!answer?.ok) return say("failed");
    tested = setTimeout(() => sayTest("silent"), PATIENCE);
    return undefined;
  }

  const steps = { wake, rest, test };
  for (const [name, button] of Object.entries(buttons)) {
    button?.addEventListener("click", () => steps[name]().catch(() => say("failed")));
  }
  navigator.serviceWorker?.addEventListener("message", (event) => {
    if (event.data?.pushed !== "test") return;
    clearTimeout(tested);
    sayTest("heard");
  });
  look().catch(() => say("failed"));
}
