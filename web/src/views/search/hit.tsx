import { Face } from "../../lib/face";
import { Icon } from "../../lib/icons";
import { clock, exact, iso, shortDay } from "../../lib/time_text";
import type { FoundMessage } from "../../net/types";
import { markedParts, plainPart } from "../../state/marks";

/** "today 08:14", "yesterday 17:30", "19 November" */
function when(ms: number): string {
  const day = shortDay(ms);
  if (day === clock(ms)) return `today ${day}`;
  return day === "yesterday" ? `yesterday ${clock(ms)}` : day;
}

/** One found message; leads to its place in the room. */
export function Hit({ message, room }: { message: FoundMessage; room: string }) {
  const { author, time, text, marks, files } = message;
  return (
    <li data-key={message.id} data-offset={message.offset}>
      <a class="hit" href={`/room/${message.room}/${message.offset}`}>
        <Face user={author} />
        <div>
          <div class="from">
            <b>{author.display}</b>
            {author.role === "agent" && <span class="tag">agent</span>}
            <span class="where">
              {room && `${room}, `}
              <time dateTime={iso(time)} title={exact(time)}>{when(time)}</time>
              {message.edited && <>, <span class="edited" title={`Edited ${exact(message.edited)}`}>edited</span></>}
            </span>
          </div>
          {text && (
            <p class="text">
              {markedParts(text, marks ?? []).map((part, i) => (part.marked ? <mark key={i}>{part.text}</mark> : plainPart(part.text)))}
            </p>
          )}
          {files && <p class="hit-files"><Icon name="clip" label="Files" />{files.map(({ name }) => name).join(", ")}</p>}
        </div>
      </a>
    </li>
  );
}
