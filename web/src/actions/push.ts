import { isInside, me } from "../state/app";
import { navigate } from "../lib/router";
import { readLocal, writeLocal } from "../lib/settings";
import { subscriptionOf } from "../lib/subscription";
import { ApiError, call, errorWords } from "../net/rpc";
import { isBlocked, mayNotify } from "./notify_choice";

/** Notifications while the page is closed: this browser's subscription at its push service, of which the server is told. It is the
 * choice of one person in this browser: whoever else logs in here does not inherit it. */
export type PushState = "insecure" | "home" | "missing" | "blocked" | "refused" | "off" | "on";

const CHOSEN = "snug.push";
const WAIT_MS = 2000;

const isChosen = (): boolean => !!me.peek() && readLocal(CHOSEN) === me.peek()?.id;

const registration = () => navigator.serviceWorker?.getRegistration("/");

const subscription = async (): Promise<PushSubscription | null> => (await (await registration())?.pushManager?.getSubscription()) ?? null;

const letters = (bytes: ArrayBuffer | null): string =>
  btoa(String.fromCharCode(...new Uint8Array(bytes ?? new ArrayBuffer(0)))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const serverKey = async (): Promise<string> => (await call<{ key: string }>("push.get")).key;

async function tellServer(made: PushSubscription): Promise<void> {
  await call("push.subscribe", subscriptionOf(made));
}

/** One for this server's key; what was made for another is of no use. */
async function subscribe(where: ServiceWorkerRegistration, key: string): Promise<PushSubscription> {
  const former = await where.pushManager.getSubscription();
  if (former && letters(former.options.applicationServerKey) === key) return former;
  await former?.unsubscribe();
  return where.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
}

/* iOS gives it to pages of the home screen alone */
const wantsHome = (): boolean => (navigator as { standalone?: boolean }).standalone === false;

/** What can be chosen here, and what is. With "refused" the server's words. */
export async function pushState(): Promise<{ state: PushState; words?: string }> {
  if (!isSecureContext) return { state: "insecure" };
  if (!navigator.serviceWorker || !("PushManager" in window) || typeof Notification !== "function") return { state: wantsHome() ? "home" : "missing" };
  if (isBlocked()) return { state: "blocked" };
  try {
    await serverKey();
  } catch (e) {
    return { state: "refused", words: wordsOf(e) };
  }
  return { state: isChosen() && mayNotify() && (await subscription()) ? "on" : "off" };
}

const wordsOf = (e: unknown): string => (e instanceof ApiError ? (e.code === 108 ? e.message : errorWords(e)) : "");

/** At a click, because the browser may ask. Returns why it stays off, "" when it does not. */
export async function pushOn(): Promise<string> {
  const said = await Notification.requestPermission();
  if (said !== "granted") return said === "denied" ? "" : "The browser was not told to allow them.";
  try {
    await navigator.serviceWorker.register("/sw.js");
    const where = await navigator.serviceWorker.ready;
    await tellServer(await subscribe(where, await serverKey()));
    writeLocal(CHOSEN, me.peek()?.id ?? null);
    return "";
  } catch (e) {
    return wordsOf(e) || `The browser's push service does not take it: ${e instanceof Error ? e.message : String(e)}`;
  }
}

/** Here and at the server. Returns what went wrong, or "". */
export async function pushOff(): Promise<string> {
  writeLocal(CHOSEN, null);
  try {
    const made = await subscription();
    await made?.unsubscribe();
    if (made) await call("push.unsubscribe", { endpoint: made.endpoint });
    return "";
  } catch (e) {
    return wordsOf(e) || "The browser did not switch it off. Try again.";
  }
}

/** Returns what went wrong, or "" when the push service took it. */
export async function pushTest(): Promise<string> {
  try {
    const made = await subscription();
    if (!made) return "This browser has given its subscription up. Switch it on again.";
    const { status } = await call<{ status: number }>("push.test", { endpoint: made.endpoint });
    if (status >= 200 && status < 300) return "";
    if (status === 404 || status === 410) return "The browser's push service does not know this browser any more. Switch it off and on again.";
    return `The browser's push service refused it (${status}).`;
  } catch (e) {
    return wordsOf(e);
  }
}

/** At the start of the page: the server is told again, since addresses and keys change; what somebody else chose here ends. */
export async function renewPush(): Promise<void> {
  try {
    const where = await registration();
    const made = await where?.pushManager?.getSubscription();
    if (!where || !made) return;
    if (!isChosen()) return void (await made.unsubscribe());
    if (mayNotify()) await tellServer(await subscribe(where, await serverKey()));
  } catch {
    /* the next start tells it */
  }
}

/** Before a log-out, which ends it at the server. Nothing that a push service does holds that up. */
export async function dropPush(): Promise<void> {
  const late = new Promise<void>((over) => setTimeout(over, WAIT_MS));
  const gone = subscription().then((made) => made?.unsubscribe());
  writeLocal(CHOSEN, null);
  await Promise.race([gone, late]).catch(() => {});
}

/** Who looks at a room needs no notification of it. */
export async function closePushed(room: string): Promise<void> {
  const shown = await (await registration())?.getNotifications({ tag: `snug-room-${room}` });
  shown?.forEach((one) => one.close());
}

/** Once: what the service worker asks of this window. */
export function followPushed(): void {
  navigator.serviceWorker?.addEventListener("message", ({ data }: MessageEvent<{ type?: string; path?: string }>) => {
    if (data?.type !== "snug.open" || !data.path) return;
    if (isInside.peek()) navigate(data.path);
    else location.assign(data.path); // through the door
  });
  navigator.serviceWorker?.startMessages?.();
}
