import type { Author } from "./types";

/* What the server tells of lines: those that are open, those that ended, and what came over them. */

interface ConnectionFigures {
  id: string;
  client: string;
  address: string;
  transport: string;
  since: number;
  rtt_ms: number;
  bytes_in: number;
  bytes_out: number;
  frames_in: number;
  frames_out: number;
  queue_peak_bytes: number;
}

export interface Connection extends ConnectionFigures {
  user: Author;
  rooms: number;
  /** The asker's own line. */
  this: boolean;
}

export interface ClosedConnection extends ConnectionFigures {
  user?: Author;
  closed: number;
  lasted_ms: number;
  code: number;
  reason: string;
  by: "client" | "server" | "network";
  back_ms?: number;
  recovered?: boolean;
}

/** What message.why knows of one message and one person; of who is not a member only the verdict. */
export interface Why {
  user?: Author;
  verdict: string;
  words: string;
  written?: number;
  /** Their read mark. */
  read?: number;
  /** When a push service took a notification of it. */
  pushed?: number;
  open?: { id: string; client: string; since: number; follows: boolean; sent?: number; acked?: number }[];
  ended?: {
    id: string;
    client: string;
    since: number;
    closed: number;
    code: number;
    reason: string;
    closed_by: string;
    back_after: number;
    recovered?: boolean;
    queue_peak_bytes: number;
  }[];
}
