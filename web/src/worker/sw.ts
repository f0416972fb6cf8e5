/** The service worker, /sw.js: shows what is pushed while the page is closed, and leads to it. It caches nothing and answers no
 * request: the page comes from the server as ever. */
import { subscriptionOf } from "../lib/subscription";
import { isShownInATab } from "../lib/tabs";
import { noticeIn, roomOf } from "./pushed";

interface Later extends Event {
  waitUntil(done: Promise<unknown>): void;
}
interface Client {
  focus(): Promise<unknown>;
  postMessage(message: unknown): void;
}
interface Worker {
  readonly registration: ServiceWorkerRegistration;
  readonly clients: {
    matchAll(options: { type: "window"; includeUncontrolled: boolean }): Promise<readonly Client[]>;
    openWindow(url: string): Promise<unknown>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(type: "install", listener: (event: Later) => void): void;
  addEventListener(type: "push", listener: (event: Later & { data: { text(): string } | null }) => void): void;
  addEventListener(type: "notificationclick", listener: (event: Later & { notification: Notification }) => void): void;
  addEventListener(
    type: "pushsubscriptionchange",
    listener: (event: Later & { oldSubscription?: PushSubscription | null; newSubscription?: PushSubscription | null }) => void,
  ): void;
}
declare const self: Worker;
/** Where the mark is; the build knows. */
declare const ICON: string;

async function show(text: string): Promise<void> {
  const { title, body, tag, url } = noticeIn(text);
  const room = roomOf(url);
  if (room && (await isShownInATab(room))) return; // a browser lets that pass while a page is visible
  const options: NotificationOptions & { renotify: boolean } = { body, tag, renotify: true, icon: ICON, data: url };
  await self.registration.showNotification(title, options);
}

/** In the window that was looked at last; which room it shows is the window's to know: its address here is that of its start. */
async function open(url: string): Promise<void> {
  const [window] = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  if (!window) return void (await self.clients.openWindow(url));
  window.postMessage({ type: "snug.open", path: url });
  await window.focus();
}

/** The push service gave the browser another address: the server is told, as the page tells it. */
async function renew(before: PushSubscription | null | undefined, now: PushSubscription | null | undefined): Promise<void> {
  const made = now ?? (before && (await self.registration.pushManager.subscribe(before.options as PushSubscriptionOptionsInit)));
  if (!made) return;
  await fetch("/rpc/push.subscribe", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    credentials: "same-origin",
    body: JSON.stringify(subscriptionOf(made)),
  });
}

self.addEventListener("install", (event) => event.waitUntil(self.skipWaiting()));
self.addEventListener("push", (event) => event.waitUntil(show(event.data?.text() ?? "")));
self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(String(event.notification.data ?? "/")));
});
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renew(event.oldSubscription, event.newSubscription)));
