import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../../lib/icons";
import { rooms } from "../../state/app";
import { calledWords } from "../../state/direct";
import { Hits } from "./hits";
import { Narrow } from "./narrow";
import { useSearch } from "./use_search";

/** Searches the rooms one is in. */
export function SearchPage() {
  const { query, setQuery, room, setRoom, setOrder, results, trouble, more } = useSearch();
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => box.current?.focus(), []);
  const at = rooms.value.get(room);
  const name = at && calledWords(at);
  const back = room ? `/room/${room}` : "/";
  return (
    <main class="stage" aria-labelledby="search-title">
      <header class="bar">
        <a class="back" href={back} aria-label={name ? `Back to ${name}` : "Rooms"}>
          <Icon name="back" />
        </a>
        <h1 id="search-title">Search</h1>
        <div class="tools">
          <a class="tool" href={back} aria-label="Close search" title="Close search">
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
                autocapitalize="none"
                value={query}
                onInput={(event) => setQuery(event.currentTarget.value)}
              />
              {query && (
                <button class="tool" type="button" aria-label="Clear" title="Clear" onClick={() => { setQuery(""); box.current?.focus(); }}>
                  <Icon name="close" />
                </button>
              )}
            </div>
            <Narrow query={query} onQuery={setQuery} room={room} onRoom={setRoom} />
          </form>
          {trouble && <p class="hint" data-state="bad" role="alert"><Icon name="alert" />{trouble}</p>}
          {results ? <Hits results={results} onAll={() => setRoom("")} onOrder={setOrder} onMore={more} /> : !query.trim() && <Before name={name} />}
        </div>
      </div>
    </main>
  );
}

/** Before anything is typed: where it would search, and what may be typed. */
function Before({ name }: { name: string | undefined }) {
  const ways: [string, string][] = [
    ["\"two words\"", "in this order"],
    ["begin*", "words that begin so"],
    ["-word", "not with this word"],
    ["from:mira from:me", "who wrote it"],
    ["in:general in:\"Build team\"", "where"],
    ["before:2026-11-01 after: on:", "when"],
    ["has:link has:code has:file", "with a link, with code, with a file"],
  ];
  return (
    <div class="nothing">
      <p>{name ? `Search in ${name}.` : "Search in the rooms you are in."}</p>
      <dl class="ways" aria-label="What can be typed">
        {ways.map(([typed, meaning]) => (
          <div key={typed}>
            <dt><code>{typed}</code></dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
