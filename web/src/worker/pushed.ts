/** What was pushed, and where it leads. Pure. */
export interface Pushed {
  title: string;
  body: string;
  url: string;
  tag: string;
}

/* a browser wants to see a notification for whatever comes */
const UNKNOWN: Pushed = { title: "Snug", body: "Something new", url: "/", tag: "snug" };

/** Reads a message; what is none of ours is told in general words. */
export function noticeIn(text: string): Pushed {
  let value: Partial<Pushed> | null = null;
  try {
    value = JSON.parse(text) as Partial<Pushed> | null;
  } catch {
    /* UNKNOWN */
  }
  const { title, body, url, tag } = value ?? {};
  if (typeof title !== "string" || typeof body !== "string" || typeof url !== "string" || typeof tag !== "string") return UNKNOWN;
  return { title, body, tag, url: /^\/(?![/\\])/.test(url) ? url : "/" };
}

/** The room that it is about; "": none. */
export const roomOf = (url: string): string => /^\/room\/(\d+)(?:\/|$)/.exec(url)?.[1] ?? "";
