import type { Order } from "../../actions/search";
import { rooms } from "../../state/app";
import { whereWords } from "../../state/direct";
import { nothingFound } from "../../state/marks";
import { count } from "../run/run_words";
import { Hit } from "./hit";
import type { Results } from "./use_search";

interface Props {
  results: Results;
  onAll: () => void;
  onOrder: (order: Order) => void;
  onMore: () => void;
}

function where(id: string): string {
  const room = rooms.value.get(id);
  return room ? whereWords(room) : "";
}

/** What was found, what could not be, and the way to more. */
export function Hits({ results, onAll, onOrder, onMore }: Props) {
  const { messages, more, room, query, order, took_ms, notes } = results;
  const found = count(messages.length, "message");
  return (
    <section class="part" aria-label="Results">
      {notes.map((note) => <p class="hint" role="status" key={note}>{note}</p>)}
      {messages.length === 0 ? (
        <p class="nothing">
          <span role="status">{nothingFound(query)}</span>{" "}
          {room && <button class="link" type="button" onClick={onAll}>Search all rooms</button>}
        </p>
      ) : (
        <>
          <div class="title">
            <h2><span role="status">{more ? `The ${order === "rank" ? "best" : "newest"} ${found}` : found}</span></h2>
            <span class="quiet">found in {Math.max(1, Math.round(took_ms))} ms</span>
            <select class="pick end" aria-label="Order" value={order} onChange={(event) => onOrder(event.currentTarget.value as Order)}>
              <option value="time">newest first</option>
              <option value="rank">best first</option>
            </select>
          </div>
          <ol class="hits">
            {messages.map((message) => <Hit key={message.id} message={message} room={where(message.room)} />)}
          </ol>
          {more && (
            <div class="pager">
              <span class="end">
                <button class="button small" type="button" onClick={onMore}>{order === "rank" ? "More" : "Older"}</button>
              </span>
            </div>
          )}
        </>
      )}
    </section>
  );
}
