import { useEffect, useRef, useState } from "preact/hooks";
import { searchMessages } from "../../actions/search";
import { Icon } from "../../lib/icons";
import { navigate, route } from "../../lib/router";
import { errorWords } from "../../net/errors";
import type { FoundMessage } from "../../net/types";
import { rooms } from "../../state/app";
import { nothingFound } from "../../state/marks";
import { count } from "../run/run_words";
import { Hit } from "./hit";

const PAUSE_MS = 250;

interface Results {
  query: string;
  room: string;
  messages: FoundMessage[];
  more: boolean;
  took_ms: number;
}

function address(query: string, room: string): string {
  const asked = new URLSearchParams({ ...(query ? { q: query } : {}), ...(room ? { room } : {}) }).toString();
  return asked ? `/search?${asked}` : "/search";
}

/** Words and a room from the address, so that a search can be gone back to; results a moment after the last key. */
function useSearch() {
  const asked = route.value.query;
  const room = asked.get("room") ?? "";
  const [query, setQuery] = useState(asked.get("q") ?? "");
  const [results, setResults] = useState<Results | undefined>(undefined);
  const [trouble, setTrouble] = useState("");
  const turn = useRef(0);

  const ask = async (before: number) => {
    const mine = ++turn.current;
    const words = query.trim();
    const began = performance.now();
    try {
      const found = await searchMessages(words, room, before);
      if (mine !== turn.current) return;
      const older = before ? (results?.messages ?? []) : [];
      setResults({ query: words, room, messages: [...older, ...found.messages], more: found.more, took_ms: performance.now() - began });
      setTrouble("");
    } catch (e) {
      if (mine === turn.current) setTrouble(errorWords(e));
    }
  };
  useEffect(() => {
    turn.current++;
    if (!query.trim()) {
      setResults(undefined);
      setTrouble("");
      return;
    }
    const timer = setTimeout(() => {
      navigate(address(query.trim(), room), { replace: true });
      void ask(0);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [query, room]);
  return { query, setQuery, room, results, trouble, older: () => ask(results?.messages.at(-1)?.offset ?? 0) };
}

/** Searches the rooms one is in. */
export function SearchPage() {
  const { query, setQuery, room, results, trouble, older } = useSearch();
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => box.current?.focus(), []);
  const name = rooms.value.get(room)?.name;
  const within = (next: string) => navigate(address(query.trim(), next), { replace: true });
  const back = room ? `/room/${room}` : "/";
  return (
    <main class="stage" aria-labelledby="search-title">
      <header class="bar">
        <a class="back" href={back} aria-label={name ? `Back to ${name}` : "Rooms"}>
          <Icon name="back" />
        </a>
        <h1 id="search-title">Search</h1>
        <div class="tools">
          <a class="tool" href={back} aria-label="Close search">
            <Icon name="close" />
          </a>
        </div>
      </header>
      <div class="page">
        <div class="sheet narrow">
          <form role="search" class="part" onSubmit={(event) => event.preventDefault()}>
            <div class="search-box">
              <Icon name="search" />
              <input
                ref={box}
                id="search-box"
                type="search"
                aria-label={name ? `Search in ${name}` : "Search all rooms you are in"}
                placeholder="Words"
                maxLength={500}
                value={query}
                onInput={(event) => setQuery(event.currentTarget.value)}
              />
              {query && (
                <button class="tool" type="button" aria-label="Clear" onClick={() => { setQuery(""); box.current?.focus(); }}>
                  <Icon name="close" />
                </button>
              )}
            </div>
            <Where room={room} onRoom={within} />
          </form>
          {trouble && <p class="hint" data-state="bad" role="alert"><Icon name="alert" />{trouble}</p>}
          {results ? <Hits results={results} onAll={() => within("")} onOlder={older} /> : !query.trim() && <p class="nothing">{before(name)}</p>}
        </div>
      </div>
    </main>
  );
}

const before = (name: string | undefined): string => (name ? `Search in ${name}.` : "Search in the rooms you are in.");

/** In which room; all of them unless one is chosen. */
function Where({ room, onRoom }: { room: string; onRoom: (room: string) => void }) {
  const own = [...rooms.value.values()].filter((one) => one.joined).sort((a, b) => a.name.localeCompare(b.name));
  return (
    <label class="in-room">
      In
      <select value={room} data-chosen={room ? "" : undefined} onChange={(event) => onRoom(event.currentTarget.value)}>
        <option value="">all my rooms</option>
        {own.map((one) => <option key={one.id} value={one.id}>{one.name}</option>)}
      </select>
    </label>
  );
}

function Hits({ results, onAll, onOlder }: { results: Results; onAll: () => void; onOlder: () => void }) {
  const { messages, more, room, query, took_ms } = results;
  if (messages.length === 0) {
    return (
      <p class="nothing" role="status">
        {nothingFound(query)}{" "}
        {room && <button class="link" type="button" onClick={onAll}>Search all rooms</button>}
      </p>
    );
  }
  return (
    <section class="part" aria-label="Results">
      <div class="title">
        <h2>
          <span role="status">{more ? `The newest ${count(messages.length, "message")}` : count(messages.length, "message")}</span>
        </h2>
        <span class="quiet">newest first, found in {Math.max(1, Math.round(took_ms))} ms</span>
      </div>
      <ol class="hits">
        {messages.map((message) => <Hit key={message.id} message={message} room={rooms.value.get(message.room)?.name ?? ""} />)}
      </ol>
      {more && (
        <div class="pager">
          <span>{room ? "" : "There are more. Choose a room to see its older ones."}</span>
          {room && (
            <span class="end">
              <button class="button small" type="button" onClick={onOlder}>Older</button>
            </span>
          )}
        </div>
      )}
    </section>
  );
}
