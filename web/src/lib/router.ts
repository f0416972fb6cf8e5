import { signal } from "@preact/signals";

/** Where the page is. One place reads and writes the address; everything else reads `route`. */
export type PageName =
  | "home"
  | "setup"
  | "join"
  | "login"
  | "room"
  | "search"
  | "connections"
  | "metrics"
  | "people"
  | "messages"
  | "unknown";

export interface Route {
  page: PageName;
  path: string;
  /** Of "room": its id, and the offset a permalink names (0: none). */
  room: string;
  offset: number;
  query: URLSearchParams;
  /** What stands after "#", where secrets travel. */
  hash: string;
}

const FIXED: Record<string, PageName> = {
  "/": "home",
  "/setup": "setup",
  "/join": "join",
  "/login": "login",
  "/search": "search",
  "/admin/connections": "connections",
  "/admin/metrics": "metrics",
  "/admin/people": "people",
  "/admin/messages": "messages",
};

/** Reads an address (path, query, hash) into a route. Pure. */
export function parseRoute(address: string): Route {
  const url = new URL(address, "http://snug.invalid");
  const path = url.pathname.length > 1 ? url.pathname.replace(/\/+$/, "") : "/";
  const base = { path, room: "", offset: 0, query: url.searchParams, hash: url.hash.slice(1) };
  const fixed = FIXED[path];
  if (fixed) return { ...base, page: fixed };
  const room = /^\/room\/(\d{1,19})(?:\/(\d{1,15}))?$/.exec(path);
  if (room) return { ...base, page: "room", room: room[1]!, offset: Number(room[2] ?? 0) };
  return { ...base, page: "unknown" };
}

const here = () => location.pathname + location.search + location.hash;

export const route = signal<Route>(
  parseRoute(typeof location === "undefined" ? "/" : here()),
);

/** Goes to a path of this page; `replace` leaves no step in the browser's history. */
export function navigate(path: string, options: { replace?: boolean } = {}): void {
  if (path === here()) return;
  if (options.replace) history.replaceState(null, "", path);
  else history.pushState(null, "", path);
  route.value = parseRoute(path);
}

/** Follows links inside the page and the browser's back and forward. Call once. */
export function startRouter(): void {
  addEventListener("popstate", () => (route.value = parseRoute(here())));
  addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    const link = (event.target as Element | null)?.closest?.("a[href]") as HTMLAnchorElement | null;
    if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
    const raw = link.getAttribute("href") ?? "";
    if (raw.startsWith("#") || parseRoute(link.pathname).page === "unknown") return;
    event.preventDefault();
    navigate(link.pathname + link.search + link.hash);
  });
}

/** The server's link at the address where people reach it: behind a proxy it knows only the one it listens on. */
export function linkHere(url: string, origin = location.origin): string {
  const { pathname, hash } = new URL(url, origin);
  return origin + pathname + hash;
}
