import { call } from "../net/rpc";
import type { FoundMessage } from "../net/types";

export type Order = "time" | "rank";

export interface Found {
  messages: FoundMessage[];
  more: boolean;
  /** Where the next page begins, if there is more. */
  cursor?: string;
  /** What could not be found or understood, in sentences. */
  notes: string[];
}

/** Messages in one's own rooms or in one of them; `query` with its operators, whose days are the reader's own. */
export const searchMessages = (query: string, room: string, order: Order, cursor = ""): Promise<Found> =>
  call<Found>("message.search", {
    query,
    order,
    zone: -new Date().getTimezoneOffset(),
    ...(room ? { room } : {}),
    ...(cursor ? { cursor } : {}),
    limit: 50,
  });
