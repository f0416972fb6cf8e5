import { setNotifyOf, type NotifyOf } from "../lib/settings";

/** Whether the browser shows notifications of this page, and what it says when it does not. */
const INSECURE = "Browsers offer them only at an encrypted address (https) or on this computer itself.";
const MISSING = "This browser offers none to a page in a tab.";
export const BLOCKED =
  "The browser blocks notifications of this page. Allow them in its settings for this page (the sign left of the address), then choose again.";
const NOT_ALLOWED = "The browser was not told to allow them. Choose again, and it asks again.";

export const mayNotify = (): boolean => typeof Notification === "function" && Notification.permission === "granted";
export const isBlocked = (): boolean => typeof Notification === "function" && Notification.permission === "denied";

/* Where only a service worker may show them the constructor throws; without a permission it shows nothing. */
function makesNone(): boolean {
  if (Notification.permission !== "default") return false;
  try {
    new Notification("").close();
    return false;
  } catch {
    return true;
  }
}

/** Why there is no choice, in a sentence; "": there is one. */
export function whyNoNotices(): string {
  if (!isSecureContext) return INSECURE;
  return typeof Notification !== "function" || !navigator.locks || makesNone() ? MISSING : "";
}

/** Chooses; asks the browser at this click if it has to be asked. Returns why it stays at Never, "" when it does not. */
export async function chooseNotify(value: NotifyOf): Promise<string> {
  if (value === "never" || mayNotify()) {
    setNotifyOf(value);
    return "";
  }
  const said = await Notification.requestPermission();
  setNotifyOf(said === "granted" ? value : "never");
  if (said === "granted") return "";
  return said === "denied" ? BLOCKED : NOT_ALLOWED;
}
