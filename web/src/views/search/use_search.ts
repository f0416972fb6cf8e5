import { useEffect, useRef, useState } from "preact/hooks";
import { searchMessages, type Found, type Order } from "../../actions/search";
import { navigate, route } from "../../lib/router";
import { errorWords } from "../../net/errors";

const PAUSE_MS = 250;

export interface Results extends Found {
  query: string;
  room: string;
  order: Order;
  took_ms: number;
}

function address(query: string, room: string, order: Order): string {
  const asked = new URLSearchParams({
    ...(query ? { q: query } : {}),
    ...(room ? { room } : {}),
    ...(order === "rank" ? { order } : {}),
  }).toString();
  return asked ? `/search?${asked}` : "/search";
}

/** Words, room and order from the address, so that a search can be gone back to; results a moment after the last key. */
export function useSearch() {
  const asked = route.value.query;
  const room = asked.get("room") ?? "";
  const order: Order = asked.get("order") === "rank" ? "rank" : "time";
  const [query, setQuery] = useState(asked.get("q") ?? "");
  const [results, setResults] = useState<Results | undefined>(undefined);
  const [trouble, setTrouble] = useState("");
  const turn = useRef(0);
  const words = query.trim();

  const ask = async (last: Results | undefined) => {
    const mine = ++turn.current;
    const began = performance.now();
    try {
      const found = await searchMessages(words, room, order, last?.cursor);
      if (mine !== turn.current) return;
      const messages = [...(last?.messages ?? []), ...found.messages];
      setResults({ ...found, messages, query: words, room, order, took_ms: performance.now() - began });
      setTrouble("");
    } catch (e) {
      if (mine === turn.current) setTrouble(errorWords(e));
    }
  };
  useEffect(() => {
    turn.current++;
    if (!words) {
      setResults(undefined);
      setTrouble("");
      return;
    }
    const timer = setTimeout(() => {
      navigate(address(words, room, order), { replace: true });
      void ask(undefined);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [words, room, order]);
  const go = (nextRoom: string, nextOrder: Order) => navigate(address(words, nextRoom, nextOrder), { replace: true });
  return {
    query,
    setQuery,
    room,
    setRoom: (next: string) => go(next, order),
    order,
    setOrder: (next: Order) => go(room, next),
    results,
    trouble,
    more: () => ask(results),
  };
}
