import { useState } from "preact/hooks";
import { firstInvite } from "../actions/doors";
import { makeInvite } from "../actions/people";
import { call } from "../net/rpc";
import { CopyRow } from "../lib/copy_row";
import { linkHere } from "../lib/router";
import { useTask } from "../lib/use_task";
import type { Author, Room } from "../net/types";
import { me, members, place } from "../state/app";
import { calledWords, conversationWords } from "../state/direct";
import { openDialog } from "../state/dialog";
import { keptWords } from "../state/keeping";

const OFFERS = ["Who is here?", "How is the server?", "What did I miss?"];
const NOOK = "1";

/** The start of a room: what it is, and what to do next. Shown above the first message, and alone while there is none.
 * trimmed: there were messages before it that are not kept any more. */
export function RoomStart({ room, trimmed }: { room: Room; trimmed: boolean }) {
  const list = members(room.id).value;
  const people = list.filter((member) => member.user.role !== "agent");
  /* until the members are there their number tells it, so that nothing is put in between later; Nook is in every room */
  const known = list.length > 0;
  const alone = known ? people.length === 1 && people[0]?.user.id === me.value?.id : room.members === 2;
  const first = room.id === "1";
  if (room.direct && !trimmed) return <ConversationStart room={room} person={room.direct} />;
  if (trimmed) {
    return (
      <div class="room-start">
        <h2>Older messages are not kept</h2>
        <p>{keptWords(room, place.value?.keep) || "This place keeps messages for a while only."}</p>
      </div>
    );
  }
  return (
    <div class="room-start">
      <h2>This is the start of {room.name}</h2>
      {first ? (
        <p>
          Whoever joins {place.value?.name || "this place"} lands here.
          {alone && " So far that is you and Nook."}
        </p>
      ) : (
        <p>
          {room.topic ? `${room.topic.replace(/([^.!?…])$/, "$1.")} ` : "Say what it is for, or "}
          <button class="link" type="button" aria-haspopup="dialog" onClick={() => openDialog("invite")}>
            {room.topic ? "Invite people" : "invite people"}
          </button>
          .
        </p>
      )}
      {first && alone && me.value?.role === "admin" && <InviteLink />}
      {alone && (!known || list.some((member) => member.user.id === NOOK)) && <Offers room={room.id} />}
    </div>
  );
}

function ConversationStart({ room, person }: { room: Room; person: Author }) {
  return (
    <div class="room-start">
      <h2>This is the beginning of {calledWords(room)}</h2>
      <p>{conversationWords(person)}</p>
      {person.id === NOOK && <Offers room={room.id} />}
    </div>
  );
}

/** The link that lets the others in: the one of set-up while this tab knows it, else a new one on request. */
function InviteLink() {
  const [url, setUrl] = useState(firstInvite);
  const { busy, trouble, run } = useTask(async () => setUrl((await makeInvite()).url));
  if (url) {
    return (
      <>
        <p>This link lets up to 25 people in for seven days. You can end it at any time.</p>
        <CopyRow text={linkHere(url)} label="the invite link" />
      </>
    );
  }
  return (
    <p class="offers">
      <button class="button small" type="button" disabled={busy} onClick={() => void run()}>Make an invite link</button>
      {trouble && <span class="hint" data-state="bad" role="alert">{trouble}</span>}
    </p>
  );
}

/** Things to ask the built-in agent: one click shows what a run looks like. */
function Offers({ room }: { room: string }) {
  const { busy, trouble, run } = useTask();
  const ask = (text: string) => run(async () => void (await call("run.start", { room, agent: NOOK, text })));
  return (
    <>
      <p class="offers-lead">Nook looks things up in the rooms and needs no network. Try one:</p>
      <div class="offers" role="group" aria-label="Things to ask Nook">
        {OFFERS.map((text) => (
          <button class="chip" type="button" key={text} disabled={busy} onClick={() => void ask(text)}>{text}</button>
        ))}
      </div>
      {trouble && <p class="hint" data-state="bad" role="alert">{trouble}</p>}
    </>
  );
}
