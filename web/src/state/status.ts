import type { ConnectionInfo } from "./app";

/** The status line: the first of these that is true. Pure. */
export interface Status {
  state: "outdated" | "offline" | "reconnecting" | "readonly" | "draining" | "gap" | "failed" | "back" | "shedding" | "uploading" | "typing" | "none";
  words: string;
  action: "" | "reload" | "try" | "load" | "again";
}

interface Input {
  link: ConnectionInfo;
  now: number;
  /** Messages that wait to go out. */
  waiting: number;
  gap: boolean;
  /** What was not uploaded, in words, and whether it may be tried again. */
  failed: string;
  again: boolean;
  back: number;
  /** What is on its way and waited for, in words. */
  uploading: string;
  typing: string;
}

/** Words come only after this long; the sign beside the name is there at once. */
export const WORDS_AFTER_MS = 2000;

const plural = (n: number, thing: string): string => `${n} ${thing}${n === 1 ? "" : "s"}`;

function offlineWords(waiting: number): string {
  const first = "No network. You can keep writing";
  if (waiting === 0) return `${first}; it goes out when you are back.`;
  return `${first}; ${plural(waiting, "message")} will go out${waiting > 1 ? " in order" : ""}.`;
}

function reconnectWords(link: ConnectionInfo, now: number): string {
  const left = Math.ceil((link.retry_at - now) / 1000);
  const when = link.retry_at > 0 && left > 0 ? `in ${left} s` : "now";
  const why = link.code === 3001 || link.code === 3011 ? "The server restarts. " : "";
  const slow = link.code === 3008 ? "This line was too slow; catching up. " : "";
  return `${why}${slow}Connecting again ${when}. You can keep writing.`;
}

export function statusOf({ link, now, waiting, gap, failed, again, back, uploading, typing }: Input): Status {
  if (link.state === "outdated")
    return { state: "outdated", words: "This page is older than the server.", action: "reload" };
  if (link.state === "offline") return { state: "offline", words: offlineWords(waiting), action: "" };
  const away = link.state === "reconnecting" || link.state === "connecting";
  if (away) {
    if (now - link.since < WORDS_AFTER_MS) return { state: "none", words: "", action: "" };
    return { state: "reconnecting", words: reconnectWords(link, now), action: "try" };
  }
  if (link.level === "readonly")
    return { state: "readonly", words: "The disk is full: reading works, sending waits.", action: "" };
  if (link.level === "draining")
    return { state: "draining", words: "The server will stop soon. You can keep writing.", action: "" };
  if (gap) return { state: "gap", words: "Away too long to catch up line by line.", action: "load" };
  if (failed) return { state: "failed", words: failed, action: again ? "again" : "" };
  if (back > 0) return { state: "back", words: `Back. ${plural(back, "message")} came in meanwhile.`, action: "" };
  if (link.level === "shedding")
    return { state: "shedding", words: "The server is full: you stay, others wait.", action: "" };
  if (uploading) return { state: "uploading", words: uploading, action: "" };
  if (typing) return { state: "typing", words: typing, action: "" };
  return { state: "none", words: "", action: "" };
}
