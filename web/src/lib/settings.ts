import { signal } from "@preact/signals";

/** What this browser keeps: choices, not content. Reading or writing may fail (private windows); then they last
 * as long as the page. */
export function readLocal(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function writeLocal(key: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    /* kept in memory only */
  }
}

export type SendWith = "enter" | "ctrl-enter";
export type Theme = "system" | "light" | "dark";
/** Of what the browser tells while the page is not looked at. */
export type NotifyOf = "never" | "mentions" | "all";

/** Which key sends. */
export const sendWith = signal<SendWith>(readLocal("snug.send") === "ctrl-enter" ? "ctrl-enter" : "enter");
export function setSendWith(value: SendWith): void {
  sendWith.value = value;
  writeLocal("snug.send", value === "enter" ? null : value);
}

function notifyNow(): NotifyOf {
  const set = readLocal("snug.notify");
  return set === "mentions" || set === "all" ? set : "never";
}

export const notifyOf = signal<NotifyOf>(notifyNow());
export function setNotifyOf(value: NotifyOf): void {
  notifyOf.value = value;
  writeLocal("snug.notify", value === "never" ? null : value);
}
/** What was chosen in another tab. Call once. */
export function followNotifyOf(): void {
  addEventListener("storage", () => (notifyOf.value = notifyNow()));
}

/** The details pane beside the messages (wide windows); the choice is kept. */
export const detailsOpen = signal(readLocal("snug.details") !== "closed");
export function setDetailsOpen(open: boolean): void {
  detailsOpen.value = open;
  writeLocal("snug.details", open ? null : "closed");
}

function themeNow(): Theme {
  const set = typeof document === "undefined" ? undefined : document.documentElement.dataset.theme;
  return set === "light" || set === "dark" ? set : "system";
}

/* the bar of an installed page, which the page does not draw: by the theme, not by the system's */
const BARS = { light: "#f4f2ed", dark: "#161513" };
function colourBar(value: Theme): void {
  if (typeof document === "undefined") return;
  for (const bar of document.querySelectorAll<HTMLMetaElement>('meta[name="theme-color"]')) {
    bar.content = BARS[value !== "system" ? value : bar.media.includes("dark") ? "dark" : "light"];
  }
}

export const theme = signal<Theme>(themeNow());
colourBar(theme.peek());
/** A cookie, so that the server writes it into the page before the first paint. */
export function setTheme(value: Theme): void {
  theme.value = value;
  colourBar(value);
  const age = value === "system" ? 0 : 31_536_000;
  document.cookie = `snug_theme=${value}; Path=/; Max-Age=${age}; SameSite=Lax`;
  if (value === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = value;
}
