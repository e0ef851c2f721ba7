// A message that only says what was done leaves by itself after some seconds, never while somebody reads it with the
// pointer or the focus. Its place stays empty: nothing moves under a finger.

const SHOWN = 8000;

export function start(toast) {
  if (toast.querySelector("a, button:not([data-dismiss])")) return; // something is asked
  const leave = () => {
    if (toast.matches(":hover, :focus-within")) setTimeout(leave, SHOWN);
    else toast.dataset.gone = "";
  };
  setTimeout(leave, SHOWN);
}
