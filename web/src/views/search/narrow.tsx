import { somePeople } from "../../actions/people";
import { Icon } from "../../lib/icons";
import { useAsked } from "../../lib/use_task";
import { me, rooms, serverNow } from "../../state/app";
import { whereWords } from "../../state/direct";
import { sections } from "../../state/rooms";
import { filtersOf, spans, toggleHas, withFilter, type Kind } from "../../state/search_query";

const TIMES: readonly Kind[] = ["before", "after", "on"];
const TYPED = "…"; // no name and no day

interface Choice {
  value: string;
  words: string;
}

/** A menu that looks like a chip: its words say what is chosen. */
function Pick(props: { name: string; none: string; value: string; choices: readonly Choice[]; onPick: (value: string) => void }) {
  const { name, none, value, choices, onPick } = props;
  return (
    <select class="pick" aria-label={name} value={value} data-chosen={value ? "" : undefined} onChange={(event) => onPick(event.currentTarget.value)}>
      <option value="">{none}</option>
      {value === TYPED && <option value={TYPED}>{name.toLowerCase()}: as typed</option>}
      {choices.map((one) => <option key={one.value} value={one.value}>{one.words}</option>)}
    </select>
  );
}

interface Props {
  query: string;
  onQuery: (query: string) => void;
  room: string;
  onRoom: (room: string) => void;
}

/** The filters that can be chosen. All but the room are operators in the text, where they can be seen and typed as well. */
export function Narrow({ query, onQuery, room, onRoom }: Props) {
  const filters = filtersOf(query);
  const { rooms: own, people } = sections(rooms.value, new Set());
  const ways = [...own, ...people].map((one) => ({ value: one.id, words: one.direct ? whereWords(one) : `in ${one.name}` }));
  const times = spans(serverNow()).map((one) => ({ value: `${one.kind}:${one.value}`, words: one.words, span: one }));
  const typed = filters.filter((one) => TIMES.includes(one.kind)).map((one) => `${one.kind}:${one.value}`);
  const time = typed.length === 0 ? "" : typed.length === 1 && times.some((one) => one.value === typed[0]) ? typed[0]! : TYPED;
  const pickTime = (value: string) => {
    const span = times.find((one) => one.value === value)?.span;
    if (value !== TYPED) onQuery(withFilter(query, TIMES, span?.kind ?? "on", span?.value ?? ""));
  };
  return (
    <div class="chips" role="group" aria-label="Narrow down">
      <Pick name="In" none="in all my rooms" value={room} choices={ways} onPick={onRoom} />
      <From query={query} onQuery={onQuery} />
      <Pick name="When" none="any time" value={time} choices={times} onPick={pickTime} />
      {["link", "code", "file"].map((what) => (
        <button class="chip" type="button" key={what} onClick={() => onQuery(toggleHas(query, what))}
          aria-pressed={filters.some((one) => one.kind === "has" && !one.unwanted && one.value.toLowerCase() === what)}>
          {what === "code" ? "with code" : `with ${what}s`}
        </button>
      ))}
      {filters.filter((one) => one.unwanted || one.kind === "in").map((one) => (
        <button class="chip" type="button" key={one.start} aria-pressed="true" aria-label={`Take away ${one.unwanted ? "not " : ""}${one.kind} ${one.value}`}
          onClick={() => onQuery(`${query.slice(0, one.start).trimEnd()} ${query.slice(one.end).trimStart()}`.trim())}>
          {one.unwanted && "not "}{one.kind} {one.value}
          <Icon name="close" />
        </button>
      ))}
    </div>
  );
}

function From({ query, onQuery }: { query: string; onQuery: (query: string) => void }) {
  const { value: people } = useAsked(somePeople);
  const typed = filtersOf(query).filter((one) => one.kind === "from" && !one.unwanted).map((one) => one.value.replace(/^@/, "").toLowerCase());
  const others = (people ?? []).filter((one) => one.id !== me.value?.id).sort((a, b) => a.display.localeCompare(b.display));
  const choices = [{ value: "me", words: "from me" }, ...others.map((one) => ({ value: one.name, words: `from ${one.display}` }))];
  const value = typed.length === 0 ? "" : typed.length === 1 && choices.some((one) => one.value === typed[0]) ? typed[0]! : TYPED;
  return (
    <Pick name="From" none="from anyone" value={value} choices={choices}
      onPick={(name) => name !== TYPED && onQuery(withFilter(query, ["from"], "from", name))} />
  );
}
