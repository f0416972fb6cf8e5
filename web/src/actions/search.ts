import { call } from "../net/rpc";
import type { FoundMessage } from "../net/types";

export interface Found {
  messages: FoundMessage[];
  more: boolean;
}

/** Messages with these words, newest first, in one's own rooms or in one of them. `before` goes on in one room. */
export const searchMessages = (query: string, room: string, before = 0): Promise<Found> =>
  call<Found>("message.search", { query, ...(room ? { room } : {}), ...(before ? { before } : {}), limit: 50 });
