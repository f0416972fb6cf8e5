import { call } from "../net/rpc";
import type { ClosedConnection, Connection } from "../net/types_lines";

export interface OpenLines {
  connections: Connection[];
  total: number;
  people: number;
  agents: number;
  more: boolean;
}

export interface ClosedLines {
  closed: ClosedConnection[];
  total: number;
  /** How many of each close code, in the whole span that was asked for. */
  by_code: Record<string, number>;
  more: boolean;
}

export interface Figures {
  step_s: number;
  times: number[];
  series: Record<string, (number | null)[]>;
  now: Record<string, number>;
  started: number;
  level: string;
  marks: { time: number; text: string }[];
}

/** The open lines; members get their own. All of these throw ApiError. */
export const openLines = (limit: number): Promise<OpenLines> => call<OpenLines>("connection.list", { limit });

export interface HistoryAsk {
  since: number;
  limit: number;
  before?: number;
  code?: number;
}

export const closedLines = (ask: HistoryAsk): Promise<ClosedLines> =>
  call<ClosedLines>("connection.history", ask);

export const figures = (names: readonly string[], since: number, step_s: number): Promise<Figures> =>
  call<Figures>("metrics.query", { names, since, step_s });
