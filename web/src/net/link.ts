import { Centrifuge, type Subscription, type SubscriptionOptions } from "centrifuge";
import type { Announcement, Author, ConnectData, Keep, Level, LevelMessage, PlaceChanged, UserChanged, UserEvent } from "./types";

/** The one WebSocket of this page, held by the official client. Knows the server, not the page: what
 * happens is told to the listener given to openLink, and nothing here is ever given up by itself. */
export interface LinkListener {
  connected(data: ConnectData): void;
  /** The line broke, or the first attempt begins. `code` is the close code, 0 at the start. */
  connecting(code: number, reason: string): void;
  /** The next attempt begins at this time (ms, this page's clock). */
  retryAt(time: number): void;
  /** It will not come back by itself. */
  refused(code: number, reason: string): void;
  announced(what: Announcement): void;
  /** The server takes on less than before, or all again. */
  level(level: Level): void;
  /** How long the place keeps messages has changed. */
  keepChanged(keep: Keep): void;
  /** Somebody is called something else. */
  userChanged(user: Author): void;
  userEvent(event: UserEvent): void;
  /** The user channel could not fill a gap: ask for everything again. */
  userGap(): void;
}

const MIN_DELAY_MS = 500;
const MAX_DELAY_MS = 20_000;

let client: Centrifuge | null = null;

/** Full jitter from the first try on: 5,000 pages that lost one server do not come back together. */
export function reconnectDelay(attempt: number, random: () => number = Math.random): number {
  const most = Math.min(MAX_DELAY_MS, MIN_DELAY_MS * 2 ** Math.min(attempt, 16));
  return Math.round(random() * most);
}

/** The text of this tab: it lives as long as the tab and tells its connections apart from other tabs'. */
function tabId(): string {
  const made = crypto.getRandomValues(new Uint32Array(4)).join("-");
  try {
    const saved = sessionStorage.getItem("snug.tab");
    if (saved) return saved;
    sessionStorage.setItem("snug.tab", made);
  } catch {
    /* no storage: it lives as long as the page */
  }
  return made;
}

function endpoint(): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/connection/websocket`;
}

/** The client keeps its delays to itself, and the status line counts them down: so the one method that
 * makes them is replaced by ours. Should it ever be called otherwise, the client's own delays hold. */
function ownDelays(of: Centrifuge, tell: (time: number) => void): void {
  const inside = of as unknown as { _getReconnectDelay?: () => number; _reconnectAttempts: number };
  if (typeof inside._getReconnectDelay !== "function") return;
  inside._getReconnectDelay = () => {
    const delay = reconnectDelay(inside._reconnectAttempts);
    inside._reconnectAttempts += 1;
    tell(Date.now() + delay);
    return delay;
  };
}

/** Connects, and stays connected until closeLink. A second call does nothing. */
export function openLink(build: string, listener: LinkListener): void {
  if (client) return;
  const made = new Centrifuge(endpoint(), {
    name: "snug-web",
    data: { tab: tabId(), page: build },
    minReconnectDelay: MIN_DELAY_MS,
    maxReconnectDelay: MAX_DELAY_MS,
    maxServerPingDelay: 8_000,
  });
  client = made;
  ownDelays(made, (time) => listener.retryAt(time));
  made.on("connected", (ctx) => listener.connected(ctx.data as ConnectData));
  made.on("connecting", (ctx) => listener.connecting(ctx.code, ctx.reason));
  made.on("disconnected", (ctx) => {
    if (ctx.code !== 0) listener.refused(ctx.code, ctx.reason);
  });
  made.on("message", (ctx) => {
    if (ctx.data?.type === "announcement") listener.announced(ctx.data as Announcement);
    if (ctx.data?.type === "level") listener.level((ctx.data as LevelMessage).level);
    if (ctx.data?.type === "user_changed") listener.userChanged((ctx.data as UserChanged).user);
    if (ctx.data?.type === "place_changed") listener.keepChanged((ctx.data as PlaceChanged).keep);
  });
  made.on("publication", (ctx) => {
    if (ctx.channel.startsWith("user:")) listener.userEvent(ctx.data as UserEvent);
  });
  made.on("subscribed", (ctx) => {
    if (ctx.channel.startsWith("user:") && ctx.wasRecovering && !ctx.recovered) listener.userGap();
  });
  made.connect();
}

/** Ends the connection for good (log-out). */
export function closeLink(): void {
  const old = client;
  client = null;
  old?.disconnect();
}

/** Starts an attempt at once. Subscriptions keep their positions and recover as after any break. */
export function tryNow(): void {
  if (!client || client.state === "connected") return;
  client.disconnect();
  client.connect();
}

export const linkOpen = (): boolean => client !== null;
export const linkUp = (): boolean => client?.state === "connected";

export async function linkRpc(method: string, params: object): Promise<unknown> {
  if (!client) throw { code: 3, message: "not connected" };
  return (await client.rpc(method, params)).data;
}

/** A subscription of a room, made but not started; NULL without a link. */
export function newRoomSubscription(room: string, options: SubscriptionOptions): Subscription | null {
  if (!client) return null;
  const channel = `room:${room}`;
  const old = client.getSubscription(channel);
  if (old) client.removeSubscription(old);
  return client.newSubscription(channel, options);
}

export function dropSubscription(subscription: Subscription): void {
  subscription.removeAllListeners();
  client?.removeSubscription(subscription);
}

/** Past events of a room, oldest first, after `offset`. */
export async function roomHistory(room: string, offset: number, epoch: string, limit: number) {
  if (!client) throw { code: 3, message: "not connected" };
  return client.history(`room:${room}`, { since: { offset, epoch }, limit });
}
