// Why a connection ended, in words. Pure.
import { amount } from "./figures";

/** usual: nobody needs to look · watch: it came back or should · trouble: somebody should look. */
export type CloseKind = "usual" | "watch" | "trouble";

export interface CloseWords {
  /** Of the filter. */
  short: string;
  /** Of the row. */
  words: string;
  kind: CloseKind;
  icon: "close" | "clock" | "alert" | "lock";
}

const usual = (short: string, words = short, icon: CloseWords["icon"] = "close"): CloseWords => ({
  short, words, kind: "usual", icon,
});
const watch = (short: string, words = short): CloseWords => ({ short, words, kind: "watch", icon: "alert" });
const trouble = (short: string, words = short): CloseWords => ({ short, words, kind: "trouble", icon: "alert" });

const CODES: Record<number, CloseWords> = {
  1000: usual("Closed", "Closed by the client"),
  1001: usual("Left", "Left the page"),
  1002: trouble("Bad frames", "Broke the rules of the WebSocket"),
  1003: trouble("Bad frames", "Sent a kind of data that is not taken"),
  1005: usual("Closed", "Closed without a reason"),
  1006: watch("Line lost", "Line dropped without a word"),
  1007: trouble("Bad text", "Sent text that is not UTF-8"),
  1009: trouble("Too large", "Sent a message over the limit"),
  1011: trouble("Server error", "The server made a mistake"),
  3000: usual("Closed", "Connection closed"),
  3001: usual("Server stopped", "Server stopped", "clock"),
  3004: trouble("Server error", "The server made a mistake"),
  3005: usual("Session ended", "Its session ran out", "lock"),
  3006: usual("Session ended", "Its subscription ran out", "lock"),
  3008: watch("Too slow"),
  3009: watch("Line lost", "Could not be written to"),
  3010: watch("Fell behind", "Fell behind its stream"),
  3011: usual("Sent back", "Asked to connect again", "clock"),
  3012: watch("No answer", "No answer to a ping"),
  3013: watch("Too many", "Too many commands at once"),
  3500: trouble("Bad token", "Token not valid"),
  3501: trouble("Bad request", "Sent what is no command"),
  3502: trouble("Never came in", "Did not connect in time"),
  3503: usual("Logged out", "Logged out on another device", "lock"),
  3504: watch("Too many lines", "One window too many"),
  3505: watch("Too many rooms", "Subscribed to too many rooms"),
  3507: trouble("Not allowed"),
  3508: watch("Not available"),
  3509: trouble("Too many errors"),
};

/** Words for a close code; of one that is not known, what the server said. */
export function closeWords(code: number, reason = ""): CloseWords {
  return CODES[code] ?? { short: `Code ${code}`, words: reason || "No reason given", kind: "watch", icon: "alert" };
}

/** The whole sentence of a row: some codes carry a figure. */
export function closeSentence(code: number, reason: string, queue_peak_bytes: number): string {
  if (code === 3008 && queue_peak_bytes > 0) return `Too slow: ${amount(queue_peak_bytes)} was waiting`;
  if (code === 3001 && reason && !/^(shutdown|server stopped)$/i.test(reason)) return `Server stopped: ${reason}`;
  return closeWords(code, reason).words;
}

/** The close codes after which a client does not come back by itself. */
export const staysAway = (code: number): boolean =>
  (code >= 3500 && code <= 3999) || (code >= 4500 && code <= 4999);

export const sumOf = (by_code: Record<string, number>): number =>
  Object.values(by_code).reduce((sum, n) => sum + n, 0);

export function usualOf(by_code: Record<string, number>): number {
  let sum = 0;
  for (const [code, n] of Object.entries(by_code)) if (closeWords(Number(code)).kind === "usual") sum += n;
  return sum;
}
